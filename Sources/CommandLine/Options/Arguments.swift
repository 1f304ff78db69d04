// What did the user ask for?
internal import Batch
internal import Glibc

/// The command line of one command, read by its options; values come from flags, then from the environment.
struct Arguments {
  private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]
  private let options: [Option]
  private let environment: [String: String]

  /// - Throws: `usage` with a suggestion, where an option is unknown or misses its value.
  init(_ words: [String], options: [Option], command: String, environment: [String: String]) throws(BatchError) {
    self.options = options
    self.environment = environment
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        positionals += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if let flags = cluster(parts[0]), parts.count == 1 {
        for flag in flags { values[flag.name] = ["true"] }
        continue
      }
      guard let option = option(parts[0]) else {
        throw Arguments.failure(
          "\(command) has no option \(Terminal.quoted(parts[0]))",
          Suggestion.hint(parts[0], among: options.map { "--\($0.name)" }) + "see `settle help \(command)`")
      }
      try take(option, parts.count == 2 ? parts[1] : nil, &rest)
    }
    for option in options { try checkChoices(option) }
  }

  private static func failure(_ message: String, _ hint: String) -> BatchError {
    BatchError("usage", .usage, message, hint: hint)
  }

  /// The option that a word like `--ledger` or `-q` names.
  private func option(_ word: String) -> Option? {
    options.first { option in "--\(option.name)" == word || option.short.map { "-\($0)" == word } ?? false }
  }

  /// The flags of `-qv`; nil where any letter is none.
  private func cluster(_ word: String) -> [Option]? {
    guard word.count > 2, !word.hasPrefix("--") else { return nil }
    var flags: [Option] = []
    for letter in word.dropFirst() {
      guard let flag = option("-\(letter)"), flag.value == nil else { return nil }
      flags.append(flag)
    }
    return flags
  }

  private mutating func take(_ option: Option, _ given: String?, _ rest: inout ArraySlice<String>) throws(BatchError) {
    guard let placeholder = option.value else {
      guard given == nil else {
        throw Arguments.failure("--\(option.name) takes no value", "write --\(option.name) alone")
      }
      values[option.name] = ["true"]
      return
    }
    // An option's name is no value: `--ledger --json` lacks one. `--ledger=--json` says that it is meant.
    let isNext = given == nil && rest.first.map { $0 != "--" && self.option($0) == nil } ?? false
    guard let value = given ?? (isNext ? rest.popFirst() : nil) else {
      throw Arguments.failure("--\(option.name) needs a value", "write --\(option.name) \(placeholder)")
    }
    if option.isRepeatable {
      values[option.name, default: []].append(value)
    } else {
      guard values[option.name] == nil else {
        throw Arguments.failure("--\(option.name) is given twice", "give it once")
      }
      values[option.name] = [value]
    }
  }

  private func checkChoices(_ option: Option) throws(BatchError) {
    guard !option.choices.isEmpty else { return }
    for value in all(option) where !option.choices.contains(value) {
      throw Arguments.failure(
        "\(source(option)) is \(Terminal.quoted(value))",
        Suggestion.hint(value, among: option.choices) + "one of: \(option.choices.joined(separator: ", "))")
    }
  }

  /// Where an option's value comes from, as messages name it: `--color`, or `SETTLE_COLOR`.
  func source(_ option: Option) -> String {
    values[option.name] == nil && !all(option).isEmpty ? option.environmentName : "--\(option.name)"
  }

  /// Every value of an option, or none.
  func all(_ option: Option) -> [String] {
    if let given = values[option.name] { return given }
    guard option.isReadFromEnvironment, let value = environment[option.environmentName], !value.isEmpty else {
      return []
    }
    return [value]
  }

  /// The value, or nil.
  subscript(option: Option) -> String? { all(option).last }

  func has(_ option: Option) -> Bool { self[option].map(Arguments.isSet) ?? false }

  /// What counts as a flag that is given.
  static func isSet(_ value: String) -> Bool { !["", "0", "false", "no"].contains(value) }

  /// A whole number in a range, or nil where it is not given.
  func integer(_ option: Option, in range: ClosedRange<Int>) throws(BatchError) -> Int? {
    guard let text = self[option] else { return nil }
    guard let value = Int(text), String(value) == text, range.contains(value) else {
      throw Arguments.failure(
        "\(source(option)) is \(Terminal.quoted(text))",
        "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
