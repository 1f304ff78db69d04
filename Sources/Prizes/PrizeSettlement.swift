// Who gets what of an event's pool? Exact and pure.
//
// Worked example: prizes 50, 30, 20; a is first, b and c are both second. Under `split` b and c share the prizes of
// places 2 and 3, 25 each; of an odd sum the smaller registration id gets the unit more. Under `each` both get 30,
// and the pool must be large enough for that.
public import Money

/// How those who share a place are paid.
public enum TiePolicy: String, CaseIterable, Sendable {
  /// The prizes of the places they take together are shared equally; left-over units to the smaller registration id.
  case split
  /// Each gets the prize of the place.
  case each
}

/// What an event pays by.
public struct PrizeTerms: Sendable {
  public var pool: Int64
  public var distribution: PrizeDistribution
  public var tie: TiePolicy
  public var remainder: RemainderPolicy
  public var withholding: Withholding

  public init(
    pool: Int64, distribution: PrizeDistribution, tie: TiePolicy = .split, remainder: RemainderPolicy = .first,
    withholding: Withholding = .none
  ) {
    self.pool = pool
    self.distribution = distribution
    self.tie = tie
    self.remainder = remainder
    self.withholding = withholding
  }
}

/// What one placement gets.
public struct Prize: Hashable, Sendable {
  public var place: Int
  /// How many share the place.
  public var tied: Int
  /// Minor units, what is withheld included.
  public var amount: Int64
  /// Units of it that were left over and went to it.
  public var extraUnits: Int64
  public var withheld: Int64

  public var net: Int64 { amount - withheld }

  public init(place: Int, tied: Int, amount: Int64, extraUnits: Int64, withheld: Int64) {
    self.place = place
    self.tied = tied
    self.amount = amount
    self.extraUnits = extraUnits
    self.withheld = withheld
  }
}

/// An event's pool, shared out: pool = prizes + breakage + unallocated.
public struct PrizeSettlement: Sendable {
  public let pool: Int64
  /// One for each placement, in their order.
  public private(set) var prizes: [Prize] = []
  /// All prizes, what is withheld included.
  public private(set) var total: Int64 = 0
  public private(set) var withheld: Int64 = 0
  /// Left-over units that go to the house.
  public private(set) var breakage: Int64 = 0
  /// What stays in the pool: prizes of places that nobody took, and what the distribution does not give away.
  public private(set) var unallocated: Int64 = 0

  /// - Parameter places: of each registration, in the byte order of their ids.
  /// - Throws: `noResults`, `distributionExceedsPool`, `placeConflict`.
  public init(_ terms: PrizeTerms, places: [Int]) throws(PrizeError) {
    guard !places.isEmpty else { throw .noResults }
    pool = terms.pool
    let table = try PrizeTable(terms.distribution, pool: terms.pool, remainder: terms.remainder)
    breakage = table.breakage
    prizes = Array(
      repeating: Prize(place: 0, tied: 1, amount: 0, extraUnits: 0, withheld: 0), count: places.count)
    // Equal places stay in the order of the registrations.
    let order = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    var sum: Int128 = 0
    var start = 0
    var taken = 0
    while start < order.count {
      let place = places[order[start]]
      precondition(place >= 1, "a place is counted from 1, but \(place)")
      var end = start + 1
      while end < order.count, places[order[end]] == place { end += 1 }
      let tied = order[start..<end]
      start = end
      switch terms.tie {
      case .split:
        guard place > taken else { throw .placeConflict }
        taken = place + tied.count - 1
        share(table, place: place, among: tied)
      case .each:
        for index in tied {
          prizes[index] = Prize(
            place: place, tied: tied.count, amount: table.prize(at: place), extraUnits: table.extraUnits(at: place),
            withheld: 0)
        }
      }
      for index in tied { sum += Int128(prizes[index].amount) }
    }
    let rest = Int128(terms.pool) - sum - Int128(breakage)
    guard rest >= 0 else { throw .distributionExceedsPool }
    total = Int64(sum)
    unallocated = Int64(rest)
    for index in prizes.indices {
      prizes[index].withheld = terms.withholding.amount(of: prizes[index].amount)
      withheld += prizes[index].withheld
    }
  }

  /// The prizes of the places that a tie takes, in equal parts.
  private mutating func share(_ table: PrizeTable, place: Int, among tied: ArraySlice<Int>) {
    if tied.count == 1, let index = tied.first {
      prizes[index] = Prize(
        place: place, tied: 1, amount: table.prize(at: place), extraUnits: table.extraUnits(at: place), withheld: 0)
      return
    }
    let together = table.sum(of: place...(place + tied.count - 1))
    let (floor, leftOver) = together.quotientAndRemainder(dividingBy: Int64(tied.count))
    for (rank, index) in tied.enumerated() {
      let extra: Int64 = Int64(rank) < leftOver ? 1 : 0
      prizes[index] = Prize(place: place, tied: tied.count, amount: floor + extra, extraUnits: extra, withheld: 0)
    }
  }

  /// Nothing came from nowhere, and nothing is lost.
  public var isConserved: Bool {
    var sum = Int128(breakage) + Int128(unallocated)
    var isNegative = breakage < 0 || unallocated < 0
    for prize in prizes {
      sum += Int128(prize.net) + Int128(prize.withheld)
      if prize.net < 0 || prize.withheld < 0 { isNegative = true }
    }
    return sum == Int128(pool) && !isNegative
  }
}
