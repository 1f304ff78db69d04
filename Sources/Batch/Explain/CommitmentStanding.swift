// How does a commitment stand, and what did it pay?
package import Interchange
package import Markets

/// A commitment as a run and the ledger leave it.
package struct CommitmentStanding: Sendable {
  package enum Status: String, Sendable {
    case active, won, lost, refunded
    case rolledBack = "rolled_back"
  }

  package let commitmentID: String
  package let marketID: String
  package let status: Status
  /// Minor units that stand paid; nil while the commitment is active, 0 where the run is rolled back.
  package let payout: Int64?
  /// Its row in commitments.csv; nil while it is active.
  package let row: AuditRow?
  /// Why it stands like this, where that is not plain.
  package let reason: String?

  package var json: JSONValue {
    var members: [String: JSONValue] = [
      "commitment_id": .string(commitmentID), "market_id": .string(marketID), "status": .string(status.rawValue),
      "payout_amount": payout.map { .int($0) } ?? .null, "reason": .optional(reason), "row": row?.json ?? .null,
    ]
    members["legacy"] = legacy
    return .object(members)
  }

  /// The object that older programs know.
  private var legacy: JSONValue {
    .object([
      "commitmentId": .string(commitmentID), "userId": .optional(row?.text("user_id")),
      "optionId": .optional(row?.text("option_id")),
      "position": .optional(row.flatMap { $0.isEmpty("position") ? nil : $0.text("position") }),
      "tokensCommitted": row.flatMap { Int64($0.text("amount")) }.map { .int($0) } ?? .null,
      "status": .string(status.rawValue), "payoutAmount": payout.map { .int($0) } ?? .null,
    ])
  }
}

extension RunLookup {
  /// How a commitment stands: one for each market that it is found in.
  ///
  /// - Parameter market: where it is looked for; nil for every market of the run.
  /// - Returns: nothing where the run does not know the commitment.
  package func standings(_ id: ID, inMarket market: ID?) throws(BatchError) -> [CommitmentStanding] {
    var standings: [CommitmentStanding] = []
    for row in try commitments(id, inMarket: market) { standings.append(try standing(row)) }
    guard standings.isEmpty else { return standings }
    // A row that was rejected, in a market that is held for it: still active.
    for reject in try rejects(row: id, market: market) where reject.text("table") == Table.commitments.rawValue {
      let owner = ID(reject.bytes("market_id"))
      guard !owner.bytes.isEmpty, !standings.contains(where: { $0.marketID == owner.description }) else { continue }
      let isSettled = try self.market(owner)?.text("status") == MarketStatus.settled.rawValue
      let place = "\(reject.text("file")) line \(reject.text("line"))"
      standings.append(
        active(
          id, owner,
          "its row was rejected (\(reject.text("code")), \(place))"
            + (isSettled ? ", and the market settled without it" : "")))
    }
    guard standings.isEmpty, let market else { return standings }
    return try unsettled(id, market).map { [$0] } ?? []
  }

  private func standing(_ row: AuditRow) throws(BatchError) -> CommitmentStanding {
    let market = ID(row.bytes("market_id"))
    let id = row.text("commitment_id")
    if let run = try rolledBack(market: market) {
      return CommitmentStanding(
        commitmentID: id, marketID: market.description, status: .rolledBack, payout: 0, row: row,
        reason: "\(row.text("result")) with a payout of \(row.text("payout")), rolled back by run \(run)")
    }
    let user = ID(row.bytes("user_id"))
    if let run = try rolledBack(user: user, market: market) {
      return CommitmentStanding(
        commitmentID: id, marketID: market.description, status: .rolledBack, payout: 0, row: row,
        reason: "\(row.text("result")) with a payout of \(row.text("payout")); the user's part went to suspense by run "
          + run)
    }
    return CommitmentStanding(
      commitmentID: id, marketID: market.description,
      status: CommitmentStanding.Status(rawValue: row.text("result")) ?? .active, payout: try row.integer("payout"),
      row: row, reason: nil)
  }

  /// A commitment of a market that this run did not settle; nil where the market is settled and has no such row.
  private func unsettled(_ id: ID, _ market: ID) throws(BatchError) -> CommitmentStanding? {
    guard let row = try self.market(market) else {
      return active(
        id, market, "the run has no resolution of this market; whether the commitment exists was not looked up")
    }
    switch MarketStatus(rawValue: row.text("status")) {
    case .held, .failed:
      return active(
        id, market,
        "the market is \(row.text("status")) (\(row.text("hold_reason"))); whether the commitment exists was not "
          + "looked up"
      )
    case .settled, .alreadySettled, nil:
      return nil
    }
  }

  private func active(_ id: ID, _ market: ID, _ reason: String) -> CommitmentStanding {
    CommitmentStanding(
      commitmentID: id.description, marketID: market.description, status: .active, payout: nil, row: nil, reason: reason
    )
  }
}
