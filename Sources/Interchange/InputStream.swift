// How do the bytes of an input reach its reader: once, in order, hashed as they pass, in bounded memory?
/// The bytes of a file or of standard input, as a window that moves forward.
///
/// Worked example: block size 8, input `ab\ncdefgh\nij`. The first window is `ab\ncdefg`; a reader takes `ab`, finds
/// that the next record is cut off, and asks to extend keeping `cdefg`; the next window is `cdefgh\nij`: the kept
/// bytes are copied in front of the next block. The bytes that are hashed are the bytes that are read, so a file that
/// changes during a run cannot differ from its digest. A second thread reads and hashes ahead of the reader.
///
/// One byte behind the window may be written by the reader (a sentinel), and 63 more may be read.
@safe
public final class InputStream {
  public let path: String
  /// First byte not yet given up.
  public private(set) var start: UnsafeMutablePointer<UInt8>
  /// One past the last byte of the window.
  public private(set) var limit: UnsafeMutablePointer<UInt8>
  /// Whether the window ends where the input ends.
  public private(set) var isAtEnd = false

  private var block: Block?
  private var spill: UnsafeMutableBufferPointer<UInt8>?
  private let source: BlockSource
  private var producer: Worker?

  /// Opens `path` (`-` is standard input). Only regular files, pipes and standard input are read.
  /// - Parameters:
  ///   - ahead: read and hash on a thread of its own.
  ///   - fillsBlocks: false to take what a pipe has, however little.
  public init(
    path: String, blockSize: Int = 1 << 20, ahead: Bool = true, fillsBlocks: Bool = true
  ) throws(FileError) {
    self.path = path
    source = try BlockSource(path: path, blockSize: blockSize, fillsBlocks: fillsBlocks)
    unsafe start = unsafe source.placeholder
    unsafe limit = unsafe source.placeholder
    if let first = try source.take() {
      unsafe use(first, keeping: UnsafeBufferPointer(start: nil, count: 0))
      if ahead && !first.isLast { readAhead() }
    }
  }

  /// The rest of an input: `carry`, then `block`, then what its source still has.
  init(_ source: BlockSource, carry: [UInt8], _ block: Block, ahead: Bool) {
    path = source.path
    self.source = source
    unsafe start = unsafe source.placeholder
    unsafe limit = unsafe source.placeholder
    unsafe carry.withUnsafeBufferPointer { unsafe use(block, keeping: $0) }
    if ahead && !block.isLast { readAhead() }
  }

  /// A piece of an input that is all in memory, `block` holding it from `start` to `limit`.
  init(
    _ source: BlockSource, piece block: Block, from start: UnsafeMutablePointer<UInt8>,
    to limit: UnsafeMutablePointer<UInt8>
  ) {
    path = source.path
    self.source = source
    unsafe self.start = unsafe start
    unsafe self.limit = unsafe limit
    self.block = block
    isAtEnd = true
  }

  private func readAhead() {
    let source = source
    source.runAhead()
    producer = Worker { source.produce() }
  }

  deinit {
    if let producer {
      source.stop()
      producer.join()
    }
    if let block { source.giveBack(block) }
    unsafe spill?.deallocate()
  }

  /// Moves the window forward: bytes before `kept` are given up, and a block is added behind.
  /// - Returns: false where the input is at its end, and nothing was added.
  public func extend(keeping kept: UnsafeMutablePointer<UInt8>) throws(FileError) -> Bool {
    unsafe start = kept
    guard !isAtEnd else { return false }
    let rest = unsafe UnsafeBufferPointer(start: kept, count: limit - kept)
    guard let next = try source.take() else {
      isAtEnd = true
      return false
    }
    let before = block
    let spillBefore = unsafe spill
    unsafe spill = nil
    unsafe use(next, keeping: rest)
    if let before { source.giveBack(before) }
    unsafe spillBefore?.deallocate()
    return true
  }

  /// Reads to the end without looking.
  public func drain() throws(FileError) {
    while !isAtEnd { _ = unsafe try extend(keeping: limit) }
  }

  /// Bytes and SHA-256 of the whole input; call at its end.
  public func summary() throws(FileError) -> (byteCount: Int, digest: Digest) {
    try drain()
    return source.summary()
  }

  private func use(_ next: Block, keeping rest: UnsafeBufferPointer<UInt8>) {
    isAtEnd = next.isLast
    if rest.count <= Block.headroom {
      unsafe start = next.bytes - rest.count
      if let base = rest.baseAddress { unsafe start.update(from: base, count: rest.count) }
      unsafe limit = next.bytes + next.count
      block = next
    } else {
      // A record longer than the headroom: both parts go to a buffer of their own.
      let joined = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: rest.count + next.count + Block.slack)
      unsafe joined.baseAddress!.update(from: rest.baseAddress!, count: rest.count)
      unsafe (joined.baseAddress! + rest.count).update(from: next.bytes, count: next.count)
      unsafe start = joined.baseAddress!
      unsafe limit = start + rest.count + next.count
      unsafe spill = joined
      source.giveBack(next)
      block = nil
    }
  }
}
