// settle payouts …
internal import Batch
internal import Interchange
internal import Ledger
internal import Payouts
internal import Rails

extension Command {
  static let payoutCommands: [Command] = [
    .payoutsSchedule, .payoutsProcess, .payoutsStatus, .payoutsRetry, .payoutsPause, .payoutsResume, .payoutsReverse,
  ]

  static let payoutsSchedule = Command(
    name: "payouts schedule", summary: "make the job and transfers that pay a run's users",
    options: Option.place + [.run, .operatorID] + Option.watch,
    details: """
      One job for each run, one transfer for each user and currency: the net of the run's payouts and refunds. Again: \
      the same job; held transfers whose cause is gone (no destination, a dispute) may go now. Nothing is sent.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    try Outputs(place.outputsPath).requireNewest(store.ledger)
    let runID = try call.runID(store, place, call.arguments[.run] ?? "latest")
    let job: ScheduledJob
    do throws(PayoutError) {
      job = try store.schedule(run: runID, by: place.operatorID, now: Ticks.wall())
    } catch {
      throw BatchError.payout(error)
    }
    call.telemetry.report(Outcome(job, run: runID))
    if call.console.isJSON {
      call.console.print(
        .object([
          "run_id": .string(runID), "created": .bool(job.isNew), "picked_up": .int(job.pickedUp),
          "counts": PayoutText.json(job.counts), "amounts": PayoutText.amounts(job.counts),
        ]))
    } else {
      call.console.print(
        "run \(runID): \(job.isNew ? "scheduled" : "scheduled before"); \(PayoutText.line(job.counts))"
          + (job.pickedUp > 0 ? "; \(Console.counted(job.pickedUp, "held transfer")) may go now" : ""))
    }
    return job.counts[.held] > 0 ? .partial : .done
  }

  static let payoutsProcess = Command(
    name: "payouts process", summary: "send what is scheduled and due", operands: "[-- PROGRAM [ARGUMENT…]]",
    operandCount: 0...1_000, options: Option.place + Option.anyRail + [.job, .watchEvery, .operatorID] + Option.watch,
    details: """
      Any number of these may run at once on one ledger. After a crash, run it again: what may have been sent is looked \
      up at the rail, or sent again under the same key. PROGRAM speaks the protocol of docs/RAILS.md.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    try Outputs(place.outputsPath).requireNewest(store.ledger)
    var runIDs: [String] = []
    for name in call.arguments.all(.job) { runIDs.append(try call.runID(store, place, name)) }
    let work = PayoutWork(
      call: call, store: store, place: place, runIDs: runIDs, words: call.arguments.positionals)
    let (summary, rail) = try work.run(watchSeconds: try call.arguments.integer(.watchEvery, in: 1...86_400))
    return try call.tell(summary, store, rail: rail, runIDs)
  }

  static let payoutsStatus = Command(
    name: "payouts status", summary: "show jobs, transfers, and the calls made for one", operands: "[RUN]",
    operandCount: 0...1, options: Option.place + [.transfers, .state, .transfer]
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readOnly, place)
    if let id = call.arguments[.transfer] { return try call.tellTransfer(store, id) }
    var runID: String?
    if let name = call.arguments.positionals.first { runID = try call.runID(store, place, name) }
    do throws(PayoutError) {
      if let runID { _ = try store.job(runID) }
    } catch {
      throw BatchError.payout(error)
    }
    return try call.tellJobs(store, runID)
  }

  static let payoutsRetry = Command(
    name: "payouts retry", summary: "try transfers again, or record what became of one", operands: "TRANSFER…",
    operandCount: 0...10_000,
    options: Option.place + [.job, .state, .decision, .externalID, .reason, .operatorID],
    details: """
      What has failed for good is looked up once more and then sent under another key, to the destination of today. \
      With --job all failed transfers of that run (or those in --state). --decision records what you know from the rail \
      about a transfer that is unknown: executed (with --external-id) or not-executed. Be sure: the money follows.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    return try call.retry(store, place)
  }

  static let payoutsPause = Command(
    name: "payouts pause", summary: "send nothing more of a run for now", operands: "RUN", operandCount: 1...1,
    options: Option.place + [.reason, .operatorID]
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    let runID = try call.runID(store, place, call.arguments.positionals[0])
    let reason = try call.requiredReason("payouts pause")
    do throws(PayoutError) {
      try store.pause(runID, reason: reason, by: place.operatorID)
    } catch {
      throw BatchError.payout(error)
    }
    call.tellJob(runID, "paused")
    return .done
  }

  static let payoutsResume = Command(
    name: "payouts resume", summary: "go on with a run that was paused", operands: "RUN", operandCount: 1...1,
    options: Option.place + [.reason, .operatorID]
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    let runID = try call.runID(store, place, call.arguments.positionals[0])
    let wasPaused: Bool
    do throws(PayoutError) {
      wasPaused = try store.resume(runID, reason: call.arguments[.reason], by: place.operatorID)
    } catch {
      throw BatchError.payout(error)
    }
    call.tellJob(runID, wasPaused ? "resumed" : "was not paused")
    return .done
  }

  static let payoutsReverse = Command(
    name: "payouts reverse", summary: "get a completed transfer back", operands: "TRANSFER [-- PROGRAM [ARGUMENT…]]",
    operandCount: 1...1_000, options: Option.place + Option.anyRail + [.reason, .returned, .operatorID],
    details: """
      The rail is asked to send the money back; the user's wallet has it again once the rail says so. Where the rail \
      cannot be reached the next `payouts process` asks again. --returned records that the rail sent it back by itself.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let store = try call.payouts(.readWrite, place)
    return try call.reverse(store, place)
  }
}
