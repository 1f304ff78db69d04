// Which number has this word? A hash table from (owner, bytes) to a number, without an allocation per look-up.

/// Numbers for byte strings, each within an owner: markets by id, and the option words of each market.
@safe
public final class WordTable {
  @safe
  private struct Entry {
    var hash: UInt64
    var owner: Int32
    var number: Int32
    var start: UnsafePointer<UInt8>
    var count: Int
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var capacity: Int
  private var count = 0
  /// Drawn anew for each process, so that nobody can prepare ids that collide.
  private let seed = UInt64.random(in: .min ... .max)
  private var slabs: [UnsafeMutablePointer<UInt8>] = unsafe []
  private var slabRoom = 0
  private var slabEnd: UnsafeMutablePointer<UInt8>?

  public init() {
    capacity = 1 << 10
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: WordTable.empty, count: capacity)
  }

  deinit {
    unsafe entries.deallocate()
    for unsafe slab in unsafe slabs { unsafe slab.deallocate() }
  }

  private static var empty: Entry {
    unsafe Entry(hash: 0, owner: -1, number: -1, start: UnsafePointer(bitPattern: 1)!, count: -1)
  }

  /// The word's number, or nil.
  @inline(__always)
  public func number(of word: UnsafeBufferPointer<UInt8>, owner: Int = 0) -> Int? {
    let hash = unsafe hash(word, owner)
    var index = Int(truncatingIfNeeded: hash) & (capacity - 1)
    while true {
      let entry = unsafe entries + index
      if unsafe entry.pointee.count < 0 { return nil }
      if unsafe entry.pointee.hash == hash, unsafe entry.pointee.owner == Int32(truncatingIfNeeded: owner),
        unsafe entry.pointee.count == word.count, unsafe WordTable.areEqual(entry.pointee.start, word.baseAddress!, word.count)
      {
        return unsafe Int(entry.pointee.number)
      }
      index = (index + 1) & (capacity - 1)
    }
  }

  /// Adds a word that is not there yet.
  public func add(_ word: UnsafeBufferPointer<UInt8>, owner: Int = 0, number: Int) {
    if count * 2 >= capacity { grow() }
    unsafe place(Entry(
      hash: hash(word, owner), owner: Int32(owner), number: Int32(number), start: keep(word), count: word.count))
    count += 1
  }

  private func place(_ entry: Entry) {
    var index = Int(truncatingIfNeeded: entry.hash) & (capacity - 1)
    while unsafe entries[index].count >= 0 { index = (index + 1) & (capacity - 1) }
    unsafe entries[index] = entry
  }

  private func grow() {
    let old = unsafe entries
    let oldCapacity = capacity
    capacity *= 2
    unsafe entries = .allocate(capacity: capacity)
    unsafe entries.initialize(repeating: WordTable.empty, count: capacity)
    for index in 0..<oldCapacity where unsafe old[index].count >= 0 { unsafe place(old[index]) }
    unsafe old.deallocate()
  }

  private func keep(_ word: UnsafeBufferPointer<UInt8>) -> UnsafePointer<UInt8> {
    if slabRoom < word.count {
      slabRoom = max(1 << 16, word.count)
      unsafe slabEnd = .allocate(capacity: slabRoom)
      unsafe slabs.append(slabEnd!)
    }
    let start = unsafe slabEnd!
    unsafe start.update(from: word.baseAddress!, count: word.count)
    unsafe slabEnd = unsafe start + word.count
    slabRoom -= word.count
    return unsafe UnsafePointer(start)
  }

  @inline(__always)
  private static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var index = 0
    while index + 8 <= count {
      if unsafe load(left + index) != load(right + index) { return false }
      index += 8
    }
    while index < count {
      if unsafe left[index] != right[index] { return false }
      index += 1
    }
    return true
  }

  @inline(__always)
  private static func load(_ start: UnsafePointer<UInt8>) -> UInt64 {
    unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)
  }

  @inline(__always)
  private func hash(_ word: UnsafeBufferPointer<UInt8>, _ owner: Int) -> UInt64 {
    let start = word.baseAddress!
    let count = word.count
    var state = seed ^ (UInt64(truncatingIfNeeded: owner) &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(count)
    var index = 0
    while index + 8 <= count {
      state = unsafe WordTable.mix(state ^ WordTable.load(start + index))
      index += 8
    }
    if index < count {
      var tail: UInt64 = 0
      while index < count {
        tail = unsafe tail << 8 | UInt64(start[index])
        index += 1
      }
      state = WordTable.mix(state ^ tail)
    }
    return state
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
