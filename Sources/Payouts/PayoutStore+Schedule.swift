// Which transfers does a run need? One job for each run, one transfer for each user and currency.
internal import Interchange
internal import Ledger

/// What scheduling a run's payout gave.
package struct ScheduledJob: Sendable, Equatable {
  package let runID: String
  /// False where the job was there already.
  package let isNew: Bool
  /// Held transfers that may go now.
  package let pickedUp: Int
  package let counts: JobCounts
}

extension PayoutStore {
  /// Makes the run's job with all its transfers, or returns the one that is there; what was held is looked at again.
  /// All in one database transaction.
  package func schedule(run runID: String, by operatorID: String, now: Int64) throws(PayoutError) -> ScheduledJob {
    var isNew = false
    var pickedUp = 0
    try transaction { () throws(PayoutError) in
      guard let run = try mapped({ () throws(LedgerError) in try ledger.run(runID) }) else {
        throw PayoutError(.unknownJob, "the ledger has no run \(runID)")
      }
      guard run.kind == "settlement" else {
        throw PayoutError(.notPayable, "run \(runID) is a \(run.kind): it pays no users over a rail")
      }
      try mapped { () throws(LedgerError) in
        let shares = try RunShares(ledger, run).all()
        isNew = try insertJob(runID, by: operatorID)
        if isNew {
          try insertTransfers(runID, shares, now: now)
        } else {
          pickedUp = try takeUp(runID, shares, now: now)
        }
        try completeJobs([runID])
        if isNew || pickedUp > 0 {
          try ledger.record(
            action: "payouts schedule", by: operatorID, subject: runID,
            result: isNew ? "\(shares.count) transfers" : "\(pickedUp) held transfers taken up")
        }
      }
    }
    return ScheduledJob(
      runID: runID, isNew: isNew, pickedUp: pickedUp, counts: try mapped { () throws(LedgerError) in try counts(runID) }
    )
  }

  /// The same ledger, run, user and currency give the same id: a book that was restored from a backup names the same
  /// money alike, and the rail knows it again.
  func transferID(run runID: String, user userID: String, currency: String) -> String {
    var hash = SHA256()
    for field in [ledger.identity, runID, userID, currency] { hash.update(field: Array(field.utf8)) }
    return "t" + Array(hash.digest().bytes.prefix(16)).hex
  }

  private func insertJob(_ runID: String, by operatorID: String) throws(LedgerError) -> Bool {
    let statement = try ledger.database.prepare(
      """
      INSERT INTO payout_jobs (run_id, state, created_by, created_at) VALUES (?, 'pending', ?, ?)
      ON CONFLICT (run_id) DO NOTHING RETURNING 1
      """)
    statement.bind(1, runID)
    statement.bind(2, operatorID)
    statement.bind(3, Clock.now())
    defer { statement.reset() }
    return try statement.step()
  }

  private func insertTransfers(_ runID: String, _ shares: [RunShare], now: Int64) throws(LedgerError) {
    let finder = try DestinationFinder(ledger.database)
    let insert = try ledger.database.prepare(
      """
      INSERT INTO payout_transfers (id, run_id, user_id, currency, amount, destination, state, reason, due_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    for share in shares {
      let (destination, hold) = try outlook(share, finder)
      insert.bind(1, transferID(run: runID, user: share.userID, currency: share.currency))
      insert.bind(2, runID)
      insert.bind(3, share.userID)
      insert.bind(4, share.currency)
      insert.bind(5, share.amount)
      insert.bind(6, destination)
      insert.bind(7, (share.amount <= 0 ? .cancelled : hold == nil ? .pending : Transfer.State.held).rawValue)
      insert.bind(8, hold)
      insert.bind(9, now)
      try insert.run()
    }
  }

  /// Where the share may go, or why it may not.
  private func outlook(
    _ share: RunShare, _ finder: DestinationFinder
  ) throws(LedgerError) -> (destination: String?, hold: String?) {
    switch try finder.find(user: share.userID, currency: share.currency) {
    case .account(let account): (account, share.hold)
    case .none(let reason): (nil, share.hold ?? reason)
    }
  }

  /// Held transfers whose cause is gone may go; those that are still held say why today.
  private func takeUp(_ runID: String, _ shares: [RunShare], now: Int64) throws(LedgerError) -> Int {
    let held = try transfers(ofJob: runID, state: .held)
    guard !held.isEmpty else { return 0 }
    let finder = try DestinationFinder(ledger.database)
    let saver = try Saver(ledger.database)
    var byID: [String: RunShare] = [:]
    for share in shares { byID[transferID(run: runID, user: share.userID, currency: share.currency)] = share }
    var pickedUp = 0
    for row in held {
      var row = row
      guard let share = byID[row.id] else { continue }
      let (destination, hold) = try outlook(share, finder)
      row.amount = share.amount
      row.destination = destination ?? row.destination
      if share.amount <= 0 {
        _ = row.life.cancel("rolled_back")
      } else if let hold {
        row.life.reason = hold
      } else {
        row.life.resume(now: now)
        pickedUp += 1
      }
      try saver.save(row)
    }
    if pickedUp > 0 {
      let statement = try ledger.database.prepare(
        "UPDATE payout_jobs SET state = 'processing', completed_at = NULL WHERE run_id = ? AND state = 'complete'")
      statement.bind(1, runID)
      try statement.run()
    }
    return pickedUp
  }

  // MARK: Transactions

  func mapped<Value>(_ body: () throws(LedgerError) -> Value) throws(PayoutError) -> Value {
    do throws(LedgerError) { return try body() } catch { throw PayoutError(error) }
  }

  func transaction(_ body: () throws(PayoutError) -> Void) throws(PayoutError) {
    try ledger.database.transaction(mapping: { PayoutError($0) }, body)
  }
}
