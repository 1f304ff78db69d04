// What did a run post, and what stands on the accounts it touched? For those who take a run back.

/// An entry of a run, and where its postings are.
package struct PostedEntry: Sendable {
  package let id: Int64
  package let kind: String
  /// Bytes of the market's id, or of what else was settled; empty where the entry names none.
  package let market: [UInt8]
  package let currency: String
  /// Numbers of its postings; they stand one behind the other.
  package let postings: ClosedRange<Int64>

  package init(id: Int64, kind: String, market: [UInt8], currency: String, postings: ClosedRange<Int64>) {
    self.id = id
    self.kind = kind
    self.market = market
    self.currency = currency
    self.postings = postings
  }
}

/// An account, and how far it may be drawn down.
package struct AccountStanding: Sendable {
  package let id: Int64
  package let name: String
  package let currency: String
  package var balance: Int64
  package let reserved: Int64
  /// How far below zero it may fall; nil for without limit.
  package let overdraft: Int64?

  /// What can be taken from it, below 0 where it is below its limit already; nil for without limit.
  package var available: Int128? { overdraft.map { Int128(balance) - Int128(reserved) + Int128($0) } }
}

/// Looks up accounts and postings by their numbers.
package final class ReversalReader {
  private let selectPostings: Statement
  private let selectAccount: Statement
  private let selectByName: Statement

  package init(_ ledger: Ledger) throws(LedgerError) {
    selectPostings = try ledger.database.prepare(
      "SELECT account_id, amount FROM postings WHERE id BETWEEN ? AND ? ORDER BY id DESC")
    selectAccount = try ledger.database.prepare(
      "SELECT id, name, currency, balance, reserved, overdraft FROM accounts WHERE id = ?")
    selectByName = try ledger.database.prepare(
      "SELECT id, name, currency, balance, reserved, overdraft FROM accounts WHERE name = ? AND currency = ?")
  }

  /// The postings of an entry, the last first.
  package func postings(of entry: PostedEntry) throws(LedgerError) -> [(account: Int64, amount: Int64)] {
    defer { selectPostings.reset() }
    selectPostings.bind(1, entry.postings.lowerBound)
    selectPostings.bind(2, entry.postings.upperBound)
    var postings: [(account: Int64, amount: Int64)] = []
    while try selectPostings.step() { postings.append((selectPostings.integer(0), selectPostings.integer(1))) }
    return postings
  }

  package func account(_ id: Int64) throws(LedgerError) -> AccountStanding? {
    defer { selectAccount.reset() }
    selectAccount.bind(1, id)
    return try selectAccount.step() ? ReversalReader.standing(selectAccount) : nil
  }

  package func account(named name: String, currency: String) throws(LedgerError) -> AccountStanding? {
    defer { selectByName.reset() }
    selectByName.bind(1, name)
    selectByName.bind(2, currency)
    return try selectByName.step() ? ReversalReader.standing(selectByName) : nil
  }

  private static func standing(_ row: Statement) -> AccountStanding {
    AccountStanding(
      id: row.integer(0), name: row.text(1) ?? "", currency: row.text(2) ?? "", balance: row.integer(3),
      reserved: row.integer(4), overdraft: row.isNull(5) ? nil : row.integer(5))
  }
}

extension Ledger {
  /// Entries that take back an entry of a stretch of the book, and whose run they are.
  package func reversals(
    ofEntriesAfter before: Int64, through last: Int64
  ) throws(LedgerError) -> [(entry: Int64, reverses: Int64, runID: String?)] {
    let statement = try database.prepare(
      "SELECT id, reverses, run_id FROM entries WHERE id > ?2 AND reverses > ?1 AND reverses <= ?2 ORDER BY id")
    statement.bind(1, before)
    statement.bind(2, last)
    var found: [(entry: Int64, reverses: Int64, runID: String?)] = []
    while try statement.step() { found.append((statement.integer(0), statement.integer(1), statement.text(2))) }
    return found
  }

  /// What an entry posted on each account, by the entry's place: its postings stand behind those of the entry before.
  package func amounts(ofEntry id: Int64) throws(LedgerError) -> [(account: String, amount: Int128)] {
    let range = try postingRange(ofEntry: id)
    let statement = try database.prepare(
      """
      SELECT accounts.name, postings.amount FROM postings JOIN accounts ON accounts.id = postings.account_id
      WHERE postings.id BETWEEN ? AND ? AND postings.entry_id = ?
      """)
    statement.bind(1, range.lowerBound)
    statement.bind(2, range.upperBound)
    statement.bind(3, id)
    var found: [(account: String, amount: Int128)] = []
    while try statement.step() { found.append((statement.text(0) ?? "", Int128(statement.integer(1)))) }
    return found
  }

  /// Numbers between which an entry's postings are: entries of postings rise with their numbers, so that they are found
  /// by halving. There is no index on postings by entry: it would cost more than all the rest.
  private func postingRange(ofEntry id: Int64) throws(LedgerError) -> ClosedRange<Int64> {
    let probe = try database.prepare("SELECT id, entry_id FROM postings WHERE id >= ? ORDER BY id LIMIT 1")
    /// The first posting whose entry is not before `entry`.
    func first(notBefore entry: Int64) throws(LedgerError) -> Int64 {
      var low: Int64 = 1
      var high = (try database.integer("SELECT coalesce(max(id), 0) FROM postings") ?? 0) + 1
      while low < high {
        let middle = low + (high - low) / 2
        probe.bind(1, middle)
        let isBefore = try probe.step() && probe.integer(1) < entry
        probe.reset()
        if isBefore { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let start = try first(notBefore: id)
    return start...max(start, try first(notBefore: id + 1) - 1)
  }

  /// The rollbacks of a run, the first first.
  package func rollbacks(ofRun runID: String) throws(LedgerError) -> [String] {
    let statement = try database.prepare("SELECT run_id FROM runs WHERE reverses = ? ORDER BY id")
    statement.bind(1, runID)
    var found: [String] = []
    while try statement.step() { found.append(statement.text(0) ?? "") }
    return found
  }

  /// Which run's settlement of each subject was rolled back last; ids are bytes here. Subjects that are settled again
  /// by now are among them.
  package func lastRolledBack(kind: String = SettlementRecord.market) throws(LedgerError) -> [[UInt8]: String] {
    let statement = try database.prepare(
      """
      SELECT settlements.market_id, settlements.run_id FROM settlements
      JOIN runs ON runs.run_id = settlements.run_id
      WHERE rolled_back_by IS NOT NULL AND settlements.kind = ? ORDER BY runs.id
      """)
    statement.bind(1, kind)
    var found: [[UInt8]: String] = [:]
    while try statement.step() { found[Array((statement.text(0) ?? "").utf8)] = statement.text(1) ?? "" }
    return found
  }
}
