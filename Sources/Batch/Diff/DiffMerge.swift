// Which rows do two sorted tables not share?

/// Walks two tables side by side: equal stretches are passed by comparing bytes, the rest row by row.
///
/// Worked example, keys of A `a b c e`, of B `a c d e`, the rows of c differ. `a` is passed as equal bytes; `b` is before
/// `c`, so it was removed; the rows of c have one key and other cells, so it is changed; `d` is before `e`, so it was
/// added; `e` is passed.
struct DiffMerge {
  let table: DiffTable
  let old: DiffFile
  let new: DiffFile

  init(_ shape: DiffTable.Shape, _ old: DiffFile, _ new: DiffFile) throws(BatchError) {
    table = try DiffTable(shape, old, new)
    self.old = old
    self.new = new
    old.setKey(table.keyPlaces.old, isInteger: table.isKeyInteger)
    new.setKey(table.keyPlaces.new, isInteger: table.isKeyInteger)
  }

  /// - Parameters:
  ///   - isWanted: nil for all rows, the fast way.
  ///   - each: is given every row of both sides, equal or not, where it is not nil: then nothing is passed unread.
  ///   - body: is given the rows that differ.
  /// - Returns: how many rows are the same.
  func run(
    isWanted: ((DiffRow) -> Bool)?, each: ((_ old: AuditLine?, _ new: AuditLine?) -> Void)?,
    _ body: (DiffRow) throws(BatchError) -> Void
  ) throws(BatchError) -> Int {
    var same = 0
    while true {
      if isWanted == nil, each == nil, table.isAlike { same += try DiffFile.skipCommon(old, new) }
      let (hasOld, hasNew) = (try old.peek(), try new.peek())
      guard hasOld || hasNew else { return same }
      let order = hasOld && hasNew ? order : hasOld ? -1 : 1
      let row = DiffRow(
        table, order < 0 ? .removed : order > 0 ? .added : .changed, order <= 0 ? old.line : nil,
        order >= 0 ? new.line : nil)
      if isWanted?(row) ?? true {
        each?(row.old, row.new)
        if order == 0, table.columns.indices.allSatisfy({ !row.isChanged($0) }) {
          same += 1
        } else {
          try body(row)
        }
      }
      if order <= 0 { old.advance() }
      if order >= 0 { new.advance() }
    }
  }

  /// Which of the rows at hand comes first: below zero the old, above it the new.
  private var order: Int {
    for index in table.key.indices {
      let order = unsafe DiffKey.order(
        old.line.cell(table.keyPlaces.old[index]), new.line.cell(table.keyPlaces.new[index]),
        isInteger: table.isKeyInteger[index])
      if order != 0 { return order }
    }
    return 0
  }
}
