// What does the hash of an entry cover, and how is it linked to the entry before? Writer and verifier use this alike.
internal import Interchange

/// The running hash over what an entry says: its fields, then account and amount of each posting, in their order.
///
/// Clocks, numbers of postings and balances stay out: the same night posted to the same book gives the same chain.
struct EntryContent {
  private var hash = SHA256()

  /// Nothing yet.
  init() {}

  init(_ entry: EntryWriter.Entry) {
    hash.update(text: entry.key)
    hash.update(text: entry.kind)
    hash.update(text: entry.runID)
    hash.update(text: entry.marketID)
    hash.update(text: entry.currency)
    hash.update(text: entry.reason)
    hash.update(text: entry.metadata)
    hash.update(integer: UInt64(bitPattern: entry.reverses ?? 0))
  }

  /// Absorbs a posting.
  @inline(__always)
  mutating func add(account: [UInt8], amount: Int64) {
    hash.update(field: account)
    hash.update(integer: UInt64(bitPattern: amount))
  }

  func digest() -> Digest { hash.digest() }

  /// The link of the chain behind `head`.
  static func link(behind head: Digest, entry id: Int64, content: Digest) -> Digest {
    var link = SHA256()
    link.update(head)
    link.update(integer: UInt64(bitPattern: id))
    link.update(content)
    return link.digest()
  }
}
