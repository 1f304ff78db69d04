// How do the files of a rollback look?
internal import Interchange
internal import Ledger

/// Formats the data files: sorted by key, column by column, on the bytes.
struct RollbackFiles {
  private let markets: [MarketReversal]
  private let runID: String

  /// - Parameter markets: in any order.
  init(_ markets: [MarketReversal], runID: String) {
    self.markets = markets.sorted { $0.market.lexicographicallyPrecedes($1.market) }
    self.runID = runID
  }

  /// Writes all data files and datapackage.json.
  func write(to target: RunDirectory) throws(BatchError) -> [OutputSummary] {
    var outputs: [OutputSummary] = []
    for (schema, fill) in [
      (OutputSchema.rolledBackMarkets, addMarkets), (.reversals, addReversals), (.shortfalls, addShortfalls),
      (.receivables, addReceivables),
    ] {
      let table = CSVTable(schema)
      fill(table)
      outputs.append(try add(schema.file, table.bytes, rows: table.rows, target))
    }
    let package = Array(OutputSchema.dataPackage(runID: runID, outputs: outputs).pretty.utf8)
    outputs.append(try add("datapackage.json", package, rows: nil, target))
    return outputs.sorted { $0.name < $1.name }
  }

  private func add(
    _ name: String, _ bytes: [UInt8], rows: Int?, _ target: RunDirectory
  ) throws(BatchError) -> OutputSummary {
    try target.create(name, bytes)
    return OutputSummary(name: name, rows: rows, byteCount: bytes.count, digest: SHA256.digest(of: bytes))
  }

  // MARK: Rows

  private func addMarkets(_ table: CSVTable) {
    for market in markets {
      table.row { row in
        row.add(market.market)
        row.add(market.kind)
        row.add(market.resolutionID)
        row.add(market.status.rawValue)
        row.add(market.earlierRollback ?? "")
        row.add(market.postedEntries)
        row.add(market.rows.count)
        row.add(market.shortfalls.count)
      }
    }
  }

  private func addReversals(_ table: CSVTable) {
    for market in markets {
      for row in market.sortedRows {
        table.row { cells in
          cells.add(market.market)
          cells.add(row.account)
          cells.add(row.currency)
          cells.add(AccountName.userID(of: row.account) ?? [])
          cells.add(row.effect)
          cells.add(row.action)
          cells.add(row.source)
          cells.add(row.reversed)
          cells.add(row.receivable)
        }
      }
    }
  }

  private func addShortfalls(_ table: CSVTable) {
    for market in markets {
      let sorted = market.shortfalls.sorted { left, right in
        left.account.utf8.elementsEqual(right.account.utf8)
          ? (left.currency, left.cause.rawValue) < (right.currency, right.cause.rawValue)
          : left.account.utf8.lexicographicallyPrecedes(right.account.utf8)
      }
      for shortfall in sorted {
        table.row { cells in
          cells.add(market.market)
          cells.add(shortfall.account)
          cells.add(shortfall.currency)
          cells.add(shortfall.cause.rawValue)
          cells.add(AccountName.userID(of: shortfall.account) ?? [])
          cells.add(shortfall.source)
          cells.add(shortfall.required)
          cells.add(shortfall.available)
          cells.add(shortfall.amount)
          cells.add(shortfall.handling.rawValue)
        }
      }
    }
  }

  private func addReceivables(_ table: CSVTable) {
    for market in markets {
      let owed = market.rows.filter { $0.receivable > 0 }
        .map { (name: AccountName.receivable(account: $0.account), row: $0) }
        .sorted { left, right in
          left.name.utf8.elementsEqual(right.name.utf8)
            ? left.row.currency < right.row.currency : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
      for (name, row) in owed {
        table.row { cells in
          cells.add(market.market)
          cells.add(name)
          cells.add(row.currency)
          cells.add(AccountName.userID(of: row.account) ?? [])
          cells.add(row.source)
          cells.add(row.receivable)
        }
      }
    }
  }
}

extension MarketReversal {
  /// Entries that it posts; a user with nothing in sum makes none.
  var postedEntries: Int {
    status == .rolledBack ? entries.count : suspensions.count { $0.amount != 0 }
  }

  /// By account and currency.
  var sortedRows: [Row] {
    rows.sorted { left, right in
      left.account.utf8.elementsEqual(right.account.utf8)
        ? left.currency < right.currency : left.account.utf8.lexicographicallyPrecedes(right.account.utf8)
    }
  }
}

/// A table being written, cell by cell.
final class CSVTable {
  private let buffer = ByteBuffer()
  private(set) var rows = 0
  private var cells = 0

  init(_ schema: OutputSchema) { buffer.append(schema.columns.map(\.name).joined(separator: ",") + "\n") }

  var bytes: [UInt8] { buffer.array }

  func row(_ fill: (CSVTable) -> Void) {
    cells = 0
    fill(self)
    buffer.append(0x0A)
    rows += 1
  }

  func add(_ value: [UInt8]) {
    separate()
    buffer.append(csvField: value)
  }

  func add(_ text: String) { add(Array(text.utf8)) }

  func add(_ value: some BinaryInteger) {
    separate()
    buffer.append(String(value))
  }

  private func separate() {
    if cells > 0 { buffer.append(0x2C) }
    cells += 1
  }
}
