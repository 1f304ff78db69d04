// Why can an event not pay its prizes, or not refund its fees?

/// A refusal that concerns one event; the codes are stable.
public enum PrizeError: Error, Hashable, Sendable {
  /// Prizes are paid when the event is over.
  case eventNotCompleted
  /// Prizes are paid to somebody: the event has no placements.
  case noResults
  /// Fees are refunded when the event is called off.
  case eventNotCancelled
  /// The distribution does not say for each place, once, what it gets.
  case invalidDistribution
  /// Fixed amounts and shares stand side by side.
  case mixedDistribution
  /// The prizes come to more than the pool.
  case distributionExceedsPool
  /// Somebody is placed where a tie has taken the place already.
  case placeConflict

  public var code: String {
    switch self {
    case .eventNotCompleted: "event_not_completed"
    case .noResults: "no_results"
    case .eventNotCancelled: "event_not_cancelled"
    case .invalidDistribution: "invalid_distribution"
    case .mixedDistribution: "mixed_distribution"
    case .distributionExceedsPool: "distribution_exceeds_pool"
    case .placeConflict: "place_conflict"
    }
  }
}
