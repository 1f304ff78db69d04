// How is one `payouts process` carried out, once or again and again?
internal import Batch
internal import Interchange
internal import Ledger
internal import Payouts
internal import Rails

/// A process that sends: a worker in the ledger, a rail, and a loop.
struct PayoutWork {
  let call: Invocation
  let store: PayoutStore
  let place: NightPlace
  let runIDs: [String]
  /// The program of a `command` rail.
  let words: [String]
  var transferID: String?

  /// Passes until there is nothing to do, or, watching, until somebody says stop.
  func run(watchSeconds: Int?) throws(BatchError) -> (summary: ProcessSummary, rail: String) {
    StopSignal.listen()
    let worker = try ledger { () throws(LedgerError) in try store.registerWorker(now: Ticks.wall()) }
    let chosen = try call.rail(words, worker: worker, place)
    defer {
      chosen.rail.close()
      _ = try? store.removeWorker(worker)
    }
    try checkRail(chosen.name)
    try finishFiles(chosen)
    let policy = Transfer.Policy(
      failureCountMax: try call.arguments.integer(.maxAttempts, in: 1...1_000) ?? 5,
      backoff: Backoff(baseMilliseconds: Int64(try call.arguments.integer(.backoff, in: 1...3_600_000) ?? 1_000)))
    let settings = PayoutProcessor.Settings(
      railName: chosen.name, batchSize: try call.arguments.integer(.batchSize, in: 1...10_000) ?? 200, policy: policy,
      runIDs: runIDs, transferID: transferID,
      waitMilliseconds: Int64(try call.arguments.integer(.wait, in: 0...86_400) ?? 0) * 1_000,
      operatorID: place.operatorID, runLockPath: "\(place.ledgerPath).lock")
    let processor = PayoutProcessor(store, rail: chosen.rail, pace: chosen.pace, settings: settings, worker: worker)
    var total = ProcessSummary()
    while true {
      do throws(PayoutError) {
        let summary = try processor.pass()
        total.add(summary)
        if watchSeconds != nil {
          // A scheduler that never ends is followed all the same.
          let isBusy = summary.calls + summary.heldNow > 0 || summary.railFailure != nil
          let jobs = try call.payoutJobs(store, rail: chosen.name, runIDs)
          call.telemetry.report(Outcome(total, rail: chosen.name, jobs), soFar: isBusy ? "pass" : nil)
        }
        if watchSeconds != nil, summary.calls + summary.heldNow > 0 || summary.railFailure != nil {
          call.console.notice(
            "\(Clock.now()) \(PayoutText.line(summary))"
              + (summary.railFailure.map { "; the rail is unreachable: \(Terminal.safe($0))" } ?? ""))
        }
      } catch {
        // The scheduler outlives a busy moment; everything else is for people.
        guard watchSeconds != nil, error.cause?.code == .busy, !StopSignal.isAsked else {
          throw BatchError.payout(error)
        }
        call.console.notice("\(Clock.now()) \(Terminal.safe(error.message)); trying again")
      }
      guard let watchSeconds, !StopSignal.isAsked else { break }
      let until = Ticks.now() + Int64(watchSeconds) * 1_000
      while Ticks.now() < until, !StopSignal.isAsked { Ticks.sleep(milliseconds: min(100, until - Ticks.now())) }
      if StopSignal.isAsked { break }
    }
    if StopSignal.isAsked { total.wasStopped = true }
    return (total, chosen.name)
  }

  /// What one rail may have executed is never sent over another.
  private func checkRail(_ name: String) throws(BatchError) {
    do throws(PayoutError) {
      for runID in runIDs {
        let job = try store.job(runID)
        if let rail = job.rail, rail != name {
          throw PayoutError(.railDiffers, "the payout of run \(runID) began on rail \(rail), not on \(name)")
        }
      }
    } catch {
      throw BatchError.payout(error)
    }
  }

  /// Files that a crash left aside are finished or discarded.
  private func finishFiles(_ chosen: ChosenRail) throws(BatchError) {
    guard let files = chosen.files else { return }
    do throws(PayoutError) {
      try files.recover(
        mapping: { PayoutError(.railFile, "\($0.path): \($0.message)") },
        isAlive: { (worker) throws(PayoutError) in try store.isAlive(worker, now: Ticks.wall()) },
        isRecorded: { (messageID) throws(PayoutError) in try store.isSent(externalID: "\(messageID)#1") })
    } catch {
      throw BatchError.payout(error)
    }
  }

  private func ledger<Value>(_ body: () throws(LedgerError) -> Value) throws(BatchError) -> Value {
    do throws(LedgerError) { return try body() } catch { throw BatchError.ledger(error) }
  }
}
