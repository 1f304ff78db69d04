// Which runs and settlements does the ledger know?
package import Interchange

/// A run as the ledger remembers it.
package struct RunRecord: Sendable, Equatable {
  package var runID: String
  package var batchKey: String
  package var generation: Int
  /// `settlement`, `rollback`, `prizes`, …
  package var kind: String
  package var manifestSHA256: String
  package var reverses: String?
  package var sequenceBefore: Int64
  package var sequenceAfter: Int64
  package var headBefore: String
  package var headAfter: String
  package var operatorID: String
  package var asOf: String?
  package var at: String

  package init(
    runID: String, batchKey: String, generation: Int, kind: String, manifestSHA256: String, reverses: String? = nil,
    sequenceBefore: Int64, sequenceAfter: Int64, headBefore: String, headAfter: String, operatorID: String,
    asOf: String?, at: String
  ) {
    self.runID = runID
    self.batchKey = batchKey
    self.generation = generation
    self.kind = kind
    self.manifestSHA256 = manifestSHA256
    self.reverses = reverses
    self.sequenceBefore = sequenceBefore
    self.sequenceAfter = sequenceAfter
    self.headBefore = headBefore
    self.headAfter = headAfter
    self.operatorID = operatorID
    self.asOf = asOf
    self.at = at
  }
}

/// A settlement of a market, or of what else is settled once at a time (the prizes of an event, its refunds, …).
package struct SettlementRecord: Sendable, Equatable {
  /// The kind of nearly all subjects.
  package static let market = "market"

  package var runID: String
  /// `market`, `prizes`, `refund`, `award-participation`, `award-placement`
  package var kind: String
  /// The id of the subject: a market's, or an event's.
  package var marketID: String
  /// Which decision was settled; empty for subjects that have none.
  package var resolutionID: String
  package var facts: Digest
  package var rolledBackBy: String?

  package init(
    runID: String, kind: String = SettlementRecord.market, marketID: String, resolutionID: String, facts: Digest,
    rolledBackBy: String? = nil
  ) {
    self.runID = runID
    self.kind = kind
    self.marketID = marketID
    self.resolutionID = resolutionID
    self.facts = facts
    self.rolledBackBy = rolledBackBy
  }
}

/// A place in the book: an entry and its link of the hash chain.
package struct BookPosition: Sendable, Equatable {
  package var sequence: Int64
  package var head: Digest
}

/// What a run leaves in the book beside its entries.
package struct RunSeal: Sendable {
  package var run: RunRecord
  package var settlements: [SettlementRecord]
  /// What the record of administrative actions calls it: `run`, `rollback`, `prizes pay`, …
  package var action: String
  package var reason: String?

  package init(run: RunRecord, settlements: [SettlementRecord], action: String, reason: String? = nil) {
    self.run = run
    self.settlements = settlements
    self.action = action
    self.reason = reason
  }
}

extension Ledger {
  private static let runColumns = """
    run_id, batch_key, generation, kind, manifest_sha256, reverses, sequence_before, sequence_after, head_before,
    head_after, operator, as_of, at
    """

  /// All runs in the order they were applied.
  package func runs() throws(LedgerError) -> [RunRecord] {
    try runs("SELECT \(Ledger.runColumns) FROM runs ORDER BY id") { _ in }
  }

  package func run(_ runID: String) throws(LedgerError) -> RunRecord? {
    try runs("SELECT \(Ledger.runColumns) FROM runs WHERE run_id = ?") { $0.bind(1, runID) }.first
  }

  /// The generations of one batch, the first first.
  package func runs(ofBatch key: String) throws(LedgerError) -> [RunRecord] {
    try runs("SELECT \(Ledger.runColumns) FROM runs WHERE batch_key = ? ORDER BY generation") { $0.bind(1, key) }
  }

  private func runs(_ sql: String, _ bind: (Statement) -> Void) throws(LedgerError) -> [RunRecord] {
    let statement = try database.prepare(sql)
    bind(statement)
    var runs: [RunRecord] = []
    while try statement.step() {
      runs.append(
        RunRecord(
          runID: statement.text(0) ?? "", batchKey: statement.text(1) ?? "", generation: Int(statement.integer(2)),
          kind: statement.text(3) ?? "", manifestSHA256: statement.text(4) ?? "", reverses: statement.text(5),
          sequenceBefore: statement.integer(6), sequenceAfter: statement.integer(7),
          headBefore: statement.text(8) ?? "", headAfter: statement.text(9) ?? "",
          operatorID: statement.text(10) ?? "", asOf: statement.text(11), at: statement.text(12) ?? ""))
    }
    return runs
  }

  /// The settlements in force of these markets, or of other subjects; none for what is not settled or rolled back.
  package func settlements(
    ofMarkets markets: some Sequence<String>, kind: String = SettlementRecord.market
  ) throws(LedgerError) -> [SettlementRecord] {
    let statement = try database.prepare(
      """
      SELECT run_id, market_id, resolution_id, facts, rolled_back_by, kind FROM settlements
      WHERE market_id = ? AND kind = ? AND rolled_back_by IS NULL
      """)
    statement.bind(2, kind)
    // A list, not a dictionary by String: that would take two ids that differ in bytes alone for one.
    var found: [SettlementRecord] = []
    try database.reading { () throws(LedgerError) in
      for market in markets {
        statement.bind(1, market)
        if try statement.step() { found.append(Ledger.settlement(statement)) }
        statement.reset()
      }
    }
    return found
  }

  package func settlements(ofRun runID: String) throws(LedgerError) -> [SettlementRecord] {
    let statement = try database.prepare(
      """
      SELECT run_id, market_id, resolution_id, facts, rolled_back_by, kind FROM settlements WHERE run_id = ?
      ORDER BY market_id
      """)
    statement.bind(1, runID)
    var records: [SettlementRecord] = []
    while try statement.step() { records.append(Ledger.settlement(statement)) }
    return records
  }

  private static func settlement(_ statement: Statement) -> SettlementRecord {
    SettlementRecord(
      runID: statement.text(0) ?? "", kind: statement.text(5) ?? "", marketID: statement.text(1) ?? "",
      resolutionID: statement.text(2) ?? "", facts: Digest(bytes: statement.blob(3)), rolledBackBy: statement.text(4))
  }

  /// Posts a run of any kind in one database transaction: its entries, its settlements, and its row.
  ///
  /// - Parameters:
  ///   - entries: writes the entries.
  ///   - seal: called when all entries are written, with where the book stood before them and stands now, before the
  ///     commit: writes and flushes the manifest, and gives the run's row and its settlements.
  ///   - completing: what else must happen in the same transaction, once the run's row is there.
  package func post<Failure: Error>(
    mapping: (LedgerError) -> Failure, entries: (EntryWriter) throws(Failure) -> Void,
    seal: (_ before: BookPosition, _ after: BookPosition) throws(Failure) -> RunSeal,
    completing: () throws(Failure) -> Void = {}
  ) throws(Failure) {
    func mapped<Value>(_ body: () throws(LedgerError) -> Value) throws(Failure) -> Value {
      do throws(LedgerError) { return try body() } catch { throw mapping(error) }
    }
    try database.transaction(mapping: mapping) { () throws(Failure) in
      let writer = try mapped { () throws(LedgerError) in try EntryWriter(self) }
      // Other operations may have come since the run was computed: they change no settlement.
      let before = BookPosition(sequence: writer.sequence, head: writer.head)
      try entries(writer)
      try mapped { () throws(LedgerError) in try writer.finish() }
      let seal = try seal(before, BookPosition(sequence: writer.sequence, head: writer.head))
      try mapped { () throws(LedgerError) in
        try insert(seal.run)
        try insert(seal.settlements)
        try record(
          action: seal.action, by: seal.run.operatorID, subject: seal.run.runID, reason: seal.reason, result: "applied",
          detail: try sealDigest(ofRun: seal.run.runID))
      }
      try completing()
    }
  }

  private func insert(_ run: RunRecord) throws(LedgerError) {
    let statement = try database.prepare(
      "INSERT INTO runs (\(Ledger.runColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    statement.bind(1, run.runID)
    statement.bind(2, run.batchKey)
    statement.bind(3, Int64(run.generation))
    statement.bind(4, run.kind)
    statement.bind(5, run.manifestSHA256)
    statement.bind(6, run.reverses)
    statement.bind(7, run.sequenceBefore)
    statement.bind(8, run.sequenceAfter)
    statement.bind(9, run.headBefore)
    statement.bind(10, run.headAfter)
    statement.bind(11, run.operatorID)
    statement.bind(12, run.asOf)
    statement.bind(13, run.at)
    try statement.run()
  }

  private func insert(_ settlements: [SettlementRecord]) throws(LedgerError) {
    let statement = try database.prepare(
      "INSERT INTO settlements (run_id, market_id, resolution_id, facts, kind) VALUES (?, ?, ?, ?, ?)")
    for settlement in settlements {
      statement.bind(1, settlement.runID)
      statement.bind(2, settlement.marketID)
      statement.bind(3, settlement.resolutionID)
      statement.bind(4, blob: settlement.facts.bytes)
      statement.bind(5, settlement.kind)
      try statement.run()
    }
  }

  /// Marks what a run settled as rolled back; call inside `post`'s `completing`.
  /// - Parameter market: one subject of the run; nil for all of it that is still in force.
  package func markRolledBack(run runID: String, market: String?, by rollback: String) throws(LedgerError) {
    let statement = try database.prepare(
      """
      UPDATE settlements SET rolled_back_by = ?1
      WHERE run_id = ?2 AND (?3 IS NULL OR market_id = ?3) AND rolled_back_by IS NULL
      """)
    statement.bind(1, rollback)
    statement.bind(2, runID)
    statement.bind(3, market)
    try statement.run()
  }
}
