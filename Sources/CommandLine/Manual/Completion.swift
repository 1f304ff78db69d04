// What can stand at a place of the command line? Completions for shells, made from the command and option tables.

/// A shell that completions are made for.
enum Completion: String, CaseIterable {
  case bash, zsh, fish

  var script: String {
    switch self {
    case .bash: BashCompletion.script
    case .zsh: ZshCompletion.script
    case .fish: FishCompletion.script
    }
  }

  /// What a value or operand can be.
  enum Candidates: Equatable {
    case files, directories
    case words([String])
    /// Run ids; directories of runs are offered too.
    case runs
    case none
  }

  static func candidates(_ option: Option) -> Candidates {
    option.choices.isEmpty ? candidates(placeholder: option.value ?? "") : .words(option.choices)
  }

  static func candidates(_ command: Command) -> Candidates {
    let words = command.operandChoices()
    if !words.isEmpty { return .words(words.filter { !$0.contains(" ") }) }
    let first = command.operands.split { " []…|".contains($0) }.first.map(String.init) ?? ""
    return candidates(placeholder: first)
  }

  private static func candidates(placeholder: String) -> Candidates {
    switch placeholder {
    case "FILE", "EVENTS": .files
    case "DIR": .directories
    case "RUN", "A", "B": .runs
    default: .none
    }
  }

  /// Names of the second words of a group.
  static func members(_ group: String) -> [Command] { Command.members(of: group) }
  static func second(_ command: Command) -> String { String(command.name.split(separator: " ").last ?? "") }
  static var firstWords: [(word: String, text: String)] {
    Command.all.filter { $0.group == nil }.map { ($0.name, $0.summary) }
      + Command.groups.map { group in (group, members(group).map(second).joined(separator: ", ")) }
  }

  /// In single quotes, as all three shells understand.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
