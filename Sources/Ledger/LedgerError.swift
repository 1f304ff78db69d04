// Why could the ledger not do what it was asked?

/// A refusal or failure of the ledger.
package struct LedgerError: Error, Sendable, Equatable {
  package enum Code: String, Sendable {
    /// There is no ledger at the path.
    case missing = "ledger_missing"
    /// A ledger is there already.
    case exists = "ledger_exists"
    /// The file is no ledger of this program, or of a newer version of it.
    case foreign = "ledger_foreign"
    /// Another process keeps the database busy.
    case busy = "ledger_busy"
    /// The disk is full.
    case full = "no_space"
    /// A balance would not fit 64 bits.
    case outOfRange = "total_out_of_range"
    /// The same idempotency key with other content.
    case conflict = "idempotency_conflict"
    /// The program would have written an entry that does not sum to zero.
    case invariant = "invariant_failed"
    case unauthenticated
    case forbidden
    /// The database reported an error that has no better name.
    case database = "ledger_error"
  }

  package let code: Code
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
