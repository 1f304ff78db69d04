// What does each place get, in whole units, before it is known who is placed?
//
// Worked example: pool 101, shares 50 %, 30 %, 20 %. Floors 50, 30, 20; the shares make a whole, so the unit that is
// left over has an owner: under `first` place 1 (51, 30, 20), under `largest` place 1 too (remainders .5, .3, .2),
// under `house` nobody (breakage 1). Shares of 50 %, 30 % would leave 21 unallocated instead.
public import Money

/// The prizes of an event by place.
public struct PrizeTable: Sendable {
  private struct Tier: Sendable {
    let first: Int
    let last: Int
    /// What each of these places gets.
    let amount: Int64
  }

  private var tiers: [Tier] = []
  /// Left-over units by place; at most a few thousand places have shares, because 0.01 % is the least.
  private var extraUnits: [Int: Int64] = [:]
  /// All prizes of the table, given that every place is filled.
  public private(set) var total: Int64 = 0
  /// Left-over units that go to the house.
  public private(set) var breakage: Int64 = 0

  /// - Parameter pool: 0…2⁶³−1.
  /// - Throws: `distributionExceedsPool`.
  public init(_ distribution: PrizeDistribution, pool: Int64, remainder: RemainderPolicy) throws(PrizeError) {
    precondition(pool >= 0, "a pool is not negative, but \(pool)")
    var sum: Int128 = 0
    var shares: Int128 = 0
    for tier in distribution.tiers {
      let amount: Int64
      switch tier.rule {
      case .fixed(let fixed): amount = fixed
      case .share(let rate):
        amount = rate.roundedDown(of: pool)
        shares += Int128(rate.value) * Int128(tier.places.count)
      }
      sum += Int128(amount) * Int128(tier.places.count)
      tiers.append(Tier(first: tier.places.first, last: tier.places.last, amount: amount))
    }
    guard sum <= Int128(pool), shares <= Int128(BasisPoints.whole) else { throw .distributionExceedsPool }
    total = Int64(sum)
    guard shares == Int128(BasisPoints.whole), total < pool else { return }
    give(pool - total, distribution, pool: pool, remainder)
  }

  /// Hands out what the floors of shares that make a whole have left over.
  private mutating func give(
    _ leftOver: Int64, _ distribution: PrizeDistribution, pool: Int64, _ remainder: RemainderPolicy
  ) {
    switch remainder {
    case .house:
      breakage = leftOver
      return
    case .first:
      extraUnits[tiers[0].first] = leftOver
    case .largest:
      var places: [(place: Int, rest: Int128)] = []
      for tier in distribution.tiers {
        guard case .share(let rate) = tier.rule else { continue }
        let rest = Int128(pool) * Int128(rate.value) % Int128(BasisPoints.whole)
        for place in tier.places.first...tier.places.last { places.append((place, rest)) }
      }
      precondition(Int(leftOver) < places.count, "\(leftOver) units left over among \(places.count) places")
      places.sort { $0.rest != $1.rest ? $0.rest > $1.rest : $0.place < $1.place }
      for (place, _) in places.prefix(Int(leftOver)) { extraUnits[place] = 1 }
    }
    total += leftOver
  }

  /// The prize of a place, left-over units included; 0 for a place that gets nothing.
  public func prize(at place: Int) -> Int64 {
    guard let tier = tier(of: place) else { return 0 }
    return tier.amount + (extraUnits[place] ?? 0)
  }

  /// Units of the prize that were left over.
  public func extraUnits(at place: Int) -> Int64 { extraUnits[place] ?? 0 }

  /// The prizes of several places together.
  public func sum(of places: ClosedRange<Int>) -> Int64 {
    var sum: Int64 = 0
    for tier in tiers {
      let first = max(tier.first, places.lowerBound)
      let last = min(tier.last, places.upperBound)
      if first <= last { sum += tier.amount * Int64(last - first + 1) }
    }
    for (place, units) in extraUnits where places.contains(place) { sum += units }
    return sum
  }

  private func tier(of place: Int) -> Tier? {
    var low = 0
    var high = tiers.count
    while low < high {
      let middle = (low + high) / 2
      if tiers[middle].last < place { low = middle + 1 } else { high = middle }
    }
    return low < tiers.count && tiers[low].first <= place ? tiers[low] : nil
  }
}
