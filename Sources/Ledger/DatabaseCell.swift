// What can a cell of a database hold?

package enum DatabaseCell: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
}

extension Statement {
  /// The cell of a row, by its own type.
  package func cell(_ column: Int32) -> DatabaseCell {
    if isNull(column) { return .null }
    return isInteger(column) ? .integer(integer(column)) : .text(text(column) ?? "")
  }

  package func bind(_ index: Int32, _ cell: DatabaseCell) {
    switch cell {
    case .null: bind(index, nil as Int64?)
    case .integer(let value): bind(index, value)
    case .text(let text): bind(index, text)
    }
  }
}
