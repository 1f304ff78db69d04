// What do the cells of one row say, and what is wrong with them?
internal import Interchange
internal import Markets
internal import Money

/// A column of a table; the raw value is its number among the reader's cells.
protocol TableField: RawRepresentable<Int>, Sendable {
  var name: String { get }
}

/// The cells of one row by their fields; every problem is kept.
@safe
struct CheckedRow<Field: TableField> {
  var problems: [RowProblem] = []
  private let cells: UnsafeMutableBufferPointer<Cell>

  init(_ reader: any RecordReader, _: Field.Type) {
    unsafe cells = unsafe reader.cells
    for fault in reader.faults { problems.append(.init(RowCode(rawValue: fault.code) ?? .malformedRow, fault.field)) }
  }

  func cell(_ field: Field) -> Cell { unsafe cells[field.rawValue] }

  func isAbsent(_ field: Field) -> Bool { cell(field).kind == .absent }

  /// The cell, unless it is absent or already reported.
  func given(_ field: Field) -> Cell? {
    let cell = cell(field)
    return cell.kind == .absent || cell.kind == .faulty ? nil : cell
  }

  mutating func problem(_ code: RowCode, _ field: Field) { problems.append(.init(code, field.name)) }

  /// A cell that must be there and pass the rule.
  mutating func required(_ field: Field, _ rule: (Cell) -> RowCode?) -> Cell? {
    if isAbsent(field) { problem(.missingField, field) }
    return optional(field, rule)
  }

  /// A cell that must pass the rule where it is there.
  mutating func optional(_ field: Field, _ rule: (Cell) -> RowCode?) -> Cell? {
    guard let cell = given(field) else { return nil }
    if let code = rule(cell) {
      problem(code, field)
      return nil
    }
    return cell
  }

  mutating func choose<Choice: RawRepresentable<String>>(_ field: Field, into choice: inout Choice) {
    guard let cell = given(field) else { return }
    if cell.kind == .text, let given = Choice(rawValue: String(decoding: cell.bytes, as: UTF8.self)) {
      choice = given
    } else {
      problem(.invalidPolicy, field)
    }
  }

  mutating func rate(_ field: Field, into rate: inout BasisPoints) {
    guard let cell = given(field) else { return }
    if case .value(let value) = CellCheck.integer(cell), let given = BasisPoints(value) {
      rate = given
    } else {
      problem(.invalidBps, field)
    }
  }

  /// An amount of 0 or more; nil where it is absent or has a problem.
  mutating func amount(_ field: Field, unit: AmountUnit, exponent: Int?) -> Int64? {
    guard let cell = given(field) else { return nil }
    switch unit == .minor ? CellCheck.integer(cell) : CellCheck.decimal(cell, exponent: exponent) {
    case .value(let amount): return amount
    case .misspelt: problem(.invalidAmount, field)
    case .tooLarge: problem(.amountOutOfRange, field)
    }
    return nil
  }
}
