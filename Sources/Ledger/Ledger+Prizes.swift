// What does the book know that runs of prizes, refunds and awards ask for?

/// An entry that pays a registration, as `prizes verify` compares it.
package struct PaymentEntry: Sendable {
  package let id: Int64
  package let runID: String
  package let key: String
  package let kind: String
  package let subject: [UInt8]
  package let currency: String
  /// What left escrow or the house.
  package let amount: Int128
}

extension Ledger {
  /// Accounts of a currency that stand above a balance, by the bytes of their names.
  package func accounts(in currency: String, above balance: Int64) throws(LedgerError) -> [[UInt8]: Int64] {
    let statement = try database.prepare("SELECT name, balance FROM accounts WHERE currency = ? AND balance > ?")
    statement.bind(1, currency)
    statement.bind(2, balance)
    var found: [[UInt8]: Int64] = [:]
    while try statement.step() { found[Array((statement.text(0) ?? "").utf8)] = statement.integer(1) }
    return found
  }

  /// The role of an operator; nil for one that the ledger does not know.
  package func role(of operatorID: String) throws(LedgerError) -> OperatorRole? {
    let statement = try database.prepare("SELECT role FROM operators WHERE id = ?")
    statement.bind(1, operatorID)
    return try statement.step() ? OperatorRole(rawValue: statement.text(0) ?? "") : nil
  }

  /// Ids of a run's entries of some kinds, by subject, in their order.
  package func entryIDs(
    ofRun run: RunRecord, kinds: Set<String>
  ) throws(LedgerError) -> [[UInt8]: [Int64]] {
    let statement = try database.prepare("SELECT id, market_id, kind FROM entries WHERE id > ? AND id <= ? ORDER BY id")
    statement.bind(1, run.sequenceBefore)
    statement.bind(2, run.sequenceAfter)
    var found: [[UInt8]: [Int64]] = [:]
    while try statement.step() {
      guard kinds.contains(statement.text(2) ?? "") else { continue }
      found[Array((statement.text(1) ?? "").utf8), default: []].append(statement.integer(0))
    }
    return found
  }

  /// Marks payments of a run that could not be posted; call inside the run's transaction.
  package func markFailed(_ payments: [(subject: String, registration: String)], run runID: String) throws(LedgerError)
  {
    let statement = try database.prepare(
      "INSERT INTO distribution_states (run_id, market_id, user_id, status, by, at) VALUES (?1, ?2, ?3, 'failed', ?1, ?4)"
    )
    let now = Clock.now()
    for payment in payments {
      statement.bind(1, runID)
      statement.bind(2, payment.subject)
      statement.bind(3, payment.registration)
      statement.bind(4, now)
      try statement.run()
    }
  }
}
