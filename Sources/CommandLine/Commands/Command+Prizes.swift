// settle prizes pay, refund, verify, award
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let prizeCommands: [Command] = [.prizesPay, .prizesRefund, .prizesVerify, .prizesAward]

  static let prizesPay = Command(
    name: "prizes pay", summary: "pay the prizes of completed events",
    options: Option.eventInputs + Option.eventDefaults + [.tie, .prizeRemainder] + Option.eventRun + [.dryRun, .notes]
      + Option.place + [.initLedger, .lockTimeout, .operatorID] + Option.eventWatch,
    details: """
      Reads events, registrations and placements, works out every prize exactly, posts them in one database transaction
      and publishes outputs/RUN/. The same batch again does nothing and names the same entries. An event that is not
      completed, has no placements, or has a rejected row is held (exit 3); the others are paid. A prize that its wallet
      cannot take is marked failed and set aside. Without files named, events.*, registrations.* and placements.* of the
      current directory are meant.
      """
  ) { (call) throws(BatchError) in
    try call.prizes(.pay, needed: [.events, .registrations, .placements])
  }

  static let prizesRefund = Command(
    name: "prizes refund", summary: "refund the entry fees of cancelled events",
    options: Option.eventInputs + Option.eventDefaults + [.refundRate] + Option.eventRun + [.dryRun, .notes]
      + Option.place + [.initLedger, .lockTimeout, .operatorID] + Option.eventWatch,
    details: """
      Every registration with status confirmed of a cancelled event gets its fee back, or refund_bps of it, rounded down;
      the rest of a partial refund stays with the house. Placements need not be given.
      """
  ) { (call) throws(BatchError) in
    try call.prizes(.refund, needed: [.events, .registrations])
  }
}

extension Command {
  static let prizesAward = Command(
    name: "prizes award", summary: "give fixed awards of the house for taking part, or for a place",
    options: Option.eventInputs + Option.eventDefaults + [.awardKind, .awardAmount, .awardAmounts, .backfill]
      + Option.eventRun + [.dryRun, .notes] + Option.place + [.initLedger, .lockTimeout, .operatorID]
      + Option.eventWatch,
    details: """
      --kind participation gives --amount to every confirmed registration of the completed events, once for each
      registration; --kind placement gives what --amounts says to every placement, once for each registration in an
      event. An award that was given before is not given again; with another amount it is a conflict (exit 5), unless
      --backfill asks for what is missing alone. What the house has not enough for is failed, and given by a later call.
      """
  ) { (call) throws(BatchError) in
    guard let kind = call.arguments[.awardKind] else {
      throw BatchError("usage", .usage, "which awards?", hint: "give --kind participation or --kind placement")
    }
    let operation: PrizeOperation = kind == "placement" ? .placement : .participation
    let needed: [Table] = operation == .placement ? [.events, .registrations, .placements] : [.events, .registrations]
    let plain = try call.prizeRequest(.pay, needed: needed)
    var request = try AwardRequest(
      operation, amount: call.arguments[.awardAmount], table: call.arguments[.awardAmounts], plain.configuration)
    request.inputs = plain.inputs
    request.asOf = plain.asOf
    request.notes = plain.notes
    request.rejectsPath = plain.rejectsPath
    request.isStrict = plain.isStrict
    request.isBackfill = call.arguments.has(.backfill)
    return try call.award(request)
  }

  static let prizesVerify = Command(
    name: "prizes verify", summary: "compare what events should have paid with what was paid",
    options: Option.eventInputs + Option.eventDefaults + [.tie, .prizeRemainder, .refundRate, .only, .refunds, .actual]
      + [.actualFormat] + Option.place + Option.eventWatch,
    details: """
      Works the prizes out anew and compares them with the ledger's entries, place by place: missing, mismatched,
      duplicate and failed payments, and more paid than the pool. No run directory is needed. --refunds compares the
      refunds of cancelled events. --actual FILE compares with a file of payments instead (event_id, registration_id or
      place, amount). Exit 0 where nothing is found, 1 where something is.
      """
  ) { (call) throws(BatchError) in
    let operation: PrizeOperation = call.arguments.has(.refunds) ? .refund : .pay
    let needed: [Table] = operation == .pay ? [.events, .registrations, .placements] : [.events, .registrations]
    let request = try call.prizeRequest(operation, needed: needed)
    var verification = PrizeVerification(request, progress: call.progress)
    verification.actualFiles = try call.inputs(.actual, .actualFormat, .payments)
    let ledger = verification.actualFiles.isEmpty ? try call.ledger(.readOnly, try call.place()) : nil
    let report = try verification.report(ledger)
    call.telemetry.report(Outcome(report))
    if call.console.isJSON {
      call.console.print(report.json)
    } else {
      for notice in report.notices { call.console.notice(notice) }
      PrizeReportText.show(report, call.console)
    }
    return report.status
  }
}

extension Invocation {
  fileprivate func prizes(_ operation: PrizeOperation, needed: [Table]) throws(BatchError) -> ExitStatus {
    let request = try prizeRequest(operation, needed: needed)
    let place = try place()
    let run = PrizeRun(request, at: place, progress: progress)
    if arguments.has(.dryRun) {
      let ledger = try ledger(.readOnly, place, isOptional: true)
      if ledger == nil {
        console.notice("no ledger at \(Terminal.safe(place.ledgerPath)): what was paid before is not known")
      }
      return tell(try run.plan(ledger), request)
    }
    let locks = try lockMakingLedger(place)
    defer { withExtendedLifetime(locks) {} }
    guard let ledger = try ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    return tell(try run.apply(ledger), request)
  }

  fileprivate func award(_ request: AwardRequest) throws(BatchError) -> ExitStatus {
    let place = try place()
    let run = AwardRun(request, at: place, progress: progress)
    let answer: AwardAnswer
    if arguments.has(.dryRun) {
      answer = try run.plan(try ledger(.readOnly, place, isOptional: true))
    } else {
      let locks = try lockMakingLedger(place)
      defer { withExtendedLifetime(locks) {} }
      guard let ledger = try ledger(.readWrite, place) else { preconditionFailure("no ledger") }
      answer = try run.apply(ledger)
    }
    telemetry.report(Outcome(answer))
    if console.isJSON {
      console.print(AwardText.json(answer))
    } else {
      for notice in answer.notices { console.notice(notice) }
      AwardText.show(answer, request.inputs, console)
      if console.isQuiet, !answer.isDryRun { console.discard() }
    }
    return answer.status
  }

  private func tell(_ answer: PrizeAnswer, _ request: PrizeRequest) -> ExitStatus {
    telemetry.report(Outcome(answer))
    if console.isJSON {
      console.print(PrizeText.json(answer))
    } else {
      for notice in answer.notices { console.notice(notice) }
      PrizeText.show(answer, request, console)
      // In cron, silence means that all went well. A dry run is what was asked for.
      if console.isQuiet, !answer.isDryRun { console.discard() }
    }
    return answer.status
  }
}
