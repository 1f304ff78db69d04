// Which place does a word name? `1`, `1st`, `first` and `First` are one; `5-8` are four.

/// One place or several in a row, counted from 1.
public struct Places: Hashable, Sendable {
  public let first: Int
  public let last: Int

  public static let numberMax = 999_999_999

  /// - Returns: nil unless 1 ≤ first ≤ last ≤ 999999999.
  public init?(_ first: Int, _ last: Int) {
    guard 1 <= first, first <= last, last <= Places.numberMax else { return nil }
    self.first = first
    self.last = last
  }

  public var count: Int { last - first + 1 }

  /// A place in any of its usual spellings, or a range of two joined by a hyphen or an en dash; letters in any case.
  public init?(_ text: some Collection<UInt8>) {
    guard text.count <= Places.lengthMax else { return nil }
    let lower = text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    if let place = PlaceName.number(lower[...]) {
      self.init(place, place)
      return
    }
    // A hyphen may stand inside a word too (`twenty-first-twenty-fourth`): the cut is where both sides are places.
    for (index, length) in Places.dashes(lower) {
      if let first = PlaceName.number(lower[..<index]), let last = PlaceName.number(lower[(index + length)...]) {
        self.init(first, last)
        return
      }
    }
    return nil
  }

  private static let lengthMax = 160

  private static func dashes(_ text: [UInt8]) -> [(index: Int, length: Int)] {
    text.indices.compactMap { index in
      if text[index] == 0x2D { return (index, 1) }
      return text[index...].starts(with: [0xE2, 0x80, 0x93]) ? (index, 3) : nil
    }
  }
}

/// Spellings of one place, in lower case.
enum PlaceName {
  static func number(_ text: ArraySlice<UInt8>) -> Int? {
    if let first = text.first, (0x30...0x39).contains(first) { return figures(text) }
    return words(text)
  }

  /// `21` or `21st`: no leading zero, and the ending that belongs to the number.
  private static func figures(_ text: ArraySlice<UInt8>) -> Int? {
    let digits = text.prefix { (0x30...0x39).contains($0) }
    guard digits.count <= 9, digits.first != 0x30 else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    let ending = text.dropFirst(digits.count)
    return ending.isEmpty || ending.elementsEqual(PlaceName.ending(number).utf8) ? number : nil
  }

  /// `st`, `nd`, `rd` or `th`.
  static func ending(_ number: Int) -> String {
    if (11...13).contains(number % 100) { return "th" }
    return switch number % 10 {
    case 1: "st"
    case 2: "nd"
    case 3: "rd"
    default: "th"
    }
  }

  /// `first`, `twenty-first`, `one hundred and first`: units joined by hyphens, spaces or underscores.
  private static func words(_ text: ArraySlice<UInt8>) -> Int? {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == 0x2D || $0 == 0x20 || $0 == 0x5F }
    guard let ordinal = parts.last, !parts.contains(where: \.isEmpty) else { return nil }
    var groups = Groups()
    for (index, part) in parts.dropLast().enumerated() {
      let word = String(decoding: part, as: UTF8.self)
      if word == "and" {
        // Only behind a hundred or a thousand, and never twice.
        guard index > 0, groups.mayTakeAnd else { return nil }
        groups.mayTakeAnd = false
      } else {
        guard groups.take(word) else { return nil }
      }
    }
    guard let cardinal = cardinal(ofOrdinal: String(decoding: ordinal, as: UTF8.self)), groups.take(cardinal) else {
      return nil
    }
    let number = groups.total + groups.group
    return (1...Places.numberMax).contains(number) ? number : nil
  }

  /// The number as it grows word by word: each word must be smaller than what it follows.
  private struct Groups {
    var total = 0
    /// Below a thousand.
    var group = 0
    var mayTakeAnd = false
    private var scale = Int.max
    private var unitMax = 100

    mutating func take(_ word: String) -> Bool {
      if let value = PlaceName.scales[word] {
        guard value < scale else { return false }
        scale = value
        total += max(1, group) * value
        group = 0
        unitMax = 100
        mayTakeAnd = true
        return true
      }
      if word == "hundred" {
        guard group < 10 else { return false }
        group = max(1, group) * 100
        unitMax = 100
        mayTakeAnd = true
        return true
      }
      guard let value = PlaceName.cardinals[word], value < unitMax else { return false }
      group += value
      // Behind `twenty` one of the nine units may follow, behind a unit nothing but `hundred` or `thousand`.
      unitMax = value >= 20 ? 10 : 1
      mayTakeAnd = false
      return true
    }
  }

  private static let scales = ["thousand": 1_000, "million": 1_000_000]

  private static let cardinals: [String: Int] = {
    let small = [
      "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    var values: [String: Int] = [:]
    for (index, word) in small.enumerated() { values[word] = index + 1 }
    for (index, word) in tens.enumerated() { values[word] = (index + 2) * 10 }
    return values
  }()

  private static let irregular = [
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
    "twelfth": "twelve",
  ]

  /// `one` for `first`, `twenty` for `twentieth`.
  private static func cardinal(ofOrdinal word: String) -> String? {
    if let word = irregular[word] { return word }
    if word.hasSuffix("ieth") { return word.dropLast(4) + "y" }
    guard word.hasSuffix("th"), !irregular.values.contains(String(word.dropLast(2))) else { return nil }
    return String(word.dropLast(2))
  }
}
