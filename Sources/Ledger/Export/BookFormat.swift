// In which formats can the book leave the ledger?
internal import Interchange

package enum BookFormat: String, CaseIterable, Sendable {
  /// A journal of hledger (plain text accounting).
  case hledger
  /// A journal of beancount.
  case beancount
  /// A row for each posting.
  case csv
  /// An object for each posting, one a line.
  case ndjson

  var writer: any BookWriter {
    switch self {
    case .hledger: HledgerWriter()
    case .beancount: BeancountWriter()
    case .csv: PostingRowsWriter(isCSV: true)
    case .ndjson: PostingRowsWriter(isCSV: false)
    }
  }
}

/// An entry on its way out.
struct BookEntry {
  var id: Int64 = 0
  var key: String?
  var kind = ""
  var runID: String?
  var marketID: String?
  var currency = ""
  var reverses: Int64?
  var reason: String?
  var metadata: String?
  /// The link of the hash chain, in hexadecimal digits.
  var chain = ""
  var at = ""

  /// `2026-11-20` of `2026-11-20T18:59:00.123Z`
  var day: String { String(at.prefix(10)) }
}

/// A posting on its way out.
struct BookPosting {
  var id: Int64
  var entryID: Int64
  var account: String
  var amount: Int64
  var balanceAfter: Int64
}

/// Puts the parts of the book into a format, in the order of these functions. Stateless: the book is not kept.
protocol BookWriter {
  /// Whether accounts are declared before the first entry, and whether their balances are asserted behind the last.
  var declaresAccounts: Bool { get }
  var assertsClosingBalances: Bool { get }

  func open(ledger identity: String, lastEntry: Int64, _ out: ByteBuffer)
  func declare(currency: String, _ out: ByteBuffer)
  func declare(account: String, currencies: [String], day: String, _ out: ByteBuffer)
  /// An entry without postings: money that is only reserved.
  func bare(_ entry: BookEntry, _ out: ByteBuffer)
  func begin(_ entry: BookEntry, _ out: ByteBuffer)
  func add(_ posting: BookPosting, of entry: BookEntry, _ out: ByteBuffer)
  func end(_ entry: BookEntry, _ out: ByteBuffer)
  /// - Parameter day: the day of the last entry.
  func assert(balance: Int64, of account: String, currency: String, day: String, _ out: ByteBuffer)
}
