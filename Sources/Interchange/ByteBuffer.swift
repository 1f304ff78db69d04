// How are rows put together for output without an allocation per row?

/// A growing run of bytes to write.
@safe
public final class ByteBuffer: @unchecked Sendable {
  private var memory: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  public private(set) var count = 0

  public init(capacity: Int = 1 << 12) {
    self.capacity = max(capacity, 64)
    unsafe memory = .allocate(capacity: self.capacity)
  }

  deinit { unsafe memory.deallocate() }

  public func removeAll() { count = 0 }

  public var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: memory, count: count) }
  public var array: [UInt8] { unsafe Array(bytes) }

  /// The first byte; it moves when the buffer grows.
  public var start: UnsafePointer<UInt8> { unsafe UnsafePointer(memory) }

  /// Makes room for `total` bytes, so that the buffer does not move while it is filled up to there.
  public func reserve(total: Int) {
    if total > capacity { grow(total - count) }
  }

  @inline(__always)
  private func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @inline(never)
  private func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe larger.update(from: memory, count: count)
    unsafe memory.deallocate()
    unsafe memory = larger
  }

  @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    unsafe memory[count] = byte
    count += 1
  }

  @inline(__always)
  public func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    unsafe (memory + count).update(from: start, count: length)
    count += length
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
    reserve(20)
    if value < 0 {
      unsafe memory[count] = 0x2D
      count += 1
    }
    digits(value.magnitude)
  }

  @inline(__always)
  private func digits(_ value: UInt64) {
    if value < 10 {
      unsafe memory[count] = 0x30 + UInt8(truncatingIfNeeded: value)
      count += 1
      return
    }
    let length = ByteBuffer.digitCount(value)
    var end = unsafe memory + count + length
    count += length
    var rest = value
    while rest >= 100 {
      let pair = Int(truncatingIfNeeded: rest % 100) * 2
      rest /= 100
      unsafe end -= 2
      unsafe end[0] = DigitPairs.table[pair]
      unsafe end[1] = DigitPairs.table[pair + 1]
    }
    if rest >= 10 {
      let pair = Int(truncatingIfNeeded: rest) * 2
      unsafe end[-2] = DigitPairs.table[pair]
      unsafe end[-1] = DigitPairs.table[pair + 1]
    } else {
      unsafe end[-1] = 0x30 + UInt8(truncatingIfNeeded: rest)
    }
  }

  @inline(__always)
  private static func digitCount(_ value: UInt64) -> Int {
    // log10 from log2; the power of ten decides between two neighbours.
    let guess = ((64 - value.leadingZeroBitCount) * 1233) >> 12
    return unsafe guess + (value >= DigitPairs.powers[guess] ? 1 : 0)
  }

  /// `numerator / denominator` truncated to exactly 12 digits: `0.333333333333`. 0 ≤ numerator ≤ denominator, not 0/0.
  public func append(share numerator: Int64, of denominator: Int64) {
    let scale: UInt64 = 1_000_000_000_000
    let scaled = UInt64(denominator).dividingFullWidth(
      UInt64(numerator).multipliedFullWidth(by: scale)).quotient
    reserve(14)
    unsafe memory[count] = scaled == scale ? 0x31 : 0x30
    unsafe memory[count + 1] = 0x2E
    var rest = scaled == scale ? 0 : scaled
    var end = unsafe memory + count + 14
    for _ in 0..<6 {
      let pair = Int(truncatingIfNeeded: rest % 100) * 2
      rest /= 100
      unsafe end -= 2
      unsafe end[0] = DigitPairs.table[pair]
      unsafe end[1] = DigitPairs.table[pair + 1]
    }
    count += 14
  }

  /// A CSV field: in quotes, with quotes doubled, only where it holds a comma, a quote, CR or LF.
  public func append(csvField bytes: UnsafeBufferPointer<UInt8>) {
    let needsQuotes = unsafe bytes.contains(where: ByteBuffer.isQuoted)
    guard needsQuotes else {
      if let base = bytes.baseAddress { unsafe append(base, bytes.count) }
      return
    }
    append(0x22)
    for unsafe byte in unsafe bytes {
      if byte == 0x22 { append(0x22) }
      append(byte)
    }
    append(0x22)
  }

  private static func isQuoted(_ byte: UInt8) -> Bool { byte == 0x2C || byte == 0x22 || byte == 0x0D || byte == 0x0A }

  public func append(csvField bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(csvField: $0) }
  }

  public func append(csvField text: String) { append(csvField: Array(text.utf8)) }
}

/// `00` to `99` side by side, and the powers of ten.
private enum DigitPairs {
  nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
    let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 200)
    for value in 0..<100 {
      unsafe table[2 * value] = 0x30 + UInt8(value / 10)
      unsafe table[2 * value + 1] = 0x30 + UInt8(value % 10)
    }
    return unsafe UnsafePointer(table)
  }()

  nonisolated(unsafe) static let powers: UnsafePointer<UInt64> = {
    let powers = UnsafeMutablePointer<UInt64>.allocate(capacity: 20)
    var power: UInt64 = 1
    for exponent in 0..<20 {
      unsafe powers[exponent] = power
      if exponent < 19 { power *= 10 }
    }
    return unsafe UnsafePointer(powers)
  }()
}
