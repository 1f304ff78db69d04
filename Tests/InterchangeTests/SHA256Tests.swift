// Is the digest the one of FIPS 180-4, however the bytes arrive and whichever code computes it?
import Interchange
import TestSupport
import Testing

@Suite struct SHA256Tests {
  @Test(
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        """
        abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
        hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu
        """,
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
      (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ] as [(String, String)])
  func `the vectors of FIPS 180-4`(text: String, expected: String) {
    for isPortable in [false, true] {
      var hash = SHA256(portable: isPortable)
      hash.update(Array(text.utf8))
      #expect(hash.digest().hex == expected, "portable: \(isPortable)")
    }
    #expect(SHA256.digest(of: Array(text.utf8)).description == expected)
  }

  @Test func `every length from 0 to 200, in random pieces, is the digest of the whole`() {
    var generator = SeededGenerator(seed: 11)
    for length in 0...200 {
      let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      let whole = PlainSHA256.digest(of: bytes)
      for isPortable in [false, true] {
        var hash = SHA256(portable: isPortable)
        var rest = bytes[...]
        while !rest.isEmpty {
          let piece = Int.random(in: 0...min(rest.count, 80), using: &generator)
          hash.update(Array(rest.prefix(piece)))
          rest.removeFirst(piece)
        }
        #expect(hash.digest().bytes == whole, "seed 11, length \(length), portable: \(isPortable)")
      }
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `many blocks at once equal one block at a time`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let bytes = (0..<10_000).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let expected = PlainSHA256.digest(of: bytes)
    for isPortable in [false, true] {
      var whole = SHA256(portable: isPortable)
      whole.update(bytes)
      var pieces = SHA256(portable: isPortable)
      for start in stride(from: 0, to: bytes.count, by: 64) {
        pieces.update(Array(bytes[start..<min(start + 64, bytes.count)]))
      }
      #expect(whole.digest().bytes == expected, "seed \(seed), portable: \(isPortable)")
      #expect(pieces.digest().bytes == expected, "seed \(seed), portable: \(isPortable)")
    }
  }

  @Test func `a digest on the way does not disturb what follows, and a copy goes its own way`() {
    var hash = SHA256()
    hash.update(Array("ab".utf8))
    let before = hash.digest()
    var copy = hash
    copy.update(Array("d".utf8))
    hash.update(Array("c".utf8))
    #expect(before == SHA256.digest(of: Array("ab".utf8)))
    #expect(hash.digest() == SHA256.digest(of: Array("abc".utf8)))
    #expect(copy.digest() == SHA256.digest(of: Array("abd".utf8)))
  }

  @Test func `fields with their lengths cannot be mistaken for others`() {
    func digest(_ fields: [String]) -> Digest {
      var hash = SHA256()
      for field in fields { hash.update(field: Array(field.utf8)) }
      return hash.digest()
    }
    #expect(digest(["ab", "c"]) != digest(["a", "bc"]))
    #expect(digest(["ab", ""]) != digest(["ab"]))
    #expect(digest(["ab", "c"]) == digest(["ab", "c"]))
    var byHand = SHA256()
    byHand.update([0, 0, 0, 0, 0, 0, 0, 2, 0x61, 0x62])
    #expect(digest(["ab"]) == byHand.digest())
  }

  @Test func `64 lower-case hexadecimal digits are a digest`() {
    let digest = SHA256.digest(of: [1, 2, 3])
    #expect(Digest(hex: digest.hex) == digest)
    #expect(digest.hex.utf8.count == 64)
    #expect([0x00, 0x09, 0x0A, 0x10, 0x9F, 0xFF].hex == "00090a109fff")
  }

  @Test(arguments: [
    "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65), String(repeating: "A", count: 64),
    String(repeating: "g", count: 64), String(repeating: "0", count: 63) + " ",
    "0x" + String(repeating: "0", count: 62),
    String(repeating: "é", count: 32),
  ])
  func `anything else is not`(hex: String) {
    #expect(Digest(hex: hex) == nil)
  }
}

/// SHA-256 as FIPS 180-4 writes it down, its constants computed from the primes: slow and plain.
private enum PlainSHA256 {
  private static let primes = (2...400).filter { number in !(2..<number).contains { number % $0 == 0 } }
  private static let constants = primes.prefix(64).map { fractionBits(ofRoot: 3, $0) }
  private static let start = primes.prefix(8).map { fractionBits(ofRoot: 2, $0) }

  /// The first 32 bits of the fraction of a square or cube root, by bisection in whole numbers.
  private static func fractionBits(ofRoot degree: Int, _ number: Int) -> UInt32 {
    var low: UInt128 = 0
    var high: UInt128 = 1 << 40
    // The largest root·2³² whose power does not pass the number.
    while high - low > 1 {
      let middle = (low + high) / 2
      let power = degree == 2 ? middle * middle : middle * middle * middle
      if power <= UInt128(number) << UInt128(32 * degree) { low = middle } else { high = middle }
    }
    return UInt32(truncatingIfNeeded: low)
  }

  static func digest(of bytes: [UInt8]) -> [UInt8] {
    var message = bytes + [0x80]
    while message.count % 64 != 56 { message.append(0) }
    message += (0..<8).map { UInt8(truncatingIfNeeded: (bytes.count * 8) >> (56 - 8 * $0)) }
    var state = start
    for block in stride(from: 0, to: message.count, by: 64) {
      var w = (0..<16).map { word in
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(message[block + 4 * word + $1]) }
      }
      func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
      for t in 16..<64 {
        let small0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >> 3)
        let small1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >> 10)
        w.append(w[t - 16] &+ small0 &+ w[t - 7] &+ small1)
      }
      var v = state
      for t in 0..<64 {
        let large1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let t1 = v[7] &+ large1 &+ choice &+ constants[t] &+ w[t]
        let large0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        v = [t1 &+ large0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
      }
      for index in 0..<8 { state[index] &+= v[index] }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
  }
}
