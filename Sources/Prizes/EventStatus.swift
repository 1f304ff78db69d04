// Is an event over, called off, or neither?

public enum EventStatus: Hashable, Sendable {
  case completed, cancelled
  /// Registration, live, or whatever else it may be: neither to be paid nor to be refunded yet.
  case notReady

  public init(_ text: String) {
    switch text {
    case "completed": self = .completed
    case "cancelled": self = .cancelled
    default: self = .notReady
    }
  }

  /// - Throws: `event_not_completed`, `no_results`.
  public func requirePayable(placements: Int) throws(PrizeError) {
    guard self == .completed else { throw .eventNotCompleted }
    guard placements > 0 else { throw .noResults }
  }

  /// - Throws: `event_not_cancelled`.
  public func requireRefundable() throws(PrizeError) {
    guard self == .cancelled else { throw .eventNotCancelled }
  }
}
