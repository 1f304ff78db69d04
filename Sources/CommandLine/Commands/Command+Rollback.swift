// settle rollback
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets

extension Command {
  /// Commands that take back what was applied.
  static let correctionCommands: [Command] = [.rollback, .recover]

  static let rollback = Command(
    name: "rollback", summary: "take a run back from its manifest, exactly and once", operands: "RUN|MANIFEST",
    operandCount: 1...1,
    options: [.reason, .markets, .users, .onShortfall, .acceptExternal, .dryRun] + Option.place
      + [.lockTimeout, .operatorID] + Option.watch,
    details: """
      Proves the manifest first: against the ledger, the run's files and its entries (exit 5 names what does not fit).
      Then each entry of the run gets one that takes it back, fees too; nothing is edited. The markets can be settled
      again. Where somebody has spent what would be taken, --on-shortfall decides: strict leaves that market as it is
      (exit 3), clamp takes what is there and notes the rest as a receivable, allow-negative lets the balance fall below
      zero. --user takes back one user's part alone, into the account suspense; the market stays settled. The same
      rollback again does nothing and names the earlier one. --dry-run shows all of it and writes nothing.
      """
  ) { (call) throws(BatchError) in
    let request = try call.rollbackRequest()
    let place = try call.rollbackPlace()
    let outputs = Outputs(place.outputsPath)
    let operand = call.arguments.positionals[0]
    if call.arguments.has(.dryRun) {
      guard let ledger = try call.ledger(.readOnly, place) else { preconditionFailure("no ledger") }
      let source = try ManifestSource(operand, outputs, ledger)
      return call.tell(try Rollback(request, at: place).plan(source, ledger))
    }
    return try call.whileLocked(place) { (ledger, notices) throws(BatchError) in
      let source = try ManifestSource(operand, outputs, ledger)
      var answer = try Rollback(request, at: place).apply(source, ledger)
      answer.notices = notices
      return call.tell(answer)
    }
  }
}

extension Invocation {
  func rollbackRequest() throws(BatchError) -> RollbackRequest {
    var request = RollbackRequest()
    request.reason = arguments[.reason] ?? ""
    request.markets = arguments.all(.markets).map { ID($0) }
    request.users = arguments.all(.users).map { ID($0) }
    request.onShortfall = arguments[.onShortfall].flatMap(ShortfallPolicy.init(rawValue:)) ?? .strict
    request.acceptsExternal = arguments.has(.acceptExternal)
    try request.check()
    return request
  }

  /// The place of a run that is named by a path is where that path is, unless another is named.
  func rollbackPlace() throws(BatchError) -> NightPlace {
    var place = try place()
    let text = arguments.positionals.first ?? ""
    guard arguments[.ledger] == nil, arguments[.outputs] == nil, FileSystem.exists(text) else { return place }
    let directory = FileSystem.isDirectory(text) ? text : FileSystem.parentDirectory(of: text)
    let outputs = FileSystem.parentDirectory(of: FileSystem.absolute(directory))
    if FileSystem.exists("\(outputs)/ledger.db") {
      place.outputsPath = outputs
      place.ledgerPath = "\(outputs)/ledger.db"
    }
    return place
  }

  /// Runs a command that writes: with the locks held, the right of an admin proved, and what a crash left put right.
  func whileLocked(
    _ place: NightPlace, _ body: (_ ledger: Ledger, _ notices: [String]) throws(BatchError) -> ExitStatus
  ) throws(BatchError) -> ExitStatus {
    guard FileSystem.exists(place.ledgerPath) else {
      throw BatchError.ledger(LedgerError(.missing, "\(place.ledgerPath): there is no ledger"))
    }
    let locks = try lock(place)
    defer { withExtendedLifetime(locks) {} }
    guard let ledger = try ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    do throws(LedgerError) {
      try ledger.require(.admin, of: place.operatorID, for: command.name)
    } catch {
      throw BatchError.ledger(error)
    }
    let outputs = Outputs(place.outputsPath)
    try outputs.requireSameLedger(ledger)
    return try body(ledger, try outputs.recover(ledger))
  }

  func tell(_ answer: RollbackAnswer) -> ExitStatus {
    telemetry.report(Outcome(answer))
    if console.isJSON {
      console.print(answer.json)
    } else {
      for notice in answer.notices { console.notice(notice) }
      RollbackText.show(answer, console)
      if console.isQuiet { console.discard() }
    }
    return answer.status
  }
}

/// A rollback in words.
enum RollbackText {
  private static let shownMax = 20

  static func show(_ answer: RollbackAnswer, _ console: Console) {
    let run = Terminal.safe(answer.reverses)
    let earlier = answer.earlierRollbacks.map { Terminal.safe($0) }.joined(separator: ", ")
    switch answer.state {
    case .alreadyRolledBack:
      console.print("nothing to do: run \(run) is rolled back already, by run \(earlier)")
    case .nothingToDo:
      console.print("nothing to do: run \(run) has nothing to take back")
    case .blocked:
      console.print("nothing was rolled back: what run \(run) paid is not there any more")
    case .applied, .planned:
      let count = answer.markets.count { $0.status == "rolled_back" }
      let users = answer.markets.reduce(0) { $0 + $1.users.count }
      let what = users > 0 ? Console.counted(users, "user's part") : Console.counted(count, "market")
      console.print(
        answer.state == .planned
          ? "rollback of run \(run) would take back \(what)"
          : "run \(Terminal.safe(answer.runID ?? "")) rolled back run \(run): \(what)")
      if !earlier.isEmpty { console.print("  rolled back before, by run \(earlier): left alone") }
    }
    showMovements(answer, console)
    showShortfalls(answer, console)
    if let directory = answer.directory { console.print("  files   \(Terminal.safe(directory))/") }
    if let position = answer.position, let sequence = position.sequenceAfter, let head = position.headAfter {
      console.print(
        "  ledger  \(Console.grouped(answer.postings)) postings in entries \(position.sequenceBefore + 1) to \(sequence), "
          + "head \(head.prefix(16))")
    }
  }

  private static func showMovements(_ answer: RollbackAnswer, _ console: Console) {
    guard !answer.movements.isEmpty else { return }
    console.table(
      [["market", "account", "moves", "currency", "receivable"]]
        + answer.movements.prefix(shownMax).map {
          [
            Terminal.safe($0.marketID),
            Terminal.safe($0.account) + ($0.account == $0.source ? "" : " (from \(Terminal.safe($0.source)))"),
            Console.grouped($0.reversed), $0.currency, $0.receivable == 0 ? "" : Console.grouped($0.receivable),
          ]
        })
    if answer.movementCount > shownMax {
      console.print("  … and \(Console.grouped(answer.movementCount - shownMax)) more, all in reversals.csv")
    }
  }

  private static func showShortfalls(_ answer: RollbackAnswer, _ console: Console) {
    guard !answer.shortfalls.isEmpty else { return }
    console.print("  not there any more: \(Console.counted(answer.shortfalls.count, "account"))")
    console.table(
      [["market", "account", "needed", "there", "short", "currency", "why", "then"]]
        + answer.shortfalls.prefix(shownMax).map {
          [
            Terminal.safe($0.marketID), Terminal.safe($0.account), Console.grouped($0.required),
            Console.grouped($0.available), Console.grouped($0.amount), $0.currency, $0.cause, $0.handling,
          ]
        })
    if answer.shortfalls.count > shownMax {
      console.print("  … and \(Console.grouped(answer.shortfalls.count - shownMax)) more (--json lists all)")
    }
    if answer.shortfalls.contains(where: { $0.handling == "blocked" }) {
      console.print("  --on-shortfall clamp notes what is missing as a receivable; --accept-external what was sent")
    }
  }
}
