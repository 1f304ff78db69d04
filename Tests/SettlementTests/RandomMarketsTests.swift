// Does the program pay what the rulebook pays, on every kind of market there is?
import Settlement
import TestSupport
import Testing

@Suite struct RandomMarketsTests {
  private static let marketsPerSeed = 4_000

  /// What every seed must have met: all values of all policies where they matter, all endings, all ties.
  private static let branches: Set<String> = [
    "void in full", "void in part", "void option", "late", "empty pool",
    "no winner refund", "no winner refund_net", "no winner house",
    "fees on pool", "fees on losing_pool", "fee rounded down", "fee rounded up", "creator fee limited",
    "minus pool allow", "minus pool cap_fees", "capped fee above its uncapped self", "tie of capped fees",
    "several winners pooled", "several winners equal", "several winners profit", "profit falls back",
    "weights over pooled", "weights over equal", "weights over profit", "unbacked winner",
    "left-over between options", "tie between options",
    "left-over units largest", "left-over units house", "left-over units first", "tie largest", "tie first",
    "no stakes", "pool of 2^63-1", "stake of 1",
  ]

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `random markets are settled as by the rulebook, down to the last unit`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var settler = Settler()
    var seen: Set<String> = []
    for number in 1...RandomMarketsTests.marketsPerSeed {
      let market = ReferenceMarket.random(using: &generator)
      let reference = ReferenceSettlement(market)
      let (result, isConserved) = market.settled(by: &settler)
      guard result == reference.result, isConserved, reference.result.isConserved else {
        let small = market.shrunk { market in
          let (result, isConserved) = market.settled(by: &settler)
          return result != ReferenceSettlement(market).result || !isConserved
        }
        let (program, _) = small.settled(by: &settler)
        Issue.record(
          """
          seed \(seed), market \(number), shrunk:
          \(small)
          rulebook \(ReferenceSettlement(small).result)
          program  \(program)
          """)
        return
      }
      seen.formUnion(reference.branches)
      if market.stakes.isEmpty { seen.insert("no stakes") }
      if result.grossPool == 1 << 63 - 1 { seen.insert("pool of 2^63-1") }
      if market.stakes.contains(where: { $0.amount == 1 }) { seen.insert("stake of 1") }
    }
    let missing = RandomMarketsTests.branches.subtracting(seen)
    #expect(missing.isEmpty, "seed \(seed) never met \(missing.sorted())")
    let unlisted = seen.subtracting(RandomMarketsTests.branches)
    #expect(unlisted.isEmpty, "seed \(seed) met what no test demands: \(unlisted.sorted())")
  }

  @Test func `a settler that is used again forgets the market before`() {
    var generator = SeededGenerator(seed: 99)
    var used = Settler()
    for number in 1...500 {
      let market = ReferenceMarket.random(using: &generator)
      var fresh = Settler()
      let (again, _) = market.settled(by: &used)
      let (first, _) = market.settled(by: &fresh)
      #expect(again == first, "seed 99, market \(number)")
    }
  }
}

extension ReferenceMarket {
  private static let optionNames = ["yes", "no", "Z", "a", "é", "e\u{301}", "10", "9"].map { Array($0.utf8) }
  private static let idPrefixes = ["c", "C", "é", "e\u{301}", "_", "9", "Ω"]

  static func random(using generator: inout SeededGenerator) -> ReferenceMarket {
    var market = ReferenceMarket()
    let chance = { (percent: Int, generator: inout SeededGenerator) in
      Int.random(in: 0..<100, using: &generator) < percent
    }
    market.outcome = chance(12, &generator) ? .void : .winner
    market.feeBase = FeeBase.allCases.randomElement(using: &generator)!
    market.feeRounding = FeeRounding.allCases.randomElement(using: &generator)!
    market.winnerSplit = WinnerSplit.allCases.randomElement(using: &generator)!
    market.remainder = Remainder.allCases.randomElement(using: &generator)!
    market.minusPool = MinusPool.allCases.randomElement(using: &generator)!
    market.noWinner = NoWinner.allCases.randomElement(using: &generator)!
    (market.houseFeeBps, market.creatorFeeBps) = randomFees(&generator)
    market.refundBps =
      chance(40, &generator)
      ? 10_000
      : [0, 1, 9_999, UInt128.random(in: 0...10_000, using: &generator)]
        .randomElement(using: &generator)!

    let options = optionNames.shuffled(using: &generator)
    let winnerCount = chance(45, &generator) ? 1 : Int.random(in: 2...4, using: &generator)
    market.winningOptions = Array(options.prefix(winnerCount))
    if chance(30, &generator) { market.winningWeights = market.winningOptions.map { _ in randomWeight(&generator) } }
    if chance(25, &generator) { market.voidOptions = Array(options[winnerCount..<(winnerCount + 2)]) }

    let count =
      chance(4, &generator)
      ? 0
      : chance(5, &generator)
        ? Int.random(in: 30...60, using: &generator) : Int.random(in: 1...12, using: &generator)
    // Few names to bet on make ties and backed winners likely; now and then nobody bets on a winner.
    let firstName = chance(12, &generator) ? winnerCount : 0
    let named = Array(options[firstName..<min(options.count, max(firstName + 1, winnerCount + 3))])
    let latePercent = chance(20, &generator) ? (chance(20, &generator) ? 100 : 30) : 0
    var ids: Set<[UInt8]> = []
    var amounts = randomAmounts(count, &generator)
    if chance(4, &generator) {
      // Fees of a few units that just do not leave the winners their stakes.
      (market.houseFeeBps, market.creatorFeeBps) = (UInt128.random(in: 1...99, using: &generator), 9_000)
      market.minusPool = .capFees
      market.feeBase = .pool
      amounts = (0..<3).map { _ in UInt128.random(in: 1...99, using: &generator) }
    }
    for amount in amounts {
      var id: [UInt8]
      repeat {
        id = Array((idPrefixes.randomElement(using: &generator)! + "\(Int.random(in: 0...30, using: &generator))").utf8)
      } while !ids.insert(id).inserted
      market.stakes.append(
        Stake(
          id: id, option: named.randomElement(using: &generator)!, amount: amount,
          isLate: chance(latePercent, &generator)))
    }
    return market
  }

  private static func randomFees(_ generator: inout SeededGenerator) -> (UInt128, UInt128) {
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: return (0, 0)
    case 1: return (UInt128.random(in: 0...500, using: &generator), UInt128.random(in: 0...500, using: &generator))
    case 2:
      let both = UInt128.random(in: 1...5_000, using: &generator)
      return (both, both)
    case 3:
      // One fee beside which the other is rounded away.
      let fees = (UInt128.random(in: 1...99, using: &generator), UInt128.random(in: 5_000...9_900, using: &generator))
      return Bool.random(using: &generator) ? fees : (fees.1, fees.0)
    case 4: return [(10_000, 0), (0, 10_000), (5_000, 5_000), (9_999, 1), (1, 9_999)].randomElement(using: &generator)!
    default:
      let house = UInt128.random(in: 0...10_000, using: &generator)
      return (house, UInt128.random(in: 0...(10_000 - house), using: &generator))
    }
  }

  private static func randomWeight(_ generator: inout SeededGenerator) -> UInt128 {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: 1
    case 1: UInt128.random(in: 1...5, using: &generator)
    case 2: UInt128.random(in: 1...1_000_000, using: &generator)
    default: UInt128.random(in: 1...(1 << 63 - 1), using: &generator)
    }
  }

  private static func randomAmounts(_ count: Int, _ generator: inout SeededGenerator) -> [UInt128] {
    guard count > 0 else { return [] }
    let poolMax: UInt128 = 1 << 63 - 1
    let equal = UInt128.random(in: 1...1_000, using: &generator)
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: return (0..<count).map { _ in UInt128.random(in: 1...3, using: &generator) }
    case 1: return (0..<count).map { _ in UInt128.random(in: 1...100, using: &generator) }
    case 2: return (0..<count).map { _ in UInt128.random(in: 1...10_000_000, using: &generator) }
    case 3: return (0..<count).map { _ in equal }
    case 4: return (0..<count).map { _ in poolMax / UInt128(count) }
    case 5:
      // Together exactly as much as a pool may hold.
      var rest = poolMax
      var amounts: [UInt128] = []
      for left in stride(from: count, to: 1, by: -1) {
        let amount = UInt128.random(in: 1...(rest - UInt128(left)) / UInt128(min(left, 3)), using: &generator)
        amounts.append(amount)
        rest -= amount
      }
      return (amounts + [rest]).shuffled(using: &generator)
    default:
      // One stake beside which the others are dust.
      let large = UInt128.random(in: 1...(poolMax - UInt128(3 * count)), using: &generator)
      return ((1..<count).map { _ in UInt128.random(in: 1...3, using: &generator) } + [large]).shuffled(
        using: &generator)
    }
  }

  /// The market with fewer stakes and smaller amounts, for which the fault is still there.
  func shrunk(_ hasFault: (ReferenceMarket) -> Bool) -> ReferenceMarket {
    var best = self
    var isSmaller = true
    while isSmaller {
      isSmaller = false
      for index in best.stakes.indices.reversed() {
        var without = best
        without.stakes.remove(at: index)
        var halved = best
        halved.stakes[index].amount = max(1, halved.stakes[index].amount / 2)
        if hasFault(without) {
          best = without
          isSmaller = true
        } else if halved.stakes[index].amount < best.stakes[index].amount, hasFault(halved) {
          best = halved
          isSmaller = true
        }
      }
    }
    return best
  }
}
