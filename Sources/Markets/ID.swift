// What is an id, and when are two the same?

/// An id of a market, commitment, user, option or resolution: 1–128 bytes of UTF-8, compared as bytes.
public struct ID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let lengthMax = 128

  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
  public init(_ text: String) { bytes = Array(text.utf8) }

  public static func < (left: ID, right: ID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether this is `yes` or `no` in any ASCII case.
  public var isYesOrNo: Bool {
    // 0x20 is what tells the cases of an ASCII letter apart; no other byte becomes one of these letters by it.
    switch bytes.count {
    case 2: bytes[0] | 0x20 == 0x6E && bytes[1] | 0x20 == 0x6F
    case 3: bytes[0] | 0x20 == 0x79 && bytes[1] | 0x20 == 0x65 && bytes[2] | 0x20 == 0x73
    default: false
    }
  }

  /// Whether this is `yes` or `no` as written here.
  public var isLowerYesOrNo: Bool { isYesOrNo && bytes.allSatisfy { $0 & 0x20 != 0 } }

  /// Whether this is `yes` in any ASCII case.
  public var isYes: Bool { isYesOrNo && bytes.count == 3 }
}
