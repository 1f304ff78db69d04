// Which choices does an admin have where the rules of pools differ from house to house?
package import Money

package enum Outcome: String, CaseIterable, Sendable {
  case winner, void
}

/// What fees are taken on.
package enum FeeBase: String, CaseIterable, Sendable {
  case pool
  /// The pool less the stakes on winning options.
  case losingPool = "losing_pool"
}

package enum FeeRounding: String, CaseIterable, Sendable {
  case down, up
}

/// How several winning options share the net pool.
package enum WinnerSplit: String, CaseIterable, Sendable {
  /// All winning commitments by stake.
  case pooled
  /// Equally between backed winning options, then by stake.
  case equal
  /// Stakes back, the profit equally between backed winning options, then by stake.
  case profit
}

/// What happens where winners together would get back less than they staked.
package enum MinusPoolPolicy: String, CaseIterable, Sendable {
  case allow
  case capFees = "cap_fees"
}

/// What happens where nobody backed a winner.
package enum NoWinnerPolicy: String, CaseIterable, Sendable {
  case refund
  case refundNet = "refund_net"
  case house
}

/// What a position beside an option id means.
package enum PositionCheck: String, CaseIterable, Sendable {
  case strict, ignore
}

/// The choices that hold for a market: given by its resolution, else the configuration, else these defaults.
package struct Policies: Hashable, Sendable {
  package var houseFee = BasisPoints.zero
  package var creatorFee = BasisPoints.zero
  package var feeBase = FeeBase.pool
  package var feeRounding = FeeRounding.down
  package var winnerSplit = WinnerSplit.pooled
  package var remainder = RemainderPolicy.largest
  package var minusPool = MinusPoolPolicy.allow
  package var noWinner = NoWinnerPolicy.refund
  package var refund = BasisPoints.all
  package var positionCheck = PositionCheck.strict

  package init() {}
}
