// Which row was rejected, where, and why?
package import Interchange
package import Markets

package enum Table: String, CaseIterable, Sendable {
  case commitments, resolutions
  case events, registrations, placements, payments
}

/// One problem of one row. Holds ids that passed their check, never raw input.
package struct Rejection: Sendable {
  package var table: Table
  /// The number of the file as given, from 1; nil where the problem belongs to no row.
  package var file: Int?
  /// Physical line where the row starts, from 1.
  package var line: Int?
  package var marketID: ID?
  package var rowID: ID?
  package var code: RowCode
  package var field: String
  package var detail: String?
  /// What the row counted as before this rejection, where it was found after its file was read.
  var countedBefore: Count?

  enum Count: Sendable {
    case accepted, excluded
  }

  package init(
    _ code: RowCode, field: String, table: Table, file: Int?, line: Int?, marketID: ID? = nil, rowID: ID? = nil,
    detail: String? = nil
  ) {
    self.code = code
    self.field = field
    self.table = table
    self.file = file
    self.line = line
    self.marketID = marketID
    self.rowID = rowID
    self.detail = detail
  }

  /// A record or file that cannot be read.
  init(_ fault: Fault, _ input: InputSummary) {
    self.init(
      RowCode(rawValue: fault.code) ?? .malformedRow, field: fault.field, table: input.table, file: input.file,
      line: fault.line, detail: fault.message)
  }

  package var fileName: String { file.map { "\(table.rawValue)-\($0)" } ?? "" }
  package var message: String { detail ?? code.advice }

  package static let header = "table,file,line,market_id,row_id,code,field,message\n"

  package func write(to buffer: ByteBuffer) {
    buffer.append(csvField: table.rawValue)
    buffer.append(0x2C)
    buffer.append(csvField: fileName)
    buffer.append(0x2C)
    if let line { buffer.append(decimal: Int64(line)) }
    buffer.append(0x2C)
    if let marketID { buffer.append(csvField: marketID.bytes) }
    buffer.append(0x2C)
    if let rowID { buffer.append(csvField: rowID.bytes) }
    buffer.append(0x2C)
    buffer.append(code.rawValue)
    buffer.append(0x2C)
    buffer.append(csvField: field)
    buffer.append(0x2C)
    buffer.append(csvField: message)
    buffer.append(0x0A)
  }

  /// By table, file, line, code and field; then by what else can tell two apart.
  package static func precedes(_ left: Rejection, _ right: Rejection) -> Bool {
    if left.table != right.table { return left.table.rawValue < right.table.rawValue }
    if left.file != right.file { return left.fileName.utf8.lexicographicallyPrecedes(right.fileName.utf8) }
    if left.line != right.line { return (left.line ?? 0) < (right.line ?? 0) }
    if left.code != right.code { return left.code.rawValue < right.code.rawValue }
    if left.field != right.field { return left.field < right.field }
    if left.marketID != right.marketID { return (left.marketID ?? ID("")) < (right.marketID ?? ID("")) }
    return (left.rowID ?? ID("")) < (right.rowID ?? ID(""))
  }
}
