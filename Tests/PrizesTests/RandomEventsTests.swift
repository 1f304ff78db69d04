// Does the program pay what the plain rules pay, on every kind of event there is?
import Money
import Prizes
import TestSupport
import Testing

@Suite struct RandomEventsTests {
  private static let eventsPerSeed = 1_500

  /// What every seed must have met.
  private static let branches: Set<String> = [
    "distribution_exceeds_pool", "place_conflict", "each exceeds the pool", "left over first", "left over largest",
    "left over house", "shares below the whole", "tie each", "tie split", "left over in a tie", "unallocated",
    "withheld",
  ]

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `random events are paid as by the plain rules, down to the last unit`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var seen: Set<String> = []
    for number in 1...RandomEventsTests.eventsPerSeed {
      let event = ReferenceEvent.random(using: &generator)
      let (expected, code) = event.result(seen: &seen)
      let (actual, actualCode) = event.settled()
      #expect(actual == expected && actualCode == code, "seed \(seed), event \(number): \(event)")
      guard actual == expected, actualCode == code else { return }
    }
    let missing = RandomEventsTests.branches.subtracting(seen)
    #expect(missing.isEmpty, "seed \(seed) never met \(missing.sorted())")
  }

  @Test func `pools of any size are conserved, whatever the shares and ties`() throws {
    var generator = SeededGenerator(seed: 77)
    for number in 1...2_000 {
      var event = ReferenceEvent.random(using: &generator)
      let pool = Int64.random(in: 0...(.max >> Int64.random(in: 0...62, using: &generator)), using: &generator)
      event.isShares = true
      event.rules = event.rules.map { .init(place: $0.place, value: max(1, $0.value % 500)) }
      event.isEach = false
      event.places = Array(1...event.places.count)
      let terms = try event.terms(pool: pool)
      let settlement = try PrizeSettlement(terms, places: event.places)
      #expect(settlement.isConserved, "seed 77, event \(number): \(event) of \(pool)")
      #expect(settlement.prizes.allSatisfy { $0.amount >= 0 && $0.extraUnits >= 0 && $0.extraUnits <= $0.amount })
    }
  }

  @Test func `who is first in the file does not matter, only the ids do`() throws {
    var generator = SeededGenerator(seed: 3)
    let terms = PrizeTerms(pool: 1_003, distribution: try PrizeDistribution("1:40% 2-4:20%"))
    for _ in 1...200 {
      let places = [1, 2, 2, 2, 5].shuffled(using: &generator)
      let prizes = try PrizeSettlement(terms, places: places).prizes
      let ranked = prizes.sorted { ($0.place, $1.amount) < ($1.place, $0.amount) }.map(\.amount)
      #expect(ranked == [403, 200, 200, 200, 0], "\(places)")
    }
  }
}

extension ReferenceEvent {
  static func random(using generator: inout SeededGenerator) -> ReferenceEvent {
    var event = ReferenceEvent()
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    event.isShares = pick(0...2) > 0
    event.isEach = pick(0...3) == 0
    event.remainder = ["first", "largest", "house"].randomElement(using: &generator)!
    event.pool = pick(0...pick(1...3_000))
    var place = 1
    var left = event.isShares ? 10_000 : max(1, event.pool)
    for rank in 0..<pick(1...7) {
      place += pick(0...5) == 0 ? pick(1...3) : rank == 0 ? 0 : 1
      let value = max(1, pick(0...2) == 0 ? left : pick(1...max(1, left)))
      event.rules.append(Rule(place: place, value: value))
      left = max(0, left - value)
    }
    // Some make a whole, some are far above it.
    if event.isShares, pick(0...1) == 0, left > 0 { event.rules[0].value += left }
    if pick(0...4) > 0 {
      while event.rules.count > 1, event.rules.map(\.value).reduce(0, +) > (event.isShares ? 10_000 : event.pool) {
        event.rules.removeLast()
      }
    }
    event.withheldRate = pick(0...1) * pick(0...10_000)
    event.withheldAbove = pick(0...1) * pick(0...500)
    var next = 1
    for _ in 0..<pick(1...9) {
      event.places.append(next)
      if pick(0...2) > 0 { next = pick(0...9) == 0 ? next + pick(1...3) : event.places.count + 1 }
    }
    event.places.shuffle(using: &generator)
    return event
  }

  func terms(pool: Int64) throws(PrizeError) -> PrizeTerms {
    let tiers = rules.map { rule in
      PrizeTier(
        Places(rule.place, rule.place)!,
        isShares ? .share(BasisPoints(Int64(min(rule.value, 10_000)))!) : .fixed(Int64(rule.value)))
    }
    return PrizeTerms(
      pool: pool, distribution: try PrizeDistribution(tiers), tie: isEach ? .each : .split,
      remainder: RemainderPolicy(rawValue: remainder)!,
      withholding: Withholding(rate: BasisPoints(Int64(withheldRate))!, above: Int64(withheldAbove)))
  }

  func settled() -> (result: Result?, code: String?) {
    do throws(PrizeError) {
      let settlement = try PrizeSettlement(try terms(pool: Int64(pool)), places: places)
      precondition(settlement.isConserved, "not conserved: \(self)")
      return (
        Result(
          prizes: settlement.prizes.map { Int($0.amount) }, withheld: settlement.prizes.map { Int($0.withheld) },
          unallocated: Int(settlement.unallocated), breakage: Int(settlement.breakage)), nil
      )
    } catch {
      return (nil, error.code)
    }
  }
}
