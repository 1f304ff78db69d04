// Why could a payout command not do what it was asked?
package import Ledger

/// A refusal or failure of the payouts.
package struct PayoutError: Error, Sendable, Equatable {
  package enum Code: String, CaseIterable, Sendable {
    /// No payout was scheduled for the run.
    case unknownJob = "unknown_job"
    case unknownTransfer = "unknown_transfer"
    /// The run pays no users: a rollback, for instance.
    case notPayable = "not_payable"
    /// What is asked does not go with the transfer's state.
    case transferState = "transfer_state"
    /// A process makes a call for the transfer right now.
    case transferInHand = "transfer_in_hand"
    /// The job began on another rail.
    case railDiffers = "rail_differs"
    /// The rail's program cannot be started, or nobody answers.
    case railUnreachable = "rail_unreachable"
    /// A rail's file cannot be written.
    case railFile = "rail_file"
    /// Calls were made whose outcomes could not be recorded.
    case unrecorded = "outcomes_unrecorded"
    case ledger
  }

  package let code: Code
  package let message: String
  /// Where the ledger is the cause.
  package let cause: LedgerError?

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
    cause = nil
  }

  package init(_ error: LedgerError) {
    code = .ledger
    message = error.message
    cause = error
  }
}
