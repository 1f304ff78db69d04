// How do the bytes of an input get into memory, each hashed once, in order?
internal import CProcessor
internal import Glibc

/// One piece of an input in memory, with room in front for what its reader has left over.
@safe
final class Block: @unchecked Sendable {
  static let headroom = 1 << 16
  /// Bytes behind a window that its reader may read: it looks at so many at once. The first may be written.
  static let slack = Int(SETTLE_PLAIN_LINE_STEP)
  let storage: UnsafeMutablePointer<UInt8>
  var count = 0
  var isLast = false

  init(size: Int) { unsafe storage = .allocate(capacity: Block.headroom + size + Block.slack) }
  deinit { unsafe storage.deallocate() }
  var bytes: UnsafeMutablePointer<UInt8> { unsafe storage + Block.headroom }
}

/// Reads blocks in order and hashes them: on the caller's thread, or ahead of it on another.
@safe
final class BlockSource: @unchecked Sendable {
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
  private let ownsDescriptor: Bool
  let path: String
  private let blockSize: Int
  private let fillsBlocks: Bool
  private var hash = SHA256()
  private var byteCount = 0
  private var isFinished = false

  /// Opens `path` (`-` is standard input). Directories are refused.
  /// - Parameter fillsBlocks: false to end a block where a pipe has no more for now.
  init(path: String, blockSize: Int, fillsBlocks: Bool = true) throws(FileError) {
    self.path = path
    self.blockSize = blockSize
    self.fillsBlocks = fillsBlocks
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
    unsafe placeholder = .allocate(capacity: Block.slack)
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
    unsafe placeholder.deallocate()
  }

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
        queue.update {
          $0.full.append(block); if isLast { $0.isFinished = true }
        }
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
      InputMeter.add(count)
      if !fillsBlocks { break }
    }
    byteCount += block.count
    unsafe hash.update(UnsafeRawBufferPointer(start: block.bytes, count: block.count))
  }
}
