// What do `prizes pay` and `prizes refund` do with a batch of events?
internal import Interchange
package import Ledger
internal import Markets
internal import Money

/// What a command tells about the batch it computed or applied.
package struct PrizeAnswer: Sendable {
  package var runID: String
  package var generation: Int
  package var operation: PrizeOperation
  package var computed: ComputedPrizes
  package var directory: String?
  /// The batch was applied before, by this run; nothing was done.
  package var appliedBefore: String?
  package var isApplied = false
  package var isDryRun = false
  package var ledger: LedgerPosition?
  package var postings = 0
  package var notices: [String] = []
  /// The entries that pay each event, now or before, and the run that made them; by the bytes of the event's id.
  package var entries: [[UInt8]: (runID: String, ids: [Int64])] = [:]

  package var status: ExitStatus { computed.status }

  /// Nothing was moved, because all there is to move was moved before.
  package var isIdempotent: Bool {
    !isDryRun && (appliedBefore != nil || computed.counts.settled == 0 && computed.counts.alreadySettled > 0)
  }
}

/// Pays or refunds a batch of events.
package struct PrizeRun {
  private let request: PrizeRequest
  private let place: NightPlace
  private let progress: (any ProgressObserver)?
  private let startedAt = Clock.now()

  package init(_ request: PrizeRequest, at place: NightPlace, progress: (any ProgressObserver)? = nil) {
    self.request = request
    self.place = place
    self.progress = progress
  }

  // MARK: Dry run

  /// Computes what `apply` would do, and whether it may. Nothing is written.
  /// - Parameter ledger: what is settled already; nil where there is no ledger yet.
  package func plan(_ ledger: Ledger?) throws(BatchError) -> PrizeAnswer {
    if let ledger { try Authority.require(ledger, place.operatorID) }
    let computer = PrizeComputer(request, progress: progress)
    let key = try computer.read()
    if let ledger { try Authority.require(ledger, place.operatorID, events: computer.intake.events) }
    let book = try ledger.map { ledger throws(BatchError) in try state(ledger, key, computer) } ?? BookState()
    let room = try ledger.map { ledger throws(BatchError) in
      try WalletRoom(ledger, bounds: try computer.bounds())
    }
    let computed = try computer.settle(
      into: nil, earlier: book.settlements, excluded: try excluded(ledger, computer), room: room ?? WalletRoom(),
      flushes: false)
    let runID = Night.runID(key, book.generation)
    if let ledger {
      try EventPoster(request.operation, runID, computer.intake.registrations)
        .requireRoom(for: computed.events, ledger)
    }
    var answer = PrizeAnswer(
      runID: runID, generation: book.generation, operation: request.operation, computed: computed)
    answer.isDryRun = true
    answer.ledger = book.position
    answer.notices = computed.notices
    if computer.isComplete, book.isApplied(to: computer.eventIDs) { answer.appliedBefore = book.lastRunID }
    if let ledger { try addEntries(&answer, ledger, book) }
    return answer
  }

  // MARK: Apply

  /// Settles, posts and publishes.
  package func apply(_ ledger: Ledger) throws(BatchError) -> PrizeAnswer {
    let outputs = Outputs(place.outputsPath)
    let action = "prizes \(request.operation.rawValue)"
    try Authority.require(ledger, place.operatorID, for: action)
    try outputs.requireSameLedger(ledger)
    let notices = try outputs.recover(ledger)
    let computer = PrizeComputer(request, progress: progress)
    var watch = Stopwatch()
    let key = try computer.read()
    watch.lap("read")
    try Authority.require(ledger, place.operatorID, events: computer.intake.events, for: action)
    let book = try state(ledger, key, computer)
    guard let position = book.position else { preconditionFailure("a ledger without a position") }
    let runID = Night.runID(key, book.generation)
    func appliedBefore(_ computed: ComputedPrizes) throws(BatchError) -> PrizeAnswer? {
      guard let last = book.lastRunID else { return nil }
      var answer = PrizeAnswer(
        runID: last, generation: book.generation - 1, operation: request.operation, computed: computed)
      answer.appliedBefore = last
      answer.directory = outputs.directory(of: last)
      answer.ledger = position
      answer.notices = notices + computed.notices
      try addEntries(&answer, ledger, book)
      return answer
    }
    let room = try WalletRoom(ledger, bounds: try computer.bounds())
    let target = try RunDirectory(
      staging: "\(outputs.stagingPath)/\(runID)", final: outputs.directory(of: runID), flushes: true)
    var computed: ComputedPrizes
    do throws(BatchError) {
      computed = try computer.settle(
        into: target.staging, earlier: book.settlements, excluded: try excluded(ledger, computer), room: room,
        flushes: true)
      watch.lap("settle")
      if computed.counts.settled == 0, let answer = try appliedBefore(computed) {
        target.discard()
        return answer
      }
      try addDataPackage(&computed, runID, target)
    } catch {
      target.discard()
      throw error
    }
    progress?.begin(stage: "post", total: computed.counts.settled)
    var head = head(runID, book.generation, computed)
    head.corrects = book.corrected(bySubjects: computed.events.filter { $0.status == .settled }.map(\.id.bytes))
    let draft = RunDraft(
      head: head, outputs: computed.outputs, target: target, position: position,
      previousManifest: book.previousManifest, settlements: settlements(computed, runID),
      action: "prizes \(request.operation.rawValue)", reason: request.notes)
    let poster = EventPoster(request.operation, runID, computer.intake.registrations)
    let posted = try RunPoster(ledger: ledger, place: place).post(
      draft,
      info: {
        watch.lap("post")
        return info(watch)
      },
      entries: { (writer) throws(BatchError) in
        for event in computed.events where event.status == .settled { try poster.post(event, writer) }
      },
      completing: { () throws(BatchError) in try poster.markFailed(computed.events, ledger) })
    progress?.end()
    var answer = PrizeAnswer(
      runID: runID, generation: book.generation, operation: request.operation, computed: computed,
      directory: target.final)
    answer.isApplied = true
    answer.ledger = posted.position
    answer.postings = posted.postings
    answer.notices = notices + computed.notices
    try addEntries(&answer, ledger, book)
    return answer
  }

  // MARK: Parts

  private func state(_ ledger: Ledger, _ key: Digest, _ computer: PrizeComputer) throws(BatchError) -> BookState {
    try BookState(ledger, batch: key, markets: computer.eventIDs, kind: request.operation.settlementKind)
  }

  /// Events that the other operation settled.
  private func excluded(_ ledger: Ledger?, _ computer: PrizeComputer) throws(BatchError) -> Set<ID> {
    guard let ledger else { return [] }
    let other: PrizeOperation = request.operation == .pay ? .refund : .pay
    do throws(LedgerError) {
      let records = try ledger.settlements(
        ofMarkets: computer.eventIDs.lazy.map(\.description), kind: other.settlementKind)
      return Set(records.map { ID($0.marketID) })
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// Which entries paid the events, by this run or by those before it.
  private func addEntries(_ answer: inout PrizeAnswer, _ ledger: Ledger, _ book: BookState) throws(BatchError) {
    var runs: Set<String> = answer.isApplied ? [answer.runID] : []
    var runOf: [ID: String] = [:]
    for event in answer.computed.events {
      switch event.status {
      case .settled: if answer.isApplied { runOf[event.id] = answer.runID }
      case .alreadySettled: runOf[event.id] = book.settlements[event.id]?.runID
      case .held, .failed: break
      }
    }
    runs.formUnion(runOf.values)
    do throws(LedgerError) {
      for runID in runs {
        guard let run = try ledger.run(runID) else { continue }
        let ids = try ledger.entryIDs(ofRun: run, kinds: [request.operation.entryKind])
        for (event, owner) in runOf where owner == runID {
          answer.entries[event.bytes] = (runID, ids[event.bytes] ?? [])
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func addDataPackage(
    _ computed: inout ComputedPrizes, _ runID: String, _ target: RunDirectory
  ) throws(BatchError) {
    let package = PrizeRun.dataPackage(request.operation, runID, computed.outputs)
    try target.create("datapackage.json", package)
    computed.outputs.append(
      OutputSummary(name: "datapackage.json", rows: nil, byteCount: package.count, digest: SHA256.digest(of: package)))
    computed.outputs.sort { $0.name < $1.name }
  }

  static func dataPackage(_ operation: PrizeOperation, _ runID: String, _ outputs: [OutputSummary]) -> [UInt8] {
    let title = operation == .pay ? "Prizes of run" : "Refunds of run"
    return Array(OutputSchema.dataPackage(runID: runID, outputs: outputs, title: title).pretty.utf8)
  }

  private func head(_ runID: String, _ generation: Int, _ computed: ComputedPrizes) -> Manifest.Head {
    PrizeRun.head(request, runID, generation, computed)
  }

  static func head(
    _ request: PrizeRequest, _ runID: String, _ generation: Int, _ computed: ComputedPrizes
  ) -> Manifest.Head {
    Manifest.Head(
      kind: request.operation.runKind, runID: runID, generation: generation, batchKey: computed.batchKey.hex,
      asOf: request.asOf, configuration: request.configuration.json, inputs: computed.inputs,
      totals: .object(Dictionary(uniqueKeysWithValues: computed.totals.map { ($0.key.code, $0.value.json) })),
      counts: computed.counts.json)
  }

  private func settlements(_ computed: ComputedPrizes, _ runID: String) -> [SettlementRecord] {
    computed.events.filter { $0.status == .settled }.map { event in
      guard let facts = event.facts else { preconditionFailure("event \(event.id) is settled without facts") }
      return SettlementRecord(
        runID: runID, kind: request.operation.settlementKind, marketID: event.id.description, resolutionID: "",
        facts: facts)
    }
  }

  private func info(_ watch: Stopwatch) -> JSONValue {
    PrizeRun.info(startedAt: startedAt, watch, place, notes: request.notes, inputs: request.inputs)
  }

  /// `run-info.json`: clocks, the operator, the command line, and where the inputs were. Nothing here is compared.
  static func info(
    startedAt: String, _ watch: Stopwatch, _ place: NightPlace, notes: String?, inputs: [InputFile]
  ) -> JSONValue {
    .object([
      "started_at": .string(startedAt),
      "finished_at": .string(Clock.now()),
      "seconds": .object(
        Dictionary(uniqueKeysWithValues: watch.laps.map { ($0.stage, .number(Stopwatch.seconds($0.milliseconds))) })),
      "operator": .string(place.operatorID),
      "notes": .optional(notes),
      "command_line": .array(place.commandLine.map { .string($0) }),
      "is_plan": .bool(false),
      "inputs": .array(
        inputs.map { input in
          .object([
            "table": .string(input.table.rawValue), "format": .string(input.format.rawValue),
            "path": .string(input.path == "-" ? "-" : FileSystem.absolute(input.path)),
          ])
        }),
    ])
  }
}
