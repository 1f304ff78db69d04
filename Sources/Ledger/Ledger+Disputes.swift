// Which settlements are disputed, by whom, and how did it end?

/// A dispute about a market's settlement, or about one user's part of it.
package struct DisputeRecord: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    case open, upheld, released
  }

  package var id: Int64
  package var runID: String
  package var marketID: String
  /// Nil: the whole market is disputed.
  package var userID: String?
  package var state: State
  package var reason: String
  package var openedBy: String
  package var openedAt: String
  package var closedBy: String?
  package var closedAt: String?
  /// Why it was released, or the rollback that upheld it.
  package var outcome: String?

  /// What states and rows call a dispute: `dispute-7`.
  package static func name(_ id: Int64) -> String { "dispute-\(id)" }
}

extension Ledger {
  private static let disputeColumns = """
    id, run_id, market_id, user_id, state, reason, opened_by, opened_at, closed_by, closed_at, outcome
    """

  /// All disputes in the order they were opened.
  package func disputes() throws(LedgerError) -> [DisputeRecord] {
    try disputes("SELECT \(Ledger.disputeColumns) FROM disputes ORDER BY id") { _ in }
  }

  package func dispute(_ id: Int64) throws(LedgerError) -> DisputeRecord? {
    try disputes("SELECT \(Ledger.disputeColumns) FROM disputes WHERE id = ?") { $0.bind(1, id) }.first
  }

  /// Open disputes about what a run settled.
  package func openDisputes(ofRun runID: String) throws(LedgerError) -> [DisputeRecord] {
    try disputes("SELECT \(Ledger.disputeColumns) FROM disputes WHERE run_id = ? AND state = 'open' ORDER BY id") {
      $0.bind(1, runID)
    }
  }

  private func disputes(_ sql: String, _ bind: (Statement) -> Void) throws(LedgerError) -> [DisputeRecord] {
    let statement = try database.prepare(sql)
    bind(statement)
    var records: [DisputeRecord] = []
    while try statement.step() {
      guard let state = statement.text(4).flatMap(DisputeRecord.State.init(rawValue:)) else {
        throw LedgerError(.invariant, "dispute \(statement.integer(0)) has the state \(statement.text(4) ?? "NULL")")
      }
      records.append(
        DisputeRecord(
          id: statement.integer(0), runID: statement.text(1) ?? "", marketID: statement.text(2) ?? "",
          userID: statement.text(3), state: state, reason: statement.text(5) ?? "", openedBy: statement.text(6) ?? "",
          openedAt: statement.text(7) ?? "", closedBy: statement.text(8), closedAt: statement.text(9),
          outcome: statement.text(10)))
    }
    return records
  }

  /// Opens a dispute; in the transaction that is open, if one is.
  /// - Returns: its number.
  package func openDispute(
    run runID: String, market: String, user: String?, reason: String, by operatorID: String
  ) throws(LedgerError) -> Int64 {
    let statement = try database.prepare(
      "INSERT INTO disputes (run_id, market_id, user_id, reason, opened_by, opened_at) VALUES (?, ?, ?, ?, ?, ?)")
    statement.bind(1, runID)
    statement.bind(2, market)
    statement.bind(3, user)
    statement.bind(4, reason)
    statement.bind(5, operatorID)
    statement.bind(6, Clock.now())
    try statement.run()
    return try database.integer("SELECT last_insert_rowid()") ?? 0
  }

  /// Closes an open dispute; in the transaction that is open, if one is.
  package func closeDispute(
    _ id: Int64, _ state: DisputeRecord.State, outcome: String, by operatorID: String
  ) throws(LedgerError) {
    let statement = try database.prepare(
      """
      UPDATE disputes SET state = ?, outcome = ?, closed_by = ?, closed_at = ? WHERE id = ? AND state = 'open'
      """)
    statement.bind(1, state.rawValue)
    statement.bind(2, outcome)
    statement.bind(3, operatorID)
    statement.bind(4, Clock.now())
    statement.bind(5, id)
    try statement.run()
  }
}
