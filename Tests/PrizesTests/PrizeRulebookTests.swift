// Does every event pay what the rules say, to the unit?
import Money
import Prizes
import Testing

@Suite struct PrizeRulebookTests {
  @Test(
    arguments: [
      ("1:100 2:50 3:25", 175, [1, 2, 3], "100 50 25 | 0 unallocated"),
      ("1:100 2:50 3:25", 200, [1, 2, 3], "100 50 25 | 25 unallocated"),
      ("1:100 2:50 3:25", 175, [3, 1, 2], "25 100 50 | 0 unallocated"),
      ("1:100 2:50 3:25", 175, [1], "100 | 75 unallocated"),
      ("1:100 2:50 3:25", 175, [1, 3], "100 25 | 50 unallocated"),
      ("1:100 2:50 3:25", 175, [2], "50 | 125 unallocated"),
      ("1:100 2:50 3:25", 175, [1, 2, 3, 4], "100 50 25 0 | 0 unallocated"),
      ("1:100 5-8:10", 140, [1, 5, 6, 7, 8], "100 10 10 10 10 | 0 unallocated"),
      ("1:9223372036854775807", .max, [1], "9223372036854775807 | 0 unallocated"),
      ("1:100 2:50 3:26", 175, [1, 2, 3], "distribution_exceeds_pool"),
      ("1:100 2:50 3:26", 175, [1], "distribution_exceeds_pool"),
      ("1-999999999:9223372036854775807", .max, [1], "distribution_exceeds_pool"),
      ("1:1", 0, [1], "distribution_exceeds_pool"),
    ] as [(String, Int64, [Int], String)])
  func `fixed prizes`(distribution: String, pool: Int64, places: [Int], expected: String) {
    #expect(settled(distribution, pool: pool, places: places) == expected)
  }

  @Test(
    arguments: [
      ("1:50% 2:30% 3:20%", 1_000, [1, 2, 3], "500 300 200 | 0 unallocated"),
      ("1:50% 2:30% 3:20%", 101, [1, 2, 3], "51 30 20 | 0 unallocated"),
      ("1:50% 2:30% 3:20%", 1, [1, 2, 3], "1 0 0 | 0 unallocated"),
      ("1:50% 2:30% 3:20%", 0, [1, 2, 3], "0 0 0 | 0 unallocated"),
      ("1:50% 2:30% 3:20%", 101, [1, 3], "51 20 | 30 unallocated"),
      ("1:50% 2:30% 3:20%", 101, [2, 3], "30 20 | 51 unallocated"),
      ("1:50% 2:30%", 101, [1, 2], "50 30 | 21 unallocated"),
      ("2:60% 3:40%", 11, [2, 3], "7 4 | 0 unallocated"),
      ("1:33.33% 2:33.33% 3:33.34%", 100, [1, 2, 3], "34 33 33 | 0 unallocated"),
      ("1:99.99% 2:0.01%", 9_999, [1, 2], "9999 0 | 0 unallocated"),
      ("1-3:33.33% 4:0.01%", 10_000, [1, 2, 3, 4], "3333 3333 3333 1 | 0 unallocated"),
      ("1:50% 2:50.01%", 100, [1, 2], "distribution_exceeds_pool"),
      ("1-4:25.01%", 0, [1], "distribution_exceeds_pool"),
      ("1:100%", .max, [1], "9223372036854775807 | 0 unallocated"),
      ("1-2:50%", .max, [1, 2], "4611686018427387904 4611686018427387903 | 0 unallocated"),
    ] as [(String, Int64, [Int], String)])
  func `shares of the pool, left-over units to first`(
    distribution: String, pool: Int64, places: [Int], expected: String
  ) {
    #expect(settled(distribution, pool: pool, places: places) == expected)
  }

  @Test(
    arguments: [
      // Floors 3, 3, 1 of 10; remainders .5, .3, .5 and .7 where it matters.
      ("1:35% 2:35% 3:30%", 10, RemainderPolicy.first, "4 3 3 | 0 unallocated"),
      ("1:35% 2:35% 3:30%", 11, .first, "5 3 3 | 0 unallocated"),
      ("1:35% 2:35% 3:30%", 11, .largest, "4 4 3 | 0 unallocated"),
      ("1:33% 2:33% 3:34%", 10, .largest, "3 3 4 | 0 unallocated"),
      ("1:35% 2:35% 3:30%", 11, .house, "3 3 3 | 0 unallocated | 2 house"),
      ("1:35% 2:35%", 11, .house, "3 3 0 | 5 unallocated"),
      ("1:35% 2:35%", 11, .largest, "3 3 0 | 5 unallocated"),
      ("1:40% 2:40% 3:20%", 10, .house, "4 4 2 | 0 unallocated"),
    ] as [(String, Int64, RemainderPolicy, String)])
  func `left-over units of a whole pool`(
    distribution: String, pool: Int64, remainder: RemainderPolicy, expected: String
  ) {
    #expect(settled(distribution, pool: pool, places: [1, 2, 3], remainder: remainder) == expected)
  }

  @Test(
    arguments: [
      // Registrations in the order of their ids; two at a place share it.
      ("1:50 2:30 3:20", 100, [1, 2, 2], TiePolicy.split, "50 25 25 | 0 unallocated"),
      ("1:50 2:31 3:20", 101, [2, 1, 2], .split, "26 50 25 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [1, 1, 3], .split, "40 40 20 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [1, 1, 1], .split, "34 33 33 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [1, 1, 1, 1], .split, "25 25 25 25 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [3, 3, 1, 2], .split, "10 10 50 30 | 0 unallocated"),
      ("1:50% 2:30% 3:20%", 101, [1, 1, 3], .split, "41 40 20 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [4, 4], .split, "0 0 | 100 unallocated"),
      ("5-8:10", 40, [5, 5, 5, 5], .split, "10 10 10 10 | 0 unallocated"),
      ("5-8:10", 40, [5, 5, 5, 5, 5], .split, "8 8 8 8 8 | 0 unallocated"),
      ("1:50 2:30 3:20", 100, [1, 1, 2], .split, "place_conflict"),
      ("1:50 2:30 3:20", 100, [2, 3, 2], .split, "place_conflict"),
      ("1:50 2:30 3:20", 130, [1, 2, 2], .each, "50 30 30 | 20 unallocated"),
      ("1:50 2:30 3:20", 110, [1, 2, 2], .each, "50 30 30 | 0 unallocated"),
      ("1:50 2:30 3:20", 109, [1, 2, 2], .each, "distribution_exceeds_pool"),
      ("1:50 2:30", 130, [1, 1, 2], .each, "50 50 30 | 0 unallocated"),
      ("1:50% 2:20%", 100, [1, 1], .each, "50 50 | 0 unallocated"),
    ] as [(String, Int64, [Int], TiePolicy, String)])
  func `ties are split or paid each`(
    distribution: String, pool: Int64, places: [Int], tie: TiePolicy, expected: String
  ) {
    #expect(settled(distribution, pool: pool, places: places, tie: tie) == expected)
  }

  @Test(
    arguments: [
      (3_000, 600, "1000 600 599 | 0 unallocated | 300 withheld"),
      (3_000, 0, "1000 600 599 | 0 unallocated | 659 withheld"),
      (10_000, 599, "1000 600 599 | 0 unallocated | 1600 withheld"),
      (3_333, 0, "1000 600 599 | 0 unallocated | 731 withheld"),
      (0, 0, "1000 600 599 | 0 unallocated"),
      (3_000, 1_000, "1000 600 599 | 0 unallocated"),
    ] as [(Int64, Int64, String)])
  func `above the threshold a rate of the whole prize is withheld`(rate: Int64, threshold: Int64, expected: String) {
    let withholding = Withholding(rate: BasisPoints(rate)!, above: threshold)
    #expect(settled("1:1000 2:600 3:599", pool: 2_199, places: [1, 2, 3], withholding: withholding) == expected)
  }

  @Test(
    arguments: [
      ([("1", PrizeRule.fixed(5)), ("2", .share(BasisPoints(10)!))], "mixed_distribution"),
      ([], "invalid_distribution"),
      ([("1", .fixed(0))], "invalid_distribution"),
      ([("1", .fixed(-1))], "invalid_distribution"),
      ([("1", .share(.zero))], "invalid_distribution"),
      ([("1", .fixed(5)), ("first", .fixed(5))], "invalid_distribution"),
      ([("1", .fixed(5)), ("1-4", .fixed(5))], "invalid_distribution"),
      ([("5-8", .fixed(5)), ("8-9", .fixed(5))], "invalid_distribution"),
      ([("5-8", .fixed(5)), ("9", .fixed(5)), ("1-4", .fixed(5))], "ok"),
    ] as [([(String, PrizeRule)], String)])
  func `a distribution gives each place one prize, all of one kind`(
    tiers: [(places: String, rule: PrizeRule)], expected: String
  ) {
    do throws(PrizeError) {
      _ = try PrizeDistribution(tiers.map { PrizeTier(Places($0.places.utf8)!, $0.rule) })
      #expect(expected == "ok")
    } catch {
      #expect(error.code == expected)
    }
  }

  @Test func `an event is paid when it is completed and has results, and refunded when it is cancelled`() {
    let cases: [(status: String, placements: Int, pay: String, refund: String)] = [
      ("completed", 1, "ok", "event_not_cancelled"),
      ("completed", 0, "no_results", "event_not_cancelled"),
      ("cancelled", 1, "event_not_completed", "ok"),
      ("live", 1, "event_not_completed", "event_not_cancelled"),
      ("Completed", 1, "event_not_completed", "event_not_cancelled"),
      ("", 1, "event_not_completed", "event_not_cancelled"),
    ]
    for (status, placements, pay, refund) in cases {
      func code(_ body: (EventStatus) throws(PrizeError) -> Void) -> String {
        do throws(PrizeError) { try body(EventStatus(status)) } catch { return error.code }
        return "ok"
      }
      #expect(code { status throws(PrizeError) in try status.requirePayable(placements: placements) } == pay)
      #expect(code { status throws(PrizeError) in try status.requireRefundable() } == refund)
    }
  }

  @Test(
    arguments: [
      (2_500, 10_000, 4, "2500 each, 0 retained"), (2_500, 5_000, 3, "1250 each, 3750 retained"),
      (999, 3_333, 2, "332 each, 1334 retained"), (2_500, 0, 4, "0 each, 10000 retained"),
      (0, 10_000, 4, "0 each, 0 retained"), (100, 10_000, 0, "100 each, 0 retained"),
      (.max, 10_000, 1, "9223372036854775807 each, 0 retained"), (.max, 10_000, 2, "out of range"),
    ] as [(Int64, Int64, Int, String)])
  func `a refund is the same for everyone, and the rest of a partial one is retained`(
    fee: Int64, rate: Int64, registrations: Int, expected: String
  ) {
    let refund = FeeRefund(fee: fee, rate: BasisPoints(rate)!, registrations: registrations)
    #expect(refund.map { "\($0.each) each, \($0.retained) retained" } ?? "out of range" == expected)
    if let refund { #expect(refund.total + refund.retained == refund.fees) }
  }

  @Test func `the prizes of a big public event are exact to the cent`() throws {
    // Pool 40,018,195.00 USD, in cents.
    let distribution =
      "1:45.5% 2:13% 3:9% 4:6% 5-6:3.5% 7-8:2.5% 9-12:2% 13-16:1.5% 17-18:0.25%"
    let terms = PrizeTerms(pool: 4_001_819_500, distribution: try PrizeDistribution(distribution))
    let settlement = try PrizeSettlement(terms, places: Array(1...18))
    let amounts = settlement.prizes.map(\.amount)
    // Six cents are left over: they go to first.
    #expect(
      amounts == [
        1_820_827_878, 520_236_535, 360_163_755, 240_109_170, 140_063_682, 140_063_682, 100_045_487, 100_045_487,
        80_036_390, 80_036_390, 80_036_390, 80_036_390, 60_027_292, 60_027_292, 60_027_292, 60_027_292, 10_004_548,
        10_004_548,
      ])
    #expect(amounts.reduce(0, +) == 4_001_819_500)
    #expect(settlement.unallocated == 0 && settlement.isConserved)
  }
}
