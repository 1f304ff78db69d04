// Which commands are there, and what does each take?
internal import Batch

/// One command of the program.
struct Command: Sendable {
  /// `run`, or `ledger init`.
  let name: String
  let summary: String
  /// What stands behind the name in the usage line.
  var operands = ""
  /// How many operands it takes.
  var operandCount: ClosedRange<Int> = 0...0
  var options: [Option] = []
  var details = ""
  /// Words that an operand can be, where there is a fixed set of them.
  var operandChoices: @Sendable () -> [String] = { [] }
  let body: @Sendable (Invocation) throws(BatchError) -> ExitStatus

  var allOptions: [Option] { options + Option.everywhere }

  /// `ledger` of `ledger init`; nil for a command of one word.
  var group: String? {
    let words = name.split(separator: " ")
    return words.count > 1 ? String(words[0]) : nil
  }

  /// `settle explain [OPTION]… RUN [ID]`
  var usage: String { "settle \(name) [OPTION]…" + (operands.isEmpty ? "" : " \(operands)") }

  /// Names of the groups, in the order of the commands.
  static var groups: [String] {
    all.compactMap(\.group).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The commands of a group.
  static func members(of group: String) -> [Command] { all.filter { $0.group == group } }

  /// In the order of the overview; each group stands in the file that answers for it.
  static let all: [Command] =
    nightCommands + questionCommands + correctionCommands + disputeCommands + prizeCommands + destinationCommands
    + payoutCommands
    + ledgerCommands + operatorCommands + programCommands
}

/// One call of a command.
struct Invocation {
  let command: Command
  let arguments: Arguments
  let console: Console
  let environment: [String: String]
  let commandLine: [String]
  let telemetry: Telemetry
}
