// Which rows of a data file belong to the market at hand, and is every row readable and in its place?
internal import Interchange

/// A data file that is read once from front to back beside others, market by market; damage and disorder are reported.
final class AuditCursor {
  let rows: SortedRows
  /// Rows read so far.
  private(set) var count = 0
  private(set) var isAtRow = false
  private let findings: FindingList
  private let keyCount: Int
  private var previous: [ByteBuffer]
  private var reportedMarket: [UInt8]?

  init(_ rows: SortedRows, _ findings: FindingList) throws(BatchError) {
    self.rows = rows
    self.findings = findings
    keyCount = rows.schema.primaryKey.count
    previous = (0..<keyCount).map { _ in ByteBuffer(capacity: 256) }
    try advance()
  }

  var file: String { rows.schema.file }
  var line: AuditLine { rows.line }

  func report(_ code: String, _ message: String, market: [UInt8]? = nil, user: String? = nil) {
    findings.add(
      Finding(
        .books, code, message, file: file, line: rows.number,
        market: market.map { String(decoding: $0, as: UTF8.self) }, user: user))
  }

  /// Moves to the next readable row.
  func advance() throws(BatchError) {
    while true {
      switch try rows.next() {
      case .end:
        isAtRow = false
        return
      case .damaged(let message):
        count += 1
        report("row_damaged", message)
      case .row:
        count += 1
        isAtRow = true
        checkOrder()
        return
      }
    }
  }

  /// Gives every row of `market`. Rows of smaller markets stand there without right: they are reported and passed over.
  func forEachRow(of market: [UInt8], _ body: (AuditLine) throws(BatchError) -> Void) throws(BatchError) {
    try pass(before: market)
    while isAtRow, unsafe line.cell(0).elementsEqual(market) {
      try body(line)
      try advance()
    }
  }

  /// Reports rows of markets before `market` (nil for all that are left).
  func pass(before market: [UInt8]?) throws(BatchError) {
    while isAtRow {
      if let market, unsafe !line.cell(0).lexicographicallyPrecedes(market) { return }
      let owner = line.array(0)
      if owner != reportedMarket {
        reportedMarket = owner
        report("unexpected_row", "rows of a market that markets.csv does not settle", market: owner)
      }
      try advance()
    }
  }

  /// Keys rise strictly from row to row: what is looked up by halving depends on it.
  private func checkOrder() {
    if count > 1, !isBehindPrevious { report("out_of_order", "the row's key is not behind that of the row before") }
    for column in 0..<keyCount {
      previous[column].removeAll()
      let cell = unsafe line.cell(column)
      if let start = cell.baseAddress { unsafe previous[column].append(start, cell.count) }
    }
  }

  private var isBehindPrevious: Bool {
    for column in 0..<keyCount {
      let cell = unsafe line.cell(column)
      let before = unsafe previous[column].bytes
      if unsafe before.elementsEqual(cell) { continue }
      return unsafe before.lexicographicallyPrecedes(cell)
    }
    return false
  }
}
