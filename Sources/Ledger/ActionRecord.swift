// What does the record of administrative actions hold, and how is it chained?
internal import Interchange

/// Who did what, when, why, and what came of it.
package struct ActionRecord: Sendable, Equatable {
  package let id: Int64
  package let operatorID: String
  package let action: String
  package let subject: String?
  package let reason: String?
  package let result: String
  /// What the action fixed beside entries: a role, an overdraft, the digest of a run's rows.
  package let detail: String?
  package let at: String

  /// The link of the chain behind `head`: everything above, the time too.
  func link(behind head: Digest) -> Digest {
    var hash = SHA256()
    hash.update(head.bytes)
    hash.update(integer: UInt64(bitPattern: id))
    for field in [operatorID, action, subject, reason, result, detail, at] {
      hash.update(field: field.map { [1] + Array($0.utf8) } ?? [0])
    }
    return hash.digest()
  }
}

extension ActionRecord {
  static let columns = "id, operator, action, subject, reason, result, detail, at"

  init(_ row: Statement) {
    self.init(
      id: row.integer(0), operatorID: row.text(1) ?? "", action: row.text(2) ?? "", subject: row.text(3),
      reason: row.text(4), result: row.text(5) ?? "", detail: row.text(6), at: row.text(7) ?? "")
  }
}

extension Ledger {
  /// Writes an administrative action down, inside the transaction that is open.
  package func record(
    action: String, by operatorID: String, subject: String?, reason: String? = nil, result: String,
    detail: String? = nil
  ) throws(LedgerError) {
    let last = try database.prepare("SELECT id, chain, at FROM actions ORDER BY id DESC LIMIT 1")
    let isFirst = try !last.step()
    let record = ActionRecord(
      id: isFirst ? 1 : last.integer(0) + 1, operatorID: operatorID, action: action, subject: subject, reason: reason,
      result: result, detail: detail, at: max(Clock.now(), isFirst ? "" : last.text(2) ?? ""))
    try Ledger.insert(
      record, chain: record.link(behind: isFirst ? Ledger.genesis : last.digest(1) ?? Ledger.genesis), database)
  }

  /// - Parameter chain: the link behind the action before.
  static func insert(_ record: ActionRecord, chain: Digest, _ database: Database) throws(LedgerError) {
    let statement = try database.prepare(
      "INSERT INTO actions (\(ActionRecord.columns), chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    statement.bind(1, record.id)
    statement.bind(2, record.operatorID)
    statement.bind(3, record.action)
    statement.bind(4, record.subject)
    statement.bind(5, record.reason)
    statement.bind(6, record.result)
    statement.bind(7, record.detail)
    statement.bind(8, record.at)
    statement.bind(9, blob: chain.bytes)
    try statement.run()
  }

  /// Links the actions that were recorded before there was a chain.
  static func chainEarlierActions(_ database: Database) throws(LedgerError) {
    let actions = try database.prepare("SELECT \(ActionRecord.columns) FROM actions ORDER BY id")
    let update = try database.prepare("UPDATE actions SET chain = ? WHERE id = ?")
    var records: [ActionRecord] = []
    while try actions.step() { records.append(ActionRecord(actions)) }
    var head = genesis
    for record in records {
      head = record.link(behind: head)
      update.bind(1, blob: head.bytes)
      update.bind(2, record.id)
      try update.run()
    }
  }

  /// What the rows of a run and of its settlements say, for the record of the action that wrote them.
  func sealDigest(ofRun runID: String) throws(LedgerError) -> String {
    var hash = SHA256()
    func absorb(_ statement: Statement, _ columns: Int32) throws(LedgerError) {
      statement.bind(1, runID)
      while try statement.step() {
        for column in 0..<columns {
          hash.update(field: statement.isNull(column) ? [0] : [1] + Array((statement.text(column) ?? "").utf8))
        }
      }
    }
    try absorb(
      try database.prepare(
        """
        SELECT id, run_id, batch_key, generation, kind, manifest_sha256, reverses, sequence_before, sequence_after,
               head_before, head_after, operator, as_of, at FROM runs WHERE run_id = ?
        """), 14)
    try absorb(
      try database.prepare(
        "SELECT kind, market_id, resolution_id, hex(facts) FROM settlements WHERE run_id = ? ORDER BY market_id"), 4)
    return "run sha256 \(hash.digest().hex)"
  }

  /// Whether a run's row and its settlements are what was written, as the record of actions has it.
  package func isAsWritten(_ run: RunRecord) throws(LedgerError) -> Bool {
    let sealed = try database.prepare(
      "SELECT detail FROM actions WHERE subject = ? AND detail LIKE 'run sha256 %' ORDER BY id LIMIT 1")
    sealed.bind(1, run.runID)
    // Runs of version 1 have no digest in the record of actions.
    guard try sealed.step() else { return try !isBehindMigration(run) }
    return sealed.text(0) == (try sealDigest(ofRun: run.runID))
  }
}
