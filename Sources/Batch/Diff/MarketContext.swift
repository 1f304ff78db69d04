// Which market does a row of another table belong to, and what differs about that market?
internal import Interchange

/// The rows of both markets.csv, walked beside a table that is sorted by market.
final class MarketContext {
  private let old: DiffFile
  private let new: DiffFile
  private let table: DiffTable
  private let currencyPlaces: (old: Int, new: Int)
  private var market: [UInt8]?
  private var currency = (old: "", new: "")
  /// What lies in the market of the row that was completed last.
  private(set) var reason = ""

  /// Nil where a side has no markets.csv.
  init?(_ a: DiffSide, _ b: DiffSide) throws(BatchError) {
    let file = OutputSchema.markets.file
    guard a.has(file), b.has(file) else { return nil }
    old = try DiffFile(a.path(file))
    new = try DiffFile(b.path(file))
    let merge = try DiffMerge(DiffTable.Shape(.markets), old, new)
    table = merge.table
    currencyPlaces = (try old.places(of: ["currency"])[0], try new.places(of: ["currency"])[0])
  }

  /// Gives the row its currency and the reason that lies in its market.
  func complete(_ row: inout DiffRow) throws(BatchError) {
    if row.table.level == "market" {
      row.currency = (text(row.old, currencyPlaces.old), text(row.new, currencyPlaces.new))
      reason = MarketReason(row).text
      row.reason = reason
      return
    }
    if market.map({ [row] market in unsafe !row.key(0).elementsEqual(market) }) ?? true {
      try move(to: row.keyArray(0))
    }
    row.currency = currency
    row.reason = MarketReason.ofRow(row, market: reason)
  }

  private func move(to market: [UInt8]) throws(BatchError) {
    self.market = market
    let hasOld = try MarketContext.move(old, table.keyPlaces.old[0], market)
    let hasNew = try MarketContext.move(new, table.keyPlaces.new[0], market)
    currency = (
      hasOld ? text(old.line, currencyPlaces.old) : "", hasNew ? text(new.line, currencyPlaces.new) : ""
    )
    if !hasOld { currency.old = currency.new }
    if !hasNew { currency.new = currency.old }
    guard hasOld || hasNew else {
      reason = ""
      return
    }
    let row = DiffRow(
      table, hasOld && hasNew ? .changed : hasOld ? .removed : .added, hasOld ? old.line : nil, hasNew ? new.line : nil)
    reason = MarketReason(row).text
  }

  /// Moves a file to a market's row; false where it has none.
  private static func move(_ file: DiffFile, _ place: Int, _ market: [UInt8]) throws(BatchError) -> Bool {
    while try file.peek() {
      let order = unsafe market.withUnsafeBufferPointer {
        unsafe DiffKey.order(file.line.cell(place), $0, isInteger: false)
      }
      if order >= 0 { return order == 0 }
      file.advance()
    }
    return false
  }

  private func text(_ line: AuditLine?, _ place: Int) -> String { line?.text(place) ?? "" }
}
