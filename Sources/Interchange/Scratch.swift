// Where do the few cells go that cannot be used as they stand (doubled quotes, escapes)?

/// Memory for the unescaped cells of one record. It never moves while a record is read, because cells point into it:
/// an unescaped cell is never longer than its source, so a scratch as large as the window is always enough. Behind its
/// cells as many bytes may be read as behind those of the window.
@safe
final class Scratch {
  private var memory = unsafe UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  private var count = 0

  deinit { unsafe memory.deallocate() }

  /// Forgets the cells of the record before.
  func reset() { count = 0 }

  /// Where the next cell starts.
  func beginCell(windowCount: Int) -> UnsafePointer<UInt8> {
    if count == 0, unsafe memory.count < windowCount + Block.slack {
      unsafe memory.deallocate()
      unsafe memory = .allocate(capacity: windowCount + Block.slack)
    }
    return unsafe end
  }

  func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    unsafe precondition(count + length + Block.slack <= memory.count, "a record outgrew its window")
    unsafe (memory.baseAddress! + count).update(from: start, count: length)
    count += length
  }

  func append(_ byte: UInt8) {
    unsafe precondition(count + Block.slack < memory.count, "a record outgrew its window")
    unsafe memory[count] = byte
    count += 1
  }

  /// One past the last byte.
  var end: UnsafePointer<UInt8> { unsafe UnsafePointer(memory.baseAddress! + count) }
}
