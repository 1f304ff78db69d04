// How is a worked example written on one line, its market as well as its result?
//
// Worked example. The market `winning_option=x house_fee_bps=500` with the stakes `a:x:60 b:y:40 c:y:7:late` (id,
// option, amount) gives `a won 95, b lost, c back 7; W 60, house 5, net 95`. A payout stands as its floor and, where it
// has some, its extra units: `80+1`. Totals of zero are left out.

extension ReferenceMarket {
  init(_ settings: String, stakes: String) {
    for setting in settings.split(separator: " ") {
      let parts = setting.split(separator: "=").map(String.init)
      let names = parts[1].split(separator: "|").map { Array($0.utf8) }
      switch parts[0] {
      case "outcome": outcome = Outcome(rawValue: parts[1])!
      case "winning_option": winningOptions = names
      case "winning_weights": winningWeights = parts[1].split(separator: "|").map { UInt128($0)! }
      case "void_options": voidOptions = names
      case "house_fee_bps": houseFeeBps = UInt128(parts[1])!
      case "creator_fee_bps": creatorFeeBps = UInt128(parts[1])!
      case "refund_bps": refundBps = UInt128(parts[1])!
      case "fee_base": feeBase = FeeBase(rawValue: parts[1])!
      case "fee_rounding": feeRounding = FeeRounding(rawValue: parts[1])!
      case "winner_split": winnerSplit = WinnerSplit(rawValue: parts[1])!
      case "remainder": remainder = Remainder(rawValue: parts[1])!
      case "minus_pool": minusPool = MinusPool(rawValue: parts[1])!
      case "no_winner": noWinner = NoWinner(rawValue: parts[1])!
      default: preconditionFailure("no such setting: \(setting)")
      }
    }
    for stake in stakes.split(separator: " ") {
      let parts = stake.split(separator: ":")
      self.stakes.append(
        Stake(
          id: Array(parts[0].utf8), option: Array(parts[1].utf8), amount: UInt128(parts[2])!,
          isLate: parts.count == 4 && parts[3] == "late"))
    }
  }

  /// The result of this market on one line.
  func notation(of result: MarketResult) -> String {
    let lines = zip(stakes, result.lines).map { stake, line in
      let id = String(decoding: stake.id, as: UTF8.self)
      let payout = "\(line.payout &- line.extraUnits)" + (line.extraUnits > 0 ? "+\(line.extraUnits)" : "")
      switch line.fate {
      case .won: return "\(id) won \(payout)"
      case .lost: return line.payout == 0 ? "\(id) lost" : "\(id) lost but got \(payout)"
      case .refunded: return "\(id) back \(payout)"
      }
    }
    var totals = [
      ("W", result.winningStake), ("house", result.houseFee), ("creator", result.creatorFee), ("net", result.netPool),
      ("retained", result.retained), ("breakage", result.breakage),
    ].filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
    if result.isMinusPool { totals.append("minus pool") }
    if result.hasNoWinner { totals.append("no winner") }
    return lines.joined(separator: ", ") + (totals.isEmpty ? "" : "; " + totals.joined(separator: ", "))
  }
}
