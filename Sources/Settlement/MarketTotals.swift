// What became of a market's money, in total?

/// The sums of one settled market, in minor units of its currency.
package struct MarketTotals: Equatable, Sendable {
  /// All accepted stakes, void and late ones included.
  package var grossPool: Int64 = 0
  /// Stakes on winning options that stayed in the pool.
  package var winningStake: Int64 = 0
  package var houseFee: Int64 = 0
  package var creatorFee: Int64 = 0
  package var netPool: Int64 = 0
  /// What winners get.
  package var totalPayout: Int64 = 0
  /// What is refunded.
  package var totalRefund: Int64 = 0
  /// What a partial refund of a void market leaves with the house.
  package var retained: Int64 = 0
  /// Left-over units that go to the house.
  package var breakage: Int64 = 0
  /// Commitments, not users.
  package var winners = 0
  package var losers = 0
  /// Winners together get back less than they staked.
  package var isMinusPool = false
  /// Stakes were left in the pool and none was on a winner.
  package var hasNoWinner = false

  package init() {}

  /// Everything that left the market: must equal `grossPool`.
  package var distributed: Int128 {
    Int128(totalPayout) + Int128(totalRefund) + Int128(houseFee) + Int128(creatorFee) + Int128(retained)
      + Int128(breakage)
  }

  package var isConserved: Bool {
    distributed == Int128(grossPool)
      && [totalPayout, totalRefund, houseFee, creatorFee, retained, breakage].allSatisfy { $0 >= 0 }
  }
}
