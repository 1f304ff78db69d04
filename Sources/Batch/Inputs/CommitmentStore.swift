// Where do ten million commitments live between reading and settling?
//
// Each market has a chain of chunks; a commitment is written once, at the end of its market's chain, and never moved
// until its market is settled. Beside its record (`CommitmentRecord`) it takes some 10 % for the unfilled ends of chunks.
internal import CProcessor
internal import Glibc
internal import Interchange
internal import Markets

/// The records of all markets.
@safe
final class CommitmentStore: @unchecked Sendable {
  /// Bytes behind a record that may be read, and written over by whoever adds it: ids are copied so many at once.
  static let slack = RowCursor.slack

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
