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
  var explanation: Explanation
  var pots: [Pot] = []
  private(set) var stakes: PoolStakes

  var resolution: Resolution { recorded.resolution }
  var policies: Policies { recorded.resolution.policies }

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
    if hasNoWinner, !takesFees, recorded.resolution.closesAt != nil, recorded.resolution.policies.noWinner == .refundNet
    {
      // Without fees the net pool is the pool: what is missing there came too late.
      stakes.lateAmongShared = max(0, stakes.shared - Int128(try row.integer("net_pool")))
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
      "\(decision), by resolution \(Terminal.safe(row.text("resolution_id"))) (\(recorded.place ?? "markets.csv")); "
        + "amounts are minor units of \(row.text("currency"))",
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
      "refunded to all stakes: \(refund.text)\(refund.value) "
        + "(\(recorded.told(.refund, "\(policies.refund.value)"))); retained by the house: \(retained)",
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
    let late = stakes.late + stakes.lateAmongShared
    if late > 0 {
      let closing = recorded.closesAt.map { " (closes_at \(Terminal.safe($0)))" } ?? ""
      let cause = recorded.place == nil ? "on void options or after the close" : "committed after the close"
      parts.append("\(late) \(cause)\(closing)")
    }
    let pool = stakes.gross - stakes.returned
    // Where everybody gets the stake back, commitments.csv does not tell who was late.
    let isOpen = stakes.shared == 0 || policies.noWinner != .refund || resolution.closesAt == nil
    explanation.add(
      "pool",
      parts.isEmpty
        ? "\(isOpen ? "nothing is returned before the split" : "all stakes go back, late ones too"): pool = \(pool)"
        : "returned in full: \(parts.joined(separator: ", ")) (commitments.csv, result refunded); pool = "
          + "\(stakes.gross) - \(stakes.returned) = \(pool)",
      ["void_stakes": .int(stakes.void), "late_stakes": .int(late), "pool": .int(pool)])
  }

  private mutating func tellNoWinner(_ pool: Int128) {
    let policy = recorded.told(.noWinner, policies.noWinner.rawValue)
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
        "nobody backed a winner: creator fee \(creator.text)\(creatorFee); the house takes the rest, \(houseFee) "
          + "(\(policy))",
        ["creator_fee": .int(creator.value), "house_fee": .int(pool - creator.value)])
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
