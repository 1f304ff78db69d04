// What does `prizes award` do?
internal import Interchange
package import Ledger
internal import Markets
internal import Money

/// What the command tells.
package struct AwardAnswer: Sendable {
  package var runID: String?
  package var generation: Int
  package let operation: PrizeOperation
  package let currency: String
  package var computed: ComputedAwards
  package var directory: String?
  package var isApplied = false
  package var isDryRun = false
  package var ledger: LedgerPosition?
  package var postings = 0
  package var notices: [String] = []
  /// The entry of each award that was given, now or before, by subject.
  package var entries: [[UInt8]: Int64] = [:]

  package var status: ExitStatus { computed.status }

  package func entry(of award: Award) -> Int64? { entries[Array(award.subject(operation).utf8)] }
}

/// Gives awards: an entry for each, house to wallet, under a key of stable ids.
package struct AwardRun {
  private let request: AwardRequest
  private let place: NightPlace
  private let progress: (any ProgressObserver)?
  private let startedAt = Clock.now()

  package init(_ request: AwardRequest, at place: NightPlace, progress: (any ProgressObserver)? = nil) {
    self.request = request
    self.place = place
    self.progress = progress
  }

  /// Computes what `apply` would give.
  package func plan(_ ledger: Ledger?) throws(BatchError) -> AwardAnswer {
    let computer = AwardComputer(request, progress: progress)
    let key = try computer.read()
    var answer = answer(try computer.compute(key, ledger))
    answer.isDryRun = true
    if let ledger { try addEntries(&answer, ledger) }
    return answer
  }

  /// Gives what is due.
  package func apply(_ ledger: Ledger) throws(BatchError) -> AwardAnswer {
    let outputs = Outputs(place.outputsPath)
    do throws(LedgerError) {
      try ledger.require(.admin, of: place.operatorID, for: "prizes \(request.operation.rawValue)")
    } catch {
      throw BatchError.ledger(error)
    }
    try outputs.requireSameLedger(ledger)
    let notices = try outputs.recover(ledger)
    let computer = AwardComputer(request, progress: progress)
    var watch = Stopwatch()
    let key = try computer.read()
    watch.lap("read")
    let book = try BookState(ledger, batch: key, markets: [], kind: request.operation.settlementKind)
    guard let position = book.position else { preconditionFailure("a ledger without a position") }
    var computed = try computer.compute(key, ledger)
    watch.lap("compute")
    guard computed.count(.given) > 0 else {
      // Nothing to give: no run.
      var answer = answer(computed)
      answer.ledger = position
      answer.notices += notices
      try addEntries(&answer, ledger)
      return answer
    }
    let runID = Night.runID(key, book.generation)
    let target = try RunDirectory(
      staging: "\(outputs.stagingPath)/\(runID)", final: outputs.directory(of: runID), flushes: true)
    do throws(BatchError) {
      computed.outputs = try AwardFiles.write(computed, request, into: target, runID: runID)
    } catch {
      target.discard()
      throw error
    }
    let given = computed.awards.filter { $0.status == .given }
    var head = AwardFiles.head(request, runID, book.generation, computed)
    head.corrects = book.corrected(bySubjects: given.map { Array($0.subject(request.operation).utf8) })
    let draft = RunDraft(
      head: head, outputs: computed.outputs, target: target, position: position,
      previousManifest: book.previousManifest, settlements: settlements(given, runID),
      action: "prizes \(request.operation.rawValue)", reason: request.notes)
    progress?.begin(stage: "post", total: given.count)
    let posted = try RunPoster(ledger: ledger, place: place).post(
      draft,
      info: {
        watch.lap("post")
        return info(watch)
      },
      entries: { (writer) throws(BatchError) in
        for award in given { try post(award, runID, computer.intake.registrations, ledger, writer) }
      })
    progress?.end()
    var answer = answer(computed)
    answer.runID = runID
    answer.generation = book.generation
    answer.directory = target.final
    answer.isApplied = true
    answer.ledger = posted.position
    answer.postings = posted.postings
    answer.notices += notices
    try addEntries(&answer, ledger)
    return answer
  }

  // MARK: Parts

  private var currency: String { request.configuration.base.currency.code }

  private func answer(_ computed: ComputedAwards) -> AwardAnswer {
    var answer = AwardAnswer(generation: 1, operation: request.operation, currency: currency, computed: computed)
    answer.notices = computed.notices
    return answer
  }

  private func post(
    _ award: Award, _ runID: String, _ registrations: RegistrationStore, _ ledger: Ledger, _ writer: EntryWriter
  ) throws(BatchError) {
    do throws(LedgerError) {
      // An award that was rolled back may be given again; its key tells which time it is.
      var key = award.key(request.operation)
      var time = 1
      while try ledger.hasEntry(key: key) {
        time += 1
        key = "\(award.key(request.operation)):g\(time)"
      }
      writer.begin(
        EntryWriter.Entry(
          key: key, kind: request.operation.entryKind, runID: runID, marketID: award.subject(request.operation),
          currency: currency))
      try writer.post(-award.amount, to: AccountName.house)
      try writer.post(award.amount, to: PaymentAccounts.wallet(award.number, registrations))
      try writer.end()
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func settlements(_ given: [Award], _ runID: String) -> [SettlementRecord] {
    given.map { award in
      SettlementRecord(
        runID: runID, kind: request.operation.settlementKind, marketID: award.subject(request.operation),
        resolutionID: "", facts: award.facts(request.operation, currency: currency))
    }
  }

  /// The entries of all awards that stand, whichever run made them.
  private func addEntries(_ answer: inout AwardAnswer, _ ledger: Ledger) throws(BatchError) {
    let operation = request.operation
    do throws(LedgerError) {
      let records = try ledger.settlements(
        ofMarkets: answer.computed.awards.lazy.map { $0.subject(operation) }, kind: operation.settlementKind)
      var subjects: [String: Set<[UInt8]>] = [:]
      for record in records { subjects[record.runID, default: []].insert(Array(record.marketID.utf8)) }
      for (runID, own) in subjects {
        guard let run = try ledger.run(runID) else { continue }
        for (subject, ids) in try ledger.entryIDs(ofRun: run, kinds: [operation.entryKind]) where own.contains(subject)
        {
          answer.entries[subject] = ids.last
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func info(_ watch: Stopwatch) -> JSONValue {
    PrizeRun.info(
      startedAt: startedAt, watch, place, notes: request.notes, inputs: request.inputs)
  }
}
