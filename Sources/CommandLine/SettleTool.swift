// How is a command line carried out, from its words to the exit code?
internal import Batch
internal import Glibc
internal import Interchange

/// The program without its entry point, so that it can be called from anywhere.
package enum SettleTool {
  /// Runs one command line.
  /// - Returns: the exit code.
  package static func run(_ words: [String], environment: [String: String]) -> Int32 {
    // A closed pipe and a file limit are errors to report, not signals to die of.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // What a night pays is nobody's business but the owner's and the group's.
    umask(umask(0) | 0o007)
    let console = Console()
    // Known before the words are read, so that a mistyped word is told in the form that was asked for.
    let wantsJSON = environment[Option.json.environmentName].map(Arguments.isSet) ?? false
    console.isJSON = wantsJSON || words.prefix { $0 != "--" }.contains("--json")
    console.setColor(environment[Option.color.environmentName], environment)
    var call: Invocation?
    var status: ExitStatus
    do throws(BatchError) {
      call = try prepare(words, environment, console)
      status = try call.map { call throws(BatchError) in try call.command.body(call) } ?? .done
    } catch {
      status = error.status
      call?.telemetry.fail(error)
      call?.telemetry.end()
      report(error, console)
    }
    // Without a command at all, the overview is shown, and is no success.
    if words.isEmpty { status = .usage }
    call?.telemetry.finish(status)
    guard console.flush() else {
      console.problem("settle: error: standard output is closed or full")
      return status == .done ? ExitStatus.usage.rawValue : status.rawValue
    }
    return status.rawValue
  }

  /// Reads the words.
  /// - Returns: nil where they ask for help, which is given.
  private static func prepare(
    _ given: [String], _ environment: [String: String], _ console: Console
  ) throws(BatchError) -> Invocation? {
    let words = commandFirst(given)
    let first = words.first ?? "--help"
    if ["--help", "-h"].contains(first) {
      try Help.answer("", console)
      return nil
    }
    if first == "--version" { return try prepare(["version"] + words.dropFirst(), environment, console) }
    guard let command = find(words) else {
      if Command.groups.contains(first), words.dropFirst().contains(where: { ["--help", "-h"].contains($0) }) {
        try Help.answer(first, console)
        return nil
      }
      throw unknown(words)
    }
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    let arguments = try Arguments(rest, options: command.allOptions, command: command.name, environment: environment)
    console.isJSON = arguments.has(.json)
    console.isQuiet = arguments.has(.quiet)
    console.setColor(arguments[.color], environment)
    if arguments.has(.help) {
      try Help.answer(command.name, console)
      return nil
    }
    try checkOperands(arguments, command)
    return Invocation(
      command: command, arguments: arguments, console: console, environment: environment,
      commandLine: ["settle"] + given, telemetry: Telemetry(command, arguments, console))
  }

  /// `settle -q run` is `settle run -q`: options of every command may stand before it.
  private static func commandFirst(_ words: [String]) -> [String] {
    var leading: [String] = []
    var rest = words[...]
    while let word = rest.first, word.hasPrefix("-"), word != "--" {
      guard let option = common(word) else { break }
      leading.append(rest.removeFirst())
      if option.value != nil, !word.contains("="), let value = rest.popFirst() { leading.append(value) }
    }
    // Alone, or before a word that is no command, they stay where they are: help is asked for, or nothing.
    guard let command = find(Array(rest)) else {
      if leading.contains("--help") || leading.contains("-h") { return ["--help"] }
      return rest.isEmpty ? words : Array(rest) + leading
    }
    let count = command.name.split(separator: " ").count
    return Array(rest.prefix(count)) + leading + rest.dropFirst(count)
  }

  /// The option of every command that a word names; of `-qv` the first.
  private static func common(_ word: String) -> Option? {
    let name = word.prefix { $0 != "=" }
    if let option = Option.everywhere.first(where: { "--\($0.name)" == name }) { return option }
    guard !word.hasPrefix("--") else { return nil }
    let options = word.dropFirst().map { letter in Option.everywhere.first { $0.short == letter } }
    return options.allSatisfy { $0 != nil } ? options.first ?? nil : nil
  }

  private static func find(_ words: [String]) -> Command? {
    guard let first = words.first else { return nil }
    let two = words.prefix(2).joined(separator: " ")
    return Command.all.first { $0.name == two } ?? Command.all.first { $0.name == first }
  }

  private static func unknown(_ words: [String]) -> BatchError {
    let first = words[0]
    guard Command.groups.contains(first) else {
      let names = Command.all.map(\.name) + Command.groups
      return BatchError(
        "usage", .usage,
        first.hasPrefix("-")
          ? "no command stands behind \(Terminal.quoted(first))"
          : "there is no command \(Terminal.quoted(first))",
        hint: Suggestion.hint(first, among: names) { "`settle \($0)`" } + "`settle help` lists the commands")
    }
    let members = Command.members(of: first).map { String($0.name.dropFirst(first.count + 1)) }
    let listed = "`settle \(first)` goes with: \(members.joined(separator: ", "))"
    guard let second = words.dropFirst().first, !second.hasPrefix("-") else {
      return BatchError("usage", .usage, "settle \(first) what?", hint: listed)
    }
    return BatchError(
      "usage", .usage, "there is no command \(Terminal.quoted("\(first) \(second)"))",
      hint: Suggestion.hint(second, among: members) { "`settle \(first) \($0)`" } + listed)
  }

  private static func checkOperands(_ arguments: Arguments, _ command: Command) throws(BatchError) {
    let count = arguments.positionals.count
    guard !command.operandCount.contains(count) else { return }
    let message =
      count < command.operandCount.lowerBound
      ? "settle \(command.name) lacks an operand"
      : command.operandCount.upperBound == 0
        ? "settle \(command.name) takes no operand; \(Terminal.quoted(arguments.positionals[0])) is one"
        : "settle \(command.name) takes \(Console.counted(command.operandCount.upperBound, "operand")), not \(count)"
    throw BatchError("usage", .usage, message, hint: "usage: \(command.usage)")
  }

  private static func report(_ error: BatchError, _ console: Console) {
    if console.isJSON {
      var members: [String: JSONValue] = [
        "error": .object([
          "code": .string(error.code), "message": .string(error.message), "hint": .string(error.hint),
          "exit": .int(error.status.rawValue),
        ])
      ]
      if !error.rejections.isEmpty { members.merge(NightText.rejections(error.rejections)) { $1 } }
      console.answerInstead(.object(members))
    } else {
      console.problem(
        "settle: \(console.marked("error", .red)): \(error.code): \(error.message)\nsettle: hint: \(error.hint)")
    }
  }
}
