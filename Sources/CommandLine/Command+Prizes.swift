// settle prizes pay, refund, verify, award
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let prizeCommands: [Command] = [.prizesPay, .prizesRefund]

  static let prizesPay = Command(
    name: "prizes pay", summary: "pay the prizes of completed events",
    options: Option.eventInputs + Option.eventDefaults + [.tie, .prizeRemainder] + Option.eventRun + [.dryRun, .notes]
      + Option.place + [.initLedger, .lockTimeout, .operatorID, .metrics],
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
      + Option.place + [.initLedger, .lockTimeout, .operatorID, .metrics],
    details: """
      Every registration with status confirmed of a cancelled event gets its fee back, or refund_bps of it, rounded down;
      the rest of a partial refund stays with the house. Placements need not be given.
      """
  ) { (call) throws(BatchError) in
    try call.prizes(.refund, needed: [.events, .registrations])
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

  private func tell(_ answer: PrizeAnswer, _ request: PrizeRequest) -> ExitStatus {
    if console.isJSON {
      console.print(PrizeText.json(answer))
    } else {
      for notice in answer.notices { console.notice(notice) }
      PrizeText.show(answer, request, console)
      if console.isQuiet { console.discard() }
    }
    return answer.status
  }
}
