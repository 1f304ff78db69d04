// How does a process take work so that no other does, and how is it told how the work ended?
internal import Interchange
package import Ledger
package import Rails

/// A transfer that this process makes a call for.
package struct ClaimedTransfer: Sendable {
  package var row: TransferRow
  package let operation: RailCall.Operation
  package let call: RailCall
}

/// What a claim gave.
package struct ClaimedBatch: Sendable {
  package var transfers: [ClaimedTransfer] = []
  /// Transfers that were looked at and may not be sent: held now, or beyond help.
  package var passedOver = 0
}

extension PayoutStore {
  /// How long a process of another host is believed to be alive after it last said so.
  static let leaseMilliseconds: Int64 = 900_000

  // MARK: Workers

  /// Enters this process.
  package func registerWorker(now: Int64) throws(LedgerError) -> Int64 {
    var id: Int64 = 0
    try ledger.database.transaction { () throws(LedgerError) in
      let me = WorkerIdentity.current()
      let statement = try ledger.database.prepare(
        "INSERT INTO payout_workers (host, pid, started, lease_until) VALUES (?, ?, ?, ?) RETURNING id")
      statement.bind(1, me.host)
      statement.bind(2, me.processID)
      statement.bind(3, me.started)
      statement.bind(4, now + PayoutStore.leaseMilliseconds)
      if try statement.step() { id = statement.integer(0) }
      statement.reset()
    }
    return id
  }

  /// Leaves; a process that has ended holds no claims.
  package func removeWorker(_ id: Int64) throws(LedgerError) {
    try ledger.database.transaction { () throws(LedgerError) in
      let statement = try ledger.database.prepare(
        """
        DELETE FROM payout_workers WHERE id = ?1
        AND NOT EXISTS (SELECT 1 FROM payout_transfers WHERE worker = ?1)
        """)
      statement.bind(1, id)
      try statement.run()
    }
  }

  package func isAlive(worker id: Int64, now: Int64) throws(LedgerError) -> Bool {
    let statement = try ledger.database.prepare(
      "SELECT host, pid, started, lease_until FROM payout_workers WHERE id = ?")
    statement.bind(1, id)
    defer { statement.reset() }
    guard try statement.step() else { return false }
    let worker = WorkerIdentity(
      host: statement.text(0) ?? "", processID: statement.integer(1), started: statement.text(2) ?? "")
    return worker.isAlive(seenFrom: .current(), leaseUntil: statement.integer(3), now: now)
  }

  private func deadWorkers(now: Int64) throws(LedgerError) -> [Int64] {
    let statement = try ledger.database.prepare("SELECT id, host, pid, started, lease_until FROM payout_workers")
    let here = WorkerIdentity.current()
    var dead: [Int64] = []
    while try statement.step() {
      let worker = WorkerIdentity(
        host: statement.text(1) ?? "", processID: statement.integer(2), started: statement.text(3) ?? "")
      if !worker.isAlive(seenFrom: here, leaseUntil: statement.integer(4), now: now) {
        dead.append(statement.integer(0))
      }
    }
    return dead
  }

  /// What processes that are gone had in hand may have been executed, or not: it is unknown.
  /// - Returns: how many claims were found.
  package func recoverClaims(now: Int64) throws(LedgerError) -> Int {
    // Looked for without a write lock first: nearly always there is nothing.
    guard !(try deadWorkers(now: now)).isEmpty else { return 0 }
    var found = 0
    try ledger.database.transaction { () throws(LedgerError) in
      let dead = try deadWorkers(now: now)
      guard !dead.isEmpty else { return }
      let books = try TransferBooks(ledger)
      let saver = try Saver(ledger.database)
      let attempts = try AttemptLog(ledger.database)
      for worker in dead {
        let statement = try ledger.database.prepare(
          "SELECT \(PayoutStore.columns) FROM payout_transfers WHERE worker = ?")
        statement.bind(1, worker)
        var rows: [TransferRow] = []
        while try statement.step() { rows.append(PayoutStore.row(statement)) }
        statement.reset()
        for row in rows {
          var row = row
          let operation = try attempts.operation(of: row)
          let actions = row.life.abandon(operation, now: now)
          try attempts.end(row, result: "abandoned", code: nil, externalID: nil)
          for action in actions { try books.post(action, row, code: "abandoned") }
          row.worker = nil
          try saver.save(row)
          found += 1
        }
        let delete = try ledger.database.prepare("DELETE FROM payout_workers WHERE id = ?")
        delete.bind(1, worker)
        try delete.run()
      }
      try books.finish()
    }
    return found
  }

  // MARK: Claims

  /// Takes at most `limit` transfers that are due: their funds go in flight, and a row for each call is there before
  /// the call is made. One database transaction.
  /// - Parameters:
  ///   - rail: only jobs that began on it, or on none yet.
  ///   - runIDs: only these jobs; empty for all.
  ///   - transferID: only this transfer.
  package func claim(
    worker: Int64, rail: String, limit: Int, runIDs: [String], transferID: String? = nil, now: Int64
  ) throws(LedgerError) -> ClaimedBatch {
    guard try hasDue(rail: rail, runIDs: runIDs, transferID: transferID, now: now) else { return ClaimedBatch() }
    var batch = ClaimedBatch()
    try ledger.database.transaction { () throws(LedgerError) in
      try extendLease(worker, now: now)
      let rows = try dueRows(rail: rail, limit: limit, runIDs: runIDs, transferID: transferID, now: now)
      guard !rows.isEmpty else { return }
      let books = try TransferBooks(ledger)
      let saver = try Saver(ledger.database)
      let attempts = try AttemptLog(ledger.database)
      var guards: [String: ClaimGuard] = [:]
      var begun: Set<String> = []
      for row in rows {
        var row = row
        let guardian: ClaimGuard
        if let known = guards[row.runID] {
          guardian = known
        } else {
          guardian = try ClaimGuard(ledger, row.runID)
          guards[row.runID] = guardian
        }
        if !row.life.isInFlight, row.life.state != .reversing {
          var why = guardian.reasonToHold(row)
          if why == nil, try books.available(of: row) < Int128(row.amount) { why = "insufficient_funds" }
          if let why {
            _ = row.life.hold(why)
            try saver.save(row)
            batch.passedOver += 1
            continue
          }
        }
        guard let claim = row.life.claim(id: row.id, now: now) else {
          try saver.save(row)
          batch.passedOver += 1
          continue
        }
        row.worker = worker
        for action in claim.actions { try books.post(action, row, code: "") }
        try attempts.begin(row, claim, worker: worker)
        try saver.save(row)
        begun.insert(row.runID)
        batch.transfers.append(
          ClaimedTransfer(
            row: row, operation: claim.operation,
            call: RailCall(
              claim.operation, transferID: row.id, key: claim.key, amount: row.amount, currency: row.currency,
              destination: row.destination ?? "", group: row.runID,
              externalID: claim.operation == .reverse ? row.life.externalID : nil)))
      }
      try books.finish()
      let start = try ledger.database.prepare(
        """
        UPDATE payout_jobs SET state = CASE state WHEN 'pending' THEN 'processing' ELSE state END, rail = coalesce(rail, ?2)
        WHERE run_id = ?1
        """)
      for runID in begun.sorted() {
        start.bind(1, runID)
        start.bind(2, rail)
        try start.run()
      }
    }
    return batch
  }

  private static let due = """
    FROM payout_transfers JOIN payout_jobs ON payout_jobs.run_id = payout_transfers.run_id
    WHERE payout_transfers.worker IS NULL
      AND payout_transfers.state IN ('pending', 'retryable', 'unknown', 'reversing')
      AND payout_transfers.due_at <= ?1 AND payout_jobs.state <> 'paused'
      AND (payout_jobs.rail IS NULL OR payout_jobs.rail = ?2)
      AND (?3 IS NULL OR payout_transfers.id = ?3)
      AND (?4 IS NULL OR payout_transfers.run_id IN (SELECT value FROM json_each(?4)))
    """

  private func bindDue(_ statement: Statement, _ rail: String, _ runIDs: [String], _ transferID: String?, _ now: Int64)
  {
    statement.bind(1, now)
    statement.bind(2, rail)
    statement.bind(3, transferID)
    statement.bind(4, runIDs.isEmpty ? nil : JSONValue.array(runIDs.map { .string($0) }).compact)
  }

  private func hasDue(rail: String, runIDs: [String], transferID: String?, now: Int64) throws(LedgerError) -> Bool {
    let statement = try ledger.database.prepare("SELECT 1 \(PayoutStore.due) LIMIT 1")
    bindDue(statement, rail, runIDs, transferID, now)
    defer { statement.reset() }
    return try statement.step()
  }

  private func dueRows(
    rail: String, limit: Int, runIDs: [String], transferID: String?, now: Int64
  ) throws(LedgerError) -> [TransferRow] {
    let columns = PayoutStore.columns.split(separator: ",").map {
      "payout_transfers." + $0.filter { $0 != " " && $0 != "\n" }
    }
    let statement = try ledger.database.prepare(
      """
      SELECT \(columns.joined(separator: ", ")) \(PayoutStore.due)
      ORDER BY payout_transfers.due_at, payout_transfers.id LIMIT ?5
      """)
    bindDue(statement, rail, runIDs, transferID, now)
    statement.bind(5, Int64(limit))
    defer { statement.reset() }
    var rows: [TransferRow] = []
    while try statement.step() { rows.append(PayoutStore.row(statement)) }
    return rows
  }

  /// When the next transfer is due that is not yet; nil where none will be.
  package func nextDue(rail: String, runIDs: [String], now: Int64) throws(LedgerError) -> Int64? {
    let statement = try ledger.database.prepare("SELECT min(payout_transfers.due_at) \(PayoutStore.due)")
    bindDue(statement, rail, runIDs, nil, Transfer.never - 1)
    defer { statement.reset() }
    return try statement.step() && !statement.isNull(0) ? statement.integer(0) : nil
  }

  private func extendLease(_ worker: Int64, now: Int64) throws(LedgerError) {
    let statement = try ledger.database.prepare("UPDATE payout_workers SET lease_until = ? WHERE id = ?")
    statement.bind(1, now + PayoutStore.leaseMilliseconds)
    statement.bind(2, worker)
    try statement.run()
  }

  // MARK: Outcomes

  /// Records how calls ended, in one database transaction: new states, entries, attempts, pauses, complete jobs.
  /// - Parameter jitter: 0 to 1023, drawn anew for each.
  package func conclude(
    _ ended: [(transfer: ClaimedTransfer, outcome: RailOutcome)], worker: Int64, policy: Transfer.Policy,
    by operatorID: String, now: Int64, jitter: () -> Int64
  ) throws(LedgerError) -> [TransferRow] {
    guard !ended.isEmpty else { return [] }
    var rows: [TransferRow] = []
    try ledger.database.transaction { () throws(LedgerError) in
      rows = []
      let books = try TransferBooks(ledger)
      let finder = try Finder(ledger.database)
      let saver = try Saver(ledger.database)
      let attempts = try AttemptLog(ledger.database)
      var touched: Set<String> = []
      var pauses: [String: String] = [:]
      for (transfer, outcome) in ended {
        // Whoever took this process for dead has ended its attempt: then that is what counts.
        guard let stored = try finder.find(transfer.row.id), stored.worker == worker,
          stored.life.attemptCount == transfer.row.life.attemptCount
        else { continue }
        var row = stored
        let actions: [Transfer.Action]
        let code: String
        switch outcome {
        case .notSent:
          actions = row.life.withdraw(transfer.operation, now: now)
          code = "not_sent"
          try attempts.end(row, result: code, code: nil, externalID: nil)
        case .answered(let reply):
          actions = row.life.conclude(transfer.operation, reply, now: now, jitter: jitter(), policy: policy)
          code = reply.code.isEmpty ? reply.result.rawValue : reply.code
          try attempts.end(row, result: reply.result.rawValue, code: reply.code, externalID: reply.externalID)
        }
        for action in actions {
          if case .pauseJob(let why) = action { pauses[row.runID] = why.isEmpty ? "paused" : why }
          try books.post(action, row, code: code)
        }
        row.worker = nil
        try saver.save(row)
        touched.insert(row.runID)
        rows.append(row)
      }
      try books.finish()
      for (runID, why) in pauses.sorted(by: { $0.key < $1.key }) {
        try setPaused(runID, reason: why)
        try ledger.record(action: "payouts pause", by: operatorID, subject: runID, reason: why, result: "by the rail")
      }
      try completeJobs(touched)
    }
    return rows
  }

  func setPaused(_ runID: String, reason: String) throws(LedgerError) {
    let statement = try ledger.database.prepare(
      "UPDATE payout_jobs SET state = 'paused', pause_reason = ?2 WHERE run_id = ?1 AND state <> 'complete'")
    statement.bind(1, runID)
    statement.bind(2, reason)
    try statement.run()
  }
}
