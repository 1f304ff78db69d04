// When are two ids the same, and which comes first?
import Markets
import TestSupport
import Testing

@Suite struct IDTests {
  @Test(
    arguments: [
      ("a", "b", true),
      ("b", "a", false),
      ("a", "a", false),
      ("a", "aa", true),
      ("aa", "a", false),
      ("c10", "c9", true),
      ("Z", "a", true),
      ("_", "a", true),
      ("9", "A", true),
      ("z", "é", true),
      // NFD starts with a plain letter, so it stands far before NFC.
      ("e\u{301}", "é", true),
      ("é", "e\u{301}", false),
      ("e\u{301}", "f", true),
      // UTF-16 would order these two the other way round.
      ("\u{FF21}", "\u{1D400}", true),
    ] as [(String, String, Bool)])
  func `ids are ordered as bytes`(left: String, right: String, isBefore: Bool) {
    #expect((ID(left) < ID(right)) == isBefore)
  }

  @Test(
    arguments: [
      ("é", "é", true),
      ("e\u{301}", "e\u{301}", true),
      ("é", "e\u{301}", false),
      ("Å", "\u{212B}", false),
      ("a", "A", false),
      ("a", "а", false),
      ("1", "01", false),
      ("가", "\u{1100}\u{1161}", false),
    ] as [(String, String, Bool)])
  func `ids are the same only byte by byte`(left: String, right: String, isSame: Bool) {
    #expect((ID(left) == ID(right)) == isSame)
    #expect(Set([ID(left), ID(right)]).count == (isSame ? 1 : 2))
  }

  @Test func `text and bytes are two ways to the same id`() {
    #expect(ID("Ωmega") == ID(Array("Ωmega".utf8)))
    #expect(ID("Ωmega").description == "Ωmega")
    #expect(ID("e\u{301}").bytes == [0x65, 0xCC, 0x81])
  }

  @Test(
    arguments: [
      ("yes", true, true), ("YES", true, true), ("Yes", true, true), ("yEs", true, true),
      ("no", true, false), ("NO", true, false), ("nO", true, false),
      ("yess", false, false), ("ye", false, false), ("y", false, false), ("", false, false), ("nay", false, false),
      ("not", false, false), ("yes ", false, false), ("ｙｅｓ", false, false), ("Nº", false, false),
      // Only ASCII letters have two cases here: the long s is not an s.
      ("ye\u{17F}", false, false), ("9es", false, false), ("Y\u{25}S", false, false),
    ] as [(String, Bool, Bool)])
  func `yes and no in any ASCII case`(word: String, isYesOrNo: Bool, isYes: Bool) {
    #expect(ID(word).isYesOrNo == isYesOrNo)
    #expect(ID(word).isYes == isYes)
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func `random ids are ordered as unsigned bytes are`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for number in 1...2_000 {
      let (left, right) = (IDTests.randomBytes(&generator), IDTests.randomBytes(&generator))
      // Padded at the end with a digit below every byte, the longer number is the later id.
      let key = { (bytes: [UInt8]) in bytes.map { Int($0) + 1 } + Array(repeating: 0, count: 6 - bytes.count) }
      var expected = 0
      for (a, b) in zip(key(left), key(right)) where expected == 0 { expected = (a - b).signum() }
      let place = "seed \(seed), pair \(number): \(left) and \(right)"
      #expect((ID(left) < ID(right)) == (expected < 0), "\(place)")
      #expect((ID(left) == ID(right)) == (expected == 0), "\(place)")
      #expect((ID(left) > ID(right)) == (expected > 0), "\(place)")
    }
  }

  private static func randomBytes(_ generator: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      [0x00, 0x41, 0x61, 0x7F, 0x80, 0xFF].randomElement(using: &generator)!
    }
  }
}
