// settle run, plan, apply, check
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let nightCommands: [Command] = [.run, .plan, .apply, .check]

  static let run = Command(
    name: "run", summary: "settle a night: compute, post to the ledger, publish the files",
    options: Option.night + Option.place + [.initLedger, .lockTimeout, .operatorID] + Option.watch,
    details: """
      Reads resolutions and commitments, settles every market exactly, posts the result in one database transaction and
      publishes outputs/RUN/. The same batch again does nothing. A market with a rejected row is held (exit 3), the
      others settle. Without files named, resolutions.* and commitments.* of the current directory are meant.
      """
  ) { (call) throws(BatchError) in
    let request = try call.nightRequest(needsBoth: true)
    let place = try call.place()
    let locks = try call.lockMakingLedger(place)
    defer { withExtendedLifetime(locks) {} }
    guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("a run without a ledger") }
    let answer = try Night(request, at: place, progress: call.progress).run(ledger)
    return call.tell(answer, kind: "applied", request)
  }

  static let plan = Command(
    name: "plan", summary: "show what run would do; post nothing",
    options: Option.night + Option.place + [.out, .operatorID] + Option.watch,
    details: """
      The same computation as run. --out DIR writes the complete run directory there as a saved plan, for `settle apply`.
      """
  ) { (call) throws(BatchError) in
    let request = try call.nightRequest(needsBoth: true)
    let place = try call.place()
    let ledger = try call.ledger(.readOnly, place, isOptional: true)
    if ledger == nil {
      call.console.notice("no ledger at \(Terminal.safe(place.ledgerPath)): what was settled before is not known")
    }
    let answer = try Night(request, at: place, progress: call.progress).plan(ledger, savingTo: call.arguments[.out])
    return call.tell(answer, kind: "planned", request)
  }

  static let apply = Command(
    name: "apply", summary: "post a saved plan, if nothing has changed since", operands: "DIR", operandCount: 1...1,
    options: Option.place + [.lockTimeout, .operatorID, .threads] + Option.watch,
    details: """
      Proves that inputs, configuration and ledger are still those that the plan was made for, computes the night again,
      and posts it only if every file is the same to the byte.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    let plan = try SavedPlan(call.arguments.positionals[0])
    var request = try plan.request()
    request.threads = try call.threads()
    guard FileSystem.exists(place.ledgerPath) else {
      throw BatchError.ledger(LedgerError(.missing, "\(place.ledgerPath): there is no ledger"))
    }
    let locks = try call.lock(place)
    defer { withExtendedLifetime(locks) {} }
    guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("an apply without a ledger") }
    try plan.requireUnused(ledger)
    let answer = try Night(request, at: place, progress: call.progress).run(ledger, following: plan)
    return call.tell(answer, kind: "applied", request)
  }

  static let check = Command(
    name: "check", summary: "check input files alone, and list every problem",
    options: Option.inputFiles + Option.policies + [.rejects, .threads] + Option.watch,
    details: "Any subset of the files may be checked. Exit 0 where all is well, 4 where a row is rejected."
  ) { (call) throws(BatchError) in
    let request = try call.nightRequest(needsBoth: false)
    let night = try Night(request, at: try call.place(), progress: call.progress).check()
    call.telemetry.report(Outcome(checked: night))
    let status = night.rejections.isEmpty ? ExitStatus.done : .refused
    if call.console.isJSON {
      var members: [String: JSONValue] = [
        "ok": .bool(status == .done), "exit": .int(status.rawValue),
        "inputs": .array(
          night.inputs.map { input in
            .object([
              "name": .string(input.name), "rows": .int(input.rows), "accepted": .int(input.accepted),
              "rejected": .int(input.rejected), "excluded": .int(input.excluded),
              "sha256": .optional(input.digest?.hex),
            ])
          }),
        "notices": .array(night.notices.map { .string($0) }),
      ]
      members.merge(NightText.rejections(night.rejections)) { $1 }
      call.console.print(.object(members))
      return status
    }
    for notice in night.notices { call.console.notice(notice) }
    call.console.table(
      [["file", "rows", "accepted", "rejected", "excluded"]]
        + night.inputs.map {
          [
            $0.name, Console.grouped($0.rows), Console.grouped($0.accepted), Console.grouped($0.rejected),
            Console.grouped($0.excluded),
          ]
        }, indent: "")
    call.console.print(
      status == .done ? "no problems" : Console.counted(night.rejections.count, "problem"))
    NightText.showRejections(night.rejections, request, call.console)
    if call.console.isQuiet { call.console.discard() }
    return status
  }
}

extension Invocation {
  func tell(_ answer: NightAnswer, kind: String, _ request: NightRequest) -> ExitStatus {
    telemetry.report(Outcome(answer, kind: kind))
    if console.isJSON {
      console.print(NightText.json(answer, kind: kind))
    } else {
      for notice in answer.notices + (answer.isApplied ? [] : answer.night.notices) { console.notice(notice) }
      NightText.show(answer, kind: kind, request, console)
      // In cron, silence means that all went well; problems are on standard error already. A plan is what was asked for.
      if console.isQuiet, kind == "applied" { console.discard() }
    }
    return answer.status
  }
}
