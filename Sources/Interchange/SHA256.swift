// What is the SHA-256 of these bytes? Streaming, in constant memory.
internal import CProcessor

/// A running SHA-256 (FIPS 180-4). Copying it forks the computation.
public struct SHA256: Sendable {
  /// Bytes of a digest.
  public static let digestLength = 32

  private static let blockLength = 64

  private let way: Int32
  // Both in place: an entry of the ledger is hashed without an allocation.
  private var state: InlineArray<8, UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var tail = InlineArray<64, UInt8>(repeating: 0)
  private var tailCount = 0
  private var byteCount: UInt64 = 0

  /// - Parameter portable: plain code even where the processor has SHA instructions (for tests).
  public init(portable: Bool = false) {
    way = portable ? Int32(SETTLE_SHA256_PORTABLE) : settle_sha256_best()
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount += UInt64(bytes.count)
    var rest = unsafe bytes
    if tailCount > 0 {
      let missing = min(SHA256.blockLength - tailCount, rest.count)
      unsafe keep(UnsafeRawBufferPointer(rebasing: rest[..<missing]))
      unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[missing...])
      guard tailCount == SHA256.blockLength else { return }
      compressTail()
    }
    let whole = rest.count & ~(SHA256.blockLength - 1)
    if whole > 0 { unsafe compress(UnsafeRawBufferPointer(rebasing: rest[..<whole])) }
    unsafe keep(UnsafeRawBufferPointer(rebasing: rest[whole...]))
  }

  /// Adds what does not fill a block to the tail.
  @inline(__always)
  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    let start = tailCount
    unsafe withUnsafeMutableBytes(of: &tail) { tail in
      unsafe UnsafeMutableRawBufferPointer(rebasing: tail[start...]).copyMemory(from: bytes)
    }
    tailCount += bytes.count
  }

  public mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  public mutating func update(_ digest: Digest) {
    unsafe digest.withUnsafeBytes { unsafe update($0) }
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

  /// Absorbs a text that may not be there: one that is not differs from an empty one.
  public mutating func update(text: String?) {
    guard var text else {
      update(integer: 1)
      update(byte: 0)
      return
    }
    text.withUTF8 { bytes in
      update(integer: UInt64(bytes.count + 1))
      update(byte: 1)
      unsafe update(UnsafeRawBufferPointer(bytes))
    }
  }

  private mutating func update(byte: UInt8) {
    unsafe withUnsafeBytes(of: byte) { unsafe update($0) }
  }

  /// The digest of all that was absorbed; the running computation is not changed.
  public func digest() -> Digest {
    var last = self
    // One bit, zeros, and the count of bits in the last eight bytes of a block.
    last.tail[last.tailCount] = 0x80
    last.tailCount += 1
    if last.tailCount > SHA256.blockLength - 8 {
      last.fillTail(to: SHA256.blockLength)
      last.compressTail()
    }
    last.fillTail(to: SHA256.blockLength - 8)
    last.tailCount = SHA256.blockLength - 8
    unsafe withUnsafeBytes(of: (byteCount &* 8).bigEndian) { unsafe last.keep($0) }
    last.compressTail()
    return Digest(words: last.state)
  }

  private mutating func fillTail(to end: Int) {
    for index in tailCount..<end { tail[index] = 0 }
  }

  private mutating func compressTail() {
    let block = tail
    unsafe withUnsafeBytes(of: block) { unsafe compress($0) }
    tailCount = 0
  }

  public static func digest(of bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }

  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    guard let base = blocks.baseAddress else { return }
    let way = way
    unsafe withUnsafeMutableBytes(of: &state) { state in
      unsafe settle_sha256_compress(
        way, state.baseAddress!.assumingMemoryBound(to: UInt32.self), base.assumingMemoryBound(to: UInt8.self),
        blocks.count / SHA256.blockLength)
    }
  }
}

/// 32 bytes that name a content.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  /// The bytes in their order, eight to a word as they lie in memory: an entry of the ledger takes two digests, and
  /// neither is allocated.
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  private let fourth: UInt64

  public init(bytes: [UInt8]) {
    precondition(bytes.count == SHA256.digestLength, "a digest has 32 bytes, not \(bytes.count)")
    func word(_ index: Int) -> UInt64 {
      unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self) }
    }
    (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
  }

  fileprivate init(words: InlineArray<8, UInt32>) {
    func word(_ index: Int) -> UInt64 {
      (UInt64(words[2 * index]) << 32 | UInt64(words[2 * index + 1])).bigEndian
    }
    (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
  }

  public var bytes: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    unsafe Swift.withUnsafeBytes(of: self, body)
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
    self.init(bytes: bytes)
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
