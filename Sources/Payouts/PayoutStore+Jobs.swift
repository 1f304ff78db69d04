// How far are the jobs?
package import Ledger

/// Transfers of a job by their state.
package struct JobCounts: Sendable, Equatable {
  package var byState: [Transfer.State: Int] = [:]
  /// Minor units by currency and state.
  package var amounts: [String: [Transfer.State: Int64]] = [:]

  package subscript(state: Transfer.State) -> Int { byState[state] ?? 0 }
  package var total: Int { byState.values.reduce(0, +) }
  /// What is neither done nor given up.
  package var open: Int { byState.filter { !$0.key.isTerminal }.values.reduce(0, +) }
  /// What somebody has to look at.
  package var needsAttention: Bool { self[.held] + self[.unknown] + self[.failedTerminal] > 0 }
}

/// A job as the ledger knows it.
package struct Job: Sendable, Equatable {
  package enum State: String, Sendable {
    case pending, processing, paused, complete
  }

  package let runID: String
  package let state: State
  package let rail: String?
  package let pauseReason: String?
  package let createdBy: String
  package let createdAt: String
  package let completedAt: String?
}

extension PayoutStore {
  package func jobs(run runID: String? = nil) throws(LedgerError) -> [Job] {
    let statement = try ledger.database.prepare(
      """
      SELECT run_id, state, rail, pause_reason, created_by, created_at, completed_at FROM payout_jobs
      WHERE ?1 IS NULL OR run_id = ?1 ORDER BY created_at, run_id
      """)
    statement.bind(1, runID)
    var jobs: [Job] = []
    while try statement.step() {
      jobs.append(
        Job(
          runID: statement.text(0) ?? "", state: Job.State(rawValue: statement.text(1) ?? "") ?? .paused,
          rail: statement.text(2), pauseReason: statement.text(3), createdBy: statement.text(4) ?? "",
          createdAt: statement.text(5) ?? "", completedAt: statement.text(6)))
    }
    return jobs
  }

  /// A job that must be there.
  package func job(_ runID: String) throws(PayoutError) -> Job {
    guard let job = try mapped({ () throws(LedgerError) in try jobs(run: runID).first }) else {
      throw PayoutError(.unknownJob, "no payout is scheduled for run \(runID)")
    }
    return job
  }

  package func counts(_ runID: String) throws(LedgerError) -> JobCounts {
    let statement = try ledger.database.prepare(
      """
      SELECT state, currency, count(*), sum(amount) FROM payout_transfers WHERE run_id = ? GROUP BY state, currency
      """)
    statement.bind(1, runID)
    var counts = JobCounts()
    while try statement.step() {
      guard let state = Transfer.State(rawValue: statement.text(0) ?? "") else { continue }
      counts.byState[state, default: 0] += Int(statement.integer(2))
      counts.amounts[statement.text(1) ?? "", default: [:]][state] = statement.integer(3)
    }
    return counts
  }

  /// Sorted by user and currency.
  package func transfers(
    ofJob runID: String, state: Transfer.State? = nil, limit: Int = .max
  ) throws(LedgerError) -> [TransferRow] {
    let statement = try ledger.database.prepare(
      """
      SELECT \(PayoutStore.columns) FROM payout_transfers WHERE run_id = ?1 AND (?2 IS NULL OR state = ?2)
      ORDER BY user_id, currency LIMIT ?3
      """)
    statement.bind(1, runID)
    statement.bind(2, state?.rawValue)
    statement.bind(3, Int64(limit))
    var rows: [TransferRow] = []
    while try statement.step() { rows.append(PayoutStore.row(statement)) }
    return rows
  }

  /// A job is complete when every transfer of it is terminal; call inside the transaction that changed them.
  func completeJobs(_ runIDs: Set<String>) throws(LedgerError) {
    let statement = try ledger.database.prepare(
      """
      UPDATE payout_jobs SET state = 'complete', pause_reason = NULL, completed_at = ?2
      WHERE run_id = ?1 AND state <> 'complete' AND NOT EXISTS (
        SELECT 1 FROM payout_transfers WHERE payout_transfers.run_id = ?1
        AND payout_transfers.state IN ('held', 'pending', 'processing', 'retryable', 'unknown'))
      """)
    for runID in runIDs.sorted() {
      statement.bind(1, runID)
      statement.bind(2, Clock.now())
      try statement.run()
    }
  }
}
