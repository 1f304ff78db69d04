// Which stakes does a market hold?

/// The accepted commitments of one market as columns, in the order of their commitment ids.
public struct Stakes: Sendable {
  /// 1…2⁶³−1 minor units each, together at most 2⁶³−1.
  public var amounts: [Int64] = []
  /// The number of the option, an index into the terms' roles.
  public var options: [UInt32] = []
  /// Committed strictly after the market closed.
  public var isLate: [Bool] = []

  public init() {}

  public var count: Int { amounts.count }

  public mutating func removeAll() {
    amounts.removeAll(keepingCapacity: true)
    options.removeAll(keepingCapacity: true)
    isLate.removeAll(keepingCapacity: true)
  }
}

/// What became of one commitment.
public enum CommitmentResult: UInt8, Sendable {
  case won, lost, refunded
}
