// What kinds of bytes stand in a cell? Gathered while it is scanned, so that no cell is looked at twice.
internal import CProcessor

/// Kinds of bytes; the kinds of a cell are the union of the kinds of its bytes.
public struct ByteClass: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Comma, quote, CR, LF, NUL: an unquoted CSV cell ends here.
  public static let csvStop = ByteClass(rawValue: 1)
  /// Quote, backslash, control characters: a plain run of a JSON string ends here.
  public static let jsonStop = ByteClass(rawValue: 2)
  /// ASCII control characters.
  public static let control = ByteClass(rawValue: 4)
  /// 0x80 and above: part of a longer UTF-8 sequence.
  public static let high = ByteClass(rawValue: 8)
  public static let at = ByteClass(rawValue: 16)
  public static let space = ByteClass(rawValue: 32)
  public static let bar = ByteClass(rawValue: 64)
  /// Comma, quote, CR, LF: a CSV field that holds one is written in quotes.
  public static let quoted = ByteClass(rawValue: 128)
  public static let nonDigit = ByteClass(rawValue: 256)

  public static func of(_ byte: UInt8) -> ByteClass {
    var kinds: ByteClass = []
    if [0x2C, 0x22, 0x0D, 0x0A].contains(byte) { kinds.formUnion([.quoted, .csvStop]) }
    if byte == 0 { kinds.insert(.csvStop) }
    if byte < 0x20 || byte == 0x22 || byte == 0x5C { kinds.insert(.jsonStop) }
    if byte < 0x20 || byte == 0x7F { kinds.insert(.control) }
    if byte >= 0x80 { kinds.insert(.high) }
    if byte == 0x40 { kinds.insert(.at) }
    if byte == 0x20 { kinds.insert(.space) }
    if byte == 0x7C { kinds.insert(.bar) }
    if !(0x30...0x39).contains(byte) { kinds.insert(.nonDigit) }
    return kinds
  }

  /// Passes over bytes to the first of one of the kinds `stops`, and gathers the kinds of those before it: plain bytes at
  /// once, any other one alone. Behind them 16 more may be read.
  /// - Returns: where that first one stands; there must be one.
  @inline(__always)
  static func pass(
    from start: UnsafePointer<UInt8>, to stops: UInt16, by table: UnsafePointer<UInt16>, _ kinds: inout UInt16
  ) -> UnsafePointer<UInt8> {
    var p = unsafe start
    while true {
      let run = unsafe settle_plain_run(p)
      kinds |= UInt16(truncatingIfNeeded: run) & nonDigit.rawValue
      let plainCount = Int(run & 0xFF)
      unsafe p += plainCount
      if plainCount == Int(SETTLE_PLAIN_RUN_MAX) { continue }
      let kind = unsafe table[Int(p.pointee)]
      if kind & stops != 0 { return unsafe p }
      kinds |= kind
      unsafe p += 1
    }
  }

  /// The kinds of all 256 bytes, for loops over many of them.
  nonisolated(unsafe) public static let table: UnsafePointer<UInt16> = {
    let table = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)
    for byte in UInt8.min...UInt8.max { unsafe table[Int(byte)] = of(byte).rawValue }
    return unsafe UnsafePointer(table)
  }()
}
