// What does the row at hand in commitments.csv say, without being kept?
internal import Interchange
internal import Markets
internal import Settlement

/// A row of commitments.csv, checked; valid until the next row is read.
struct CommitmentCells {
  let amount: Int64
  let result: CommitmentResult
  let extraUnits: Int64
  let payout: Int64
  private let line: AuditLine

  private static let schema = OutputSchema.commitments
  private static let idColumn = schema.number(of: "commitment_id")
  private static let userColumn = schema.number(of: "user_id")
  private static let optionColumn = schema.number(of: "option_id")
  private static let amountColumn = schema.number(of: "amount")
  private static let resultColumn = schema.number(of: "result")
  private static let extraColumn = schema.number(of: "extra_units")
  private static let payoutColumn = schema.number(of: "payout")

  /// - Throws: `run_damaged`.
  init(_ rows: SortedRows) throws(BatchError) {
    line = rows.line
    guard let amount = line.integer(CommitmentCells.amountColumn), amount > 0,
      let extra = line.integer(CommitmentCells.extraColumn), extra >= 0,
      let payout = line.integer(CommitmentCells.payoutColumn), payout >= 0
    else { throw rows.damage("amount, extra_units or payout is not an amount") }
    self.amount = amount
    extraUnits = extra
    self.payout = payout
    switch line.text(CommitmentCells.resultColumn) {
    case "won": result = .won
    case "lost": result = .lost
    case "refunded": result = .refunded
    default: throw rows.damage("result is none of won, lost, refunded")
    }
  }

  /// The row, to keep.
  var row: AuditRow { AuditRow(CommitmentCells.schema, line) }
  var id: ID { ID(line.array(CommitmentCells.idColumn)) }
  var option: ID { ID(line.array(CommitmentCells.optionColumn)) }
  func `is`(_ id: ID) -> Bool { unsafe line.cell(CommitmentCells.idColumn).elementsEqual(id.bytes) }
  func isOf(user: ID) -> Bool { unsafe line.cell(CommitmentCells.userColumn).elementsEqual(user.bytes) }
}
