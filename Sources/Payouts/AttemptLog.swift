// Which calls were made for a transfer, and how did each end?
internal import Ledger
internal import Rails

/// Rows of payout_attempts: written before a call, ended once behind it.
final class AttemptLog {
  private let insert: Statement
  private let update: Statement
  private let select: Statement

  init(_ database: Database) throws(LedgerError) {
    insert = try database.prepare(
      """
      INSERT INTO payout_attempts (transfer_id, attempt, operation, rail_key, worker, started_at)
      VALUES (?, ?, ?, ?, ?, ?)
      """)
    update = try database.prepare(
      """
      UPDATE payout_attempts SET finished_at = ?3, result = ?4, code = ?5, external_id = ?6
      WHERE transfer_id = ?1 AND attempt = ?2
      """)
    select = try database.prepare("SELECT operation FROM payout_attempts WHERE transfer_id = ? AND attempt = ?")
  }

  func begin(_ row: TransferRow, _ claim: Transfer.Claim, worker: Int64) throws(LedgerError) {
    try begin(row, operation: claim.operation.rawValue, key: claim.key, worker: worker)
  }

  func begin(_ row: TransferRow, operation: String, key: String, worker: Int64?) throws(LedgerError) {
    insert.bind(1, row.id)
    insert.bind(2, Int64(row.life.attemptCount))
    insert.bind(3, operation)
    insert.bind(4, key)
    insert.bind(5, worker)
    insert.bind(6, Clock.now())
    try insert.run()
  }

  func end(_ row: TransferRow, result: String, code: String?, externalID: String?) throws(LedgerError) {
    update.bind(1, row.id)
    update.bind(2, Int64(row.life.attemptCount))
    update.bind(3, Clock.now())
    update.bind(4, result)
    update.bind(5, code.flatMap { $0.isEmpty ? nil : $0 })
    update.bind(6, externalID)
    try update.run()
  }

  /// What the last call was.
  func operation(of row: TransferRow) throws(LedgerError) -> RailCall.Operation {
    select.bind(1, row.id)
    select.bind(2, Int64(row.life.attemptCount))
    defer { select.reset() }
    // Where it cannot be told, the worst is assumed.
    guard try select.step() else { return .transfer }
    return RailCall.Operation(rawValue: select.text(0) ?? "") ?? .transfer
  }
}
