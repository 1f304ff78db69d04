// How are the rows of the book read one by one, so that reading can pause at any of them?

/// Entries by their numbers.
final class EntryRows {
  private let statement: Statement

  init(_ ledger: Ledger) throws(LedgerError) {
    statement = try ledger.database.prepare(
      """
      SELECT key, kind, run_id, market_id, currency, reverses, reason, metadata, lower(hex(chain)), at FROM entries
      WHERE id = ?
      """)
  }

  func entry(_ id: Int64) throws(LedgerError) -> BookEntry {
    defer { statement.reset() }
    statement.bind(1, id)
    guard try statement.step() else { throw BookExport.damage("entry \(id)") }
    return BookEntry(
      id: id, key: statement.text(0), kind: statement.text(1) ?? "", runID: statement.text(2),
      marketID: statement.text(3), currency: statement.text(4) ?? "",
      reverses: statement.isNull(5) ? nil : statement.integer(5), reason: statement.text(6),
      metadata: statement.text(7), chain: statement.text(8) ?? "", at: statement.text(9) ?? "")
  }
}

/// Postings in their order.
final class PostingRows {
  private(set) var current: BookPosting?
  private let statement: Statement
  private let last: Int64
  private var isPaused = true
  private var position: Int64 = 0

  init(_ ledger: Ledger, through last: Int64) throws(LedgerError) {
    self.last = last
    statement = try ledger.database.prepare(
      """
      SELECT postings.id, postings.entry_id, accounts.name, postings.amount, postings.balance_after
      FROM postings LEFT JOIN accounts ON accounts.id = postings.account_id
      WHERE postings.id > ? AND postings.id <= ? ORDER BY postings.id
      """)
    try advance()
  }

  /// Lets go of the database; the next `advance` takes it up again.
  func pause() -> Statement {
    isPaused = true
    return statement
  }

  func advance() throws(LedgerError) {
    if isPaused {
      statement.reset()
      statement.bind(1, position)
      statement.bind(2, last)
      isPaused = false
    }
    guard try statement.step() else {
      current = nil
      return
    }
    position = statement.integer(0)
    guard let account = statement.text(2) else { throw BookExport.damage("the account of posting \(position)") }
    current = BookPosting(
      id: position, entryID: statement.integer(1), account: account, amount: statement.integer(3),
      balanceAfter: statement.integer(4))
  }
}

/// Accounts by name and currency.
final class AccountRows {
  struct Row {
    let name: String
    let currency: String
    fileprivate let lastPosting: Int64?
  }

  private let statement: Statement
  private let postings: Statement
  private var isPaused = true
  private var position = ("", "")

  init(_ ledger: Ledger) throws(LedgerError) {
    statement = try ledger.database.prepare(
      "SELECT name, currency, last_posting FROM accounts WHERE (name, currency) > (?, ?) ORDER BY name, currency")
    postings = try ledger.database.prepare("SELECT balance_after, previous FROM postings WHERE id = ?")
  }

  func pause() -> Statement {
    isPaused = true
    return statement
  }

  func next() throws(LedgerError) -> Row? {
    if isPaused {
      statement.reset()
      statement.bind(1, position.0)
      statement.bind(2, position.1)
      isPaused = false
    }
    guard try statement.step() else { return nil }
    let row = Row(
      name: statement.text(0) ?? "", currency: statement.text(1) ?? "",
      lastPosting: statement.isNull(2) ? nil : statement.integer(2))
    position = (row.name, row.currency)
    return row
  }

  /// What the account stood at when `last` was the last posting, by the postings and not by the cache; nil where it had
  /// none.
  func balance(of row: Row, at last: Int64) throws(LedgerError) -> Int64? {
    var posting = row.lastPosting
    while let id = posting {
      defer { postings.reset() }
      postings.bind(1, id)
      guard try postings.step() else { throw BookExport.damage("posting \(id)") }
      if id <= last { return postings.integer(0) }
      posting = postings.isNull(1) ? nil : postings.integer(1)
    }
    return nil
  }
}
