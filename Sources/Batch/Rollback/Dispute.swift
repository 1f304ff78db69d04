// How is a settlement disputed, and how does that end?
internal import Interchange
package import Ledger
package import Markets
internal import Payouts

/// Opens and closes disputes. Disputed money is not paid out over a rail; everything else goes on.
package struct Dispute {
  private let ledger: Ledger
  private let place: NightPlace

  package init(_ ledger: Ledger, at place: NightPlace) {
    self.ledger = ledger
    self.place = place
  }

  /// A dispute, and whether it was there already.
  package struct Answer: Sendable {
    package let record: DisputeRecord
    package let isNew: Bool
  }

  // MARK: Open

  /// - Parameter user: whose part is disputed; nil for the whole market.
  /// - Throws: `unknown_market`, `unknown_user`, `not_disputable`.
  package func open(
    _ location: RunLocation, market: ID, user: ID?, reason: String
  ) throws(BatchError) -> Answer {
    try Dispute.check(reason)
    let runID = location.runID
    let settlement: SettlementRecord?
    let state: DistributionState?
    let known: DisputeRecord?
    do throws(LedgerError) {
      settlement = try ledger.settlements(ofRun: runID).first { ID($0.marketID) == market }
      state =
        try user.map { user throws(LedgerError) in
          try ledger.distributionState(ofUser: user.description, inMarket: market.description, ofRun: runID)
        } ?? nil
      known = try ledger.openDisputes(ofRun: runID).first {
        ID($0.marketID) == market && $0.userID.map { ID($0) } == user
      }
    } catch {
      throw BatchError.ledger(error)
    }
    guard let settlement else {
      throw BatchError(
        "unknown_market", .usage, "run \(runID) did not settle market \(Terminal.quoted(market.description))",
        hint: "`settle show \(runID)` tells about its markets; nothing was written")
    }
    if let rollback = settlement.rolledBackBy ?? (state?.status == .rolledBack ? state?.by : nil) {
      throw BatchError(
        "not_disputable", .conflict, "that is rolled back already, by run \(rollback)",
        hint: "there is nothing left to dispute")
    }
    if let known { return Answer(record: known, isNew: false) }
    if let user { try requirePart(of: user, market, location) }
    return Answer(record: try opened(runID, market, user, reason), isNew: true)
  }

  private static func check(_ reason: String) throws(BatchError) {
    var request = RollbackRequest()
    request.reason = reason
    try request.check()
  }

  /// The user has a commitment in the market, as far as the run's files tell.
  private func requirePart(of user: ID, _ market: ID, _ location: RunLocation) throws(BatchError) {
    guard FileSystem.exists(location.files.path("distributions.csv")) else { return }
    let rows = try RunLookup(location, ledger).distributions(of: user, inMarket: market)
    guard rows.isEmpty else { return }
    throw BatchError(
      "unknown_user", .usage,
      "user \(Terminal.quoted(user.description)) has no commitment in market \(Terminal.quoted(market.description))",
      hint: "`settle show \(location.runID) --user USER` lists a user's markets; nothing was written")
  }

  private func opened(_ runID: String, _ market: ID, _ user: ID?, _ reason: String) throws(BatchError) -> DisputeRecord
  {
    var id: Int64 = 0
    return try inTransaction { () throws(LedgerError) in
      id = try ledger.openDispute(
        run: runID, market: market.description, user: user?.description, reason: reason, by: place.operatorID)
      if let user {
        try ledger.setState(
          .disputed, ofUser: user.description, inMarket: market.description, ofRun: runID, by: DisputeRecord.name(id))
        try PayoutStore(ledger).withhold(run: runID, users: [user.bytes], reason: "disputed")
      }
      try ledger.record(
        action: "dispute open", by: place.operatorID, subject: DisputeRecord.name(id), reason: reason, result: "open")
      return id
    }
  }

  // MARK: Close

  /// The open dispute with this number.
  /// - Throws: `unknown_dispute`, `dispute_closed`.
  package func named(_ text: String) throws(BatchError) -> DisputeRecord {
    let digits = text.hasPrefix("dispute-") ? String(text.dropFirst(8)) : text
    let found: DisputeRecord?
    do throws(LedgerError) {
      found = try Int64(digits).flatMap { id throws(LedgerError) in try ledger.dispute(id) }
    } catch {
      throw BatchError.ledger(error)
    }
    guard let found else {
      throw BatchError(
        "unknown_dispute", .usage, "there is no dispute \(Terminal.quoted(text))",
        hint: "`settle dispute list` lists them")
    }
    guard found.state == .open else {
      throw BatchError(
        "dispute_closed", .conflict,
        "dispute-\(found.id) was \(found.state.rawValue) already: \(Terminal.safe(found.outcome ?? ""))",
        hint: "there is nothing to do; open another where there is a new reason")
    }
    return found
  }

  /// Lets what is disputed go.
  package func release(_ dispute: DisputeRecord, reason: String) throws(BatchError) -> DisputeRecord {
    try Dispute.check(reason)
    return try inTransaction { () throws(LedgerError) in
      try ledger.closeDispute(dispute.id, .released, outcome: reason, by: place.operatorID)
      if let user = dispute.userID {
        try ledger.clearDisputed(user: user, market: dispute.marketID, runID: dispute.runID, dispute: dispute.id)
      }
      try ledger.record(
        action: "dispute release", by: place.operatorID, subject: DisputeRecord.name(dispute.id), reason: reason,
        result: "released")
      return dispute.id
    }
  }

  /// Takes back what is disputed: the market, or the user's part into `suspense`. Where it is blocked, the dispute stays
  /// open.
  /// - Parameter request: reason and policy; what is taken back is the dispute's.
  package func uphold(
    _ dispute: DisputeRecord, _ request: RollbackRequest
  ) throws(BatchError) -> (record: DisputeRecord, rollback: RollbackAnswer) {
    try Dispute.check(request.reason)
    var request = request
    let name = DisputeRecord.name(dispute.id)
    let why = request.reason
    request.reason = "\(name) upheld: \(why)"
    request.markets = [ID(dispute.marketID)]
    request.users = dispute.userID.map { [ID($0)] } ?? []
    let source = try ManifestSource(dispute.runID, Outputs(place.outputsPath), ledger)
    let rollback = try Rollback(request, at: place).apply(source, ledger) { (_) throws(LedgerError) in
      try ledger.record(
        action: "dispute uphold", by: place.operatorID, subject: name, reason: why, result: "upheld")
    }
    guard rollback.state == .nothingToDo || rollback.state == .alreadyRolledBack else {
      return (try current(dispute.id), rollback)
    }
    // Nothing moves: the user got nothing here, or it was taken back before.
    let record = try inTransaction { () throws(LedgerError) in
      let outcome =
        rollback.earlierRollbacks.first.map { "rolled back by run \($0)" } ?? "there was nothing to take back"
      try ledger.closeDispute(dispute.id, .upheld, outcome: outcome, by: place.operatorID)
      if let user = dispute.userID {
        try ledger.setState(
          .rolledBack, ofUser: user, inMarket: dispute.marketID, ofRun: dispute.runID,
          by: rollback.earlierRollbacks.first ?? name)
      }
      try ledger.record(
        action: "dispute uphold", by: place.operatorID, subject: name, reason: why, result: "upheld")
      return dispute.id
    }
    return (record, rollback)
  }

  // MARK: Parts

  private func current(_ id: Int64) throws(BatchError) -> DisputeRecord {
    do throws(LedgerError) {
      guard let record = try ledger.dispute(id) else { throw LedgerError(.invariant, "dispute-\(id) is gone") }
      return record
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// - Returns: the dispute whose number `body` gives.
  private func inTransaction(_ body: () throws(LedgerError) -> Int64) throws(BatchError) -> DisputeRecord {
    var id: Int64 = 0
    do throws(LedgerError) {
      try ledger.database.transaction { () throws(LedgerError) in
        id = try body()
        Interruption.shield()
      }
    } catch {
      Interruption.unshield()
      throw BatchError.ledger(error)
    }
    Interruption.unshield()
    return try current(id)
  }
}
