// What does each place of an event get, by the event's own rule?
public import Money

/// What one place gets.
public enum PrizeRule: Hashable, Sendable {
  /// So many minor units.
  case fixed(Int64)
  /// This part of the pool.
  case share(BasisPoints)
}

/// A rule and the places it holds for, each of them on its own.
public struct PrizeTier: Hashable, Sendable {
  public let places: Places
  public let rule: PrizeRule

  public init(_ places: Places, _ rule: PrizeRule) {
    self.places = places
    self.rule = rule
  }
}

/// The rules of all places that get something: one for each place, all of one kind.
public struct PrizeDistribution: Hashable, Sendable {
  /// By place.
  public let tiers: [PrizeTier]

  /// - Throws: `invalidDistribution` where there is none, one gives nothing, or a place stands twice;
  ///   `mixedDistribution`.
  public init(_ tiers: [PrizeTier]) throws(PrizeError) {
    guard !tiers.isEmpty else { throw .invalidDistribution }
    var fixed = 0
    for tier in tiers {
      switch tier.rule {
      case .fixed(let amount):
        guard amount > 0 else { throw .invalidDistribution }
        fixed += 1
      case .share(let rate):
        guard rate.value > 0 else { throw .invalidDistribution }
      }
    }
    guard fixed == 0 || fixed == tiers.count else { throw .mixedDistribution }
    self.tiers = tiers.sorted { $0.places.first < $1.places.first }
    for (left, right) in zip(self.tiers, self.tiers.dropFirst()) where left.places.last >= right.places.first {
      throw .invalidDistribution
    }
  }
}
