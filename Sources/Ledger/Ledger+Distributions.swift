// Which users' parts of a settlement are disputed or rolled back, and what was decided about them?

/// One user's part of a settlement, where it is not simply completed.
package struct DistributionState: Sendable, Equatable {
  package enum Status: String, Sendable {
    case failed, disputed
    case rolledBack = "rolled_back"
  }

  package var runID: String
  package var marketID: String
  package var userID: String
  package var status: Status
  /// The rollback's run, or the dispute's number.
  package var by: String
  package var at: String
}

extension Ledger {
  /// The states of a run's distributions that are not simply completed.
  package func distributionStates(ofRun runID: String) throws(LedgerError) -> [DistributionState] {
    let statement = try database.prepare(
      """
      SELECT market_id, user_id, status, by, at FROM distribution_states WHERE run_id = ? ORDER BY market_id, user_id
      """)
    statement.bind(1, runID)
    return try states(statement, runID)
  }

  /// How one user's part of a market stands; nil where it is simply completed.
  package func distributionState(
    ofUser user: String, inMarket market: String, ofRun runID: String
  ) throws(LedgerError) -> DistributionState? {
    let statement = try database.prepare(
      """
      SELECT market_id, user_id, status, by, at FROM distribution_states
      WHERE run_id = ? AND market_id = ? AND user_id = ?
      """)
    statement.bind(1, runID)
    statement.bind(2, market)
    statement.bind(3, user)
    return try states(statement, runID).first
  }

  private func states(_ statement: Statement, _ runID: String) throws(LedgerError) -> [DistributionState] {
    var states: [DistributionState] = []
    while try statement.step() {
      guard let status = statement.text(2).flatMap(DistributionState.Status.init(rawValue:)) else {
        throw LedgerError(.invariant, "a distribution of run \(runID) has the status \(statement.text(2) ?? "NULL")")
      }
      states.append(
        DistributionState(
          runID: runID, marketID: statement.text(0) ?? "", userID: statement.text(1) ?? "", status: status,
          by: statement.text(3) ?? "", at: statement.text(4) ?? ""))
    }
    return states
  }

  /// Writes a state down; one that is there already is replaced.
  package func setState(
    _ status: DistributionState.Status, ofUser user: String, inMarket market: String, ofRun runID: String, by: String
  ) throws(LedgerError) {
    let statement = try database.prepare(
      """
      INSERT INTO distribution_states (run_id, market_id, user_id, status, by, at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (run_id, market_id, user_id) DO UPDATE SET status = excluded.status, by = excluded.by, at = excluded.at
      """)
    statement.bind(1, runID)
    statement.bind(2, market)
    statement.bind(3, user)
    statement.bind(4, status.rawValue)
    statement.bind(5, by)
    statement.bind(6, Clock.now())
    try statement.run()
  }

  /// Takes back that a user's part is disputed.
  package func clearDisputed(user: String, market: String, runID: String, dispute: Int64) throws(LedgerError) {
    let statement = try database.prepare(
      """
      DELETE FROM distribution_states
      WHERE run_id = ? AND market_id = ? AND user_id = ? AND status = 'disputed' AND by = ?
      """)
    statement.bind(1, runID)
    statement.bind(2, market)
    statement.bind(3, user)
    statement.bind(4, DisputeRecord.name(dispute))
    try statement.run()
  }
}
