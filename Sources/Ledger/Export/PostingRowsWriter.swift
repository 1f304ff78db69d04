// How does the book read as a table: a row for each posting, with its entry beside it?
internal import Interchange

/// CSV or NDJSON. An entry without postings is a row without them.
struct PostingRowsWriter: BookWriter {
  let isCSV: Bool

  var declaresAccounts: Bool { false }
  var assertsClosingBalances: Bool { false }

  private static let columns =
    "entry_id,posting_id,at,kind,key,run_id,market_id,currency,account,amount,balance_after,reverses,reason,metadata,chain"

  func open(ledger identity: String, lastEntry: Int64, _ out: ByteBuffer) {
    guard isCSV else { return }
    out.append(PostingRowsWriter.columns)
    out.append(0x0A)
  }

  func declare(currency: String, _ out: ByteBuffer) {}
  func declare(account: String, currencies: [String], day: String, _ out: ByteBuffer) {}
  func begin(_ entry: BookEntry, _ out: ByteBuffer) {}
  func end(_ entry: BookEntry, _ out: ByteBuffer) {}
  func assert(balance: Int64, of account: String, currency: String, day: String, _ out: ByteBuffer) {}

  func bare(_ entry: BookEntry, _ out: ByteBuffer) { row(entry, nil, out) }
  func add(_ posting: BookPosting, of entry: BookEntry, _ out: ByteBuffer) { row(entry, posting, out) }

  private enum Cell {
    case integer(Int64?)
    case text(String?)
  }

  private func row(_ entry: BookEntry, _ posting: BookPosting?, _ out: ByteBuffer) {
    let cells: [(name: StaticString, cell: Cell)] = [
      ("entry_id", .integer(entry.id)), ("posting_id", .integer(posting?.id)), ("at", .text(entry.at)),
      ("kind", .text(entry.kind)), ("key", .text(entry.key)), ("run_id", .text(entry.runID)),
      ("market_id", .text(entry.marketID)), ("currency", .text(entry.currency)), ("account", .text(posting?.account)),
      ("amount", .integer(posting?.amount)), ("balance_after", .integer(posting?.balanceAfter)),
      ("reverses", .integer(entry.reverses)), ("reason", .text(entry.reason)), ("metadata", .text(entry.metadata)),
      ("chain", .text(entry.chain)),
    ]
    if !isCSV { out.append(0x7B) }
    for (index, (name, cell)) in cells.enumerated() {
      if index > 0 { out.append(0x2C) }
      if !isCSV {
        out.append(0x22)
        out.append(name)
        out.append("\":")
      }
      switch cell {
      case .integer(let value?): out.append(decimal: value)
      case .text(let text?) where isCSV: out.append(csvField: text)
      case .text(let text?):
        var quoted = ""
        JSONValue.writeString(text, to: &quoted)
        out.append(quoted)
      case .integer(nil), .text(nil): if !isCSV { out.append("null") }
      }
    }
    if !isCSV { out.append(0x7D) }
    out.append(0x0A)
  }
}
