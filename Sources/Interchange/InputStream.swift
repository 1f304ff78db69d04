// How do the bytes of an input reach its reader: once, in order, hashed as they pass, in bounded memory?
internal import Glibc

/// The bytes of a file or of standard input, as a window that moves forward.
///
/// Worked example: block size 8, input `ab\ncdefgh\nij`. The first window is `ab\ncdefg`; a reader takes `ab`, finds
/// that the next record is cut off, and asks to extend keeping `cdefg`; the next window is `cdefgh\nij`: the kept
/// bytes are copied in front of the next block. The bytes that are hashed are the bytes that are read, so a file that
/// changes during a run cannot differ from its digest. A second thread reads and hashes ahead of the reader.
///
/// One byte behind the window may be written by the reader (a sentinel).
@safe
public final class InputStream {
  public let path: String
  /// First byte not yet given up.
  public private(set) var start: UnsafeMutablePointer<UInt8>
  /// One past the last byte of the window.
  public private(set) var limit: UnsafeMutablePointer<UInt8>
  /// Whether the window ends where the input ends.
  public private(set) var isAtEnd = false

  private let descriptor: CInt
  private let ownsDescriptor: Bool
  private var block: Block?
  private var spill: UnsafeMutableBufferPointer<UInt8>?
  private let source: BlockSource
  private var producer: Worker?

  /// Opens `path` (`-` is standard input). Only regular files, pipes and standard input are read.
  /// - Parameter ahead: read and hash on a thread of its own.
  public init(path: String, blockSize: Int = 1 << 20, ahead: Bool = true) throws(FileError) {
    self.path = path
    if path == "-" {
      descriptor = STDIN_FILENO
      ownsDescriptor = false
    } else {
      descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileError("open", path) }
      ownsDescriptor = true
      var status = stat()
      if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        close(descriptor)
        throw FileError("read", path, number: EISDIR)
      }
    }
    source = BlockSource(descriptor: descriptor, path: path, blockSize: blockSize)
    unsafe start = source.placeholder
    unsafe limit = source.placeholder
    if let first = try source.take() {
      unsafe use(first, keeping: UnsafeBufferPointer(start: nil, count: 0))
      if ahead && !first.isLast {
        let source = source
        source.runAhead()
        producer = Worker { source.produce() }
      }
    }
  }

  deinit {
    source.stop()
    producer?.join()
    if let block { source.giveBack(block) }
    unsafe spill?.deallocate()
    if ownsDescriptor { close(descriptor) }
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

  /// Bytes and SHA-256 of the whole input; call at its end.
  public func summary() throws(FileError) -> (byteCount: Int, digest: Digest) {
    while !isAtEnd { _ = try unsafe extend(keeping: limit) }
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
      let joined = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: rest.count + next.count + 1)
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

/// One piece of an input in memory, with room in front for what its reader has left over.
@safe
private final class Block: @unchecked Sendable {
  static let headroom = 1 << 16
  let storage: UnsafeMutablePointer<UInt8>
  var count = 0
  var isLast = false

  init(size: Int) { unsafe storage = .allocate(capacity: Block.headroom + size + 1) }
  deinit { unsafe storage.deallocate() }
  var bytes: UnsafeMutablePointer<UInt8> { unsafe storage + Block.headroom }
}

/// Reads blocks in order and hashes them: on the caller's thread, or ahead of it on another.
@safe
private final class BlockSource: @unchecked Sendable {
  private struct Queue {
    var full: [Block] = []
    var free: [Block] = []
    var failure: FileError?
    var isAhead = false
    var isFinished = false
    var isStopped = false
  }

  let placeholder: UnsafeMutablePointer<UInt8>
  private let queue = Monitor(Queue())
  private let descriptor: CInt
  private let path: String
  private let blockSize: Int
  private var hash = SHA256()
  private var byteCount = 0
  private var isFinished = false

  init(descriptor: CInt, path: String, blockSize: Int) {
    self.descriptor = descriptor
    self.path = path
    self.blockSize = blockSize
    unsafe placeholder = .allocate(capacity: 1)
  }

  deinit { unsafe placeholder.deallocate() }

  func runAhead() {
    queue.update { queue in
      queue.isAhead = true
      queue.free = (0..<3).map { _ in Block(size: blockSize) }
    }
  }

  /// The body of the thread that reads ahead.
  func produce() {
    while let block = queue.wait({ queue -> Block?? in
      queue.isStopped ? .some(nil) : queue.free.popLast().map { .some($0) }
    }) {
      do {
        try fill(block)
        let isLast = block.isLast
        queue.update { $0.full.append(block); if isLast { $0.isFinished = true } }
        if isLast { return }
      } catch {
        queue.update { $0.failure = error }
        return
      }
    }
  }

  /// The next block, or nil behind the last.
  func take() throws(FileError) -> Block? {
    if isFinished { return nil }
    let isAhead = queue.update { $0.isAhead }
    guard isAhead else {
      let block = queue.update { $0.free.popLast() } ?? Block(size: blockSize)
      try fill(block)
      isFinished = block.isLast
      return block
    }
    let result = queue.wait { queue -> Result<Block, FileError>? in
      if !queue.full.isEmpty { return .success(queue.full.removeFirst()) }
      return queue.failure.map { .failure($0) }
    }
    let block = try result.get()
    isFinished = block.isLast
    return block
  }

  func giveBack(_ block: Block) { queue.update { $0.free.append(block) } }
  func stop() { queue.update { $0.isStopped = true } }
  func summary() -> (byteCount: Int, digest: Digest) { (byteCount, hash.digest()) }

  private func fill(_ block: Block) throws(FileError) {
    block.count = 0
    block.isLast = false
    while block.count < blockSize {
      let count = unsafe read(descriptor, block.bytes + block.count, blockSize - block.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path) }
      if count == 0 {
        block.isLast = true
        break
      }
      block.count += count
    }
    byteCount += block.count
    unsafe hash.update(UnsafeRawBufferPointer(start: block.bytes, count: block.count))
  }
}
