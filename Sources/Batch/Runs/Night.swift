// What do `plan`, `run`, `apply` and `check` do with a night?
internal import Interchange
package import Ledger
internal import Markets
internal import Money
internal import Settlement

/// Where a night is kept and by whom.
package struct NightPlace: Sendable {
  package var ledgerPath = "outputs/ledger.db"
  package var outputsPath = "outputs"
  package var operatorID = ""
  package var lockTimeoutSeconds = 0
  package var commandLine: [String] = []

  package init() {}
}

/// What a command tells about the night it computed or applied.
package struct NightAnswer: Sendable {
  package var runID: String
  package var generation: Int
  package var night: ComputedNight
  /// The run's directory, or the saved plan's.
  package var directory: String?
  /// The batch was applied before, by this run; nothing was done.
  package var appliedBefore: String?
  package var isApplied = false
  package var ledger: LedgerPosition?
  package var postings = 0
  package var notices: [String] = []

  package var status: ExitStatus { night.status }
}

/// The commands on whole nights.
package struct Night {
  private let request: NightRequest
  private let place: NightPlace
  private let progress: (any ProgressObserver)?
  private let startedAt = Clock.now()

  package init(_ request: NightRequest, at place: NightPlace, progress: (any ProgressObserver)? = nil) {
    self.request = request
    self.place = place
    self.progress = progress
  }

  /// Checks the inputs alone.
  package func check() throws(BatchError) -> ComputedNight {
    let computer = NightComputer(request, progress: progress)
    _ = try computer.read()
    let night = try computer.check()
    progress?.end()
    return night
  }

  // MARK: Plan

  /// Computes what `run` would do. Nothing is posted.
  ///
  /// - Parameters:
  ///   - ledger: what is settled already; nil where there is no ledger yet.
  ///   - directory: where to save the plan; it must not exist.
  package func plan(_ ledger: Ledger?, savingTo directory: String?) throws(BatchError) -> NightAnswer {
    if let directory { try requireAbsent(directory) }
    let computer = NightComputer(request, progress: progress)
    var watch = Stopwatch()
    let key = try computer.read()
    watch.lap("read")
    let book =
      try ledger.map { ledger throws(BatchError) in
        try BookState(ledger, batch: key, markets: computer.resolvedMarkets)
      } ?? BookState()
    let runID = Night.runID(key, book.generation)
    let target = try directory.map { path throws(BatchError) in
      try RunDirectory(staging: Night.aside(path), final: path, flushes: false)
    }
    do throws(BatchError) {
      var night = try computer.settle(into: target?.staging, earlier: book.settlements, posts: false, flushes: false)
      watch.lap("settle")
      var answer = NightAnswer(runID: runID, generation: book.generation, night: night, directory: directory)
      answer.ledger = book.position
      if let target {
        try addDataPackage(&night, runID, target)
        var head = Manifest.Head(settlement: runID, book.generation, request, night)
        head.corrects = book.corrected(by: night.markets)
        let manifest = Manifest(
          head, ledger: book.position, previousManifest: book.previousManifest, outputs: night.outputs)
        _ = try target.seal(manifest, outputs: night.outputs, info: info(watch, isPlan: true))
        try target.publish()
      }
      answer.night = night
      if computer.isComplete, book.isApplied(to: computer.resolvedMarkets) { answer.appliedBefore = book.lastRunID }
      return answer
    } catch {
      target?.discard()
      throw error
    }
  }

  private func requireAbsent(_ directory: String) throws(BatchError) {
    guard !FileSystem.exists(directory) else {
      throw BatchError(
        "output_exists", .usage, "\(Terminal.safe(directory)) exists already",
        hint: "give --out a directory that does not exist yet")
    }
  }

  // MARK: Run

  /// Settles, posts and publishes a night.
  ///
  /// - Parameter plan: the saved plan that this run must not differ from.
  package func run(_ ledger: Ledger, following plan: SavedPlan? = nil) throws(BatchError) -> NightAnswer {
    let outputs = Outputs(place.outputsPath)
    do throws(LedgerError) {
      try ledger.require(.admin, of: place.operatorID, for: plan == nil ? "run" : "apply")
    } catch {
      throw BatchError.ledger(error)
    }
    try outputs.requireSameLedger(ledger)
    let notices = try outputs.recover(ledger)
    let computer = NightComputer(request, progress: progress)
    var watch = Stopwatch()
    let key = try computer.read()
    watch.lap("read")
    let book = try BookState(ledger, batch: key, markets: computer.resolvedMarkets)
    guard let position = book.position else { preconditionFailure("a ledger without a position") }
    let runID = Night.runID(key, book.generation)
    try plan?.requireSame(key: key, runID: runID, position: position)
    /// The answer where there is nothing to apply.
    func appliedBefore(_ night: ComputedNight) -> NightAnswer? {
      guard let last = book.lastRunID else { return nil }
      var answer = NightAnswer(runID: last, generation: book.generation - 1, night: night)
      answer.appliedBefore = last
      answer.directory = outputs.directory(of: last)
      answer.ledger = book.position
      answer.notices = notices
      return answer
    }
    if computer.isComplete, book.isApplied(to: computer.resolvedMarkets),
      let answer = appliedBefore(ComputedNight(batchKey: key))
    {
      return answer
    }
    let target = try RunDirectory(
      staging: "\(outputs.stagingPath)/\(runID)", final: outputs.directory(of: runID), flushes: true)
    var night: ComputedNight
    do throws(BatchError) {
      night = try computer.settle(into: target.staging, earlier: book.settlements, posts: true, flushes: true)
      watch.lap("settle")
      if night.counts.settled == 0, let answer = appliedBefore(night) {
        // What is held stays held: another run would say nothing new.
        target.discard()
        return answer
      }
      try plan?.requireSame(outputs: night.outputs)
      try addDataPackage(&night, runID, target)
    } catch {
      target.discard()
      throw error
    }
    progress?.begin(stage: "post", total: night.counts.settled)
    var head = Manifest.Head(settlement: runID, book.generation, request, night)
    head.corrects = book.corrected(by: night.markets)
    let draft = RunDraft(
      head: head, outputs: night.outputs, target: target,
      position: position, previousManifest: book.previousManifest,
      settlements: Night.settlementRecords(night, runID), action: "run")
    let posted = try RunPoster(ledger: ledger, place: place).post(
      draft,
      info: {
        watch.lap("post")
        return info(watch, isPlan: false)
      },
      entries: { (writer) throws(BatchError) in
        for market in night.markets where market.status == .settled { try Night.post(market, runID, writer) }
      })
    progress?.end()
    var answer = NightAnswer(runID: runID, generation: book.generation, night: night, directory: target.final)
    answer.isApplied = true
    answer.ledger = posted.position
    answer.postings = posted.postings
    answer.notices = notices + night.notices
    return answer
  }

  /// The entries of one settled market: stakes in, payouts, refunds and fees out; escrow ends at 0.
  private static func post(_ market: MarketOutcome, _ runID: String, _ writer: EntryWriter) throws(BatchError) {
    guard let resolution = market.resolution, let payments = market.payments else {
      preconditionFailure("market \(market.id) is settled without payments")
    }
    let totals = market.totals
    let escrow = AccountName.escrow(market.id.bytes)
    func entry(_ kind: String, _ postings: () throws(LedgerError) -> Void) throws(BatchError) {
      let key = "settle:\(runID):\(AccountName.encoded(market.id.bytes)):\(kind)"
      writer.begin(
        EntryWriter.Entry(
          key: key, kind: kind, runID: runID, marketID: market.id.description, currency: resolution.currency.code))
      do throws(LedgerError) {
        try postings()
        try writer.end()
      } catch {
        throw BatchError.ledger(error)
      }
    }
    try entry("stakes") { () throws(LedgerError) in
      try writer.post(-totals.grossPool, to: AccountName.stakes)
      try writer.post(totals.grossPool, to: escrow)
    }
    try entry("payouts") { () throws(LedgerError) in
      try writer.post(-totals.totalPayout, to: escrow)
      try payments.forEach { (user, payout, _) throws(LedgerError) in
        try writer.post(payout, to: AccountName.user(user))
      }
    }
    try entry("refunds") { () throws(LedgerError) in
      try writer.post(-totals.totalRefund, to: escrow)
      try payments.forEach { (user, _, refund) throws(LedgerError) in
        try writer.post(refund, to: AccountName.user(user))
      }
    }
    try entry("fees") { () throws(LedgerError) in
      try writer.post(-(totals.houseFee + totals.creatorFee), to: escrow)
      try writer.post(totals.houseFee, to: AccountName.house)
      if totals.creatorFee > 0 {
        guard let creator = resolution.creatorID else { preconditionFailure("a creator fee without a creator") }
        try writer.post(totals.creatorFee, to: AccountName.creator(creator.bytes))
      }
    }
    for (kind, amount) in [("retained", totals.retained), ("breakage", totals.breakage)] {
      try entry(kind) { () throws(LedgerError) in
        try writer.post(-amount, to: escrow)
        try writer.post(amount, to: AccountName.house)
      }
    }
  }

  // MARK: Parts

  /// 16 hexadecimal digits of the batch key and the generation.
  static func runID(_ key: Digest, _ generation: Int) -> String { "\(key.hex.prefix(16))-\(generation)" }

  /// A hidden neighbour of `path`, to be moved into its place.
  private static func aside(_ path: String) -> String {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let name = trimmed.split(separator: "/").last.map(String.init) ?? "plan"
    return "\(FileSystem.parentDirectory(of: trimmed))/.\(name).partial"
  }

  private func addDataPackage(_ night: inout ComputedNight, _ runID: String, _ target: RunDirectory) throws(BatchError)
  {
    let bytes = Array(OutputSchema.dataPackage(runID: runID, outputs: night.outputs).pretty.utf8)
    try target.create("datapackage.json", bytes)
    night.outputs.append(
      OutputSummary(name: "datapackage.json", rows: nil, byteCount: bytes.count, digest: SHA256.digest(of: bytes)))
    night.outputs.sort { $0.name < $1.name }
  }

  private static func settlementRecords(_ night: ComputedNight, _ runID: String) -> [SettlementRecord] {
    night.markets.filter { $0.status == .settled }.map { market in
      guard let resolution = market.resolution, let facts = market.facts else {
        preconditionFailure("market \(market.id) is settled without facts")
      }
      return SettlementRecord(
        runID: runID, marketID: market.id.description, resolutionID: resolution.resolutionID.description, facts: facts)
    }
  }

  /// `run-info.json`: clocks, the operator, the command line, and where the inputs were. Nothing here is compared.
  private func info(_ watch: Stopwatch, isPlan: Bool) -> JSONValue {
    .object([
      "started_at": .string(startedAt),
      "finished_at": .string(Clock.now()),
      "seconds": .object(
        Dictionary(uniqueKeysWithValues: watch.laps.map { ($0.stage, .number(Stopwatch.seconds($0.milliseconds))) })),
      "operator": .string(place.operatorID),
      "command_line": .array(place.commandLine.map { .string($0) }),
      "threads": .int(request.threads),
      "audit_format": .string(request.auditFormat.rawValue),
      "is_plan": .bool(isPlan),
      "inputs": .array(
        request.inputs.map { input in
          .object([
            "table": .string(input.table.rawValue), "format": .string(input.format.rawValue),
            "path": .string(input.path == "-" ? "-" : FileSystem.absolute(input.path)),
          ])
        }),
    ])
  }
}
