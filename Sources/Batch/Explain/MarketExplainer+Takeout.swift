// What do house and creator take, and how is the rest split between winning options?
internal import Interchange
internal import Markets
internal import Money

extension MarketExplainer {
  // MARK: Fees

  mutating func tellFeeBase(_ pool: Int128) -> Int128 {
    let base = policies.feeBase == .pool ? pool : pool - stakes.winning
    explanation.add(
      "fee_base",
      "fees are taken on B = \(policies.feeBase == .pool ? "the pool" : "pool - W = \(pool) - \(stakes.winning)") = "
        + "\(base) (\(recorded.told(.feeBase, policies.feeBase.rawValue)))",
      ["fee_base": .string(policies.feeBase.rawValue), "base": .int(base)])
    return base
  }

  /// The fees by rate, capped where the policy caps them.
  mutating func tellFees(_ pool: Int128) -> (house: Int128, creator: Int128) {
    let base = tellFeeBase(pool)
    let up = policies.feeRounding == .up
    let rates = (house: policies.houseFee.value, creator: policies.creatorFee.value)
    let houseText = Figures.rate(base, rates.house, up: up)
    let creatorText = Figures.rate(base, rates.creator, up: up)
    var house = min(base, houseText.value)
    var creator = min(base - house, creatorText.value)
    let isShort = pool - house - creator < stakes.winning
    let isCapped = isShort && policies.minusPool == .capFees
    if isCapped {
      let most = pool - stakes.winning
      let capped = Apportionment.byWeight(Int64(clamping: most), [rates.house, rates.creator])
      (house, creator) = (Int128(capped[0]), Int128(capped[1]))
      explanation.add(
        "minus_pool",
        "by rate (\(rates.house) and \(rates.creator) basis points of \(base)) the fees would be \(houseText.value) "
          + "and "
          + "\(creatorText.value), and leave winners less than W; so they are capped at pool - W = \(most), split "
          + "by rate: "
          + "\(Figures.shares(most, by: [rates.house, rates.creator])), left-over units to the larger remainder, "
          + "ties to the "
          + "house (\(recorded.told(.minusPool, "cap_fees")))",
        ["minus_pool": .bool(false), "fees_max": .int(most)])
    }
    let rounding = up ? "; \(recorded.told(.feeRounding, "up"))" : ""
    let houseShown = explanation.figure(house, "house_fee", of: row)
    let creatorShown = explanation.figure(creator, "creator_fee", of: row)
    explanation.add(
      "house_fee",
      isCapped
        ? "house fee: \(houseShown)"
        : "house fee: \(houseText.text)\(houseShown); rate: \(recorded.source(.houseFee))\(rounding)",
      [
        "house_fee_bps": .int(rates.house), "fee_rounding": .string(policies.feeRounding.rawValue),
        "house_fee": .int(house),
      ])
    explanation.add(
      "creator_fee",
      isCapped
        ? "creator fee: \(creatorShown)"
        : "creator fee: \(creatorText.text)\(creatorShown); rate: \(recorded.source(.creatorFee))\(rounding)",
      ["creator_fee_bps": .int(rates.creator), "creator_fee": .int(creator)])
    if !isCapped && stakes.winning > 0 {
      let fees = house + creator
      explanation.add(
        "minus_pool",
        isShort
          ? "pool - fees = \(pool) - \(fees) = \(pool - fees) is less than W = \(stakes.winning): winners together "
            + "get back "
            + "less than they staked (\(recorded.told(.minusPool, "allow")))"
          : "pool - fees = \(pool) - \(fees) = \(pool - fees) is not less than W = \(stakes.winning): no minus pool",
        ["minus_pool": .bool(isShort)])
    }
    return (house, creator)
  }

  mutating func tellNet(_ pool: Int128, _ house: Int128, _ creator: Int128) -> Int128 {
    let net = pool - house - creator
    let shown = explanation.figure(net, "net_pool", of: row)
    explanation.add("net_pool", "net pool = \(pool) - \(house) - \(creator) = \(shown)", ["net_pool": .int(net)])
    return net
  }

  // MARK: The split

  mutating func tellWinners(_ pool: Int128) {
    let (house, creator) = tellFees(pool)
    let net = tellNet(pool, house, creator)
    let backed = stakes.winners.sorted { $0.key < $1.key }
    var weights = [Int64](repeating: 1, count: backed.count)
    var amount = net
    var way: String?
    var returnsStakes = false
    if !resolution.winningWeights.isEmpty {
      let weightOf = Dictionary(zip(resolution.winningOptions, resolution.winningWeights)) { first, _ in first }
      weights = backed.map { weightOf[$0.key] ?? 1 }
      way =
        "by weight \(weights.map { String($0) }.joined(separator: " : ")) (winning_weights: "
        + "\(recorded.source(.winningWeights)))"
    } else if policies.winnerSplit == .equal {
      way = "equally (\(recorded.told(.winnerSplit, "equal")))"
    } else if policies.winnerSplit == .profit, net >= stakes.winning {
      returnsStakes = true
      amount = net - stakes.winning
      way = "equally, after the stakes are returned: net - W = \(amount) (\(recorded.told(.winnerSplit, "profit")))"
    }
    guard let way else {
      let fallback = policies.winnerSplit == .profit ? "net is less than W, so profit falls back to pooled: " : ""
      explanation.add(
        "split",
        "\(fallback)all winning commitments share \(net) by stake "
          + "(\(recorded.told(.winnerSplit, policies.winnerSplit.rawValue)))",
        ["winner_split": .string("pooled")])
      pots = [Pot(option: nil, amount: net, stake: stakes.winning)]
      return
    }
    let shares = Apportionment.byWeight(Int64(clamping: amount), weights)
    let shown = zip(backed, shares).map { "\(Terminal.safe($0.key.description)) \($1)" }.joined(separator: ", ")
    let arithmetic =
      backed.count > 1
      ? "\(Figures.shares(amount, by: weights)), left-over units to the largest remainders, ties to the smaller "
        + "option id: "
      : ""
    explanation.add(
      "split", "\(amount) is split between the backed winning options \(way): \(arithmetic)\(shown)",
      [
        "winner_split": .string(resolution.winningWeights.isEmpty ? policies.winnerSplit.rawValue : "weights"),
        "shares": .object(
          Dictionary(uniqueKeysWithValues: zip(backed, shares).map { ($0.key.description, JSONValue.int($1)) })),
      ])
    for (option, share) in zip(backed, shares) {
      var pot = Pot(option: option.key, amount: Int128(share), stake: option.value)
      pot.returnsStakes = returnsStakes
      pots.append(pot)
    }
  }
}
