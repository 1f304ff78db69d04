// Are just those bytes taken for UTF-8 that the Unicode standard takes for it?
import Interchange
import TestSupport
import Testing

@Suite struct UTF8CheckTests {
  @Test(
    arguments: [
      ([], true),
      ([0x00], true),
      ([0x7F], true),
      ([0x80], false),
      ([0xBF], false),
      ([0xC0, 0x80], false),
      ([0xC1, 0xBF], false),
      ([0xC2, 0x80], true),
      ([0xC2], false),
      ([0xC2, 0x41], false),
      ([0xC2, 0xC2], false),
      ([0xDF, 0xBF], true),
      ([0xE0, 0x9F, 0xBF], false),
      ([0xE0, 0xA0, 0x80], true),
      ([0xE0, 0xA0], false),
      ([0xE1, 0x80], false),
      ([0xE1, 0x80, 0x41], false),
      ([0xED, 0x9F, 0xBF], true),
      ([0xED, 0xA0, 0x80], false),
      ([0xED, 0xBF, 0xBF], false),
      ([0xEE, 0x80, 0x80], true),
      ([0xEF, 0xBF, 0xBF], true),
      ([0xEF, 0xBB, 0xBF], true),
      ([0xF0, 0x8F, 0xBF, 0xBF], false),
      ([0xF0, 0x90, 0x80, 0x80], true),
      ([0xF0, 0x90, 0x80], false),
      ([0xF0, 0x90, 0x80, 0x41], false),
      ([0xF4, 0x8F, 0xBF, 0xBF], true),
      ([0xF4, 0x90, 0x80, 0x80], false),
      ([0xF5, 0x80, 0x80, 0x80], false),
      ([0xF8, 0x88, 0x80, 0x80, 0x80], false),
      ([0xFE], false),
      ([0xFF], false),
      ([0x41, 0xC3, 0xA9, 0x42], true),
      ([0x41, 0xC3, 0xA9, 0xA9, 0x42], false),
    ] as [([UInt8], Bool)])
  func `well-formed and ill-formed sequences`(bytes: [UInt8], isValid: Bool) {
    #expect(UTF8Check.isValid(bytes) == isValid)
    #expect(UTF8Check.isValid([0x41] + bytes + [0x41]) == isValid)
  }

  @Test func `every sequence of two bytes, and every third after a lead`() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        let pair = [first, second]
        if UTF8Check.isValid(pair) != (String(validating: pair, as: UTF8.self) != nil) { Issue.record("\(pair)") }
        guard first >= 0xE0, second >= 0x80 else { continue }
        for third in [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0] as [UInt8] {
          for bytes in [[first, second, third], [first, second, third, 0x80], [first, second, third, 0xC0]] {
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            if UTF8Check.isValid(bytes) != isValid { Issue.record("\(bytes)") }
          }
        }
      }
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random bytes are judged as the standard library judges them`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var validCount = 0
    for number in 1...4_000 {
      var bytes = UTF8CheckTests.randomText(&generator)
      // Half of the texts are damaged in one place.
      if Bool.random(using: &generator), let place = bytes.indices.randomElement(using: &generator) {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0x80 ... .max, using: &generator), at: place)
        }
      }
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      validCount += isValid ? 1 : 0
      #expect(UTF8Check.isValid(bytes) == isValid, "seed \(seed), text \(number): \(bytes)")
    }
    #expect((1_000...3_500).contains(validCount), "seed \(seed): \(validCount) of 4000 are valid")
  }

  /// Scalars of all four lengths, those beside the borders of the ranges more often.
  private static func randomText(_ generator: inout SeededGenerator) -> [UInt8] {
    let borders: [UInt32] = [0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF]
    return (0..<Int.random(in: 0...8, using: &generator)).flatMap { _ -> [UInt8] in
      let value = [
        borders.randomElement(using: &generator)!, UInt32.random(in: 0...0x7F, using: &generator),
        UInt32.random(in: 0xE000...0x10FFFF, using: &generator),
      ].randomElement(using: &generator)!
      return Array(String(Unicode.Scalar(value)!).utf8)
    }
  }
}
