// What does one entry say, found by its key or its number?
//
// Postings have no index by entry: they stand in the order of their entries, so that the first of an entry is found by
// binary search, and nothing is paid for it when millions are written.
internal import Interchange

@safe
package final class EntryFinder {
  package struct Posting: Sendable, Equatable {
    package let id: Int64
    package let account: String
    /// Minor units; below zero takes away.
    package let amount: Int64
    package let balanceAfter: Int64
  }

  package struct Entry: Sendable {
    package let id: Int64
    package let fields: EntryWriter.Entry
    package let at: String
    package let postings: [Posting]
  }

  private let byKey: Statement
  private let byID: Statement
  private let postings: Statement
  private let probe: Statement
  private let lastPosting: Statement
  /// Where the next entry's postings begin, if entries are asked for in their order.
  private var guess: Int64 = 1

  private static let columns = "id, key, kind, run_id, market_id, currency, reverses, reason, metadata, at"

  package init(_ ledger: Ledger) throws(LedgerError) {
    let database = ledger.database
    byKey = try database.prepare("SELECT \(EntryFinder.columns) FROM entries WHERE key = ?")
    byID = try database.prepare("SELECT \(EntryFinder.columns) FROM entries WHERE id = ?")
    postings = try database.prepare(
      """
      SELECT postings.id, accounts.name, postings.amount, postings.balance_after, postings.entry_id
      FROM postings JOIN accounts ON accounts.id = postings.account_id WHERE postings.id >= ? ORDER BY postings.id
      """)
    probe = try database.prepare("SELECT id, entry_id FROM postings WHERE id >= ? ORDER BY id LIMIT 1")
    lastPosting = try database.prepare("SELECT coalesce(max(id), 0) FROM postings")
  }

  package func entry(withKey key: String) throws(LedgerError) -> Entry? {
    byKey.bind(1, key)
    defer { byKey.reset() }
    return try byKey.step() ? try entry(byKey) : nil
  }

  package func entry(_ id: Int64) throws(LedgerError) -> Entry? {
    byID.bind(1, id)
    defer { byID.reset() }
    return try byID.step() ? try entry(byID) : nil
  }

  private func entry(_ row: Statement) throws(LedgerError) -> Entry {
    let id = row.integer(0)
    var fields = EntryWriter.Entry(
      key: row.text(1), kind: row.text(2) ?? "", runID: row.text(3), marketID: row.text(4), currency: row.text(5) ?? "")
    fields.reverses = row.isNull(6) ? nil : row.integer(6)
    fields.reason = row.text(7)
    fields.metadata = row.text(8)
    return Entry(id: id, fields: fields, at: row.text(9) ?? "", postings: try postings(of: id))
  }

  package func postings(of entry: Int64) throws(LedgerError) -> [Posting] {
    postings.bind(1, try firstPosting(of: entry))
    defer { postings.reset() }
    var found: [Posting] = []
    while try postings.step(), postings.integer(4) == entry {
      found.append(
        Posting(
          id: postings.integer(0), account: postings.text(1) ?? "", amount: postings.integer(2),
          balanceAfter: postings.integer(3)))
    }
    if let last = found.last { guess = last.id + 1 }
    return found
  }

  /// The first posting whose entry is not before `entry`.
  private func firstPosting(of entry: Int64) throws(LedgerError) -> Int64 {
    func owner(atOrBehind id: Int64) throws(LedgerError) -> Int64 {
      probe.bind(1, id)
      defer { probe.reset() }
      return try probe.step() ? probe.integer(1) : .max
    }
    if try owner(atOrBehind: guess) == entry {
      let before = guess == 1 ? 0 : try owner(atOrBehind: guess - 1)
      if before < entry { return guess }
    }
    var low: Int64 = 1
    defer { lastPosting.reset() }
    _ = try lastPosting.step()
    var high = lastPosting.integer(0) + 1
    while low < high {
      let middle = low + (high - low) / 2
      if try owner(atOrBehind: middle) < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
