// What happened on an account, newest first? Which entries are there?

/// One movement of an account.
package struct Movement: Sendable, Equatable {
  package var postingID: Int64
  package var entryID: Int64
  package var kind: String
  /// Minor units; below zero took away.
  package var amount: Int64
  package var balanceAfter: Int64
  package var key: String?
  package var runID: String?
  package var marketID: String?
  package var reason: String?
  package var at: String
}

extension Ledger {
  /// The account's movements, newest first; none for an account that is not there.
  ///
  /// An account's postings are a list from its last one back, so that a page costs what it holds and what it skips,
  /// whatever the size of the book.
  package func history(
    of account: String, currency: String, limit: Int, offset: Int = 0
  ) throws(LedgerError) -> [Movement] {
    let start = try database.prepare("SELECT last_posting FROM accounts WHERE name = ? AND currency = ?")
    start.bind(1, account)
    start.bind(2, currency)
    guard try start.step(), !start.isNull(0) else { return [] }
    var next = Optional(start.integer(0))
    let skip = try database.prepare("SELECT previous FROM postings WHERE id = ?")
    for _ in 0..<offset {
      guard let posting = next else { return [] }
      skip.bind(1, posting)
      next = try skip.step() && !skip.isNull(0) ? skip.integer(0) : nil
      skip.reset()
    }
    let read = try database.prepare(
      """
      SELECT postings.id, entries.id, entries.kind, postings.amount, postings.balance_after, entries.key,
             entries.run_id, entries.market_id, entries.reason, entries.at, postings.previous
      FROM postings JOIN entries ON entries.id = postings.entry_id WHERE postings.id = ?
      """)
    var page: [Movement] = []
    while let posting = next, page.count < limit {
      read.bind(1, posting)
      guard try read.step() else {
        throw LedgerError(.database, "posting \(posting) of \(account) is gone; see `settle ledger check`")
      }
      page.append(
        Movement(
          postingID: read.integer(0), entryID: read.integer(1), kind: read.text(2) ?? "", amount: read.integer(3),
          balanceAfter: read.integer(4), key: read.text(5), runID: read.text(6), marketID: read.text(7),
          reason: read.text(8), at: read.text(9) ?? ""))
      next = read.isNull(10) ? nil : read.integer(10)
      read.reset()
    }
    return page
  }

  /// Entries with their postings, newest first.
  /// - Parameters:
  ///   - runID: of this run alone.
  ///   - marketID: of this market alone.
  package func entries(
    ofRun runID: String? = nil, market marketID: String? = nil, limit: Int, offset: Int = 0
  ) throws(LedgerError) -> [EntryFinder.Entry] {
    let statement = try database.prepare(
      """
      SELECT id FROM entries WHERE (?1 IS NULL OR run_id = ?1) AND (?2 IS NULL OR market_id = ?2)
      ORDER BY id DESC LIMIT ?3 OFFSET ?4
      """)
    statement.bind(1, runID)
    statement.bind(2, marketID)
    statement.bind(3, Int64(limit))
    statement.bind(4, Int64(offset))
    let finder = try EntryFinder(self)
    var entries: [EntryFinder.Entry] = []
    while try statement.step() {
      if let entry = try finder.entry(statement.integer(0)) { entries.append(entry) }
    }
    return entries
  }
}
