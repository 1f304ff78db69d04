// How do the rows of a run's data file become rows of a database?
internal import Interchange
internal import Ledger

/// Copies a sorted data file, cell by cell: empty cells are NULL, numbers are numbers, true and false are 1 and 0.
struct DashboardTable {
  let schema: OutputSchema
  private let kinds: [Kind]
  private let insert: Statement

  private enum Kind {
    case text, integer, boolean
  }

  /// - Parameter more: columns behind those of the file.
  init(_ table: String, _ schema: OutputSchema, more: [String], _ database: Database) throws(LedgerError) {
    self.schema = schema
    kinds = schema.columns.map { column in
      switch column.type {
      case "integer": .integer
      case "boolean": .boolean
      default: .text
      }
    }
    let names = ["run"] + schema.columns.map(\.name) + more
    insert = try database.prepare(
      """
      INSERT INTO \(table) (\(names.joined(separator: ", ")))
      VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
      """)
  }

  /// Inserts every row of the run's file.
  /// - Parameter more: gives the cells behind those of the file.
  func load(
    _ files: RunFiles, run number: Int64, more: (AuditLine) throws(BatchError) -> [DatabaseCell]
  ) throws(BatchError) -> Int {
    let rows = try SortedRows(files, schema)
    var count = 0
    while try rows.nextRow() {
      insert.bind(1, number)
      for column in kinds.indices { try bind(rows, column) }
      for (index, cell) in try more(rows.line).enumerated() {
        insert.bind(Int32(schema.columns.count + 2 + index), cell)
      }
      do throws(LedgerError) { try insert.run() } catch { throw BatchError.ledger(error) }
      count += 1
    }
    return count
  }

  private func bind(_ rows: SortedRows, _ column: Int) throws(BatchError) {
    let parameter = Int32(column) + 2
    let line = rows.line
    guard !line.isEmpty(column) else {
      insert.bind(parameter, nil as Int64?)
      return
    }
    switch kinds[column] {
    case .text: unsafe insert.bind(parameter, text: line.cell(column))
    case .boolean: insert.bind(parameter, Int64(line.text(column) == "true" ? 1 : 0))
    case .integer:
      guard let value = line.integer(column) else {
        throw rows.damage("\(schema.columns[column].name) is not a whole number")
      }
      insert.bind(parameter, value)
    }
  }
}
