// What do the rows of a run's data file say, one after the other, to somebody outside this room?
package import Markets

/// Reads a data file of a run from front to back, or from a key on, in constant memory.
package final class TableReader {
  private let rows: SortedRows

  /// - Throws: `file_missing`, `run_damaged`.
  package init(_ files: RunFiles, _ schema: OutputSchema) throws(BatchError) {
    rows = try SortedRows(files, schema)
  }

  /// Moves to the next row; false behind the last.
  /// - Throws: `run_damaged`.
  package func next() throws(BatchError) -> Bool { try rows.nextRow() }

  package func text(_ column: Int) -> String { rows.line.text(column) }
  package func id(_ column: Int) -> ID { ID(rows.line.array(column)) }
  package func isEmpty(_ column: Int) -> Bool { rows.line.isEmpty(column) }
  package func `is`(_ column: Int, _ id: ID) -> Bool { unsafe rows.line.cell(column).elementsEqual(id.bytes) }
  package func isBefore(_ column: Int, _ id: ID) -> Bool {
    unsafe rows.line.cell(column).lexicographicallyPrecedes(id.bytes)
  }

  /// A whole number; 0 for an empty cell.
  /// - Throws: `run_damaged`.
  package func integer(_ column: Int) throws(BatchError) -> Int64 {
    if rows.line.isEmpty(column) { return 0 }
    guard let value = rows.line.integer(column) else {
      throw rows.damage("\(rows.schema.columns[column].name) is not a whole number")
    }
    return value
  }
}
