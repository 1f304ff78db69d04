// What do house and creator take from a pool?
public import Markets
internal import Money

public struct Takeout: Equatable, Sendable {
  public var houseFee: Int64
  public var creatorFee: Int64
  public var isMinusPool = false

  /// Fees on a pool of which `winningStake` is on winning options.
  public init(pool: Int64, winningStake: Int64, policies: Policies) {
    let base = policies.feeBase == .pool ? pool : pool - winningStake
    switch policies.feeRounding {
    case .down:
      houseFee = policies.houseFee.roundedDown(of: base)
      creatorFee = policies.creatorFee.roundedDown(of: base)
    case .up:
      houseFee = min(base, policies.houseFee.roundedUp(of: base))
      creatorFee = min(base - houseFee, policies.creatorFee.roundedUp(of: base))
    }
    guard pool - houseFee - creatorFee < winningStake else { return }
    switch policies.minusPool {
    case .allow:
      isMinusPool = true
    case .capFees:
      // Together the fees are what the losers staked; of an odd unit the house has the first claim.
      let capped = Apportionment.byWeight(
        pool - winningStake, [policies.houseFee.value, policies.creatorFee.value])
      houseFee = capped[0]
      creatorFee = capped[1]
    }
  }
}
