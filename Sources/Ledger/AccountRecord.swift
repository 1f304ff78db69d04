// What is known of an account?

package struct AccountRecord: Sendable, Equatable {
  package var name: String
  package var currency: String
  /// Minor units.
  package var balance: Int64
  /// Set aside by pending reservations.
  package var reserved: Int64
  /// How far below zero it may fall; nil for without limit.
  package var overdraft: Int64?

  package init(name: String, currency: String, balance: Int64, reserved: Int64, overdraft: Int64?) {
    self.name = name
    self.currency = currency
    self.balance = balance
    self.reserved = reserved
    self.overdraft = overdraft
  }

  /// What may be taken out now; nil for without limit.
  package var available: Int128? { overdraft.map { Int128(balance) - Int128(reserved) + Int128($0) } }
}

extension Ledger {
  private static let accountColumns = "name, currency, balance, reserved, overdraft"

  /// An account; nil where it is not there.
  package func account(_ name: String, currency: String) throws(LedgerError) -> AccountRecord? {
    let statement = try database.prepare(
      "SELECT \(Ledger.accountColumns) FROM accounts WHERE name = ? AND currency = ?")
    statement.bind(1, name)
    statement.bind(2, currency)
    return try statement.step() ? AccountRecord(statement) : nil
  }

  /// Accounts by name and currency, as bytes.
  /// - Parameters:
  ///   - prefix: those whose names start so, like `user:`; empty for all.
  ///   - limit: at most so many; nil for all.
  package func forEachAccount(
    prefix: String, limit: Int?, offset: Int, _ body: (AccountRecord) -> Void
  ) throws(LedgerError) {
    let statement = try database.prepare(
      """
      SELECT \(Ledger.accountColumns) FROM accounts WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1
      ORDER BY name, currency LIMIT ?2 OFFSET ?3
      """)
    statement.bind(1, prefix)
    statement.bind(2, Int64(limit ?? -1))
    statement.bind(3, Int64(offset))
    while try statement.step() { body(AccountRecord(statement)) }
  }

  /// Opens an account, or gives one another overdraft.
  /// - Parameter overdraft: how far below zero it may fall; `.some(nil)` for without limit, nil leaves it as it is.
  /// - Returns: whether it is new.
  package func open(
    _ name: String, currency: String, overdraft: Int64??, by operatorID: String, reason: String?
  ) throws(LedgerError) -> Bool {
    try require(.admin, of: operatorID, for: "ledger open", subject: name, reason: reason)
    guard AccountName.isWellFormed(name) else {
      throw LedgerError(.invalidAccount, "\(name) is not the name of an account")
    }
    var isNew = false
    try database.transaction { () throws(LedgerError) in
      let earlier = try account(name, currency: currency)
      isNew = earlier == nil
      let limit = overdraft ?? earlier?.overdraft ?? (AccountName.hasUnlimitedOverdraft(name) ? nil : 0)
      if let earlier, earlier.overdraft == limit { return }
      if let limit, let earlier, Int128(earlier.balance) - Int128(earlier.reserved) < -Int128(limit) {
        throw LedgerError(
          .insufficientFunds, "\(name) stands at \(earlier.balance) \(currency), below -\(limit) already")
      }
      let statement = try database.prepare(
        """
        INSERT INTO accounts (name, currency, overdraft) VALUES (?1, ?2, ?3)
        ON CONFLICT (name, currency) DO UPDATE SET overdraft = ?3
        """)
      statement.bind(1, name)
      statement.bind(2, currency)
      statement.bind(3, limit)
      try statement.run()
      try record(
        action: "ledger open", by: operatorID, subject: name, reason: reason, result: "done",
        detail: "\(currency) overdraft \(limit.map { "\($0)" } ?? "unlimited")")
    }
    return isNew
  }
}

extension AccountRecord {
  init(_ row: Statement) {
    self.init(
      name: row.text(0) ?? "", currency: row.text(1) ?? "", balance: row.integer(2), reserved: row.integer(3),
      overdraft: row.isNull(4) ? nil : row.integer(4))
  }
}
