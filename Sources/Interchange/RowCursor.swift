// How are the fields of a row written when there is room for all of them?

/// A place in memory where a row is being written. Its maker has made room; nothing is checked here.
@safe
public struct RowCursor {
  /// Bytes behind a row that may be written over, and behind a source that may be read: short copies move 16 at once.
  public static let slack = 16

  public private(set) var position: UnsafeMutablePointer<UInt8>

  @inline(__always)
  init(at position: UnsafeMutablePointer<UInt8>) { unsafe self.position = unsafe position }

  @inline(__always)
  public mutating func byte(_ byte: UInt8) {
    unsafe position.pointee = byte
    unsafe position += 1
  }

  @inline(__always)
  public mutating func text(_ text: StaticString) {
    unsafe copy(text.utf8Start, text.utf8CodeUnitCount)
  }

  @inline(__always)
  public mutating func copy(_ start: UnsafePointer<UInt8>, _ count: Int) {
    unsafe position.update(from: start, count: count)
    unsafe position += count
  }

  /// Copies bytes behind which `slack` more may be read.
  @inline(__always)
  public mutating func copyShort(_ start: UnsafePointer<UInt8>, _ count: Int) {
    let source = unsafe UnsafeRawPointer(start)
    let target = unsafe UnsafeMutableRawPointer(position)
    unsafe target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
    unsafe target.storeBytes(
      of: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 8, as: UInt64.self)
    if count > RowCursor.slack {
      unsafe (position + RowCursor.slack).update(from: start + RowCursor.slack, count: count - RowCursor.slack)
    }
    unsafe position += count
  }

  /// A CSV field whose bytes are known to need quotes.
  public mutating func quoted(_ start: UnsafePointer<UInt8>, _ count: Int) {
    byte(0x22)
    for index in 0..<count {
      if unsafe start[index] == 0x22 { byte(0x22) }
      unsafe byte(start[index])
    }
    byte(0x22)
  }

  /// Decimal digits, a minus sign in front of a negative value: at most 20 bytes.
  @inline(__always)
  public mutating func decimal(_ value: Int64) {
    if value < 0 { byte(0x2D) }
    digits(value.magnitude)
  }

  @inline(__always)
  private mutating func digits(_ value: UInt64) {
    if value < 10 {
      byte(0x30 + UInt8(truncatingIfNeeded: value))
      return
    }
    let length = RowCursor.digitCount(value)
    unsafe position += length
    var end = unsafe position
    var rest = value
    let pairs = unsafe DigitPairs.table
    while rest >= 100 {
      let pair = Int(truncatingIfNeeded: rest % 100) * 2
      rest /= 100
      unsafe end -= 2
      unsafe end[0] = unsafe pairs[pair]
      unsafe end[1] = unsafe pairs[pair + 1]
    }
    if rest >= 10 {
      let pair = Int(truncatingIfNeeded: rest) * 2
      unsafe end[-2] = unsafe pairs[pair]
      unsafe end[-1] = unsafe pairs[pair + 1]
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

  /// `numerator / denominator` truncated to exactly 12 digits: 14 bytes. 0 ≤ numerator ≤ denominator, not 0/0.
  @inline(__always)
  public mutating func share(_ numerator: Int64, of denominator: Int64) {
    let scale: UInt64 = 1_000_000_000_000
    let scaled = UInt64(denominator).dividingFullWidth(
      UInt64(numerator).multipliedFullWidth(by: scale)
    ).quotient
    unsafe position[0] = scaled == scale ? 0x31 : 0x30
    unsafe position[1] = 0x2E
    var rest = scaled == scale ? 0 : scaled
    unsafe position += 14
    var end = unsafe position
    let pairs = unsafe DigitPairs.table
    for _ in 0..<6 {
      let pair = Int(truncatingIfNeeded: rest % 100) * 2
      rest /= 100
      unsafe end -= 2
      unsafe end[0] = unsafe pairs[pair]
      unsafe end[1] = unsafe pairs[pair + 1]
    }
  }
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
