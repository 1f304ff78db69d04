// What may an admin do to jobs and transfers? Each with a reason, each written down.
package import Ledger

/// What an admin knows of a transfer whose outcome is unknown.
package enum Decision: Sendable, Equatable {
  case executed(externalID: String)
  case notExecuted
}

extension PayoutStore {
  package func pause(_ runID: String, reason: String, by operatorID: String) throws(PayoutError) {
    try transaction { () throws(PayoutError) in
      let job = try job(runID)
      guard job.state != .complete else {
        throw PayoutError(.transferState, "the payout of run \(runID) is complete: there is nothing to pause")
      }
      try mapped { () throws(LedgerError) in
        try setPaused(runID, reason: "by_admin")
        try ledger.record(action: "payouts pause", by: operatorID, subject: runID, reason: reason, result: "paused")
      }
    }
  }

  /// - Returns: false where the job was not paused.
  package func resume(_ runID: String, reason: String?, by operatorID: String) throws(PayoutError) -> Bool {
    var wasPaused = false
    try transaction { () throws(PayoutError) in
      wasPaused = try job(runID).state == .paused
      guard wasPaused else { return }
      try mapped { () throws(LedgerError) in
        let statement = try ledger.database.prepare(
          "UPDATE payout_jobs SET state = 'processing', pause_reason = NULL WHERE run_id = ?")
        statement.bind(1, runID)
        try statement.run()
        try completeJobs([runID])
        try ledger.record(action: "payouts resume", by: operatorID, subject: runID, reason: reason, result: "resumed")
      }
    }
    return wasPaused
  }

  /// Changes one transfer that nobody makes a call for now.
  private func change(
    _ id: String, action: String, reason: String, by operatorID: String,
    _ body: (inout TransferRow, TransferBooks, AttemptLog) throws(LedgerError) -> String?
  ) throws(PayoutError) -> TransferRow {
    var changed: TransferRow?
    try transaction { () throws(PayoutError) in
      guard var row = try mapped({ () throws(LedgerError) in try transfer(id) }) else {
        throw PayoutError(.unknownTransfer, "there is no transfer \(id)")
      }
      guard row.worker == nil else {
        throw PayoutError(.transferInHand, "a process makes a call for transfer \(id) right now")
      }
      let before = row.life.state
      let result = try mapped { () throws(LedgerError) -> String? in
        let books = try TransferBooks(ledger)
        let result = try body(&row, books, try AttemptLog(ledger.database))
        guard let result else { return nil }
        try books.finish()
        try Saver(ledger.database).save(row)
        try reopen(row)
        try completeJobs([row.runID])
        try ledger.record(action: action, by: operatorID, subject: id, reason: reason, result: result)
        return result
      }
      guard result != nil else {
        throw PayoutError(.transferState, "transfer \(id) is \(before.rawValue): that does not go with it")
      }
      changed = row
    }
    guard let changed else { preconditionFailure("a change without a row") }
    return changed
  }

  /// A complete job with an open transfer is not complete.
  private func reopen(_ row: TransferRow) throws(LedgerError) {
    guard !row.life.state.isTerminal else { return }
    let statement = try ledger.database.prepare(
      "UPDATE payout_jobs SET state = 'processing', completed_at = NULL WHERE run_id = ? AND state = 'complete'")
    statement.bind(1, row.runID)
    try statement.run()
  }

  /// Makes a transfer due now: what failed for good gets another key and the destination of today.
  package func retry(_ id: String, reason: String, by operatorID: String, now: Int64) throws(PayoutError) -> TransferRow
  {
    try change(id, action: "payouts retry", reason: reason, by: operatorID) { (row, _, _) throws(LedgerError) in
      let before = row.life.state
      guard row.life.retry(now: now) else { return nil }
      if before == .failedTerminal,
        case .account(let account) = try DestinationFinder(ledger.database).find(
          user: row.userID, currency: row.currency)
      {
        row.destination = account
      }
      return "\(before.rawValue) → \(row.life.state.rawValue)"
    }
  }

  /// Records what an admin knows of an unknown outcome. Money moves by it, so it is an attempt with an entry.
  package func decide(
    _ id: String, _ decision: Decision, reason: String, by operatorID: String, now: Int64
  ) throws(PayoutError) -> TransferRow {
    try change(id, action: "payouts decide", reason: reason, by: operatorID) {
      (row, books, attempts) throws(LedgerError) in
      let key = Transfer.key(row.id, generation: row.life.generation)
      let externalID: String? =
        switch decision {
        case .executed(let id): id
        case .notExecuted: nil
        }
      guard let actions = row.life.decide(executedAs: externalID, now: now) else { return nil }
      let result = externalID == nil ? "decided_not_executed" : "decided_executed"
      try attempts.begin(row, operation: "decision", key: key, worker: nil)
      try attempts.end(row, result: externalID == nil ? "permanent" : "ok", code: result, externalID: externalID)
      for action in actions { try books.post(action, row, code: result) }
      return result
    }
  }

  /// Asks for a completed transfer to be got back; the next call is a reversal.
  package func requestReversal(
    _ id: String, reason: String, by operatorID: String, now: Int64
  ) throws(PayoutError) -> TransferRow {
    try change(id, action: "payouts reverse", reason: reason, by: operatorID) { (row, _, _) throws(LedgerError) in
      row.life.reverse(now: now) ? "requested" : nil
    }
  }

  /// Records that the rail sent the money back by itself (a closed account, a bounced payment).
  package func acceptReturn(
    _ id: String, reason: String, by operatorID: String
  ) throws(PayoutError) -> TransferRow {
    try change(id, action: "payouts reverse", reason: reason, by: operatorID) {
      (row, books, attempts) throws(LedgerError) in
      let key = Transfer.reversalKey(row.id, generation: row.life.reversalGeneration)
      guard let actions = row.life.acceptReturn() else { return nil }
      try attempts.begin(row, operation: "decision", key: key, worker: nil)
      try attempts.end(row, result: "ok", code: "returned", externalID: nil)
      for action in actions { try books.post(action, row, code: "returned") }
      return "returned"
    }
  }

  /// Whether a transfer with this name at the rail is recorded as sent.
  package func isSent(externalID: String) throws(PayoutError) -> Bool {
    try mapped { () throws(LedgerError) in
      let statement = try ledger.database.prepare("SELECT 1 FROM payout_transfers WHERE external_id = ? LIMIT 1")
      statement.bind(1, externalID)
      defer { statement.reset() }
      return try statement.step()
    }
  }

  package func isAlive(_ worker: Int64, now: Int64) throws(PayoutError) -> Bool {
    try mapped { () throws(LedgerError) in try isAlive(worker: worker, now: now) }
  }

  /// The calls that were made for a transfer, the first first.
  package func attempts(of id: String) throws(LedgerError) -> [AttemptRecord] {
    let statement = try ledger.database.prepare(
      """
      SELECT attempt, operation, rail_key, started_at, finished_at, result, code, external_id FROM payout_attempts
      WHERE transfer_id = ? ORDER BY attempt
      """)
    statement.bind(1, id)
    var records: [AttemptRecord] = []
    while try statement.step() {
      records.append(
        AttemptRecord(
          number: Int(statement.integer(0)), operation: statement.text(1) ?? "", key: statement.text(2) ?? "",
          startedAt: statement.text(3) ?? "", finishedAt: statement.text(4), result: statement.text(5),
          code: statement.text(6), externalID: statement.text(7)))
    }
    return records
  }
}

/// One call as it was recorded.
package struct AttemptRecord: Sendable, Equatable {
  package let number: Int
  package let operation: String
  package let key: String
  package let startedAt: String
  package let finishedAt: String?
  /// Nil: started, and nobody has told how it ended.
  package let result: String?
  package let code: String?
  package let externalID: String?
}
