// Which choices does an admin have where the rules of pools differ from house to house?
public import Money

public enum Outcome: String, CaseIterable, Sendable {
  case winner, void
}

/// What fees are taken on.
public enum FeeBase: String, CaseIterable, Sendable {
  case pool
  /// The pool less the stakes on winning options.
  case losingPool = "losing_pool"
}

public enum FeeRounding: String, CaseIterable, Sendable {
  case down, up
}

/// How several winning options share the net pool.
public enum WinnerSplit: String, CaseIterable, Sendable {
  /// All winning commitments by stake.
  case pooled
  /// Equally between backed winning options, then by stake.
  case equal
  /// Stakes back, the profit equally between backed winning options, then by stake.
  case profit
}

/// What happens where winners together would get back less than they staked.
public enum MinusPoolPolicy: String, CaseIterable, Sendable {
  case allow
  case capFees = "cap_fees"
}

/// What happens where nobody backed a winner.
public enum NoWinnerPolicy: String, CaseIterable, Sendable {
  case refund
  case refundNet = "refund_net"
  case house
}

/// What a position beside an option id means.
public enum PositionCheck: String, CaseIterable, Sendable {
  case strict, ignore
}

/// The choices that hold for a market: given by its resolution, else the configuration, else these defaults.
public struct Policies: Hashable, Sendable {
  public var houseFee = BasisPoints.zero
  public var creatorFee = BasisPoints.zero
  public var feeBase = FeeBase.pool
  public var feeRounding = FeeRounding.down
  public var winnerSplit = WinnerSplit.pooled
  public var remainder = RemainderPolicy.largest
  public var minusPool = MinusPoolPolicy.allow
  public var noWinner = NoWinnerPolicy.refund
  public var refund = BasisPoints.all
  public var positionCheck = PositionCheck.strict

  public init() {}
}
