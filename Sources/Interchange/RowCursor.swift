// How are the fields of a row written when there is room for all of them?

/// A place in memory where a row, or a record, is being written. Its maker has made room; nothing is checked here.
///
/// All of it can be taken over into the rooms that write rows: a call for each field would cost as much as the field.
@safe
@frozen
public struct RowCursor {
  /// Bytes behind a row that may be written over, and behind a source that may be read: short copies move 16 at once.
  @inlinable public static var slack: Int { 16 }

  /// Where the next byte goes.
  public var position: UnsafeMutablePointer<UInt8>

  @inlinable @inline(__always)
  public init(at position: UnsafeMutablePointer<UInt8>) { unsafe self.position = unsafe position }

  @inlinable @inline(__always)
  public mutating func byte(_ byte: UInt8) {
    unsafe position.pointee = byte
    unsafe position += 1
  }

  /// Up to eight bytes, the lowest first.
  @inlinable @inline(__always)
  public mutating func bytes(_ word: UInt64, _ count: Int) {
    store(word)
    unsafe position += count
  }

  @inlinable @inline(__always)
  public mutating func text(_ text: StaticString) {
    unsafe copy(text.utf8Start, text.utf8CodeUnitCount)
  }

  @inlinable @inline(__always)
  public mutating func copy(_ start: UnsafePointer<UInt8>, _ count: Int) {
    unsafe position.update(from: start, count: count)
    unsafe position += count
  }

  /// Copies bytes behind which `slack` more may be read, 16 at once: most fields are no longer.
  @inlinable @inline(__always)
  public mutating func copyShort(_ start: UnsafePointer<UInt8>, _ count: Int) {
    let source = unsafe UnsafeRawPointer(start)
    let target = unsafe UnsafeMutableRawPointer(position)
    var offset = 0
    repeat {
      let low = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let high = unsafe source.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
      unsafe target.storeBytes(of: low, toByteOffset: offset, as: UInt64.self)
      unsafe target.storeBytes(of: high, toByteOffset: offset + 8, as: UInt64.self)
      offset += RowCursor.slack
    } while offset < count
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
  @inlinable @inline(__always)
  public mutating func decimal(_ value: Int64) {
    if value < 0 { byte(0x2D) }
    digits(value.magnitude)
  }

  @inlinable @inline(__always)
  mutating func digits(_ value: UInt64) {
    if value < 10 {
      byte(0x30 + UInt8(truncatingIfNeeded: value))
    } else if value < RowCursor.eightDigits {
      leading(value)
    } else {
      manyDigits(value)
    }
  }

  @inlinable static var eightDigits: UInt64 { 100_000_000 }

  @usableFromInline
  mutating func manyDigits(_ value: UInt64) {
    let (upper, last) = value.quotientAndRemainder(dividingBy: RowCursor.eightDigits)
    if upper < RowCursor.eightDigits {
      leading(upper)
    } else {
      let (first, middle) = upper.quotientAndRemainder(dividingBy: RowCursor.eightDigits)
      leading(first)
      eight(middle)
    }
    eight(last)
  }

  /// A value below 10⁸ without leading zeros, at least one digit.
  @inlinable @inline(__always)
  mutating func leading(_ value: UInt64) {
    let digits = RowCursor.digitBytes(of: value)
    // The bit keeps one digit of a zero.
    let zeros = (digits | 1 << 56).trailingZeroBitCount & ~7
    store((digits | RowCursor.asciiZeros) >> UInt64(zeros))
    unsafe position += 8 - zeros / 8
  }

  /// A value below 10⁸ with leading zeros.
  @inlinable @inline(__always)
  mutating func eight(_ value: UInt64) {
    store(RowCursor.digitBytes(of: value) | RowCursor.asciiZeros)
    unsafe position += 8
  }

  @inlinable static var asciiZeros: UInt64 { 0x3030_3030_3030_3030 }

  @inlinable @inline(__always)
  func store(_ bytes: UInt64) {
    unsafe UnsafeMutableRawPointer(position).storeBytes(of: bytes.littleEndian, as: UInt64.self)
  }

  /// The eight digits of a value below 10⁸ as bytes 0 to 9, the first digit in the lowest byte.
  ///
  /// All digits at once: the value is cut into two times four digits side by side, these into four times two, these into
  /// eight. 5243 / 2¹⁹ stands for 1 / 100 and 103 / 2¹⁰ for 1 / 10; both are exact for so few digits.
  @inlinable @inline(__always)
  static func digitBytes(of value: UInt64) -> UInt64 {
    let (high, low) = value.quotientAndRemainder(dividingBy: 10_000)
    let fours = high | low << 32
    let hundreds = ((fours &* 5_243) >> 19) & 0x0000_007F_0000_007F
    let twos = hundreds | (fours &- hundreds &* 100) << 16
    let tens = ((twos &* 103) >> 10) & 0x000F_000F_000F_000F
    return tens | (twos &- tens &* 10) << 8
  }

  /// `numerator / denominator` truncated to exactly 12 digits: 14 bytes. 0 ≤ numerator ≤ denominator, not 0/0.
  @inlinable @inline(__always)
  public mutating func share(_ numerator: Int64, of denominator: Int64) {
    let scale: UInt64 = 1_000_000_000_000
    let scaled = UInt64(denominator).dividingFullWidth(
      UInt64(numerator).multipliedFullWidth(by: scale)
    ).quotient
    let (whole, rest) = scaled == scale ? (1, 0) : (0, scaled)
    byte(0x30 + UInt8(truncatingIfNeeded: whole))
    byte(0x2E)
    let (first, last) = rest.quotientAndRemainder(dividingBy: RowCursor.eightDigits)
    // Four digits, which are the last four of eight, then eight.
    store((RowCursor.digitBytes(of: first) | RowCursor.asciiZeros) >> 32)
    unsafe position += 4
    eight(last)
  }
}
