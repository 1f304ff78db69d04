// Which spellings of a place are understood, and which are not?
import Prizes
import TestSupport
import Testing

@Suite struct PlacesTests {
  @Test(
    arguments: [
      ("1", 1, 1), ("1st", 1, 1), ("first", 1, 1), ("First", 1, 1), ("FIRST", 1, 1), ("2nd", 2, 2), ("second", 2, 2),
      ("3rd", 3, 3), ("third", 3, 3), ("4th", 4, 4), ("fourth", 4, 4), ("fifth", 5, 5), ("eighth", 8, 8),
      ("ninth", 9, 9), ("11th", 11, 11), ("12th", 12, 12), ("13TH", 13, 13), ("twelfth", 12, 12),
      ("twentieth", 20, 20), ("21st", 21, 21), ("twenty-first", 21, 21), ("twenty first", 21, 21),
      ("twenty_second", 22, 22), ("fortieth", 40, 40), ("ninety-ninth", 99, 99), ("hundredth", 100, 100),
      ("one hundredth", 100, 100), ("one hundred and first", 101, 101), ("one hundred first", 101, 101),
      ("111th", 111, 111), ("112th", 112, 112), ("two hundred and fifty-third", 253, 253),
      ("thousandth", 1_000, 1_000), ("one thousand two hundred and thirty-fourth", 1_234, 1_234),
      ("twelve thousandth", 12_000, 12_000), ("two million and third", 2_000_003, 2_000_003),
      ("999999999", 999_999_999, 999_999_999),
      ("5-8", 5, 8), ("5th-8th", 5, 8), ("5\u{2013}8", 5, 8), ("fifth-eighth", 5, 8), ("7-7", 7, 7),
      ("twenty-first-twenty-fourth", 21, 24), ("17-18th", 17, 18),
    ])
  func `a place in its usual spellings`(text: String, first: Int, last: Int) {
    #expect(Places(text.utf8) == Places(first, last), "\(text)")
  }

  @Test(
    arguments: [
      "", "0", "00", "01", "+1", "-1", "1.0", "1 ", " 1", "1,2", "1e1", "0th", "1th", "2st", "3nd", "11st", "12nd",
      "13rd", "111st", "one", "two", "winner", "oneth", "twoth", "fiveth", "twelveth", "twenty", "first twenty",
      "first-", "-first", "twenty--first", "twenty twentieth", "ten first", "one one", "and first", "one and first",
      "hundred hundredth", "twenty hundredth", "thousand thousandth", "one hundred and and first", "8-5", "0-3", "5-",
      "-8", "5--8", "5-8-9", "1000000000", "1000000000th", "one thousand millionth", "９", "1\u{0301}", "\u{0}1", "5−8",
      "\u{feff}1",
    ])
  func `what is no place is refused`(text: String) {
    #expect(Places(text.utf8) == nil, "\(text) is \(String(describing: Places(text.utf8)))")
  }

  @Test func `every number is understood in figures and in words`() {
    var generator = SeededGenerator(seed: 5)
    for _ in 1...2_000 {
      let number = Int.random(in: 1...Int.random(in: 1...999_999, using: &generator), using: &generator)
      let words = PlacesTests.words(number, isAndSaid: Bool.random(using: &generator))
      #expect(Places("\(number)".utf8) == Places(number, number), "seed 5, \(number)")
      #expect(Places(words.utf8) == Places(number, number), "seed 5, \(words)")
    }
  }

  /// The ordinal in English, made the other way round: from the number.
  private static func words(_ number: Int, isAndSaid: Bool) -> String {
    let small = [
      "", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
      "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    let tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    func below1000(_ number: Int) -> [String] {
      var words: [String] = []
      if number >= 100 { words += [small[number / 100], "hundred"] }
      let rest = number % 100
      if rest > 0, !words.isEmpty, isAndSaid { words.append("and") }
      if rest >= 20 {
        words.append(tens[rest / 10] + (rest % 10 > 0 ? "-" + small[rest % 10] : ""))
      } else if rest > 0 {
        words.append(small[rest])
      }
      return words
    }
    let thousands = below1000(number / 1_000)
    let text = (thousands.isEmpty ? [] : thousands + ["thousand"]) + below1000(number % 1_000)
    let joined = text.joined(separator: " ")
    let cut = joined.lastIndex { $0 == " " || $0 == "-" }.map { joined.index(after: $0) } ?? joined.startIndex
    let last = String(joined[cut...])
    let ordinals = [
      "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
      "twelve": "twelfth",
    ]
    return joined[..<cut] + (ordinals[last] ?? (last.hasSuffix("y") ? last.dropLast() + "ieth" : last + "th"))
  }
}
