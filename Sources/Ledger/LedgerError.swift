// Why could the ledger not do what it was asked?

/// A refusal or failure of the ledger.
package struct LedgerError: Error, Sendable, Equatable {
  package enum Code: String, CaseIterable, Sendable {
    /// There is no ledger at the path.
    case missing = "ledger_missing"
    /// A ledger is there already.
    case exists = "ledger_exists"
    /// The file is no ledger of this program.
    case foreign = "ledger_foreign"
    /// A newer version of the program made it.
    case newer = "ledger_newer"
    /// An older version made it, and a command that only reads may not bring it up to date.
    case older = "ledger_older"
    /// Another process keeps the database busy.
    case busy = "ledger_busy"
    /// The disk is full.
    case full = "no_space"
    /// A balance would not fit 64 bits.
    case outOfRange = "total_out_of_range"
    /// The same idempotency key with other content.
    case conflict = "idempotency_conflict"
    /// An account would fall below what it may.
    case insufficientFunds = "insufficient_funds"
    /// What is asked for is none of the operations.
    case invalidOperation = "invalid_operation"
    /// A currency that is not 1 to 12 of A-Z and 0-9.
    case invalidCurrency = "invalid_currency"
    /// A line of operations that cannot be read.
    case malformedRow = "malformed_row"
    /// An amount that is not above 0, or more than a reservation holds.
    case invalidAmount = "invalid_amount"
    /// No such account, or one on both sides.
    case invalidAccount = "invalid_account"
    /// A key from outside that is empty, too long, or the program's own.
    case invalidKey = "invalid_key"
    case unknownReservation = "unknown_reservation"
    /// Posted or voided already.
    case reservationClosed = "reservation_closed"
    /// The program would have written an entry that does not sum to zero.
    case invariant = "invariant_failed"
    case unauthenticated
    case forbidden
    /// Nobody would be admin any more.
    case lastAdmin = "last_admin"
    /// An operator is to be removed that never was.
    case unknownOperator = "unknown_operator"
    /// The database reported an error that has no better name.
    case database = "ledger_error"
  }

  package let code: Code
  package let message: String

  /// Whether the operation itself was refused, and others may go on.
  package var isRefusal: Bool {
    switch code {
    case .invalidOperation, .invalidCurrency, .malformedRow, .invalidAmount, .invalidAccount, .invalidKey,
      .unknownReservation, .reservationClosed, .insufficientFunds,
      .outOfRange, .conflict:
      true
    default: false
    }
  }

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
