// Which times does RFC 3339 allow, and which is earlier?
import Foundation
import Markets
import TestSupport
import Testing

@Suite struct InstantTests {
  private func instant(_ text: String) -> Instant? { Instant(text.utf8) }

  @Test(arguments: [
    "2026-11-20T18:59:00Z", "2026-11-20t18:59:00z", "2026-11-20T18:59:00+00:00", "2026-11-20T18:59:00-00:00",
    "2026-11-20T18:59:00+23:59", "2026-11-20T18:59:00-23:59", "2026-11-20T18:59:00.5Z", "2026-11-20T18:59:00.000Z",
    "2026-11-20T18:59:00.123456789012345678901234567890+01:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1970-01-01T00:00:00Z", "2026-01-31T00:00:00Z",
    "2026-04-30T00:00:00Z", "2016-12-31T23:59:60Z", "2015-06-30T23:59:60.25Z", "2017-01-01T00:59:60+01:00",
    "2016-12-31T15:59:60-08:00", "2016-02-29T23:59:60Z", "2015-02-28T23:59:60Z",
    "2000-02-29T23:59:60Z", "1900-02-28T23:59:60Z", "1969-12-31T23:59:60Z", "0000-02-29T23:59:60Z",
    "9999-12-31T23:59:60Z",
  ])
  func `a time that RFC 3339 allows`(text: String) {
    #expect(instant(text) != nil)
  }

  @Test(arguments: [
    // No zone, no time, no date, nothing.
    "", "2026-11-20", "2026-11-20T18:59:00", "18:59:00Z", "2026-11-20T18:59Z", "2026-11-20T18Z", "2026-11-20Z",
    // Other separators, other orders, other widths.
    "2026-11-20 18:59:00Z", "2026/11/20T18:59:00Z", "20261120T185900Z", "20-11-2026T18:59:00Z", "26-11-20T18:59:00Z",
    "2026-1-20T18:59:00Z", "2026-11-2T18:59:00Z", "2026-11-20T8:59:00Z", "02026-11-20T18:59:00Z",
    "+2026-11-20T18:59:00Z", "-2026-11-20T18:59:00Z", "2026-W47-5T18:59:00Z", "2026-324T18:59:00Z",
    "2026-11-20T18:59:00 Z", " 2026-11-20T18:59:00Z", "2026-11-20T18:59:00Z ", "2026-11-20T18:59:00Z\n",
    "2026-11-20T18:59:00ZZ", "2026-11-20T18:59:00Z+01:00", "2026-11-20T18-59-00Z", "2026-11-20X18:59:00Z",
    // Fractions.
    "2026-11-20T18:59:00.Z", "2026-11-20T18:59:00,5Z", "2026-11-20T18:59:00.5.5Z", "2026-11-20T18:59.5Z",
    "2026-11-20T18:59:00.-5Z", "2026-11-20T18:59:00. 5Z", "2026-11-20T18:59:00.٥Z",
    // Zones.
    "2026-11-20T18:59:00+1:00", "2026-11-20T18:59:00+0100", "2026-11-20T18:59:00+01", "2026-11-20T18:59:00+24:00",
    "2026-11-20T18:59:00+01:60", "2026-11-20T18:59:00+", "2026-11-20T18:59:00UTC", "2026-11-20T18:59:00CET",
    "2026-11-20T18:59:00+01:00:00", "2026-11-20T18:59:00\u{2212}01:00",
    // Days and times that there are not.
    "2026-00-20T18:59:00Z", "2026-13-20T18:59:00Z", "2026-11-00T18:59:00Z", "2026-11-31T18:59:00Z",
    "2026-01-32T18:59:00Z", "2026-02-29T18:59:00Z", "2024-02-30T18:59:00Z", "1900-02-29T18:59:00Z",
    "2100-02-29T18:59:00Z", "2026-04-31T18:59:00Z", "2026-06-31T18:59:00Z", "2026-09-31T18:59:00Z",
    "2026-11-20T24:00:00Z", "2026-11-20T25:00:00Z", "2026-11-20T18:60:00Z", "2026-11-20T18:59:61Z",
    // Leap seconds stand at the end of a month in UTC, nowhere else.
    "2026-11-20T23:59:60Z", "2016-12-31T22:59:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00",
    "2017-01-01T00:59:60Z", "2016-02-28T23:59:60Z", "2000-02-28T23:59:60Z", "2015-06-29T23:59:60Z",
    "２０２６-11-20T18:59:00Z", "2026-11-20T18:59:0\u{0}Z",
  ])
  func `anything else is no time`(text: String) {
    #expect(instant(text) == nil)
  }

  @Test(
    arguments: [
      ("2026-11-20T18:59:00Z", "2026-11-20T18:59:01Z", -1),
      ("2026-11-20T18:59:00Z", "2026-11-20T18:59:00Z", 0),
      ("2026-11-20T18:59:00Z", "2026-11-20T19:59:00+01:00", 0),
      ("2026-11-20T18:59:00Z", "2026-11-20T13:29:00-05:30", 0),
      ("2026-11-20T18:59:00Z", "2026-11-20T18:59:00.000Z", 0),
      ("2026-11-20T18:59:00.1Z", "2026-11-20T18:59:00.10Z", 0),
      ("2026-11-20T18:59:00Z", "2026-11-20T18:59:00.000000000000000000000000000001Z", -1),
      ("2026-11-20T18:59:00.9Z", "2026-11-20T18:59:00.10Z", 1),
      ("2026-11-20T18:59:00.09Z", "2026-11-20T18:59:00.1Z", -1),
      ("2026-11-20T18:59:00.5Z", "2026-11-20T18:59:00.49999999999999999999Z", 1),
      ("2026-11-20T18:59:00.999Z", "2026-11-20T18:59:01Z", -1),
      ("2026-12-31T23:59:59-01:00", "2027-01-01T00:59:59Z", 0),
      ("2027-01-01T00:30:00+01:00", "2026-12-31T23:30:00Z", 0),
      ("2024-02-28T23:59:59Z", "2024-02-29T00:00:00Z", -1),
      ("2024-02-29T23:59:59Z", "2024-03-01T00:00:00Z", -1),
      ("1969-12-31T23:59:59.9Z", "1970-01-01T00:00:00Z", -1),
      ("1969-12-31T23:59:58.9Z", "1969-12-31T23:59:59Z", -1),
      ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z", -1),
      ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", 1),
      // A leap second is the first instant of the next minute.
      ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0),
      ("2016-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z", -1),
      ("2016-12-31T18:59:60-05:00", "2016-12-31T23:59:60Z", 0),
    ] as [(String, String, Int)])
  func `the order of instants`(left: String, right: String, expected: Int) throws {
    let (left, right) = (try #require(instant(left)), try #require(instant(right)))
    #expect((left < right) == (expected < 0))
    #expect((left > right) == (expected > 0))
    #expect((left == right) == (expected == 0))
  }

  @Test func `every day from 1899 to 2105 follows the day before, and the last of a month may end with a leap second`()
    throws
  {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var yesterday = try #require(instant("1898-12-31T00:00:00Z"))
    for year in 1899...2105 {
      let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
      for (index, length) in lengths.enumerated() {
        let month = index + 1
        let last = month == 2 && isLeap ? 29 : length
        for day in 1...last {
          let today = try #require(instant("\(year)-\(two(month))-\(two(day))T00:00:00Z"))
          // Midnight, written as the hour 24 of yesterday by way of an offset of a whole day less a minute.
          let early = try #require(instant("\(year)-\(two(month))-\(two(day))T23:59:00+23:59"))
          let hasLeapSecond = instant("\(year)-\(two(month))-\(two(day))T23:59:60Z") != nil
          if !(yesterday < today && today == early && hasLeapSecond == (day == last)) {
            Issue.record("\(year)-\(month)-\(day)")
            return
          }
          yesterday = today
        }
        #expect(instant("\(year)-\(two(month))-\(two(last + 1))T00:00:00Z") == nil)
      }
    }
  }

  /// A random time as text, and its seconds since 1970 by Foundation's calendar.
  private func randomTime(_ calendar: Calendar, _ generator: inout SeededGenerator) -> (text: String, seconds: Int) {
    let year = Int.random(in: 1600...3000, using: &generator)
    let month = Int.random(in: 1...12, using: &generator)
    let day = Int.random(in: 1...28, using: &generator) + (month == 2 ? 0 : Int.random(in: 0...2, using: &generator))
    let (hour, minute, second) = (
      Int.random(in: 0...23, using: &generator), Int.random(in: 0...59, using: &generator),
      Int.random(in: 0...59, using: &generator)
    )
    let offset = Bool.random(using: &generator) ? 0 : Int.random(in: -1439...1439, using: &generator)
    let components = DateComponents(
      timeZone: TimeZone(secondsFromGMT: 0), year: year, month: month, day: day, hour: hour, minute: minute,
      second: second)
    let date = calendar.date(from: components)!
    let zone = offset == 0 ? "Z" : (offset < 0 ? "-" : "+") + two(abs(offset) / 60) + ":" + two(abs(offset) % 60)
    let text = "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))\(zone)"
    return (text, Int(date.timeIntervalSince1970) - offset * 60)
  }

  private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random instants are ordered as Foundation's calendar orders them`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var calendar = Calendar(identifier: .iso8601)
    calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
    for number in 1...500 {
      let (left, right) = (randomTime(calendar, &generator), randomTime(calendar, &generator))
      let (first, second) = (try #require(instant(left.text)), try #require(instant(right.text)))
      #expect(
        (first < second) == (left.seconds < right.seconds) && (first == second) == (left.seconds == right.seconds),
        "seed \(seed), pair \(number): \(left) and \(right)")
      // The same second in another zone, and its neighbours: the distance is exact, not only its sign.
      let shift = Int.random(in: -1439...1439, using: &generator)
      for change in [-1, 0, 1] {
        let moved = Date(timeIntervalSince1970: Double(left.seconds + shift * 60 + change))
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: moved)
        let zone = (shift < 0 ? "-" : "+") + two(abs(shift) / 60) + ":" + two(abs(shift) % 60)
        let text =
          "\(parts.year!)-\(two(parts.month!))-\(two(parts.day!))"
          + "T\(two(parts.hour!)):\(two(parts.minute!)):\(two(parts.second!))\(zone)"
        let same = try #require(instant(text), "seed \(seed), pair \(number): \(text)")
        #expect(
          (same < first) == (change < 0) && (same > first) == (change > 0),
          "seed \(seed), pair \(number): \(text) and \(left.text), \(change) s")
      }
    }
  }
}
