// How are rows put together for output without an allocation per row?

/// A growing run of bytes to write.
@safe
public final class ByteBuffer: @unchecked Sendable {
  @usableFromInline var memory: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  /// How many bytes there are. Others read `count`: only a stored value can be set where a row is written inline.
  @usableFromInline var end = 0

  @inlinable public var count: Int { end }

  public init(capacity: Int = 1 << 12) {
    self.capacity = max(capacity, 64)
    unsafe memory = .allocate(capacity: self.capacity)
  }

  deinit { unsafe memory.deallocate() }

  public func removeAll() { end = 0 }

  /// Drops all bytes behind the first `total`.
  public func truncate(to total: Int) { end = min(count, total) }

  public var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: memory, count: count) }
  public var array: [UInt8] { unsafe Array(bytes) }

  /// The first byte; it moves when the buffer grows.
  public var start: UnsafePointer<UInt8> { unsafe UnsafePointer(memory) }

  /// Makes room for `total` bytes, so that the buffer does not move while it is filled up to there.
  public func reserve(total: Int) {
    if total > capacity { grow(total - count) }
  }

  @inlinable @inline(__always)
  func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @usableFromInline @inline(never)
  func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = unsafe LargePages.allocate(capacity).assumingMemoryBound(to: UInt8.self)
    unsafe larger.update(from: memory, count: count)
    unsafe memory.deallocate()
    unsafe memory = larger
  }

  @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    unsafe memory[count] = byte
    end += 1
  }

  @inline(__always)
  public func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    unsafe (memory + count).update(from: start, count: length)
    end += length
  }

  @inline(__always)
  public func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { if let base = $0.baseAddress { unsafe append(base, $0.count) } }
  }

  public func append(_ text: String) {
    var text = text
    text.withUTF8 { if let base = $0.baseAddress { unsafe append(base, $0.count) } }
  }

  @inline(__always)
  public func append(_ text: StaticString) {
    unsafe append(text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Decimal digits, a minus sign in front of a negative value.
  @inline(__always)
  public func append(decimal value: Int64) {
    row(countMax: 20) { $0.decimal(value) }
  }

  /// `numerator / denominator` truncated to exactly 12 digits: `0.333333333333`. 0 ≤ numerator ≤ denominator, not 0/0.
  public func append(share numerator: Int64, of denominator: Int64) {
    row(countMax: 14) { $0.share(numerator, of: denominator) }
  }

  /// Writes a row of at most `countMax` bytes without checking for room at each field.
  @inlinable @inline(__always)
  public func row(countMax: Int, _ write: (inout RowCursor) -> Void) {
    reserve(countMax + RowCursor.slack)
    var cursor = unsafe RowCursor(at: memory + count)
    write(&cursor)
    end = unsafe cursor.position - memory
    precondition(count <= capacity, "a row outgrew its \(countMax) bytes")
  }

  /// A CSV field: in quotes, with quotes doubled, only where it holds a comma, a quote, CR or LF.
  public func append(csvField bytes: UnsafeBufferPointer<UInt8>) {
    let needsQuotes = unsafe bytes.contains(where: ByteBuffer.isQuoted)
    guard needsQuotes else {
      if let base = bytes.baseAddress { unsafe append(base, bytes.count) }
      return
    }
    append(0x22)
    for index in bytes.indices {
      let byte = unsafe bytes[index]
      if byte == 0x22 { append(0x22) }
      append(byte)
    }
    append(0x22)
  }

  private static func isQuoted(_ byte: UInt8) -> Bool { byte == 0x2C || byte == 0x22 || byte == 0x0D || byte == 0x0A }

  public func append(csvField bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(csvField: $0) }
  }

  public func append(csvField text: String) {
    var text = text
    text.withUTF8 { unsafe append(csvField: $0) }
  }
}
