// Where do ten million commitments live between reading and settling?
//
// Each market has a chain of chunks; a commitment is written once, at the end of its market's chain, and never moved
// until its market is settled. A record begins with
//
//   commitment id length 1 | user id length 1 | flags 1 | shape 1
//
// and goes on in one of two shapes, the first wherever its numbers fit:
//
//   narrow: amount 4 | line 4 | option 1 | file 1      | commitment id … | user id …
//   wide:   amount 8 | file 2, line 6 | option 4       | commitment id … | user id …
//
// So a commitment of 10 + 8 id bytes takes 32 bytes, and some 10 % more for the unfilled ends of chunks. Memory is what
// a large night spends most on: the system hands it out slower than a record is read.
internal import CProcessor
internal import Glibc
internal import Markets

/// What is known of a commitment beside its ids and amount, in one byte.
struct CommitmentFlags: OptionSet {
  let rawValue: UInt8

  static let position = CommitmentFlags(rawValue: 1)
  static let hybrid = CommitmentFlags(rawValue: 2)
  /// The position given is `yes`.
  static let yes = CommitmentFlags(rawValue: 4)
  /// The position given is `no`.
  static let no = CommitmentFlags(rawValue: 8)
  static let late = CommitmentFlags(rawValue: 16)
  /// Cancelled or withdrawn: takes part in the duplicate check alone.
  static let excluded = CommitmentFlags(rawValue: 32)
  /// Rejected for another reason: takes part in the duplicate check alone.
  static let rejected = CommitmentFlags(rawValue: 64)
}

/// One record of the store.
@safe
struct CommitmentRecord {
  /// What a record is, beside its ids.
  struct Head {
    var amount: Int64
    /// 1…65535
    var file: Int
    /// Below 2⁴⁸.
    var line: Int
    var option: UInt32
    var flags: CommitmentFlags
    /// Bit 0: the commitment id needs quotes in CSV; bit 1: the user id does.
    var quotes: UInt8

    fileprivate var isNarrow: Bool {
      amount >> 32 == 0 && line >> 32 == 0 && option < 256 && file < 256
    }
  }

  fileprivate static let narrowCount = 14
  static let wideCount = 24
  private static let wide: UInt8 = 0x80
  static let flagsOffset = 2

  let start: UnsafePointer<UInt8>

  private var raw: UnsafeRawPointer { unsafe UnsafeRawPointer(start) }
  @inline(__always)
  private var isWide: Bool { unsafe start[3] & CommitmentRecord.wide != 0 }
  @inline(__always)
  private var headCount: Int { isWide ? CommitmentRecord.wideCount : CommitmentRecord.narrowCount }

  var commitmentIDCount: Int { unsafe Int(start[0]) }
  var userIDCount: Int { unsafe Int(start[1]) }
  var flags: CommitmentFlags { unsafe CommitmentFlags(rawValue: start[CommitmentRecord.flagsOffset]) }
  /// Whether the ids hold what needs quotes in CSV.
  var quotesCommitmentID: Bool { unsafe start[3] & 1 != 0 }
  var quotesUserID: Bool { unsafe start[3] & 2 != 0 }
  var amount: Int64 {
    isWide
      ? unsafe raw.loadUnaligned(fromByteOffset: 4, as: Int64.self)
      : unsafe Int64(raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
  }
  var file: Int {
    isWide ? unsafe Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self) >> 48) : unsafe Int(start[13])
  }
  var line: Int {
    isWide
      ? unsafe Int(raw.loadUnaligned(fromByteOffset: 12, as: UInt64.self) & ((1 << 48) - 1))
      : unsafe Int(raw.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
  }
  var option: UInt32 {
    isWide ? unsafe raw.loadUnaligned(fromByteOffset: 20, as: UInt32.self) : unsafe UInt32(start[12])
  }
  var commitmentID: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: start + headCount, count: commitmentIDCount)
  }
  var userID: UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: start + headCount + commitmentIDCount, count: userIDCount)
  }
  var count: Int { headCount + commitmentIDCount + userIDCount }

  /// Bytes of a record.
  @inline(__always)
  fileprivate static func count(_ head: Head, _ idCount: Int) -> Int {
    (head.isNarrow ? narrowCount : wideCount) + idCount
  }

  /// Writes a record.
  @inline(__always)
  fileprivate static func write(
    _ head: Head, commitmentID: UnsafeBufferPointer<UInt8>, userID: UnsafeBufferPointer<UInt8>,
    to start: UnsafeMutablePointer<UInt8>
  ) {
    let raw = UnsafeMutableRawPointer(start)
    let isNarrow = head.isNarrow
    unsafe start[0] = UInt8(commitmentID.count)
    unsafe start[1] = UInt8(userID.count)
    unsafe start[flagsOffset] = head.flags.rawValue
    unsafe start[3] = isNarrow ? head.quotes : head.quotes | wide
    if isNarrow {
      unsafe raw.storeBytes(of: UInt32(truncatingIfNeeded: head.amount), toByteOffset: 4, as: UInt32.self)
      unsafe raw.storeBytes(of: UInt32(truncatingIfNeeded: head.line), toByteOffset: 8, as: UInt32.self)
      unsafe start[12] = UInt8(truncatingIfNeeded: head.option)
      unsafe start[13] = UInt8(truncatingIfNeeded: head.file)
    } else {
      unsafe raw.storeBytes(of: head.amount, toByteOffset: 4, as: Int64.self)
      unsafe raw.storeBytes(of: UInt64(head.file) << 48 | UInt64(head.line), toByteOffset: 12, as: UInt64.self)
      unsafe raw.storeBytes(of: head.option, toByteOffset: 20, as: UInt32.self)
    }
    let ids = unsafe start + (isNarrow ? narrowCount : wideCount)
    unsafe ids.update(from: commitmentID.baseAddress!, count: commitmentID.count)
    if let user = userID.baseAddress { unsafe (ids + commitmentID.count).update(from: user, count: userID.count) }
  }
}

/// The records of all markets.
@safe
final class CommitmentStore: @unchecked Sendable {
  /// Bytes that may be read behind a record: keys are loaded eight bytes at a time.
  static let slack = 16

  @safe
  private struct Chain {
    var first: UnsafeMutableRawPointer?
    var last: UnsafeMutableRawPointer?
    var end: UnsafeMutablePointer<UInt8>?
    var room = 0
    var byteCount = 0
    var recordCount = 0
  }

  private static let chunkHeader = 16
  private static let recordMax = CommitmentRecord.wideCount + 2 * ID.lengthMax + slack
  private static let slabCount = 1 << 22

  private var chains: UnsafeMutablePointer<Chain>
  private var capacity: Int
  private(set) var marketCount = 0
  private var slabs: [UnsafeMutableRawPointer] = unsafe []
  private var slabRoom = 0
  private var slabEnd: UnsafeMutableRawPointer?

  init() {
    capacity = 1024
    unsafe chains = .allocate(capacity: capacity)
  }

  deinit {
    unsafe chains.deallocate()
    unsafe slabs.forEach { unsafe $0.deallocate() }
  }

  func addMarket() {
    if marketCount == capacity {
      let larger = UnsafeMutablePointer<Chain>.allocate(capacity: capacity * 2)
      unsafe larger.moveInitialize(from: chains, count: marketCount)
      unsafe chains.deallocate()
      unsafe chains = unsafe larger
      capacity *= 2
    }
    unsafe (chains + marketCount).initialize(to: Chain())
    marketCount += 1
  }

  func recordCount(of market: Int) -> Int { unsafe market < marketCount ? chains[market].recordCount : 0 }
  func byteCount(of market: Int) -> Int { unsafe market < marketCount ? chains[market].byteCount : 0 }

  /// Asks for what is known of a market's chain, which is needed soon.
  @inline(__always)
  func prefetch(_ market: Int) { unsafe settle_prefetch_write(chains + market) }

  /// Asks for the place of a market's next record.
  @inline(__always)
  func prefetchEnd(of market: Int) {
    if let end = unsafe chains[market].end { unsafe settle_prefetch_write(end) }
  }

  /// Adds a commitment to a market.
  @inline(__always)
  func append(
    to market: Int, _ head: CommitmentRecord.Head, commitmentID: UnsafeBufferPointer<UInt8>,
    userID: UnsafeBufferPointer<UInt8>
  ) {
    let chain = unsafe chains + market
    let count = CommitmentRecord.count(head, commitmentID.count + userID.count)
    if unsafe chain.pointee.room < count + CommitmentStore.slack { unsafe addChunk(to: chain) }
    let start = unsafe chain.pointee.end!
    unsafe CommitmentRecord.write(head, commitmentID: commitmentID, userID: userID, to: start)
    unsafe chain.pointee.end = unsafe start + count
    unsafe chain.pointee.room -= count
    unsafe chain.pointee.byteCount += count
    unsafe chain.pointee.recordCount += 1
  }

  /// Gives each record of a market, in the order of arrival.
  @inline(__always)
  func forEachRecord(of market: Int, _ body: (CommitmentRecord) -> Void) {
    guard market < marketCount else { return }
    let chain = unsafe chains[market]
    var chunk = unsafe chain.first
    while let current = unsafe chunk {
      unsafe chunk = unsafe current.load(as: UnsafeMutableRawPointer?.self)
      let used =
        unsafe current == chain.last
        ? UnsafePointer(chain.end!)
        : current.load(fromByteOffset: 8, as: UnsafePointer<UInt8>.self)
      var start = unsafe UnsafePointer((current + CommitmentStore.chunkHeader).assumingMemoryBound(to: UInt8.self))
      while unsafe start < used {
        let record = unsafe CommitmentRecord(start: start)
        body(record)
        unsafe start += record.count
      }
    }
  }

  @inline(never)
  private func addChunk(to chain: UnsafeMutablePointer<Chain>) {
    // Chunks grow with their market, so that little is left unfilled at its end.
    let wanted = unsafe min(max(chain.pointee.byteCount / 8, 512), 1 << 15) + CommitmentStore.recordMax
    let size = (wanted + 63) & ~63
    if slabRoom < size {
      let slab = UnsafeMutableRawPointer.allocate(byteCount: CommitmentStore.slabCount, alignment: 1 << 21)
      // Large pages: the next record of ten thousand markets is ten thousand places in memory.
      unsafe madvise(slab, CommitmentStore.slabCount, MADV_HUGEPAGE)
      unsafe slabs.append(slab)
      unsafe slabEnd = unsafe slab
      slabRoom = CommitmentStore.slabCount
    }
    let chunk = unsafe slabEnd!
    unsafe slabEnd = unsafe chunk + size
    slabRoom -= size
    unsafe chunk.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
    if let last = unsafe chain.pointee.last {
      unsafe last.storeBytes(of: chunk, as: UnsafeMutableRawPointer?.self)
      unsafe last.storeBytes(of: UnsafePointer(chain.pointee.end!), toByteOffset: 8, as: UnsafePointer<UInt8>.self)
    } else {
      unsafe chain.pointee.first = unsafe chunk
    }
    unsafe chain.pointee.last = unsafe chunk
    unsafe chain.pointee.end = unsafe (chunk + CommitmentStore.chunkHeader).assumingMemoryBound(to: UInt8.self)
    unsafe chain.pointee.room = size - CommitmentStore.chunkHeader
  }
}
