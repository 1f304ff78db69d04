// What is the SHA-256 of these bytes? Streaming, in constant memory.
internal import CProcessor

/// A running SHA-256 (FIPS 180-4). Copying it forks the computation.
public struct SHA256: Sendable {
  /// Bytes of a digest.
  public static let digestLength = 32

  private let way: Int32
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var tail: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// - Parameter portable: plain code even where the processor has SHA instructions (for tests).
  public init(portable: Bool = false) {
    way = portable ? Int32(SETTLE_SHA256_PORTABLE) : settle_sha256_best()
    tail.reserveCapacity(128)
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount += UInt64(bytes.count)
    var rest = unsafe bytes
    if !tail.isEmpty {
      let missing = min(64 - tail.count, rest.count)
      unsafe tail.append(contentsOf: rest[..<missing])
      unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[missing...])
      guard tail.count == 64 else { return }
      let block = tail
      unsafe block.withUnsafeBytes { unsafe compress($0) }
      tail.removeAll(keepingCapacity: true)
    }
    let whole = rest.count & ~63
    if whole > 0 { unsafe compress(UnsafeRawBufferPointer(rebasing: rest[..<whole])) }
    unsafe tail.append(contentsOf: rest[whole...])
  }

  public mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Absorbs a count so that no two sequences of fields give the same bytes: the length, then the bytes.
  public mutating func update(field bytes: [UInt8]) {
    update(integer: UInt64(bytes.count))
    update(bytes)
  }

  /// Absorbs eight bytes, most significant first.
  public mutating func update(integer: UInt64) {
    unsafe withUnsafeBytes(of: integer.bigEndian) { unsafe update($0) }
  }

  /// The digest of all that was absorbed; the running computation is not changed.
  public func digest() -> Digest {
    var last = self
    var padding: [UInt8] = [0x80]
    padding.append(contentsOf: repeatElement(0, count: (119 - tail.count) % 64))
    last.update(padding)
    last.update(integer: byteCount &* 8)
    precondition(last.tail.isEmpty, "SHA-256 padding left \(last.tail.count) bytes over")
    return Digest(
      bytes: last.state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } })
  }

  public static func digest(of bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }

  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    guard let base = blocks.baseAddress else { return }
    unsafe state.withUnsafeMutableBufferPointer { state in
      unsafe settle_sha256_compress(
        way, state.baseAddress!, base.assumingMemoryBound(to: UInt8.self), blocks.count / 64)
    }
  }
}

/// 32 bytes that name a content.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) {
    precondition(bytes.count == SHA256.digestLength, "a digest has 32 bytes, not \(bytes.count)")
    self.bytes = bytes
  }

  /// 64 lower-case hexadecimal digits.
  public init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for pair in stride(from: 0, to: 64, by: 2) {
      guard let high = Digest.value(digits[pair]), let low = Digest.value(digits[pair + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String { bytes.hex }
  public var description: String { hex }
}

extension Sequence<UInt8> {
  /// Two lower-case hexadecimal digits a byte.
  public var hex: String {
    var text = ""
    for byte in self {
      for digit in [byte >> 4, byte & 15] {
        text.unicodeScalars.append(Unicode.Scalar(digit < 10 ? 0x30 + digit : 0x57 + digit))
      }
    }
    return text
  }
}
