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
    let wantsJSON = environment[Option.json.environmentName].map { !["", "0", "false", "no"].contains($0) } ?? false
    console.isJSON = wantsJSON || words.prefix { $0 != "--" }.contains("--json")
    let status: ExitStatus
    do throws(BatchError) {
      status = try dispatch(words, environment: environment, console: console)
    } catch {
      status = error.status
      report(error, console)
    }
    guard console.flush() else {
      console.problem("settle: error: standard output is closed or full")
      return status == .done ? ExitStatus.usage.rawValue : status.rawValue
    }
    return status.rawValue
  }

  private static func dispatch(
    _ words: [String], environment: [String: String], console: Console
  ) throws(BatchError) -> ExitStatus {
    guard let first = words.first else {
      console.print(Help.overview)
      return .usage
    }
    if first == "--help" || first == "-h" {
      console.print(Help.overview)
      return .done
    }
    if first == "--version" {
      return try dispatch(["version"], environment: environment, console: console)
    }
    guard let command = find(words) else {
      let names = Command.all.map(\.name)
      let isGroup = names.contains { $0.hasPrefix(first + " ") }
      let word = isGroup ? words.prefix(2).joined(separator: " ") : first
      let near = Suggestion.nearest(word, among: names)
      throw BatchError(
        "usage", .usage, "there is no command \(Terminal.quoted(word))",
        hint: (near.map { "did you mean `settle \($0)`? " } ?? "") + "`settle help` lists the commands")
    }
    let rest = Array(words.dropFirst(command.name.split(separator: " ").count))
    let arguments = try Arguments(rest, options: command.allOptions, command: command.name, environment: environment)
    console.isJSON = arguments.has(.json)
    console.isQuiet = arguments.has(.quiet)
    if arguments.has(.help) {
      console.print(Help.page(command))
      return .done
    }
    guard command.operandCount.contains(arguments.positionals.count) else {
      throw BatchError(
        "usage", .usage, "settle \(command.name) does not go with \(arguments.positionals.count) operand(s)",
        hint: "usage: settle \(command.name) \(command.operands)")
    }
    return try command.body(
      Invocation(
        arguments: arguments, console: console, environment: environment, commandLine: ["settle"] + words))
  }

  private static func find(_ words: [String]) -> Command? {
    let two = words.prefix(2).joined(separator: " ")
    return Command.all.first { $0.name == two } ?? Command.all.first { $0.name == words[0] }
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
      console.print(.object(members))
    } else {
      console.problem("settle: error: \(error.code): \(error.message)\nsettle: hint: \(error.hint)")
    }
  }
}
