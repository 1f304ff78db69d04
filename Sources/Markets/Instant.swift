// When is an RFC 3339 time, as an instant?

/// A point in time, exact to every fraction digit it was written with.
public struct Instant: Comparable, Sendable {
  /// Seconds since 1970-01-01T00:00:00Z, not counting leap seconds.
  private let seconds: Int64
  /// Fraction digits without trailing zeros.
  private let fraction: [UInt8]

  public static func < (left: Instant, right: Instant) -> Bool {
    left.seconds != right.seconds
      ? left.seconds < right.seconds
      : left.fraction.lexicographicallyPrecedes(right.fraction)
  }

  /// `2026-11-20T18:59:00.25+01:00`; nil for anything that RFC 3339 does not allow (no zone, no such day, …).
  /// A leap second (`23:59:60` UTC at the end of a month) is the first instant of the next minute.
  public init?(_ text: some Collection<UInt8>) {
    var scanner = Scanner(rest: ArraySlice(text))
    guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
      scanner.skip("-"), let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip("t"),
      let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
      scanner.skip(":"), let second = scanner.number(digits: 2)
    else { return nil }
    var digits: [UInt8] = []
    if scanner.skip(".") {
      digits = scanner.digits()
      guard !digits.isEmpty else { return nil }
    }
    var offsetMinutes: Int64 = 0
    if !(scanner.skip("Z") || scanner.skip("z")) {
      let isWest = scanner.skip("-")
      guard isWest || scanner.skip("+"), let hours = scanner.number(digits: 2), scanner.skip(":"),
        let minutes = scanner.number(digits: 2), hours < 24, minutes < 60
      else { return nil }
      offsetMinutes = (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
    guard scanner.rest.isEmpty, (1...12).contains(month), day >= 1, day <= Instant.days(in: month, of: year),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let days = Instant.days(year: year, month: month, day: day)
    let startOfMinute = days * 86_400 + hour * 3_600 + (minute - offsetMinutes) * 60
    if second == 60 {
      // Leap seconds are inserted at the end of a month in UTC, nowhere else.
      guard (startOfMinute + 60) % 86_400 == 0, Instant.isFirstOfMonth(startOfMinute + 60) else { return nil }
    }
    while digits.last == 0x30 { digits.removeLast() }
    seconds = startOfMinute + second
    fraction = digits
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 in the proleptic Gregorian calendar.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    // The year is counted from March, so that a leap day is its last day.
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Whether the day that starts at `midnight` is the first of a month: the day before has another month's length.
  private static func isFirstOfMonth(_ midnight: Int64) -> Bool {
    let shifted = midnight / 86_400 + 719_468
    let dayOfEra = ((shifted % 146_097) + 146_097) % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    return dayOfYear == (153 * month + 2) / 5
  }

  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard let first = rest.first, UInt32(first) == character.value else { return false }
      rest.removeFirst()
      return true
    }

    mutating func number(digits count: Int) -> Int64? {
      var value: Int64 = 0
      for _ in 0..<count {
        guard let digit = rest.first, (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - 0x30)
        rest.removeFirst()
      }
      return value
    }

    mutating func digits() -> [UInt8] {
      let digits = Array(rest.prefix { (0x30...0x39).contains($0) })
      rest.removeFirst(digits.count)
      return digits
    }
  }
}
