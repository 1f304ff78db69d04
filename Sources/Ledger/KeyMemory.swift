// Which keys has no entry, without a look into the book for each?
internal import Interchange

/// Knows the keys of all entries, inside one database transaction that writes many.
///
/// A look into the index of keys takes a fifth of an operation's time. Once there were so many looks that it would have
/// been cheaper, all keys are read into a filter; a key that the filter does not hold is new.
@safe
final class KeyMemory {
  /// A look takes as long as reading so many keys in their order.
  private static let readsPerLook = 8

  private let capacities: ClosedRange<Int>
  private let ledger: Ledger
  private let look: Statement
  /// How many looks are left before all keys are read.
  private var looksLeft: Int
  /// All keys, of entries that are written and that are not; nil before they were read, and where they are too many.
  private var filter: WordFilter?
  /// Keys of entries that are not written yet. Equal strings may differ in their bytes: that only means one more look.
  private var unwritten: [String] = []

  /// - Parameters:
  ///   - looksMin: few operations never read all keys.
  ///   - capacities: keys that the smallest filter is made for, 128 KiB; and the largest, 16 MiB: where there are more,
  ///     each is looked for in the book. Powers of two.
  init(
    _ ledger: Ledger, looksMin: Int = 1_024, capacities: ClosedRange<Int> = 1 << 16...1 << 23
  ) throws(LedgerError) {
    self.ledger = ledger
    self.capacities = capacities
    look = try ledger.database.prepare("SELECT 1 FROM entries WHERE key = ?")
    looksLeft = max(looksMin, Int(try ledger.sequence()) / KeyMemory.readsPerLook)
  }

  /// Whether an entry has this key, or may have it and is not written yet.
  func knows(_ key: String) throws(LedgerError) -> Bool {
    if let filter, !filter.mayHold(key) { return false }
    if unwritten.contains(key) { return true }
    if filter == nil {
      looksLeft -= 1
      if looksLeft == 0 { try readAll() }
    }
    look.bind(1, key)
    defer { look.reset() }
    return try look.step()
  }

  /// Adds the key of an entry that is still to be written.
  func add(_ key: String) throws(LedgerError) {
    unwritten.append(key)
    guard let filter else { return }
    filter.add(key)
    if filter.count > filter.capacity { try readAll() }
  }

  func allAreWritten() { unwritten.removeAll(keepingCapacity: true) }

  /// Reads all keys into a filter that has room for several times as many, so that this seldom happens again.
  private func readAll() throws(LedgerError) {
    let count = Int(try ledger.sequence()) + unwritten.count
    filter = nil
    guard count < capacities.upperBound else { return }
    var capacity = capacities.lowerBound
    while capacity < min(4 * count, capacities.upperBound) { capacity *= 2 }
    let all = WordFilter(capacity: capacity)
    let keys = try ledger.database.prepare("SELECT key FROM entries WHERE key IS NOT NULL")
    while try keys.step() { if let key = keys.text(0) { all.add(key) } }
    for key in unwritten { all.add(key) }
    filter = all
  }
}
