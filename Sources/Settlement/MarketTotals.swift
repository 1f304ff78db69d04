// What became of a market's money, in total?

/// The sums of one settled market, in minor units of its currency.
public struct MarketTotals: Equatable, Sendable {
  /// All accepted stakes, void and late ones included.
  public var grossPool: Int64 = 0
  /// What remains of it when void and late stakes are refunded; all of it in a void market.
  public var pool: Int64 = 0
  /// Stakes on winning options that stayed in the pool.
  public var winningStake: Int64 = 0
  public var houseFee: Int64 = 0
  public var creatorFee: Int64 = 0
  public var netPool: Int64 = 0
  /// What winners get.
  public var totalPayout: Int64 = 0
  /// What is refunded.
  public var totalRefund: Int64 = 0
  /// What a partial refund of a void market leaves with the house.
  public var retained: Int64 = 0
  /// Left-over units that go to the house.
  public var breakage: Int64 = 0
  /// Commitments, not users.
  public var winners = 0
  public var losers = 0
  /// Winners together get back less than they staked.
  public var isMinusPool = false
  /// Stakes were left in the pool and none was on a winner.
  public var hasNoWinner = false

  public init() {}

  /// Everything that left the market: must equal `grossPool`.
  public var distributed: Int128 {
    Int128(totalPayout) + Int128(totalRefund) + Int128(houseFee) + Int128(creatorFee) + Int128(retained)
      + Int128(breakage)
  }

  public var isConserved: Bool {
    distributed == Int128(grossPool)
      && [totalPayout, totalRefund, houseFee, creatorFee, retained, breakage].allSatisfy { $0 >= 0 }
  }
}
