// How does the whole book leave the ledger, in constant memory, and without keeping writers waiting?
package import Interchange

/// The book up to an entry, in the order of its entries.
///
/// What is written never changes, so the book is read in pieces, and nothing is locked while a piece is handed over,
/// however slow the reader behind it is. Entries that are added meanwhile are left for the next time.
package struct BookExport {
  package let lastEntry: Int64
  private let lastPosting: Int64
  private let ledger: Ledger

  /// What was written.
  package struct Counts: Sendable {
    package var entries: Int64 = 0
    package var postings: Int64 = 0
    package var accounts: Int64 = 0
  }

  /// A piece is handed over when it has so many bytes.
  private static let pieceSize = 1 << 17

  package init(_ ledger: Ledger) throws(LedgerError) {
    self.ledger = ledger
    let end = try ledger.database.prepare(
      "SELECT coalesce((SELECT max(id) FROM entries), 0), coalesce((SELECT max(id) FROM postings), 0)")
    _ = try end.step()
    lastEntry = end.integer(0)
    lastPosting = end.integer(1)
  }

  /// Writes the book.
  /// - Parameter sink: takes each piece.
  package func write<Failure: Error>(
    as format: BookFormat, mapping: (LedgerError) -> Failure, sink: (ByteBuffer) throws(Failure) -> Void
  ) throws(Failure) -> Counts {
    let writer = format.writer
    let out = ByteBuffer(capacity: BookExport.pieceSize * 2)
    var counts = Counts()
    func mapped<Value>(_ body: () throws(LedgerError) -> Value) throws(Failure) -> Value {
      do throws(LedgerError) { return try body() } catch { throw mapping(error) }
    }
    func handOver(_ statement: Statement?) throws(Failure) {
      statement?.reset()
      try sink(out)
      out.removeAll()
    }
    let (firstDay, lastDay) = try mapped { () throws(LedgerError) in (try day(of: 1), try day(of: lastEntry)) }
    writer.open(ledger: ledger.identity, lastEntry: lastEntry, out)
    if writer.declaresAccounts, lastEntry > 0 {
      let currencies = try mapped { () throws(LedgerError) in try self.currencies() }
      for currency in currencies { writer.declare(currency: currency, out) }
      let accounts = try mapped { () throws(LedgerError) in try AccountRows(ledger) }
      var name = ""
      var own: [String] = []
      func declare() {
        guard !own.isEmpty else { return }
        writer.declare(account: name, currencies: own, day: firstDay, out)
        counts.accounts += 1
      }
      while let row = try mapped({ () throws(LedgerError) in try accounts.next() }) {
        if !row.name.utf8.elementsEqual(name.utf8) {
          declare()
          (name, own) = (row.name, [])
          if out.count > BookExport.pieceSize { try handOver(accounts.pause()) }
        }
        own.append(row.currency)
      }
      declare()
    }
    let postings = try mapped { () throws(LedgerError) in try PostingRows(ledger, through: lastPosting) }
    let entries = try mapped { () throws(LedgerError) in try EntryRows(ledger) }
    for id in stride(from: Int64(1), through: lastEntry, by: 1) {
      let entry = try mapped { () throws(LedgerError) in try entries.entry(id) }
      counts.entries += 1
      var hasPostings = false
      while let posting = postings.current, posting.entryID <= id {
        guard posting.entryID == id else { throw mapping(BookExport.damage("posting \(posting.id)")) }
        if !hasPostings { writer.begin(entry, out) }
        hasPostings = true
        writer.add(posting, of: entry, out)
        counts.postings += 1
        if out.count > BookExport.pieceSize { try handOver(postings.pause()) }
        try mapped { () throws(LedgerError) in try postings.advance() }
      }
      if hasPostings { writer.end(entry, out) } else { writer.bare(entry, out) }
      if out.count > BookExport.pieceSize { try handOver(postings.pause()) }
    }
    if let posting = postings.current { throw mapping(BookExport.damage("posting \(posting.id)")) }
    _ = postings.pause()
    if writer.assertsClosingBalances {
      out.append(0x0A)
      let accounts = try mapped { () throws(LedgerError) in try AccountRows(ledger) }
      while let row = try mapped({ () throws(LedgerError) in try accounts.next() }) {
        let balance = try mapped { () throws(LedgerError) in try accounts.balance(of: row, at: lastPosting) }
        guard let balance else { continue }
        writer.assert(balance: balance, of: row.name, currency: row.currency, day: lastDay, out)
        if out.count > BookExport.pieceSize { try handOver(accounts.pause()) }
      }
    }
    try handOver(nil)
    return counts
  }

  private func day(of entry: Int64) throws(LedgerError) -> String {
    let statement = try ledger.database.prepare("SELECT substr(at, 1, 10) FROM entries WHERE id = ?")
    statement.bind(1, entry)
    return try statement.step() ? statement.text(0) ?? "" : ""
  }

  private func currencies() throws(LedgerError) -> [String] {
    let statement = try ledger.database.prepare("SELECT DISTINCT currency FROM accounts ORDER BY currency")
    var currencies: [String] = []
    while try statement.step() { currencies.append(statement.text(0) ?? "") }
    return currencies
  }

  static func damage(_ what: String) -> LedgerError {
    LedgerError(.database, "\(what) is gone or not in its place: `settle ledger check` tells more")
  }
}
