// Why did this market, user or commitment get what it got?
internal import Interchange
package import Ledger
package import Markets
internal import Money

/// Explains from a run's files and its recorded resolutions.
package struct Explainer {
  private let location: RunLocation
  private let lookup: RunLookup
  private let manifest: Manifest
  private let inputs: RecordedInputs

  /// Commitments of one user that are told one by one.
  private static let toldMax = 20

  /// - Parameter inputsDirectory: where the inputs are now; nil for where they were.
  /// - Throws: `manifest_damaged`, `file_missing`.
  package init(_ location: RunLocation, _ ledger: Ledger?, inputsDirectory: String?) throws(BatchError) {
    self.location = location
    lookup = RunLookup(location, ledger)
    manifest = try location.files.manifest()
    inputs = RecordedInputs(manifest, info: try? location.files.info(), movedTo: inputsDirectory)
  }

  /// The run's totals, summed anew from its files.
  package func run() throws(BatchError) -> Explanation {
    var explainer = RunExplainer(location, manifest)
    return try explainer.explained()
  }

  /// The market's arithmetic in all; nil where the run has no resolution of it.
  package func market(_ id: ID) throws(BatchError) -> Explanation? {
    let title = "market \(Terminal.safe(id.description))"
    return try explain(id, title, ["market_id": .string(id.description)]) { explainer throws(BatchError) in
      explainer.tellPots()
      try explainer.tellSum()
    }
  }

  /// One commitment; nil where the market has no such row.
  package func commitment(_ id: ID, inMarket market: ID) throws(BatchError) -> Explanation? {
    let title = "commitment \(Terminal.safe(id.description)) in market \(Terminal.safe(market.description))"
    var isFound = true
    let explanation = try explain(
      market, title, ["market_id": .string(market.description), "commitment_id": .string(id.description)]
    ) { explainer throws(BatchError) in
      let (stakes, _) = try explainer.stakes(upTo: 1) { $0.is(id) }
      isFound = !stakes.isEmpty
      for stake in stakes { explainer.tell(stake) }
    }
    return isFound ? explanation : nil
  }

  /// Everything of one user in one market; nil where the user has no commitment there.
  package func user(_ id: ID, inMarket market: ID) throws(BatchError) -> Explanation? {
    let title = "user \(Terminal.safe(id.description)) in market \(Terminal.safe(market.description))"
    var isFound = true
    let distribution = try lookup.distributions(of: id, inMarket: market).first
    let explanation = try explain(
      market, title, ["market_id": .string(market.description), "user_id": .string(id.description)]
    ) { explainer throws(BatchError) in
      let (stakes, total) = try explainer.stakes(upTo: Explainer.toldMax) { $0.isOf(user: id) }
      isFound = !stakes.isEmpty
      for stake in stakes { explainer.tell(stake) }
      if total > stakes.count {
        explainer.change { $0.note("\(total - stakes.count) more commitments of the user are not told one by one") }
      }
      if let distribution { try explainer.tellUser(id, distribution) }
    }
    return isFound ? explanation : nil
  }

  /// Markets of the run that hold a commitment of this id.
  package func markets(ofCommitment id: ID) throws(BatchError) -> [ID] {
    try lookup.commitments(id, inMarket: nil).map { ID($0.bytes("market_id")) }
  }

  /// Markets of the run that the user had a stake in.
  package func markets(ofUser id: ID) throws(BatchError) -> [ID] {
    try lookup.distributions(of: id, inMarket: nil).map { ID($0.bytes("market_id")) }
  }

  // MARK: Parts

  private func explain(
    _ market: ID, _ title: String, _ subject: [String: JSONValue],
    _ tell: (inout MarketExplainer) throws(BatchError) -> Void
  ) throws(BatchError) -> Explanation? {
    guard let row = try lookup.market(market) else { return nil }
    guard row.text("status") == MarketStatus.settled.rawValue else {
      return try unsettled(row, title, subject)
    }
    let recorded = try RecordedResolution(market, row, manifest, inputs)
    var explainer = try MarketExplainer(title, row, recorded, lookup)
    try tell(&explainer)
    var explanation = explainer.explanation
    explanation.subject = subject
    if let run = try lookup.rolledBack(market: market) {
      explanation.note(
        "the market was rolled back later, by run \(Terminal.safe(run)): what is told here is not in force any more")
    }
    return explanation
  }

  /// Why a market is not settled.
  private func unsettled(_ row: AuditRow, _ title: String, _ subject: [String: JSONValue]) throws(BatchError)
    -> Explanation
  {
    let market = ID(row.bytes("market_id"))
    var explanation = Explanation(title)
    explanation.subject = subject
    let status = row.text("status")
    if status == MarketStatus.alreadySettled.rawValue {
      let run = try lookup.settledBy(market: market).map { " by run \(Terminal.safe($0))" } ?? ""
      explanation.add(
        "status",
        "the market was settled before\(run), with the same facts: this run paid nothing (markets.csv, status)",
        ["status": .string(status)])
      return explanation
    }
    explanation.add(
      "status",
      "the market is \(Terminal.safe(status)), nothing was paid: \(Terminal.safe(row.text("hold_reason"))) "
        + "(markets.csv, status, hold_reason)",
      ["status": .string(status), "hold_reason": .string(row.text("hold_reason"))])
    for reject in try lookup.rejects(row: nil, market: market).prefix(Explainer.toldMax) {
      let line = reject.isEmpty("line") ? "" : " line \(reject.text("line"))"
      explanation.add(
        "reject",
        "\(reject.text("file"))\(line), \(reject.text("field")): \(reject.text("code")): \(reject.text("message")) "
          + "(rejects.csv)",
        ["row_id": .string(reject.text("row_id")), "code": .string(reject.text("code"))])
    }
    return explanation
  }
}

extension MarketExplainer {
  /// Each pot with its left-over units.
  mutating func tellPots() {
    let policy = recorded.resolution.policies.remainder
    for pot in pots {
      let whose = pot.option.map { "the pot of \(Terminal.safe($0.description))" } ?? "the pot"
      let source = pot.leftOver > 0 ? " (remainder \(policy.rawValue): \(recorded.source(.remainder)))" : ""
      change {
        $0.add(
          "pot",
          "\(whose): \(pot.amount) shared by \(Figures.counted(pot.members, "stake")) of \(pot.stake) together; "
            + "\(pot.leftOverText(policy))\(source)",
          [
            "option_id": .optional(pot.option?.description), "amount": .int(pot.amount), "stake": .int(pot.stake),
            "members": .int(pot.members), "floors": .int(pot.floors), "left_over": .int(pot.leftOver),
          ])
      }
    }
  }

  /// What the market pays in all, and that every unit of the stakes is accounted for.
  mutating func tellSum() throws(BatchError) {
    let policy = recorded.resolution.policies.remainder
    let leftOver = pots.reduce(0) { $0 + $1.leftOver }
    let breakage = policy == .house ? leftOver : 0
    let returned = pots.contains { $0.returnsStakes } ? stakes.winning : 0
    let paid = pots.reduce(0) { $0 + $1.amount } - breakage + returned
    let payouts = stakes.winning > 0 ? paid : 0
    let refunds = stakes.void + stakes.late + (stakes.winning > 0 ? 0 : paid)
    let house = Int128(try row.integer("house_fee"))
    let creator = Int128(try row.integer("creator_fee"))
    let retained = Int128(try row.integer("retained"))
    let (row, gross) = (row, stakes.gross)
    change {
      let parts = [
        "payouts \($0.figure(payouts, "total_payout", of: row))",
        "refunds \($0.figure(refunds, "total_refund", of: row))",
        "house fee \(house)", "creator fee \(creator)", "retained \(retained)",
        "breakage \($0.figure(breakage, "breakage", of: row))",
      ]
      let sum = payouts + refunds + house + creator + retained + breakage
      $0.add(
        "sum",
        "\(parts.joined(separator: " + ")) = \(sum), "
          + "\(sum == gross ? "every unit of the stakes" : "NOT the stakes of \(gross)")",
        ["total_payout": .int(payouts), "total_refund": .int(refunds), "breakage": .int(breakage), "sum": .int(sum)])
    }
  }

  /// The user's row in distributions.csv.
  mutating func tellUser(_ user: ID, _ distribution: AuditRow) throws(BatchError) {
    var (staked, paid): (Int128, Int128) = (0, 0)
    try lookup.forEachCommitment(ofMarket: market) { cells throws(BatchError) in
      if cells.isOf(user: user) {
        staked += Int128(cells.amount)
        paid += Int128(cells.payout)
      }
      return true
    }
    change {
      let text =
        "in all the user staked \($0.figure(staked, "total_committed", of: distribution)) and got "
        + "\($0.figure(paid, "total_payout", of: distribution))"
      $0.add("user", text, ["total_committed": .int(staked), "total_payout": .int(paid)])
    }
  }
}
