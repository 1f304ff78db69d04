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
  let body: @Sendable (Invocation) throws(BatchError) -> ExitStatus

  var allOptions: [Option] { options + Option.everywhere }

  /// In the order of the overview; each group stands in the file that answers for it.
  static let all: [Command] =
    nightCommands + questionCommands + ledgerCommands + destinationCommands + payoutCommands + programCommands
}

/// One call of a command.
struct Invocation {
  let arguments: Arguments
  let console: Console
  let environment: [String: String]
  let commandLine: [String]
}
