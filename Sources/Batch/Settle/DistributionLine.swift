// How does a distribution look as a JSON line, with everything it was worked out from?
internal import Interchange
internal import Markets
internal import Money
internal import Settlement

/// One object per user and market: totals, winning and losing commitments, and an audit trail for each.
struct DistributionLine {
  let market: Market
  let outcome: MarketOutcome
  let terms: MarketTerms
  let settler: Settler

  /// - Parameter commitments: the user's, in the order of their ids, with their place in the market.
  func json(user: UnsafeBufferPointer<UInt8>, _ commitments: [(index: Int, record: CommitmentRecord)]) -> JSONValue {
    var sums = Distribution()
    var winning: [JSONValue] = []
    var losing: [JSONValue] = []
    var refunded: [JSONValue] = []
    for (index, record) in commitments {
      sums.add(settler.results[index], amount: record.amount, payout: settler.payouts[index])
      let item = commitment(index, record)
      switch settler.results[index] {
      case .won: winning.append(item)
      case .lost: losing.append(item)
      case .refunded: refunded.append(item)
      }
    }
    return unsafe .object([
      "marketId": .string(market.id.description),
      "resolutionId": .string(outcome.resolution!.resolutionID.description),
      "userId": .string(text(user)),
      "currency": .string(outcome.resolution!.currency.code),
      "status": .string("completed"),
      "totalCommitted": .int(sums.committed),
      "totalPayout": .int(sums.payout + sums.refund),
      "totalProfit": .int(sums.profit),
      "totalLost": .int(sums.lost),
      "winningCommitments": .array(winning),
      "losingCommitments": .array(losing),
      "refundedCommitments": .array(refunded),
    ])
  }

  private func commitment(_ index: Int, _ record: CommitmentRecord) -> JSONValue {
    let payout = settler.payouts[index]
    let extraUnits = settler.extraUnits[index]
    let method = record.flags.contains(.hybrid) ? "hybrid" : record.flags.contains(.position) ? "position" : "option"
    var trail: [String: JSONValue] = [
      "method": .string(method),
      "pool": .int(outcome.totals.pool),
      "winningStake": .int(outcome.totals.winningStake),
      "netPool": .int(outcome.totals.netPool),
      "floor": .int(payout - extraUnits),
      "extraUnits": .int(extraUnits),
      "remainder": .int(0),
      "remainderPolicy": .string(terms.policies.remainder.rawValue),
    ]
    var members: [String: JSONValue] = unsafe [
      "commitmentId": .string(text(record.commitmentID)),
      "optionId": .string(market.options[Int(record.option)].description),
      "position": record.flags.contains(.yes) ? .string("yes") : record.flags.contains(.no) ? .string("no") : .null,
      "tokensCommitted": .int(record.amount),
    ]
    switch settler.results[index] {
    case .won:
      members["payoutAmount"] = .int(payout)
      members["profit"] = .int(payout - record.amount)
      if case .winning(let rank) = terms.roles[Int(record.option)] {
        let potStake = settler.potStakes[rank]
        let share = ByteBuffer(capacity: 64)
        share.append(share: record.amount, of: potStake)
        members["winShare"] = .number(String(decoding: share.array, as: UTF8.self))
        trail["potStake"] = .int(potStake)
        trail["potAmount"] = .int(settler.potAmounts[rank])
        // What the division left: the largest of these get the left-over units.
        trail["remainder"] = .int(Int128(settler.potAmounts[rank]) * Int128(record.amount) % Int128(potStake))
      }
    case .lost:
      members["lostAmount"] = .int(record.amount)
    case .refunded:
      members["refundAmount"] = .int(payout)
      members["isLate"] = .bool(record.flags.contains(.late))
    }
    members["auditTrail"] = .object(trail)
    return .object(members)
  }

  private func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String { unsafe String(decoding: bytes, as: UTF8.self) }
}
