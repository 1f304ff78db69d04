// Is a number in its one spelling read as text would be, and nothing else taken for one?
import Interchange
import TestSupport
import Testing

@testable import Batch

@Suite struct CellCheckTests {
  /// What the contract says of a whole number, on text.
  private func plainInteger(_ text: String) -> CellCheck.Integer {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || !text.hasPrefix("0")
    else {
      return .misspelt
    }
    return Int64(text).map { .value($0) } ?? .tooLarge
  }

  private func read(_ text: String) -> CellCheck.Integer {
    let bytes = Array(text.utf8)
    let classes = bytes.reduce(into: ByteClass()) { $0.formUnion(ByteClass.of($1)) }
    // Digits of another cell stand behind this one.
    return unsafe (bytes + Array(",99999999".utf8)).withUnsafeBufferPointer { bytes in
      unsafe CellCheck.integer(Cell(.text, start: bytes.baseAddress!, count: text.utf8.count, classes: classes))
    }
  }

  @Test(
    arguments: [
      ("0", .value(0)), ("7", .value(7)), ("10", .value(10)), ("2200", .value(2_200)), ("12345678", .value(12_345_678)),
      ("99999999", .value(99_999_999)), ("100000000", .value(100_000_000)), ("9223372036854775807", .value(.max)),
      ("9223372036854775808", .tooLarge), ("00", .misspelt), ("07", .misspelt), ("01234567", .misspelt),
      ("-5", .misspelt), ("+5", .misspelt), ("5.0", .misspelt), ("1e3", .misspelt), ("1 ", .misspelt),
      ("1/", .misspelt), ("1:", .misspelt), ("١٢", .misspelt),
    ] as [(String, CellCheck.Integer)])
  func `a whole number has one spelling`(text: String, expected: CellCheck.Integer) {
    #expect(read(text) == expected)
  }

  @Test func `numbers of every length are read as text would be`() {
    var generator = SeededGenerator(seed: 11)
    for _ in 1...20_000 {
      let digits = (0..<Int.random(in: 1...21, using: &generator)).map { _ in
        Bool.random(using: &generator) ? "0" : String(Int.random(in: 0...9, using: &generator))
      }
      var text = digits.joined()
      if Int.random(in: 0..<8, using: &generator) == 0 {
        text.append(["-", ".", "a", ":", "/", " "].randomElement(using: &generator)!)
      }
      #expect(read(text) == plainInteger(text), "seed 11, \(text)")
    }
  }
}
