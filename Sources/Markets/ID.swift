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
    let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    return lower == Array("yes".utf8) || lower == Array("no".utf8)
  }

  /// Whether this is `yes` in any ASCII case.
  public var isYes: Bool { isYesOrNo && bytes.count == 3 }
}
