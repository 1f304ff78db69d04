// What do the entries of a stretch of the book say, one by one, and is their hash chain whole?
package import Interchange

/// A posting as it stands in the book.
package struct StoredPosting: Sendable {
  package let number: Int64
  package let account: String
  package let currency: String
  /// Minor units; below zero takes away.
  package let amount: Int64
}

/// Reads entries in their order with their postings, and proves each against the hash chain. Constant memory.
@safe
package final class EntryReader {
  /// The entry that is being read.
  package struct Entry: Sendable {
    package let id: Int64
    package let fields: EntryWriter.Entry
    fileprivate let content: [UInt8]
    fileprivate let chain: [UInt8]
  }

  package private(set) var entry: Entry?
  /// What is wrong with the entry being read; complete once its postings are read.
  package private(set) var faults: [String] = []
  /// The link of the last entry whose postings were read, worked out anew.
  package private(set) var head: Digest
  private let last: Int64
  private let entries: Statement
  private let postings: Statement
  private var content = EntryContent()
  private var sum: Int128 = 0
  private var postingCount = 0
  private var hasPosting = false
  private var isEnded = true
  private var nextID: Int64
  private var misplaced: [String] = []

  /// Entries behind `before`, up to `last` (`.max`: to the last there is).
  /// - Parameter head: the link of entry `before`.
  package init(_ ledger: Ledger, after before: Int64, through last: Int64, head: Digest) throws(LedgerError) {
    self.head = head
    self.last = last
    nextID = before + 1
    entries = try ledger.database.prepare(
      """
      SELECT id, key, kind, run_id, market_id, currency, reverses, reason, metadata, content, chain FROM entries
      WHERE id > ? AND id <= ? ORDER BY id
      """)
    entries.bind(1, before)
    entries.bind(2, last)
    // All postings are looked at, so that one which was slipped in elsewhere is found.
    postings = try ledger.database.prepare(
      """
      SELECT postings.id, postings.entry_id, postings.amount, postings.balance_after, postings.previous,
             accounts.name, accounts.currency, earlier.balance_after, earlier.account_id = postings.account_id
      FROM postings NOT INDEXED LEFT JOIN accounts ON accounts.id = postings.account_id
      LEFT JOIN postings AS earlier ON earlier.id = postings.previous
      WHERE postings.entry_id > ? AND postings.entry_id <= ? ORDER BY postings.id
      """)
    postings.bind(1, before)
    postings.bind(2, last)
    hasPosting = try postings.step()
  }

  /// Moves to the next entry; false behind the last. Postings not yet read are read first.
  package func next() throws(LedgerError) -> Bool {
    while try nextPosting() != nil {}
    faults = []
    guard try entries.step() else {
      entry = nil
      return false
    }
    let id = entries.integer(0)
    var fields = EntryWriter.Entry(
      key: entries.text(1), kind: entries.text(2) ?? "", runID: entries.text(3), marketID: entries.text(4),
      currency: entries.text(5) ?? "")
    fields.reverses = entries.isNull(6) ? nil : entries.integer(6)
    fields.reason = entries.text(7)
    fields.metadata = entries.text(8)
    entry = Entry(id: id, fields: fields, content: entries.blob(9), chain: entries.blob(10))
    if id != nextID { faults.append("entries \(nextID) to \(id - 1) are gone") }
    nextID = id + 1
    content = EntryContent(fields)
    sum = 0
    postingCount = 0
    isEnded = false
    return true
  }

  /// The next posting of the entry; nil behind its last.
  package func nextPosting() throws(LedgerError) -> StoredPosting? {
    guard !isEnded, let entry else { return nil }
    while hasPosting, postings.integer(1) < entry.id { try skipMisplaced() }
    guard hasPosting, postings.integer(1) == entry.id else {
      end(entry)
      return nil
    }
    let number = postings.integer(0)
    let amount = postings.integer(2)
    let name = postings.text(5) ?? ""
    let posting = StoredPosting(number: number, account: name, currency: postings.text(6) ?? "", amount: amount)
    content.add(account: Array(name.utf8), amount: amount)
    sum += Int128(amount)
    postingCount += 1
    if postings.isNull(5) { faults.append("posting \(number) is on an account that is not there") }
    let balanceBefore = postings.isNull(4) ? 0 : postings.integer(7)
    let isLinked = postings.isNull(4) || postings.integer(8) == 1
    if !isLinked || Int128(balanceBefore) + Int128(amount) != Int128(postings.integer(3)) {
      faults.append("the balance after posting \(number) does not follow from the posting before it")
    }
    if posting.currency != entry.fields.currency, !postings.isNull(5) {
      faults.append("posting \(number) is on an account in \(posting.currency)")
    }
    hasPosting = try postings.step()
    return posting
  }

  /// What belongs to no entry: postings out of their place, and entries that are gone at the end of the stretch.
  package func finish() throws(LedgerError) -> [String] {
    while try next() {}
    while hasPosting { try skipMisplaced() }
    return misplaced + (last != .max && nextID <= last ? ["entries \(nextID) to \(last) are gone"] : [])
  }

  private func skipMisplaced() throws(LedgerError) {
    if misplaced.count < 20 {
      misplaced.append("posting \(postings.integer(0)) does not stand with its entry \(postings.integer(1))")
    }
    hasPosting = try postings.step()
  }

  private func end(_ entry: Entry) {
    isEnded = true
    if sum != 0 { faults.append("its postings sum to \(sum), not 0") }
    // Money that is set aside or let go moves nothing.
    let movesNothing = [Operation.Kind.reserve, .void].contains { $0.rawValue == entry.fields.kind }
    if (postingCount == 0) != movesNothing {
      faults.append(movesNothing ? "it has postings, though it moves nothing" : "it has no postings")
    }
    if entry.fields.currency.isEmpty { faults.append("it has no currency") }
    let digest = content.digest()
    if digest.bytes != entry.content {
      faults.append("it does not say what was posted: its fields or postings are not those of its hash")
    }
    // The chain goes on from what is stored, so that one changed entry is one finding.
    let link = EntryContent.link(behind: head, entry: entry.id, content: digest)
    let storedContent = entry.content.count == 32 ? Digest(bytes: entry.content) : digest
    if EntryContent.link(behind: head, entry: entry.id, content: storedContent).bytes != entry.chain {
      faults.append("the hash chain is broken here")
    }
    head = entry.chain.count == 32 ? Digest(bytes: entry.chain) : link
  }
}
