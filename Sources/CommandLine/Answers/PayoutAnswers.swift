// How are the payout commands carried out and answered?
internal import Batch
internal import Interchange
internal import Ledger
internal import Payouts
internal import Rails

extension Invocation {
  /// The run that is meant; its directory need not be there.
  func runID(_ store: PayoutStore, _ place: NightPlace, _ name: String) throws(BatchError) -> String {
    let records: [RunRecord]
    do throws(LedgerError) { records = try store.ledger.runs() } catch { throw BatchError.ledger(error) }
    if name == "latest", let last = records.last(where: { $0.kind == "settlement" }) { return last.runID }
    let matches = records.map(\.runID).filter { $0.hasPrefix(name) }
    if matches.contains(name) { return name }
    if matches.count == 1, !name.isEmpty { return matches[0] }
    return try RunReference(text: name, outputs: Outputs(place.outputsPath), ledger: store.ledger).location().runID
  }

  func requiredReason(_ command: String) throws(BatchError) -> String {
    guard let reason = arguments[.reason], !reason.isEmpty else {
      throw BatchError(
        "usage", .usage, "\(command) needs a reason", hint: "--reason TEXT: it is kept with the action")
    }
    return reason
  }

  func tellJob(_ runID: String, _ what: String) {
    if console.isJSON {
      console.print(.object(["run_id": .string(runID), "result": .string(what)]))
    } else {
      console.print("run \(runID): \(what)")
    }
  }

  // MARK: process

  /// The jobs that a pass over a rail is about, and how they stand.
  func payoutJobs(
    _ store: PayoutStore, rail: String, _ runIDs: [String]
  ) throws(PayoutError) -> [(job: Job, counts: JobCounts)] {
    do throws(LedgerError) {
      return try store.jobs().filter { job in
        (job.rail ?? rail) == rail && (runIDs.isEmpty ? job.state != .complete : runIDs.contains(job.runID))
      }.map { (job) throws(LedgerError) in (job, try store.counts(job.runID)) }
    } catch {
      throw PayoutError(error)
    }
  }

  /// The answer of a pass, and what it means for the exit code.
  func tell(
    _ summary: ProcessSummary, _ store: PayoutStore, rail: String, _ runIDs: [String]
  ) throws(BatchError) -> ExitStatus {
    let jobs: [(job: Job, counts: JobCounts)]
    do throws(PayoutError) { jobs = try payoutJobs(store, rail: rail, runIDs) } catch { throw BatchError.payout(error) }
    telemetry.report(Outcome(summary, rail: rail, jobs))
    if let failure = summary.railFailure, !summary.wasStopped {
      throw BatchError.payout(
        PayoutError(.railUnreachable, "\(failure) (\(PayoutText.line(summary)))"))
    }
    if console.isJSON {
      var answer = PayoutText.json(summary)
      answer["rail"] = .string(rail)
      answer["jobs"] = .array(jobs.map { PayoutText.json($0.0, $0.1) })
      console.print(.object(answer))
    } else {
      console.print(PayoutText.line(summary))
      for (job, counts) in jobs {
        let pause = job.pauseReason.map { ", paused: \(Terminal.safe($0))" } ?? ""
        console.print("  run \(job.runID): \(PayoutText.line(counts))\(pause)")
      }
    }
    let isPartial =
      (summary.byState[.failedTerminal] ?? 0) > 0
      || jobs.contains { job, counts in
        job.state == .paused || counts[.held] + counts[.unknown] + counts[.retryable] > 0
      }
    return isPartial ? .partial : .done
  }

  // MARK: status

  private static let listedMax = 1_000

  func tellJobs(_ store: PayoutStore, _ runID: String?) throws(BatchError) -> ExitStatus {
    var jobs: [(Job, JobCounts)] = []
    var rows: [TransferRow] = []
    let state = arguments[.state].flatMap(Transfer.State.init(rawValue:))
    let isListed = arguments.has(.transfers) || state != nil
    do throws(LedgerError) {
      for job in try store.jobs(run: runID) {
        jobs.append((job, try store.counts(job.runID)))
        if isListed {
          rows += try store.transfers(ofJob: job.runID, state: state, limit: Invocation.listedMax - rows.count)
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
    if console.isJSON {
      var answer: [String: JSONValue] = ["jobs": .array(jobs.map { PayoutText.json($0.0, $0.1) })]
      if isListed {
        answer["transfers"] = .array(rows.map { PayoutText.json($0) })
        answer["truncated"] = .bool(rows.count == Invocation.listedMax)
      }
      console.print(.object(answer))
    } else if jobs.isEmpty {
      console.print("no payouts yet")
    } else {
      console.table(
        [["run", "state", "rail", "transfers", ""]] + jobs.map { PayoutText.cells($0.0, $0.1) }, indent: "")
      if !rows.isEmpty {
        console.print()
        console.table([PayoutText.transferHeads] + rows.map { PayoutText.cells($0) }, indent: "")
        if rows.count == Invocation.listedMax { console.print("… and perhaps more: narrow it with RUN or --state") }
      }
    }
    return .done
  }

  func tellTransfer(_ store: PayoutStore, _ id: String) throws(BatchError) -> ExitStatus {
    let row: TransferRow?
    let attempts: [AttemptRecord]
    do throws(LedgerError) {
      row = try store.transfer(id)
      attempts = try store.attempts(of: id)
    } catch {
      throw BatchError.ledger(error)
    }
    guard let row else {
      throw BatchError.payout(PayoutError(.unknownTransfer, "there is no transfer \(id)"))
    }
    if console.isJSON {
      console.print(
        .object(["transfer": PayoutText.json(row), "attempts": .array(attempts.map { PayoutText.json($0) })]))
    } else {
      console.table([PayoutText.transferHeads, PayoutText.cells(row)], indent: "")
      console.print()
      console.table(
        [["attempt", "operation", "started", "result", "code", "external id", "key"]]
          + attempts.map {
            [
              "\($0.number)", $0.operation, String($0.startedAt.prefix(19)) + "Z", $0.result ?? "started",
              $0.code ?? "-", $0.externalID ?? "-", $0.key,
            ]
          })
    }
    return .done
  }

  // MARK: retry and reverse

  func retry(_ store: PayoutStore, _ place: NightPlace) throws(BatchError) -> ExitStatus {
    var ids = arguments.positionals
    for name in arguments.all(.job) {
      let runID = try runID(store, place, name)
      let state = arguments[.state].flatMap(Transfer.State.init(rawValue:)) ?? .failedTerminal
      do throws(LedgerError) {
        ids += try store.transfers(ofJob: runID, state: state).map(\.id)
      } catch {
        throw BatchError.ledger(error)
      }
    }
    guard !ids.isEmpty || !arguments.all(.job).isEmpty else {
      throw BatchError("usage", .usage, "no transfer is named", hint: "settle payouts retry TRANSFER, or --job RUN")
    }
    var rows: [TransferRow] = []
    if let decision = arguments[.decision] {
      guard ids.count == 1 else {
        throw BatchError("usage", .usage, "--decision is about one transfer", hint: "name that one alone")
      }
      let reason = try requiredReason("payouts retry --decision")
      rows = [try decide(store, ids[0], decision, reason, place)]
    } else {
      for id in ids {
        do throws(PayoutError) {
          rows.append(
            try store.retry(id, reason: arguments[.reason] ?? "", by: place.operatorID, now: Ticks.wall()))
        } catch {
          throw BatchError.payout(error)
        }
      }
    }
    tell(rows)
    return .done
  }

  private func decide(
    _ store: PayoutStore, _ id: String, _ decision: String, _ reason: String, _ place: NightPlace
  ) throws(BatchError) -> TransferRow {
    let externalID = arguments[.externalID] ?? ""
    guard decision == "not-executed" || !externalID.isEmpty else {
      throw BatchError(
        "usage", .usage, "--decision executed needs --external-id", hint: "what the rail calls the transfer")
    }
    do throws(PayoutError) {
      return try store.decide(
        id, decision == "executed" ? .executed(externalID: externalID) : .notExecuted, reason: reason,
        by: place.operatorID, now: Ticks.wall())
    } catch {
      throw BatchError.payout(error)
    }
  }

  func reverse(_ store: PayoutStore, _ place: NightPlace) throws(BatchError) -> ExitStatus {
    let id = arguments.positionals[0]
    let reason = try requiredReason("payouts reverse")
    let words = Array(arguments.positionals.dropFirst())
    guard arguments.has(.returned) || arguments[.rail] != nil else {
      throw BatchError(
        "usage", .usage, "payouts reverse needs the rail that sent the transfer",
        hint: "--rail KIND as with `payouts process`, or --returned where the money is back already")
    }
    var row: TransferRow
    do throws(PayoutError) {
      if arguments.has(.returned) {
        row = try store.acceptReturn(id, reason: reason, by: place.operatorID)
        tell([row])
        return .done
      }
      row = try store.requestReversal(id, reason: reason, by: place.operatorID, now: Ticks.wall())
    } catch {
      throw BatchError.payout(error)
    }
    let work = PayoutWork(call: self, store: store, place: place, runIDs: [row.runID], words: words, transferID: id)
    let summary = try work.run(watchSeconds: nil).summary
    do throws(LedgerError) { row = try store.transfer(id) ?? row } catch { throw BatchError.ledger(error) }
    if let failure = summary.railFailure {
      throw BatchError.payout(PayoutError(.railUnreachable, failure))
    }
    tell([row])
    return row.life.state == .reversed ? .done : .partial
  }

  private func tell(_ rows: [TransferRow]) {
    if console.isJSON {
      console.print(.object(["transfers": .array(rows.map { PayoutText.json($0) })]))
    } else if rows.isEmpty {
      console.print("no such transfers")
    } else {
      console.table([PayoutText.transferHeads] + rows.map { PayoutText.cells($0) }, indent: "")
    }
  }
}
