// What differs in one row of two tables?
internal import Interchange

/// A row that differs, while both files stand at it.
@safe
package struct DiffRow {
  package enum Change: String, Sendable {
    case added, removed, changed
  }

  package let table: DiffTable
  package let change: Change
  let old: AuditLine?
  let new: AuditLine?
  /// Why, as far as the rows of the markets tell.
  package var reason = ""
  /// Of its market, before and after; empty where the table has none.
  package var currency: (old: String, new: String) = ("", "")

  init(_ table: DiffTable, _ change: Change, _ old: AuditLine?, _ new: AuditLine?) {
    self.table = table
    self.change = change
    self.old = old
    self.new = new
  }

  /// A cell of the key.
  package func key(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    if let new { return unsafe new.cell(table.keyPlaces.new[index]) }
    guard let old else { preconditionFailure("a row of neither side") }
    return unsafe old.cell(table.keyPlaces.old[index])
  }

  func keyArray(_ index: Int) -> [UInt8] { unsafe Array(key(index)) }

  /// The cell before; nil where there was no row, or no such column.
  @inline(__always)
  package func old(_ column: Int) -> UnsafeBufferPointer<UInt8>? {
    guard let old, let place = table.columns[column].places.old else { return nil }
    return unsafe old.cell(place)
  }

  /// The cell after.
  @inline(__always)
  package func new(_ column: Int) -> UnsafeBufferPointer<UInt8>? {
    guard let new, let place = table.columns[column].places.new else { return nil }
    return unsafe new.cell(place)
  }

  @inline(__always)
  package func isChanged(_ column: Int) -> Bool {
    guard let before = unsafe old(column), let after = unsafe new(column) else {
      // Of a row on one side alone every cell that holds something counts.
      return unsafe (old(column) ?? new(column)).map { $0.count > 0 } ?? false
    }
    return unsafe DiffKey.order(before, after, isInteger: false) != 0
  }

  /// What a column of whole numbers rose by; an empty cell is 0. Nil for a cell that is no number.
  package func delta(_ column: Int) -> Int128? {
    guard let before = amount(old, table.columns[column].places.old),
      let after = amount(new, table.columns[column].places.new)
    else { return nil }
    return after - before
  }

  func amount(_ line: AuditLine?, _ place: Int?) -> Int128? {
    guard let line, let place, !line.isEmpty(place) else { return 0 }
    return line.integer(place).map { Int128($0) }
  }

  /// The currency of what differs: both where they are two.
  package var currencyShown: String {
    change == .added || currency.old == currency.new
      ? currency.new : change == .removed ? currency.old : "\(currency.old) -> \(currency.new)"
  }

  /// How much the row matters among others: what its money changed by.
  var weight: Int128 {
    var weight: Int128 = 0
    for column in table.weights { weight += delta(column)?.magnitude128 ?? 0 }
    // Where others have won, all of it moves, though the sum stays.
    if table.turns.contains(where: { isChanged($0) }) {
      for column in table.weights {
        let places = table.columns[column].places
        weight += max(amount(old, places.old) ?? 0, amount(new, places.new) ?? 0)
      }
    }
    return weight
  }

  /// The row, to keep.
  package var record: DiffRecord { DiffRecord(self) }
}

/// A row that differs, kept.
package struct DiffRecord: Sendable {
  package struct Cell: Sendable {
    package let column: String
    package let isInteger: Bool
    /// Nil where there was no row, or no such column.
    package let old: String?
    package let new: String?
    package let delta: Int128?
  }

  package let change: DiffRow.Change
  package let key: [String]
  /// Those that differ; of a row on one side alone those that hold something.
  package let cells: [Cell]
  package let reason: String
  package let currency: String

  init(_ row: DiffRow) {
    change = row.change
    key = row.table.key.indices.map { unsafe String(decoding: row.key($0), as: UTF8.self) }
    reason = row.reason
    currency = row.currencyShown
    cells = row.table.columns.indices.filter { row.isChanged($0) }.map { index in
      let column = row.table.columns[index]
      return Cell(
        column: column.name, isInteger: column.isInteger,
        old: unsafe row.old(index).map { unsafe String(decoding: $0, as: UTF8.self) },
        new: unsafe row.new(index).map { unsafe String(decoding: $0, as: UTF8.self) },
        delta: column.isInteger ? row.delta(index) : nil)
    }
  }

  package subscript(column: String) -> Cell? { cells.first { $0.column == column } }

  /// The cells that say it, by level; the others follow from them.
  private static let mainColumns = [
    "market": ["status", "outcome", "winning_options", "gross_pool", "total_payout", "total_refund", "hold_reason"],
    "user": ["total_committed", "total_payout"],
    "commitment": ["user_id", "option_id", "amount", "result", "payout"],
  ]

  /// What is shown of the row where not every cell is asked for. A market that stands on both sides is told in full; one
  /// that has come or gone, and what is below it, in brief.
  package func mainCells(of table: DiffTable) -> [Cell] {
    let isWhole = table.level == "market" && change == .changed && self["status"] == nil
    guard !isWhole, let main = DiffRecord.mainColumns[table.level] else { return cells }
    let chosen = cells.filter { main.contains($0.column) }
    return chosen.isEmpty ? cells : chosen
  }
}

extension Int128 {
  var magnitude128: Int128 { self < 0 ? -self : self }
}
