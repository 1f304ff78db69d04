// How is a run taken back, exactly and once?
internal import Interchange
package import Ledger
internal import Markets
internal import Payouts

/// Undoes a run from its manifest. A rollback is a run of its own: computed, staged, posted and published like any other.
package struct Rollback {
  private let request: RollbackRequest
  private let place: NightPlace
  private let startedAt = Clock.now()

  /// How often a plan is made again because other writers moved the book on meanwhile.
  private static let attemptMax = 20

  package init(_ request: RollbackRequest, at place: NightPlace) {
    self.request = request
    self.place = place
  }

  /// What `apply` would do. Nothing is written.
  package func plan(_ source: ManifestSource, _ ledger: Ledger) throws(BatchError) -> RollbackAnswer {
    let proof = try prove(source, ledger)
    let markets = try computed(proof, ledger)
    var answer = RollbackAnswer(proof.record.runID, .planned, markets)
    answer.isDryRun = true
    if !markets.contains(where: \.isApplied) { answer.state = Rollback.idleState(markets) }
    answer.entries = markets.reduce(0) { $0 + ($1.isApplied ? $1.postedEntries : 0) }
    return answer
  }

  /// Takes the run back.
  /// - Parameter completing: what else must happen in the same database transaction, given the rollback's run.
  package func apply(
    _ source: ManifestSource, _ ledger: Ledger, completing: (String) throws(LedgerError) -> Void = { _ in }
  ) throws(BatchError) -> RollbackAnswer {
    let proof = try prove(source, ledger)
    for attempt in 1... {
      do throws(BatchError) {
        return try attemptOnce(proof, ledger, completing)
      } catch {
        let hasMoved = (try? ledger.sequence()).map { $0 != plannedSequence.value } ?? false
        guard error.code == LedgerError.Code.busy.rawValue, hasMoved, attempt < Rollback.attemptMax else { throw error }
      }
    }
    preconditionFailure("unreachable")
  }

  private let plannedSequence = Box<Int64>(0)

  private final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private func attemptOnce(
    _ proof: ManifestProof, _ ledger: Ledger, _ completing: (String) throws(LedgerError) -> Void
  ) throws(BatchError) -> RollbackAnswer {
    let position: LedgerPosition
    let previousManifest: String?
    let generation: Int
    let key = request.batchKey(reversing: proof.sha256)
    do throws(LedgerError) {
      position = LedgerPosition(
        identity: ledger.identity, sequenceBefore: try ledger.sequence(), headBefore: try ledger.head().hex)
      plannedSequence.value = position.sequenceBefore
      previousManifest = try ledger.runs().last?.manifestSHA256
      generation = (try ledger.runs(ofBatch: key.hex).last?.generation ?? 0) + 1
    } catch {
      throw BatchError.ledger(error)
    }
    let markets = try computed(proof, ledger)
    guard markets.contains(where: \.isApplied) else {
      return try idle(proof, markets, ledger)
    }
    let runID = Night.runID(key, generation)
    let outputs = Outputs(place.outputsPath)
    let target = try RunDirectory(
      staging: "\(outputs.stagingPath)/\(runID)", final: outputs.directory(of: runID), flushes: true)
    let files: [OutputSummary]
    do throws(BatchError) {
      files = try RollbackFiles(markets, runID: runID).write(to: target)
    } catch {
      target.discard()
      throw error
    }
    let draft = RunDraft(
      head: head(runID, generation, key, proof, markets), outputs: files, target: target, position: position,
      previousManifest: previousManifest, settlements: [], action: "rollback", reason: request.reason)
    let posted = try RunPoster(ledger: ledger, place: place).post(
      draft, info: { info },
      entries: { (writer) throws(BatchError) in
        do throws(LedgerError) {
          // What was judged has to be what is there now.
          guard writer.sequence == position.sequenceBefore else {
            throw LedgerError(.busy, "other programs keep writing to \(ledger.path)")
          }
          let reversal = ReversalWriter(
            runID: runID, reversedRun: proof.record.runID, reader: try ReversalReader(ledger))
          for market in markets { try reversal.post(market, writer) }
        } catch {
          throw BatchError.ledger(error)
        }
      },
      completing: { () throws(BatchError) in
        do throws(LedgerError) {
          try note(markets, proof.record.runID, by: runID, ledger)
          try completing(runID)
        } catch {
          throw BatchError.ledger(error)
        }
      })
    var answer = RollbackAnswer(proof.record.runID, .applied, markets)
    answer.runID = runID
    answer.directory = target.final
    answer.entries = Int((posted.position.sequenceAfter ?? 0) - posted.position.sequenceBefore)
    answer.postings = posted.postings
    answer.position = posted.position
    return answer
  }

  // MARK: Parts

  private func prove(_ source: ManifestSource, _ ledger: Ledger) throws(BatchError) -> ManifestProof {
    try request.check()
    let proof = try ManifestProof(source, ledger)
    guard proof.record.kind != "rollback" else {
      throw BatchError(
        "rollback_of_rollback", .refused,
        "run \(proof.record.runID) is a rollback itself, of run \(proof.record.reverses ?? "")",
        hint: "rollbacks are not undone: settle the markets again instead")
    }
    return proof
  }

  private func computed(_ proof: ManifestProof, _ ledger: Ledger) throws(BatchError) -> [MarketReversal] {
    var planner: RollbackPlanner
    do throws(LedgerError) {
      let sent = try SentMoney(ofRun: proof.record.runID, ledger)
      planner = try RollbackPlanner(request, proof, sent: sent, ledger)
    } catch {
      throw BatchError.ledger(error)
    }
    return try planner.plan()
  }

  private static func idleState(_ markets: [MarketReversal]) -> RollbackAnswer.State {
    if markets.contains(where: { $0.status == .blocked }) { return .blocked }
    return markets.contains { $0.status == .alreadyRolledBack } ? .alreadyRolledBack : .nothingToDo
  }

  /// Nothing is posted: it was done before, it is blocked, or there is nothing.
  private func idle(
    _ proof: ManifestProof, _ markets: [MarketReversal], _ ledger: Ledger
  ) throws(BatchError) -> RollbackAnswer {
    let answer = RollbackAnswer(proof.record.runID, Rollback.idleState(markets), markets)
    guard answer.state == .blocked else { return answer }
    do throws(LedgerError) {
      try ledger.record(
        action: "rollback", by: place.operatorID, subject: proof.record.runID, reason: request.reason,
        result: "blocked")
    } catch {
      throw BatchError.ledger(error)
    }
    return answer
  }

  /// What the ledger remembers beside the entries.
  private func note(
    _ markets: [MarketReversal], _ reversedRun: String, by runID: String, _ ledger: Ledger
  ) throws(LedgerError) {
    let states = try ledger.distributionStates(ofRun: reversedRun)
    let disputes = try ledger.openDisputes(ofRun: reversedRun)
    var wallets: Set<[UInt8]> = []
    for market in markets where market.isApplied {
      for dispute in disputes where Array(dispute.marketID.utf8) == market.market {
        let user = dispute.userID.map { Array($0.utf8) }
        guard market.status == .rolledBack || market.suspensions.contains(where: { $0.user == user }) else { continue }
        try ledger.closeDispute(dispute.id, .upheld, outcome: "rolled back by run \(runID)", by: place.operatorID)
      }
      for suspension in market.suspensions {
        let user = String(decoding: suspension.user, as: UTF8.self)
        try ledger.setState(.rolledBack, ofUser: user, inMarket: market.name, ofRun: reversedRun, by: runID)
      }
      if market.status == .rolledBack {
        if !market.kind.isEmpty { try ledger.markRolledBack(run: reversedRun, market: market.name, by: runID) }
        for state in states where Array(state.marketID.utf8) == market.market && state.status == .disputed {
          try ledger.setState(.rolledBack, ofUser: state.userID, inMarket: market.name, ofRun: reversedRun, by: runID)
        }
      }
      for row in market.rows { AccountName.userID(of: row.account).map { _ = wallets.insert($0) } }
    }
    // What waits to be sent is held; the next `payouts schedule` works out what is left to pay.
    try PayoutStore(ledger).withhold(run: reversedRun, users: wallets, reason: "rolled_back")
  }

  private func head(
    _ runID: String, _ generation: Int, _ key: Digest, _ proof: ManifestProof, _ markets: [MarketReversal]
  ) -> Manifest.Head {
    var totals: [String: (reversed: Int128, receivable: Int128, shortfall: Int128)] = [:]
    for market in markets {
      for row in market.rows where row.effect > 0 {
        totals[row.currency, default: (0, 0, 0)].reversed += Int128(row.effect)
        totals[row.currency, default: (0, 0, 0)].receivable += Int128(row.receivable)
      }
      for shortfall in market.shortfalls {
        totals[shortfall.currency, default: (0, 0, 0)].shortfall += Int128(shortfall.amount)
      }
    }
    func count(_ status: MarketReversal.Status) -> JSONValue { .int(markets.count { $0.status == status }) }
    return Manifest.Head(
      kind: "rollback", runID: runID, generation: generation, batchKey: key.hex, asOf: proof.record.asOf,
      configuration: request.configuration(reversing: proof.sha256), inputs: [],
      totals: .object(
        totals.mapValues {
          .object([
            "reversed": .int($0.reversed), "receivable": .int($0.receivable), "shortfall": .int($0.shortfall),
          ])
        }),
      counts: .object([
        "markets": .int(markets.count), "rolled_back": count(.rolledBack), "suspended": count(.suspended),
        "blocked": count(.blocked), "already_rolled_back": count(.alreadyRolledBack), "untouched": count(.untouched),
        "entries": .int(markets.reduce(0) { $0 + ($1.isApplied ? $1.postedEntries : 0) }),
        "shortfalls": .int(markets.reduce(0) { $0 + $1.shortfalls.count }),
      ]),
      reverses: proof.record.runID)
  }

  /// `run-info.json`.
  private var info: JSONValue {
    .object([
      "started_at": .string(startedAt), "finished_at": .string(Clock.now()), "operator": .string(place.operatorID),
      "command_line": .array(place.commandLine.map { .string($0) }), "is_plan": .bool(false), "inputs": .array([]),
    ])
  }
}
