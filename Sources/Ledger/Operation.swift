// What can be asked of the book by hand, or line by line from a file?

/// One movement of money, or of a reservation.
package struct Operation: Sendable, Equatable {
  package enum Kind: String, CaseIterable, Sendable {
    /// Money comes in, from `external` unless another account is named.
    case credit
    /// Money goes out, to `external` unless another account is named.
    case debit
    /// Between two accounts that are there.
    case transfer
    /// Sets money aside: it counts no longer as available.
    case reserve
    /// Posts a reservation, in full or in part; the rest is let go.
    case capture
    /// Lets a reservation go.
    case void
  }

  package var kind: Kind
  /// Whose balance is told in the answer. For `capture` and `void` it is the reservation's, and not given.
  package var account: String
  /// The other side; nil for `external`, and for the reservation's own in `capture` and `void`.
  package var counterpart: String?
  /// Minor units, above 0; nil for all of a reservation in `capture`, and in `void`.
  package var amount: Int64?
  package var currency: String
  /// The entry that made the reservation, for `capture` and `void`.
  package var reservation: Int64?
  /// The same key with the same content is applied once; nil counts each time.
  package var key: String?
  package var reason: String?
  /// Anything the caller wants to find again; kept as it is.
  package var metadata: String?

  package init(
    _ kind: Kind, account: String = "", counterpart: String? = nil, amount: Int64? = nil, currency: String,
    reservation: Int64? = nil, key: String? = nil, reason: String? = nil, metadata: String? = nil
  ) {
    self.kind = kind
    self.account = account
    self.counterpart = counterpart
    self.amount = amount
    self.currency = currency
    self.reservation = reservation
    self.key = key
    self.reason = reason
    self.metadata = metadata
  }
}

/// The answer to an operation that stands in the book.
package struct Receipt: Sendable, Equatable {
  /// Applied before, by the same key: nothing was written now.
  package var isReplay: Bool
  package var entryID: Int64
  package var account: String
  package var counterpart: String
  /// Minor units that were moved, set aside or let go.
  package var amount: Int64
  package var currency: String
  /// Balances right after the entry, in minor units.
  package var balanceAfter: Int64
  package var counterpartBalanceAfter: Int64
  package var key: String?
}
