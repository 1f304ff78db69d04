// How do many rows get into a table by few statements?
internal import Interchange

/// Rows on their way into one table, written many by one statement: that takes half the time of one statement each.
///
/// Values are kept aside until their rows are written, so that SQLite need not copy them.
@safe
final class RowBatch {
  /// One statement writes as many; a longer one is hardly faster and takes longer to prepare.
  static let rowsMax = 64

  private enum Value {
    case null
    case integer(Int64)
    case text(start: Int, count: Int)
    case blob(start: Int, count: Int)
  }

  private let database: Database
  private let table: String
  private let columns: [String]
  private var values: [Value] = []
  private let bytes = ByteBuffer(capacity: 1 << 14)
  private let insertOne: Statement
  private var insertMany: Statement?

  init(_ database: Database, into table: String, _ columns: [String]) throws(LedgerError) {
    self.database = database
    self.table = table
    self.columns = columns
    values.reserveCapacity(RowBatch.rowsMax * columns.count)
    insertOne = try RowBatch.insert(1, database, table, columns)
  }

  /// A failure ends the whole transaction, so that no statement need be able to take back its own first rows.
  private static func insert(
    _ rows: Int, _ database: Database, _ table: String, _ columns: [String]
  ) throws(LedgerError) -> Statement {
    let row = "(\(columns.map { _ in "?" }.joined(separator: ", ")))"
    return try database.prepare(
      "INSERT OR FAIL INTO \(table) (\(columns.joined(separator: ", "))) VALUES "
        + repeatElement(row, count: rows).joined(separator: ", "))
  }

  var isEmpty: Bool { values.isEmpty }
  var isFull: Bool { values.count == RowBatch.rowsMax * columns.count }

  // MARK: Values, in the order of the columns

  func add(_ value: Int64?) { values.append(value.map { .integer($0) } ?? .null) }

  func add(_ text: String?) {
    guard let text else {
      values.append(.null)
      return
    }
    let start = bytes.count
    bytes.append(text)
    values.append(.text(start: start, count: bytes.count - start))
  }

  func add(text: [UInt8]) {
    values.append(.text(start: bytes.count, count: text.count))
    bytes.append(text)
  }

  func add(_ digest: Digest) {
    values.append(.blob(start: bytes.count, count: SHA256.digestLength))
    unsafe digest.withUnsafeBytes { unsafe bytes.append($0.baseAddress!.assumingMemoryBound(to: UInt8.self), $0.count) }
  }

  // MARK: Writing

  /// Writes what is there.
  func write() throws(LedgerError) {
    precondition(values.count % columns.count == 0, "a row of \(table) is not complete")
    if isFull {
      if insertMany == nil { insertMany = try RowBatch.insert(RowBatch.rowsMax, database, table, columns) }
      if let insertMany { try write(values[...], insertMany) }
    } else {
      for start in stride(from: 0, to: values.count, by: columns.count) {
        try write(values[start..<start + columns.count], insertOne)
      }
    }
    values.removeAll(keepingCapacity: true)
    bytes.removeAll()
  }

  private func write(_ rows: ArraySlice<Value>, _ statement: Statement) throws(LedgerError) {
    var index: Int32 = 0
    for value in rows {
      index += 1
      switch value {
      case .null: statement.bindNull(index)
      case .integer(let value): statement.bind(index, value)
      case .text(let start, let count): unsafe statement.bind(index, keptText: bytes.start + start, count)
      case .blob(let start, let count): unsafe statement.bind(index, keptBlob: bytes.start + start, count)
      }
    }
    try statement.run()
  }
}
