// settle dispute …
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets

extension Command {
  static let disputeCommands: [Command] = [.disputeOpen, .disputeList, .disputeUphold, .disputeRelease]

  private static let written = Option.place + [.lockTimeout, .operatorID]

  static let disputeOpen = Command(
    name: "dispute open", summary: "dispute a market's settlement, or one user's part of it", operands: "RUN",
    operandCount: 1...1, options: [.market, .user, .reason] + written,
    details: """
      --market says which; with --user that user's part alone. Disputed money is not paid out over a rail until the
      dispute is upheld or released. Opening the same dispute again gives the open one.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    guard let market = call.arguments[.market] else {
      throw BatchError(
        "usage", .usage, "dispute which market?", hint: "give --market ID, and --user ID for one user's part")
    }
    return try call.whileLocked(place) { (ledger, notices) throws(BatchError) in
      let location = try RunReference(
        text: call.arguments.positionals[0], outputs: Outputs(place.outputsPath), ledger: ledger
      ).location()
      let answer = try Dispute(ledger, at: place).open(
        location, market: ID(market), user: call.arguments[.user].map { ID($0) },
        reason: call.arguments[.reason] ?? "")
      for notice in notices { call.console.notice(notice) }
      DisputeText.show(answer.record, note: answer.isNew ? nil : "it was open already", call.console)
      return .done
    }
  }

  static let disputeList = Command(
    name: "dispute list", summary: "list open disputes, or all", options: Option.place + [.allDisputes]
  ) { (call) throws(BatchError) in
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let records: [DisputeRecord]
    do throws(LedgerError) {
      records = try ledger.disputes().filter { call.arguments.has(.allDisputes) || $0.state == .open }
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["disputes": .array(records.map(DisputeText.json))]))
    } else if records.isEmpty {
      call.console.print(call.arguments.has(.allDisputes) ? "no disputes" : "no open disputes")
    } else {
      call.console.table(
        [["dispute", "state", "run", "market", "user", "opened", "by", "reason", "outcome"]]
          + records.map {
            [
              DisputeRecord.name($0.id), $0.state.rawValue, $0.runID, Terminal.safe($0.marketID),
              $0.userID.map { Terminal.safe($0) } ?? "all", String($0.openedAt.prefix(19)) + "Z",
              Terminal.safe($0.openedBy), Terminal.safe($0.reason), Terminal.safe($0.outcome ?? ""),
            ]
          }, indent: "")
    }
    return .done
  }

  static let disputeUphold = Command(
    name: "dispute uphold", summary: "take back what is disputed", operands: "DISPUTE", operandCount: 1...1,
    options: [.reason, .onShortfall, .acceptExternal] + written,
    details: """
      Rolls the market back, or moves the user's part into suspense, as settle rollback does. Where that is blocked
      (exit 3), the dispute stays open.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let request = try call.rollbackRequest()
    return try call.whileLocked(place) { (ledger, notices) throws(BatchError) in
      let disputes = Dispute(ledger, at: place)
      let (record, rollback) = try disputes.uphold(try disputes.named(call.arguments.positionals[0]), request)
      for notice in notices { call.console.notice(notice) }
      if call.console.isJSON {
        call.console.print(.object(["dispute": DisputeText.json(record), "rollback": rollback.json]))
      } else {
        DisputeText.show(record, note: nil, call.console)
        RollbackText.show(rollback, call.console)
      }
      return rollback.status
    }
  }

  static let disputeRelease = Command(
    name: "dispute release", summary: "let go what is disputed", operands: "DISPUTE", operandCount: 1...1,
    options: [.reason] + written, details: "The money may be paid out again, with the next settle payouts schedule."
  ) { (call) throws(BatchError) in
    let place = try call.place()
    return try call.whileLocked(place) { (ledger, notices) throws(BatchError) in
      let disputes = Dispute(ledger, at: place)
      let record = try disputes.release(
        try disputes.named(call.arguments.positionals[0]), reason: call.arguments[.reason] ?? "")
      for notice in notices { call.console.notice(notice) }
      DisputeText.show(record, note: nil, call.console)
      return .done
    }
  }
}

/// A dispute in words and as JSON.
private enum DisputeText {
  static func json(_ record: DisputeRecord) -> JSONValue {
    .object([
      "id": .int(record.id), "name": .string(DisputeRecord.name(record.id)), "run_id": .string(record.runID),
      "market_id": .string(record.marketID), "user_id": .optional(record.userID),
      "state": .string(record.state.rawValue),
      "reason": .string(record.reason), "opened_by": .string(record.openedBy), "opened_at": .string(record.openedAt),
      "closed_by": .optional(record.closedBy), "closed_at": .optional(record.closedAt),
      "outcome": .optional(record.outcome),
    ])
  }

  static func show(_ record: DisputeRecord, note: String?, _ console: Console) {
    guard !console.isJSON else {
      console.print(json(record))
      return
    }
    let what =
      record.userID.map { "user \(Terminal.safe($0))'s part of market" } ?? "market"
    console.print(
      "\(DisputeRecord.name(record.id)) is \(record.state.rawValue): \(what) \(Terminal.safe(record.marketID)) of run "
        + record.runID + (note.map { "; \($0)" } ?? ""))
    if let outcome = record.outcome { console.print("  \(Terminal.safe(outcome))") }
  }
}
