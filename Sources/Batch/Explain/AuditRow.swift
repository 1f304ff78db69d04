// What does one row of a run's data file say, by the names of its columns?
package import Interchange

/// A row that is kept.
package struct AuditRow: Sendable {
  package let schema: OutputSchema
  private let cells: [[UInt8]]

  /// The row that was read last.
  init(_ rows: SortedRows) {
    self.init(rows.schema, rows.line)
  }

  init(_ schema: OutputSchema, _ line: AuditLine) {
    self.schema = schema
    cells = schema.columns.indices.map { line.array($0) }
  }

  package func bytes(_ column: String) -> [UInt8] { cells[schema.number(of: column)] }
  package func text(_ column: String) -> String { String(decoding: bytes(column), as: UTF8.self) }
  package func isEmpty(_ column: String) -> Bool { bytes(column).isEmpty }

  /// A whole number; 0 for an empty cell.
  /// - Throws: `run_damaged` for anything else.
  package func integer(_ column: String) throws(BatchError) -> Int64 {
    if isEmpty(column) { return 0 }
    guard let value = Int64(text(column)) else {
      throw BatchError(
        "run_damaged", .conflict, "\(schema.file): \(column) is \(Terminal.quoted(text(column))), not a whole number",
        hint: "`settle verify` lists what is damaged; restore the run's directory from a backup")
    }
    return value
  }

  /// Numbers as numbers, `true` and `false` as such, empty cells as null.
  package var json: JSONValue {
    var members: [String: JSONValue] = [:]
    for (index, column) in schema.columns.enumerated() {
      let text = String(decoding: cells[index], as: UTF8.self)
      switch column.type {
      case _ where text.isEmpty: members[column.name] = .null
      case "integer":
        let value = Int64(text)
        members[column.name] = value.map { .int($0) } ?? .string(text)
      case "boolean": members[column.name] = .bool(text == "true")
      default: members[column.name] = .string(text)
      }
    }
    return .object(members)
  }
}
