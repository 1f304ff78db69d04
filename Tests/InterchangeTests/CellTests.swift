// Is a cell the integer that its first bytes make?
import Interchange
import Testing

@Suite struct CellTests {
  /// Bytes of another cell stand behind this one.
  @Test(
    arguments: [
      ("a", 0x61), ("no", 0x6F6E), ("yes", 0x73_6579), ("1234567", 0x37_3635_3433_3231),
      ("12345678", 0x3837_3635_3433_3231), ("123456789", 0x3837_3635_3433_3231), ("é", 0xA9C3),
    ] as [(String, UInt64)])
  func `the first lowest, zeros behind the end`(text: String, expected: UInt64) {
    let bytes = Array((text + ",next cell").utf8)
    let word = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe Cell(.text, start: bytes.baseAddress!, count: text.utf8.count, classes: []).word
    }
    #expect(word == expected)
  }
}
