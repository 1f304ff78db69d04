// What is one stake's share of its pot, and who got the left-over units?
internal import Interchange
internal import Markets
internal import Money

/// A commitment that is explained.
struct ExplainedStake {
  let row: AuditRow
  let id: ID
  let amount: Int128
  let fate: PoolStakes.Fate
  /// Its pot among those of the market; nil where it shares in none.
  let pot: Int?
  let floor: Int128
  let rest: Int128
  /// Stakes of the pot whose remainder is larger, or equal with a smaller commitment id.
  var ahead = 0
}

extension MarketExplainer {
  /// The commitments of a market that `isWanted`, at most `count`, with their ranks among the remainders.
  /// - Returns: them, and how many there are in all.
  func stakes(
    upTo count: Int, where isWanted: (CommitmentCells) -> Bool
  ) throws(BatchError) -> (explained: [ExplainedStake], total: Int) {
    var found: [ExplainedStake] = []
    var total = 0
    try lookup.forEachCommitment(ofMarket: market) { cells throws(BatchError) in
      guard isWanted(cells) else { return true }
      total += 1
      if found.count < count { found.append(explained(cells)) }
      return true
    }
    guard found.contains(where: { $0.pot != nil }) else { return (found, total) }
    try lookup.forEachCommitment(ofMarket: market) { cells throws(BatchError) in
      guard let place = pot(of: cells) else { return true }
      let rest = Int128(cells.amount) * pots[place].amount % pots[place].stake
      for index in found.indices where found[index].pot == place {
        if rest > found[index].rest || rest == found[index].rest && cells.id < found[index].id {
          found[index].ahead += 1
        }
      }
      return true
    }
    return (found, total)
  }

  private func explained(_ cells: CommitmentCells) -> ExplainedStake {
    let place = pot(of: cells)
    let amount = Int128(cells.amount)
    let (floor, rest) =
      place.map { (amount * pots[$0].amount).quotientAndRemainder(dividingBy: pots[$0].stake) } ?? (0, 0)
    return ExplainedStake(
      row: cells.row, id: cells.id, amount: amount, fate: stakes.fate(cells), pot: place, floor: floor, rest: rest)
  }

  // MARK: Steps

  /// Tells one commitment from its stake to its profit.
  mutating func tell(_ stake: ExplainedStake) {
    let id = Terminal.safe(stake.id.description)
    let option = Terminal.safe(stake.row.text("option_id"))
    let position = stake.row.isEmpty("position") ? "" : ", position \(stake.row.text("position"))"
    let values: [String: JSONValue] = ["commitment_id": .string(stake.id.description)]
    change {
      $0.add(
        "stake",
        "commitment \(id) of \(Terminal.safe(stake.row.text("user_id"))) stakes \(stake.amount) on \(option) "
          + "(commitments.csv, amount, option_id; by \(stake.row.text("match_method"))\(position))",
        values.merging(["amount": .int(stake.amount), "option_id": .string(stake.row.text("option_id"))]) { $1 })
    }
    var payout: Int128 = 0
    switch stake.fate {
    case .lost:
      change {
        let shown = $0.figure(0, "payout", of: stake.row)
        $0.add("payout", "\(option) did not win: payout \(shown)", values.merging(["payout": .int(0)]) { $1 })
      }
    case .void, .late:
      payout = stake.amount
      let reason = stake.fate == .void ? "\(option) is a void option" : "it came after the close"
      let why = recorded.place == nil ? "it is refunded (a void option, or after the close)" : reason
      change {
        let shown = $0.figure(payout, "payout", of: stake.row)
        $0.add(
          "payout", "\(why): the stake is returned in full: \(shown)", values.merging(["payout": .int(payout)]) { $1 })
      }
    case .won, .refunded:
      payout = tellShare(stake, values)
    }
    let profit = payout - stake.amount
    change {
      let shown = $0.figure(profit, "profit", of: stake.row)
      $0.add(
        "profit", "profit = \(payout) - \(stake.amount) = \(shown)", values.merging(["profit": .int(profit)]) { $1 })
    }
  }

  private mutating func tellShare(_ stake: ExplainedStake, _ values: [String: JSONValue]) -> Int128 {
    guard let place = stake.pot else { return 0 }
    let pot = pots[place]
    let share = Figures.share(stake.amount, of: pot.amount, over: pot.stake)
    let (extra, reason) = extraUnits(stake, pot)
    let payout = share.floor + extra + (pot.returnsStakes ? stake.amount : 0)
    let whose = pot.option.map { "the pot of \(Terminal.safe($0.description))" } ?? "the pot"
    change {
      $0.add(
        "share", "stake × \(whose) ÷ its stakes: \(share.text)",
        values.merging([
          "pot_amount": .int(pot.amount), "pot_stake": .int(pot.stake), "floor": .int(share.floor),
          "remainder": .int(share.rest),
        ]) { $1 })
      let extraShown = $0.figure(extra, "extra_units", of: stake.row)
      $0.add(
        "left_over", "\(reason): \(extraShown)",
        values.merging([
          "left_over": .int(pot.leftOver), "rank": .int(stake.ahead + 1), "members": .int(pot.members),
          "extra_units": .int(extra),
        ]) { $1 })
      let shown = $0.figure(payout, "payout", of: stake.row)
      let returned = pot.returnsStakes ? "\(stake.amount) + " : ""
      $0.add(
        "payout", "payout = \(returned)\(share.floor) + \(extra) = \(shown)",
        values.merging(["payout": .int(payout)]) { $1 })
      if stake.fate == .won {
        let winShare = $0.figure(text: Figures.winShare(stake.amount, pot.stake), "win_share", of: stake.row)
        $0.add(
          "win_share", "win share = \(stake.amount) ÷ \(pot.stake) = \(winShare)",
          values.merging(["win_share": .string(Figures.winShare(stake.amount, pot.stake))]) { $1 })
      }
    }
    return payout
  }

  /// The units on top of the floor, and why.
  private func extraUnits(_ stake: ExplainedStake, _ pot: Pot) -> (units: Int128, reason: String) {
    let policy = recorded.resolution.policies.remainder
    let sum = "the floors of \(Figures.counted(pot.members, "stake")) sum to \(pot.floors)"
    let source = "(remainder \(policy.rawValue): \(recorded.source(.remainder)))"
    guard pot.leftOver > 0 else { return (0, "\(sum), nothing is left over") }
    let units = "\(pot.leftOver) of \(pot.amount) \(pot.leftOver == 1 ? "is" : "are") left over"
    switch policy {
    case .house:
      return (0, "\(sum), \(units) for the house \(source)")
    case .first:
      let isFirst = pot.largest?.id == stake.id
      return (
        isFirst ? pot.leftOver : 0,
        "\(sum), \(units) for the largest stake, "
          + "\(isFirst ? "this one" : Terminal.safe(pot.largest?.id.description ?? "")) \(source)"
      )
    case .largest:
      let getsUnit = Int128(stake.ahead) < pot.leftOver
      return (
        getsUnit ? 1 : 0,
        "\(sum), \(units), one each to the largest remainders, ties to the smaller commitment id; this remainder is "
          + "number "
          + "\(stake.ahead + 1), \(getsUnit ? "among them" : "behind them") \(source)"
      )
    }
  }
}
