// Which number has this word? A hash table from (owner, bytes) to a number, without an allocation per look-up.
//
// Words of up to 16 bytes, which nearly all are, stand in the table itself as two integers, so that a look-up touches
// one place in memory. Of a longer word the table holds a hash and where its bytes are.
internal import CProcessor
internal import Glibc

/// Numbers for byte strings, each within an owner: markets by id, the option words of each market, accounts by name.
@safe
public final class WordTable {
  @safe
  private struct Entry {
    var low: UInt64
    var high: UInt64
    /// Bytes of the word; below 0 where the place is free.
    var count: Int32
    var owner: Int32
    var number: Int32
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var capacity: Int
  private var count = 0
  /// Drawn anew for each process, so that nobody can prepare ids that collide.
  private let seed = UInt64.random(in: .min ... .max)
  private var longWords: [UnsafeMutableBufferPointer<UInt8>] = unsafe []

  private static let free = Entry(low: 0, high: 0, count: -1, owner: 0, number: 0)

  public init() {
    capacity = 1 << 10
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: WordTable.free, count: capacity)
  }

  deinit {
    unsafe entries.deallocate()
    unsafe longWords.forEach { unsafe $0.deallocate() }
  }

  /// Asks for the memory that a look-up will need.
  @inline(__always)
  public func prefetch(_ word: UnsafeBufferPointer<UInt8>, owner: Int = 0) {
    guard word.count <= 16 else { return }
    let (low, high) = unsafe WordTable.packed(word)
    unsafe settle_prefetch(entries + place(low, high, word.count, owner))
  }

  /// The word's number, or nil. A word has at least one byte.
  @inline(__always)
  public func number(of word: UnsafeBufferPointer<UInt8>, owner: Int = 0) -> Int? {
    guard word.count <= 16 else { return unsafe numberOfLong(word, owner) }
    let (low, high) = unsafe WordTable.packed(word)
    var index = place(low, high, word.count, owner)
    while true {
      let entry = unsafe entries + index
      if unsafe entry.pointee.count < 0 { return nil }
      if unsafe entry.pointee.low == low, unsafe entry.pointee.high == high, unsafe entry.pointee.count == word.count,
        unsafe entry.pointee.owner == Int32(truncatingIfNeeded: owner)
      {
        return unsafe Int(entry.pointee.number)
      }
      index = (index + 1) & (capacity - 1)
    }
  }

  @inline(never)
  private func numberOfLong(_ word: UnsafeBufferPointer<UInt8>, _ owner: Int) -> Int? {
    let hash = unsafe hash(word)
    var index = place(hash, 0, word.count, owner)
    while true {
      let entry = unsafe entries[index]
      if entry.count < 0 { return nil }
      if entry.low == hash, entry.count == word.count, entry.owner == owner,
        unsafe memcmp(longWords[Int(entry.high)].baseAddress!, word.baseAddress!, word.count) == 0
      {
        return Int(entry.number)
      }
      index = (index + 1) & (capacity - 1)
    }
  }

  /// Adds a word that is not there yet.
  public func add(_ word: UnsafeBufferPointer<UInt8>, owner: Int = 0, number: Int) {
    if count * 2 >= capacity { grow() }
    var entry = Entry(low: 0, high: 0, count: Int32(word.count), owner: Int32(owner), number: Int32(number))
    if word.count <= 16 {
      (entry.low, entry.high) = unsafe WordTable.packed(word)
    } else {
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: word.count)
      _ = unsafe copy.initialize(fromContentsOf: word)
      entry.low = unsafe hash(word)
      entry.high = unsafe UInt64(longWords.count)
      unsafe longWords.append(copy)
    }
    put(entry)
    count += 1
  }

  private func put(_ entry: Entry) {
    var index = place(entry.low, entry.count <= 16 ? entry.high : 0, Int(entry.count), Int(entry.owner))
    while unsafe entries[index].count >= 0 { index = (index + 1) & (capacity - 1) }
    unsafe entries[index] = entry
  }

  private func grow() {
    let old = unsafe entries
    let oldCapacity = capacity
    capacity *= 2
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: WordTable.free, count: capacity)
    for index in 0..<oldCapacity where unsafe old[index].count >= 0 { unsafe put(old[index]) }
    unsafe old.deallocate()
  }

  /// Where to look first.
  @inline(__always)
  private func place(_ low: UInt64, _ high: UInt64, _ count: Int, _ owner: Int) -> Int {
    let start = seed ^ low ^ (UInt64(truncatingIfNeeded: owner) &* 0x9E37_79B9_7F4A_7C15)
    let hash = WordTable.mixed(WordTable.mixed(start) ^ high ^ UInt64(truncatingIfNeeded: count))
    return Int(truncatingIfNeeded: hash) & (capacity - 1)
  }

  private func hash(_ word: UnsafeBufferPointer<UInt8>) -> UInt64 { unsafe WordTable.hash(word, seed: seed) }

  static func hash(_ word: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
    var state = seed ^ UInt64(word.count)
    var index = 0
    while index < word.count {
      let piece = unsafe UnsafeBufferPointer(rebasing: word[index..<min(index + 8, word.count)])
      state = unsafe WordTable.mixed(state ^ WordTable.packed(piece).low)
      index += 8
    }
    return state
  }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }

  /// Up to 16 bytes as two integers, zeros behind the end; reads nothing behind the word.
  @inline(__always)
  public static func packed(_ word: UnsafeBufferPointer<UInt8>) -> (low: UInt64, high: UInt64) {
    let count = word.count
    let raw = unsafe UnsafeRawPointer(word.baseAddress!)
    if count >= 8 {
      let low = unsafe raw.loadUnaligned(as: UInt64.self)
      let last = unsafe raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      return (low, count == 8 ? 0 : last >> UInt64(8 * (16 - count)))
    }
    if count >= 4 {
      let first = unsafe UInt64(raw.loadUnaligned(as: UInt32.self))
      let last = unsafe UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      return (first | last << UInt64(8 * (count - 4)), 0)
    }
    var low = unsafe UInt64(word[0])
    if count > 1 { unsafe low |= UInt64(word[1]) << 8 }
    if count > 2 { unsafe low |= UInt64(word[2]) << 16 }
    return (low, 0)
  }
}
