// How did a market's stakes become pots: pool, fees, net pool, split?
internal import Interchange
internal import Markets
internal import Money

/// The arithmetic of one settled market, step by step, worked out anew from commitments.csv and the resolution.
struct MarketExplainer {
  let row: AuditRow
  let recorded: RecordedResolution
  let lookup: RunLookup
  let market: ID
  private(set) var explanation: Explanation
  private(set) var pots: [Pot] = []
  private(set) var stakes: PoolStakes

  private var resolution: Resolution { recorded.resolution }
  private var policies: Policies { recorded.resolution.policies }

  init(_ title: String, _ row: AuditRow, _ recorded: RecordedResolution, _ lookup: RunLookup) throws(BatchError) {
    self.row = row
    self.recorded = recorded
    self.lookup = lookup
    stakes = PoolStakes(recorded.resolution, hasNoWinner: false, takesFees: false)
    market = ID(row.bytes("market_id"))
    explanation = Explanation(title)
    if let reason = recorded.reason {
      explanation.note(
        "the resolutions could not be read again (\(reason)); the policies are those of the run's configuration "
          + "(manifest.json), so a figure may differ where the resolution named others")
    }
    let hasNoWinner = row.text("no_winner") == "true"
    let takesFees = try row.integer("house_fee") + row.integer("creator_fee") > 0
    var stakes = PoolStakes(recorded.resolution, hasNoWinner: hasNoWinner, takesFees: takesFees)
    try lookup.forEachCommitment(ofMarket: market) { row throws(BatchError) in
      stakes.add(row)
      return true
    }
    self.stakes = stakes
    guard stakes.gross <= Int128(Int64.max) else {
      throw BatchError(
        "run_damaged", .conflict,
        "commitments.csv: the stakes of the market sum to \(stakes.gross), more than there can be",
        hint: "`settle verify` lists what is damaged; restore the run's directory from a backup")
    }
    tellResolution()
    if resolution.outcome == .void { tellVoid() } else { tellPool() }
    try fillPots()
  }

  // MARK: What was decided and staked

  private mutating func tellResolution() {
    let won = resolution.winningOptions.sorted().map { Terminal.safe($0.description) }
    let decision = resolution.outcome == .void ? "the market is void" : "\(won.joined(separator: " and ")) won"
    explanation.add(
      "resolution",
      "\(decision), by resolution \(Terminal.safe(row.text("resolution_id"))) (\(recorded.place ?? "markets.csv")); amounts are minor units of \(row.text("currency"))",
      [
        "outcome": .string(resolution.outcome.rawValue), "winning_options": .array(won.map { .string($0) }),
        "resolution_id": .string(row.text("resolution_id")), "source": .optional(recorded.place),
      ])
    let gross = explanation.figure(stakes.gross, "gross_pool", of: row)
    explanation.add(
      "stakes",
      "\(Figures.counted(stakes.count, "commitment")), together \(gross): the sum of amount in commitments.csv",
      ["commitments": .int(stakes.count), "gross_pool": .int(stakes.gross)])
  }

  private mutating func tellVoid() {
    let refund = Figures.rate(stakes.gross, policies.refund.value)
    let retained = explanation.figure(stakes.gross - refund.value, "retained", of: row)
    explanation.add(
      "refund",
      "refunded to all stakes: \(refund.text)\(refund.value) (refund_bps \(policies.refund.value): \(recorded.source(.refund))); retained by the house: \(retained)",
      [
        "refund_bps": .int(policies.refund.value), "refund": .int(refund.value),
        "retained": .int(stakes.gross - refund.value),
      ])
    if stakes.gross > 0 { pots = [Pot(option: nil, amount: refund.value, stake: stakes.gross)] }
  }

  // MARK: The pool

  private mutating func tellPool() {
    tellReturned()
    let pool = stakes.gross - stakes.returned
    let stake = explanation.figure(stakes.winning, "winning_stake", of: row)
    let options = stakes.winners.sorted { $0.key < $1.key }.map { "\(Terminal.safe($0.key.description)) \($0.value)" }
    explanation.add(
      "winning_stake",
      "W, the stakes on winning options\(options.count > 1 ? " (\(options.joined(separator: ", ")))" : ""): \(stake)",
      ["winning_stake": .int(stakes.winning)])
    guard pool > 0 else { return }
    if stakes.winning == 0 { tellNoWinner(pool) } else { tellWinners(pool) }
  }

  private mutating func tellReturned() {
    var parts: [String] = []
    if stakes.void > 0 { parts.append("\(stakes.void) on void options") }
    if stakes.late > 0 {
      let closing = recorded.closesAt.map { " (closes_at \(Terminal.safe($0)))" } ?? ""
      parts.append(
        "\(stakes.late) \(recorded.place == nil ? "on void options or after the close" : "committed after the close")\(closing)"
      )
    }
    let pool = stakes.gross - stakes.returned
    explanation.add(
      "pool",
      parts.isEmpty
        ? "nothing is returned before the split: pool = \(pool)"
        : "returned in full: \(parts.joined(separator: ", ")) (commitments.csv, result refunded); pool = \(stakes.gross) - \(stakes.returned) = \(pool)",
      ["void_stakes": .int(stakes.void), "late_stakes": .int(stakes.late), "pool": .int(pool)])
  }

  private mutating func tellNoWinner(_ pool: Int128) {
    let policy = "no_winner \(policies.noWinner.rawValue): \(recorded.source(.noWinner))"
    switch policies.noWinner {
    case .refund:
      explanation.add("no_winner", "nobody backed a winner: all stakes go back, no fees (\(policy))")
      pots = [Pot(option: nil, amount: stakes.shared, stake: stakes.shared)]
    case .refundNet:
      explanation.add("no_winner", "nobody backed a winner: the net pool goes back to all stakes (\(policy))")
      let (house, creator) = tellFees(pool)
      let net = tellNet(pool, house, creator)
      // Without fees everybody gets the stake back, whichever of them came too late.
      pots = [Pot(option: nil, amount: net == pool ? stakes.shared : net, stake: stakes.shared)]
    case .house:
      let rate = policies.creatorFee.value
      let base = tellFeeBase(pool)
      let creator = Figures.rate(base, rate, up: policies.feeRounding == .up)
      let creatorFee = explanation.figure(min(base, creator.value), "creator_fee", of: row)
      let houseFee = explanation.figure(pool - min(base, creator.value), "house_fee", of: row)
      explanation.add(
        "no_winner",
        "nobody backed a winner: creator fee \(creator.text)\(creatorFee); the house takes the rest, \(houseFee) (\(policy))",
        ["creator_fee": .int(creator.value), "house_fee": .int(pool - creator.value)])
    }
  }

  // MARK: Fees

  private mutating func tellFeeBase(_ pool: Int128) -> Int128 {
    let base = policies.feeBase == .pool ? pool : pool - stakes.winning
    explanation.add(
      "fee_base",
      "fees are taken on B = \(policies.feeBase == .pool ? "the pool" : "pool - W = \(pool) - \(stakes.winning)") = \(base) (fee_base \(policies.feeBase.rawValue): \(recorded.source(.feeBase)))",
      ["fee_base": .string(policies.feeBase.rawValue), "base": .int(base)])
    return base
  }

  /// The fees by rate, capped where the policy caps them.
  private mutating func tellFees(_ pool: Int128) -> (house: Int128, creator: Int128) {
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
        "by rate (\(rates.house) and \(rates.creator) basis points of \(base)) the fees would be \(houseText.value) and "
          + "\(creatorText.value), and leave winners less than W; so they are capped at pool - W = \(most), split by rate: "
          + "\(Figures.shares(most, by: [rates.house, rates.creator])), left-over units to the larger remainder, ties to the "
          + "house (minus_pool cap_fees: \(recorded.source(.minusPool)))",
        ["minus_pool": .bool(false), "fees_max": .int(most)])
    }
    let rounding = up ? "; fee_rounding up: \(recorded.source(.feeRounding))" : ""
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
          ? "pool - fees = \(pool) - \(fees) = \(pool - fees) is less than W = \(stakes.winning): winners together get back "
            + "less than they staked (minus_pool allow: \(recorded.source(.minusPool)))"
          : "pool - fees = \(pool) - \(fees) = \(pool - fees) is not less than W = \(stakes.winning): no minus pool",
        ["minus_pool": .bool(isShort)])
    }
    return (house, creator)
  }

  private mutating func tellNet(_ pool: Int128, _ house: Int128, _ creator: Int128) -> Int128 {
    let net = pool - house - creator
    let shown = explanation.figure(net, "net_pool", of: row)
    explanation.add("net_pool", "net pool = \(pool) - \(house) - \(creator) = \(shown)", ["net_pool": .int(net)])
    return net
  }

  // MARK: The split

  private mutating func tellWinners(_ pool: Int128) {
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
        "by weight \(weights.map { String($0) }.joined(separator: " : ")) (winning_weights: \(recorded.source(.winningWeights)))"
    } else if policies.winnerSplit == .equal {
      way = "equally (winner_split equal: \(recorded.source(.winnerSplit)))"
    } else if policies.winnerSplit == .profit, net >= stakes.winning {
      returnsStakes = true
      amount = net - stakes.winning
      way =
        "equally, after the stakes are returned: net - W = \(amount) (winner_split profit: \(recorded.source(.winnerSplit)))"
    }
    guard let way else {
      let fallback = policies.winnerSplit == .profit ? "net is less than W, so profit falls back to pooled: " : ""
      explanation.add(
        "split",
        "\(fallback)all winning commitments share \(net) by stake (winner_split \(policies.winnerSplit.rawValue): \(recorded.source(.winnerSplit)))",
        ["winner_split": .string("pooled")])
      pots = [Pot(option: nil, amount: net, stake: stakes.winning)]
      return
    }
    let shares = Apportionment.byWeight(Int64(clamping: amount), weights)
    let shown = zip(backed, shares).map { "\(Terminal.safe($0.key.description)) \($1)" }.joined(separator: ", ")
    let arithmetic =
      backed.count > 1
      ? "\(Figures.shares(amount, by: weights)), left-over units to the largest remainders, ties to the smaller option id: "
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

  // MARK: Pots

  /// Whose stake shares in which pot.
  func pot(of row: CommitmentCells) -> Int? {
    guard stakes.isShared(row) else { return nil }
    let option = row.option
    return pots.firstIndex { $0.option == nil || $0.option == option }
  }

  private mutating func fillPots() throws(BatchError) {
    guard !pots.isEmpty else { return }
    var filled = pots
    let explainer = self
    try lookup.forEachCommitment(ofMarket: market) { row throws(BatchError) in
      if let place = explainer.pot(of: row) { filled[place].add(row) }
      return true
    }
    pots = filled
  }

  mutating func change(_ body: (inout Explanation) -> Void) { body(&explanation) }
}
