// Does every unit of a split amount have the owner that the policy names?
import Money
import TestSupport
import Testing

/// What a split gave: payouts, the units among them that were left over, and the units for nobody.
private struct Split: Equatable {
  var floors: [Int64]
  var extraUnits: [Int64]
  var breakage: Int64 = 0

  var shares: [Int64] { zip(floors, extraUnits).map { $0 + $1 } }
  var total: Int128 { shares.reduce(Int128(breakage)) { $0 + Int128($1) } }

  init(_ amount: Int64, _ stakes: [Int64], _ policy: RemainderPolicy, with apportionment: inout Apportionment) {
    breakage = apportionment.split(amount, over: stakes, remainder: policy)
    floors = apportionment.floors
    extraUnits = apportionment.extraUnits
  }

  /// The same in the plainest way: 128-bit division, and all stakes sorted.
  init(slowly amount: Int64, _ stakes: [Int64], _ policy: RemainderPolicy) {
    let sum = stakes.reduce(Int128(0)) { $0 + Int128($1) }
    let products = stakes.map { Int128(amount) * Int128($0) }
    floors = products.map { Int64($0 / sum) }
    extraUnits = stakes.map { _ in 0 }
    let leftOver = amount - floors.reduce(0, +)
    switch policy {
    case .house: breakage = leftOver
    case .first:
      if let largest = stakes.max(), leftOver > 0 { extraUnits[stakes.firstIndex(of: largest)!] = leftOver }
    case .largest:
      let ranked = stakes.indices.sorted { (products[$1] % sum, $0) < (products[$0] % sum, $1) }
      for index in ranked.prefix(Int(leftOver)) { extraUnits[index] += 1 }
    }
  }
}

@Suite struct ApportionmentTests {
  @Test(
    arguments: [
      (.largest, 100, [2, 3, 1], [33, 50, 17], 0),
      (.first, 100, [2, 3, 1], [33, 51, 16], 0),
      (.house, 100, [2, 3, 1], [33, 50, 16], 1),
      (.largest, 0, [2, 3, 1], [0, 0, 0], 0),
      (.house, 0, [], [], 0),
      (.largest, 2, [1, 1, 1], [1, 1, 0], 0),
      (.first, 2, [1, 1, 1], [2, 0, 0], 0),
      (.house, 2, [1, 1, 1], [0, 0, 0], 2),
      // A remainder of 0 never gets a unit, however few are left.
      (.largest, 6, [2, 1, 1], [3, 2, 1], 0),
      (.largest, 7, [4, 3, 1], [3, 3, 1], 0),
      // The second of two equally large stakes has nothing of `first`.
      (.first, 10, [1, 5, 5], [0, 6, 4], 0),
      // Remainders that differ in their top byte, and only in their lowest.
      (.largest, .max, [.max - 1, 1], [.max - 1, 1], 0),
      (.largest, .max - 1, [1, .max - 2, 1], [1, .max - 3, 1], 0),
      (.house, .max - 1, [1, .max - 2, 1], [0, .max - 3, 0], 2),
      (.largest, .max, [.max], [.max], 0),
      (.largest, 1, [1, .max - 1], [0, 1], 0),
      (.first, .max, [1, 1], [4_611_686_018_427_387_904, 4_611_686_018_427_387_903], 0),
    ] as [(RemainderPolicy, Int64, [Int64], [Int64], Int64)])
  func `an amount over stakes`(
    policy: RemainderPolicy, amount: Int64, stakes: [Int64], shares: [Int64], breakage: Int64
  ) {
    var apportionment = Apportionment()
    let split = Split(amount, stakes, policy, with: &apportionment)
    #expect(split.shares == shares)
    #expect(split.breakage == breakage)
  }

  @Test(arguments: AllocationVectors.largest)
  func `largest agrees with other libraries`(row: AllocationVectors.Row) {
    var apportionment = Apportionment()
    let split = Split(row.amount, row.weights, .largest, with: &apportionment)
    #expect(split.shares == row.shares, "\(row.name)")
    #expect(split.breakage == 0, "\(row.name)")
    #expect(Apportionment.byWeight(row.amount, row.weights) == row.shares, "\(row.name)")
  }

  @Test(arguments: AllocationVectors.first)
  func `first agrees with other libraries`(row: AllocationVectors.Row) {
    var apportionment = Apportionment()
    #expect(Split(row.amount, row.weights, .first, with: &apportionment).shares == row.shares, "\(row.name)")
  }

  @Test(arguments: AllocationVectors.house)
  func `house agrees with other libraries`(row: AllocationVectors.Row) {
    var apportionment = Apportionment()
    let split = Split(row.amount, row.weights, .house, with: &apportionment)
    #expect(split.shares + [split.breakage] == row.shares, "\(row.name)")
  }

  @Test(arguments: AllocationVectors.withZeroWeights)
  func `splits by weight agree with other libraries where a weight is 0`(row: AllocationVectors.Row) {
    #expect(Apportionment.byWeight(row.amount, row.weights) == row.shares, "\(row.name)")
  }

  @Test(
    arguments: [
      (101, [1, 1], [51, 50]),
      (100, [1, 1, 1], [34, 33, 33]),
      (100, [1, 2], [33, 67]),
      (5, [0, 1, 1], [0, 3, 2]),
      (0, [3, 1], [0, 0]),
      (7, [5], [7]),
      (10, [1_500, 500], [8, 2]),
      (10, [500, 1_500], [3, 7]),
      // Weights whose sum passes 64 bits.
      (
        .max, [.max, .max, .max - 1], [3_074_457_345_618_258_603, 3_074_457_345_618_258_602, 3_074_457_345_618_258_602]
      ),
      (1, [.max, .max], [1, 0]),
    ] as [(Int64, [Int64], [Int64])])
  func `a few shares by weight`(amount: Int64, weights: [Int64], shares: [Int64]) {
    #expect(Apportionment.byWeight(amount, weights) == shares)
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func `random splits equal the slow ones, and every unit has an owner`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var apportionment = Apportionment()
    var met: Set<String> = []
    for number in 1...2_000 {
      let stakes = ApportionmentTests.randomStakes(&generator)
      let amount = Int64.random(
        in: 0...[10, 1_000, 1_000_000_007, Int64.max].randomElement(using: &generator)!, using: &generator)
      for policy in RemainderPolicy.allCases {
        let split = Split(amount, stakes, policy, with: &apportionment)
        let place = "seed \(seed), split \(number): \(amount) over \(stakes) by \(policy)"
        guard split == Split(slowly: amount, stakes, policy), split.total == Int128(amount) else {
          Issue.record("\(place) gave \(split), not \(Split(slowly: amount, stakes, policy))")
          return
        }
        if policy != .house, split.breakage != 0 { Issue.record("\(place): breakage \(split.breakage)") }
        if split.breakage > 0 || split.extraUnits.contains(where: { $0 > 0 }) { met.insert("\(policy)") }
        if split.extraUnits.contains(where: { $0 > 1 }) { met.insert("several units for one") }
        if split.extraUnits.filter({ $0 == 1 }).count > 3 { met.insert("one unit each for many") }
      }
    }
    #expect(
      met == ["largest", "house", "first", "several units for one", "one unit each for many"],
      "seed \(seed) met only \(met.sorted())")
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random splits by weight are the largest-remainder splits of the same stakes`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var leftOverCount = 0
    for number in 1...2_000 {
      let weights = ApportionmentTests.randomStakes(&generator)
      let amount = Int64.random(in: 0...[100, Int64.max].randomElement(using: &generator)!, using: &generator)
      let slow = Split(slowly: amount, weights, .largest)
      #expect(
        Apportionment.byWeight(amount, weights) == slow.shares, "seed \(seed), split \(number): \(amount) by \(weights)"
      )
      if slow.extraUnits.contains(1) { leftOverCount += 1 }
    }
    #expect(leftOverCount > 500, "seed \(seed)")
  }

  @Test func `many stakes with many ties are split as slowly sorted`() {
    var generator = SeededGenerator(seed: 7)
    let stakes = (0..<5_000).map { _ in Int64.random(in: 1...9, using: &generator) }
    var apportionment = Apportionment()
    for policy in RemainderPolicy.allCases {
      for amount in [1, 4_999, 1_234_567, Int64.max] {
        let split = Split(amount, stakes, policy, with: &apportionment)
        #expect(split == Split(slowly: amount, stakes, policy), "seed 7, \(amount) by \(policy)")
      }
    }
  }

  /// 1 to 20 stakes whose sum fits: tiny ones, equal ones, any, and ones that fill the largest pool.
  private static func randomStakes(_ generator: inout SeededGenerator) -> [Int64] {
    let count = Int.random(in: 1...20, using: &generator)
    let equal = Int64.random(in: 1...(.max / 20), using: &generator)
    let kind = Int.random(in: 0..<4, using: &generator)
    return (0..<count).map { _ in
      switch kind {
      case 0: Int64.random(in: 1...5, using: &generator)
      case 1: equal
      case 2: Int64.random(in: 1...1_000_000, using: &generator)
      default: Int64.random(in: 1...(.max / Int64(count)), using: &generator)
      }
    }
  }
}
