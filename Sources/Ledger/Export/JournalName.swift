// How are accounts, currencies and texts spelt in a journal, so that any id is safe there and none is confused with another?
//
// | here | hledger | beancount |
// |---|---|---|
// | `user:u-1` | `user:u-1` | `Assets:User:Id-u-2D1` |
// | `user:a%3Ab c` (the id is `a:b c`) | `user:a%3Ab%20c` | `Assets:User:Id-a-3Ab-20c` |
// | `stakes` | `stakes` | `Equity:Stakes` |
// | `in_flight` | `in_flight` | `Assets:In-5Fflight` |
// | `TOKEN`, `1UP` | `"TOKEN"`, `"1UP"` | `TOKEN`, `X.1UP` |
//
// Journals are ASCII. Decoding is the other way round: in hledger the part behind the colon is percent-encoded; in
// beancount `-XX` is a byte, and `Id-` in front of an id only makes it start with a capital letter.
internal import Interchange

enum JournalName {
  private static let hexDigits = Array("0123456789ABCDEF".utf8)

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
  }

  /// `user` and `u-1`, the id as it was before it became part of a name; no id in `house`.
  private static func parts(_ account: String) -> (word: [UInt8], id: [UInt8]?) {
    let bytes = Array(account.utf8)
    guard let colon = bytes.firstIndex(of: 0x3A) else { return (bytes, nil) }
    return (Array(bytes[..<colon]), AccountName.decoded(bytes[(colon + 1)...]))
  }

  private static func escape(_ byte: UInt8, after mark: UInt8, _ out: ByteBuffer) {
    out.append(mark)
    out.append(hexDigits[Int(byte >> 4)])
    out.append(hexDigits[Int(byte & 15)])
  }

  // MARK: hledger

  static func appendHledger(account: String, _ out: ByteBuffer) {
    let (word, id) = parts(account)
    appendPercentEncoded(word, keeping: [0x5F], out)
    guard let id else { return }
    out.append(0x3A)
    appendPercentEncoded(id, keeping: [0x5F, 0x2D, 0x2E], out)
  }

  /// Any text in a description or behind a tag: no comma, semicolon or bracket ends it, no line either.
  static func appendHledger(text: String, _ out: ByteBuffer) {
    appendPercentEncoded(Array(text.utf8), keeping: [0x5F, 0x2D, 0x2E, 0x3A, 0x2B, 0x2F], out)
  }

  private static func appendPercentEncoded(_ bytes: [UInt8], keeping others: [UInt8], _ out: ByteBuffer) {
    for byte in bytes {
      if isLetterOrDigit(byte) || others.contains(byte) { out.append(byte) } else { escape(byte, after: 0x25, out) }
    }
  }

  // MARK: beancount

  static func appendBeancount(account: String, _ out: ByteBuffer) {
    let (word, id) = parts(account)
    out.append(word == Array("stakes".utf8) || word == Array("external".utf8) ? "Equity:" : "Assets:")
    // The program's own words start with a small letter.
    if let first = word.first, (0x61...0x7A).contains(first) {
      out.append(first & 0xDF)
      appendDashEncoded(word.dropFirst(), out)
    } else {
      out.append("Id-")
      appendDashEncoded(word[...], out)
    }
    guard let id else { return }
    out.append(":Id-")
    appendDashEncoded(id[...], out)
  }

  private static func appendDashEncoded(_ bytes: ArraySlice<UInt8>, _ out: ByteBuffer) {
    for byte in bytes { if isLetterOrDigit(byte) { out.append(byte) } else { escape(byte, after: 0x2D, out) } }
  }

  /// A currency of beancount starts with a letter, has two characters or more, and is none of its words.
  static func beancount(currency: String) -> String {
    let starts = currency.utf8.first.map { (0x41...0x5A).contains($0) } ?? false
    return starts && currency.utf8.count > 1 && !["TRUE", "FALSE", "NULL"].contains(currency)
      ? currency : "X." + currency
  }

  /// Any text in quotes.
  static func appendBeancount(text: String, _ out: ByteBuffer) {
    out.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C:
        out.append(0x5C)
        out.append(byte)
      case 0x0A: out.append("\\n")
      case 0x09: out.append("\\t")
      default: out.append(byte)
      }
    }
    out.append(0x22)
  }
}
