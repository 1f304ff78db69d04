// What does everyone get? The arithmetic of one market, exact and pure.
//
// Worked example: stakes a 60, b 30, c 10 (in the order of their commitment ids), a and c on the winning option, house
// fee 5 %, creator fee 1 %. Pool 100, W 70, fees 5 and 1, net 94. Floors 94·60/70 = 80 rest 40, 94·10/70 = 13 rest 30;
// one unit is left over and goes to a. Payouts 81, 0, 13; 81 + 13 + 5 + 1 = 100.
internal import Markets
internal import Money

/// Settles markets one after the other, keeping its memory in between.
public struct Settler: Sendable {
  /// One for each stake of the market last settled, in their order.
  public private(set) var results: [CommitmentResult] = []
  public private(set) var payouts: [Int64] = []
  public private(set) var extraUnits: [Int64] = []
  /// The stakes that each winning option's commitments shared with: W under `pooled`, else the option's own.
  public private(set) var potStakes: [Int64] = []
  /// What they shared: the net pool under `pooled`, else the option's part of it (of the profit, under `profit`).
  public private(set) var potAmounts: [Int64] = []

  private var apportionment = Apportionment()
  private var members: [Int] = []
  private var memberStakes: [Int64] = []

  public init() {}

  /// Settles one market by its terms. The totals are not yet checked for conservation: see `isConserved`.
  public mutating func settle(_ stakes: Stakes, by terms: MarketTerms) -> MarketTotals {
    results.removeAll(keepingCapacity: true)
    payouts.removeAll(keepingCapacity: true)
    extraUnits.removeAll(keepingCapacity: true)
    results.append(contentsOf: repeatElement(.lost, count: stakes.count))
    payouts.append(contentsOf: repeatElement(0, count: stakes.count))
    extraUnits.append(contentsOf: repeatElement(0, count: stakes.count))
    potStakes = Array(repeating: 0, count: terms.winnerCount)
    potAmounts = potStakes

    var totals = MarketTotals()
    for amount in stakes.amounts { totals.grossPool += amount }
    if terms.outcome == .void {
      settleVoid(stakes, terms, &totals)
    } else {
      settlePool(stakes, terms, &totals)
    }
    countResults(&totals)
    return totals
  }

  // MARK: The three endings of a market

  private mutating func settleVoid(_ stakes: Stakes, _ terms: MarketTerms, _ totals: inout MarketTotals) {
    let refund = terms.policies.refund.roundedDown(of: totals.grossPool)
    totals.pool = totals.grossPool
    totals.retained = totals.grossPool - refund
    for index in 0..<stakes.count { results[index] = .refunded }
    members = Array(0..<stakes.count)
    totals.breakage += pay(refund, stakes, terms)
  }

  private mutating func settlePool(_ stakes: Stakes, _ terms: MarketTerms, _ totals: inout MarketTotals) {
    var pool: Int64 = 0
    var winningStakes = [Int64](repeating: 0, count: terms.winnerCount)
    for index in 0..<stakes.count {
      let role = terms.roles[Int(stakes.options[index])]
      if stakes.isLate[index] || role == .void {
        results[index] = .refunded
        payouts[index] = stakes.amounts[index]
        continue
      }
      pool += stakes.amounts[index]
      if case .winning(let rank) = role {
        results[index] = .won
        winningStakes[rank] += stakes.amounts[index]
      }
    }
    for stake in winningStakes { totals.winningStake += stake }
    totals.pool = pool
    guard pool > 0 else { return }
    if totals.winningStake == 0 {
      settleWithoutWinner(pool, stakes, terms, &totals)
    } else {
      settleWinners(pool, winningStakes, stakes, terms, &totals)
    }
  }

  private mutating func settleWithoutWinner(
    _ pool: Int64, _ stakes: Stakes, _ terms: MarketTerms, _ totals: inout MarketTotals
  ) {
    totals.hasNoWinner = true
    let inPool = { [results] (index: Int) in results[index] != .refunded }
    members.removeAll(keepingCapacity: true)
    members.append(contentsOf: (0..<stakes.count).lazy.filter(inPool))
    let takeout = Takeout(pool: pool, winningStake: 0, policies: terms.policies)
    switch terms.policies.noWinner {
    case .refund:
      for index in members {
        results[index] = .refunded
        payouts[index] = stakes.amounts[index]
      }
    case .refundNet:
      totals.houseFee = takeout.houseFee
      totals.creatorFee = takeout.creatorFee
      totals.netPool = pool - takeout.houseFee - takeout.creatorFee
      for index in members { results[index] = .refunded }
      totals.breakage += pay(totals.netPool, stakes, terms)
    case .house:
      totals.creatorFee = takeout.creatorFee
      totals.houseFee = pool - takeout.creatorFee
    }
  }

  private mutating func settleWinners(
    _ pool: Int64, _ winningStakes: [Int64], _ stakes: Stakes, _ terms: MarketTerms, _ totals: inout MarketTotals
  ) {
    let takeout = Takeout(pool: pool, winningStake: totals.winningStake, policies: terms.policies)
    totals.houseFee = takeout.houseFee
    totals.creatorFee = takeout.creatorFee
    totals.isMinusPool = takeout.isMinusPool
    let net = pool - takeout.houseFee - takeout.creatorFee
    totals.netPool = net

    let backed = winningStakes.indices.filter { winningStakes[$0] > 0 }
    let equalWeights = [Int64](repeating: 1, count: backed.count)
    var stakesReturned = false
    /// What each backed option's commitments share; nil where all winners share one pot.
    var shares: [Int64]?
    if !terms.weights.isEmpty {
      shares = Apportionment.byWeight(net, backed.map { terms.weights[$0] })
    } else {
      switch terms.policies.winnerSplit {
      case .pooled: break
      case .equal: shares = Apportionment.byWeight(net, equalWeights)
      case .profit where net >= totals.winningStake:
        stakesReturned = true
        shares = Apportionment.byWeight(net - totals.winningStake, equalWeights)
      case .profit: break
      }
    }
    guard let shares else {
      for rank in backed {
        potStakes[rank] = totals.winningStake
        potAmounts[rank] = net
      }
      gatherWinners(stakes) { _ in true }
      totals.breakage += pay(net, stakes, terms)
      return
    }
    for (rank, share) in zip(backed, shares) {
      potStakes[rank] = winningStakes[rank]
      potAmounts[rank] = share
      gatherWinners(stakes) { terms.roles[Int($0)] == .winning(rank) }
      totals.breakage += pay(share, stakes, terms)
      if stakesReturned { for index in members { payouts[index] += stakes.amounts[index] } }
    }
  }

  // MARK: Leaves

  private mutating func gatherWinners(_ stakes: Stakes, where isMember: (UInt32) -> Bool) {
    members.removeAll(keepingCapacity: true)
    for index in 0..<stakes.count where results[index] == .won && isMember(stakes.options[index]) {
      members.append(index)
    }
  }

  /// Splits `amount` over the stakes of `members`.
  /// - Returns: units for nobody (breakage).
  private mutating func pay(_ amount: Int64, _ stakes: Stakes, _ terms: MarketTerms) -> Int64 {
    guard !members.isEmpty else {
      precondition(amount == 0, "\(amount) units for nobody")
      return 0
    }
    memberStakes.removeAll(keepingCapacity: true)
    for index in members { memberStakes.append(stakes.amounts[index]) }
    let breakage = apportionment.split(amount, over: memberStakes, remainder: terms.policies.remainder)
    for (place, index) in members.enumerated() {
      payouts[index] = apportionment.floors[place] + apportionment.extraUnits[place]
      extraUnits[index] = apportionment.extraUnits[place]
    }
    return breakage
  }

  private mutating func countResults(_ totals: inout MarketTotals) {
    for index in results.indices {
      switch results[index] {
      case .won:
        totals.winners += 1
        totals.totalPayout += payouts[index]
      case .lost:
        totals.losers += 1
      case .refunded:
        totals.totalRefund += payouts[index]
      }
    }
  }
}
