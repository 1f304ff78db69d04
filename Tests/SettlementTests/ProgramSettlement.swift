// What does the program make of a market that is written in the rulebook's words?
import Markets
import Money
import Settlement

extension ReferenceMarket {
  /// The program's resolution of this market.
  var resolution: Resolution {
    var resolution = Resolution(marketID: ID("market"), resolutionID: ID("resolution"))
    resolution.outcome = Markets.Outcome(rawValue: outcome.rawValue)!
    resolution.winningOptions = winningOptions.map { ID($0) }
    resolution.winningWeights = winningWeights.map { Int64($0) }
    resolution.voidOptions = voidOptions.map { ID($0) }
    resolution.policies.houseFee = BasisPoints(Int64(houseFeeBps))!
    resolution.policies.creatorFee = BasisPoints(Int64(creatorFeeBps))!
    resolution.policies.refund = BasisPoints(Int64(refundBps))!
    resolution.policies.feeBase = Markets.FeeBase(rawValue: feeBase.rawValue)!
    resolution.policies.feeRounding = Markets.FeeRounding(rawValue: feeRounding.rawValue)!
    resolution.policies.winnerSplit = Markets.WinnerSplit(rawValue: winnerSplit.rawValue)!
    resolution.policies.remainder = RemainderPolicy(rawValue: remainder.rawValue)!
    resolution.policies.minusPool = MinusPoolPolicy(rawValue: minusPool.rawValue)!
    resolution.policies.noWinner = NoWinnerPolicy(rawValue: noWinner.rawValue)!
    return resolution
  }

  /// An amount of the program's; a negative one becomes one that no market has.
  private func amount(_ amount: Int64) -> UInt128 { UInt128(truncatingIfNeeded: amount) }

  /// Settles this market with the program, and puts the answer in the market's order of stakes.
  func settled(by settler: inout Settler) -> (result: MarketResult, isConserved: Bool) {
    let order = stakes.indices.sorted { ID(stakes[$0].id) < ID(stakes[$1].id) }
    var options: [ID] = []
    var columns = Stakes()
    for index in order {
      let option = ID(stakes[index].option)
      let number = options.firstIndex(of: option) ?? options.count
      if number == options.count { options.append(option) }
      columns.amounts.append(Int64(stakes[index].amount))
      columns.options.append(UInt32(number))
      columns.isLate.append(stakes[index].isLate)
    }
    let terms = MarketTerms(resolution, options: options)
    let totals = settler.settle(columns, by: terms)
    var result = MarketResult(lines: stakes.map { _ in MarketResult.Line() })
    for (place, index) in order.enumerated() {
      var line = MarketResult.Line(
        payout: amount(settler.payouts[place]), extraUnits: amount(settler.extraUnits[place]))
      switch settler.results[place] {
      case .won: line.fate = .won
      case .lost: line.fate = .lost
      case .refunded: line.fate = .refunded
      }
      if line.fate == .won, case .winning(let rank) = terms.roles[Int(columns.options[place])] {
        line.potStake = amount(settler.potStakes[rank])
      }
      result.lines[index] = line
    }
    result.grossPool = amount(totals.grossPool)
    result.winningStake = amount(totals.winningStake)
    result.houseFee = amount(totals.houseFee)
    result.creatorFee = amount(totals.creatorFee)
    result.netPool = amount(totals.netPool)
    result.totalPayout = amount(totals.totalPayout)
    result.totalRefund = amount(totals.totalRefund)
    result.retained = amount(totals.retained)
    result.breakage = amount(totals.breakage)
    result.winners = totals.winners
    result.losers = totals.losers
    result.isMinusPool = totals.isMinusPool
    result.hasNoWinner = totals.hasNoWinner
    return (result, totals.isConserved)
  }
}
