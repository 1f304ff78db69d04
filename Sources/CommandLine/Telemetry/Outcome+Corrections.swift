// What did a rollback, a recovery or a payout do, for logs, events and metrics?
internal import Batch
internal import Interchange
internal import Payouts

extension Outcome {
  /// Of rollback.
  init(_ answer: RollbackAnswer) {
    runID = answer.runID
    let states = ["rolled_back", "suspended", "blocked", "already_rolled_back", "untouched"]
    let counts = states.map { state in (state, answer.markets.count { $0.status == state }) }
    summary = [
      ("run", answer.runID ?? "-"), ("reverses", answer.reverses), ("status", answer.state.rawValue),
      ("markets", "\(answer.markets.count)"),
    ]
    summary += counts.map { ($0.0, "\($0.1)") }
    summary += [("shortfalls", "\(answer.shortfalls.count)"), ("postings", "\(answer.postings)")]
    let json = answer.json
    for key in ["run_id", "reverses", "status", "dry_run", "counts", "entries", "postings", "ledger"] {
      members[key] = json[key] ?? .null
    }
    problemCount = answer.shortfalls.count
    problems = answer.shortfalls.prefix(Outcome.problemsMax).map { shortfall in
      [
        "kind": .string("shortfall"), "market_id": .string(shortfall.marketID), "account": .string(shortfall.account),
        "currency": .string(shortfall.currency), "shortfall": .int(shortfall.amount),
        "handling": .string(shortfall.handling),
      ]
    }
    metrics = counts.map {
      Metric("rollback_markets", "Markets of the last rollback, by what became of them.", [("status", $0.0)], "\($0.1)")
    }
    metrics += [
      Metric(
        "rollback_shortfalls", "Accounts that did not hold what was to be taken.", [], "\(answer.shortfalls.count)"),
      Metric("postings", "Postings that the last command made.", [], "\(answer.postings)"),
    ]
    if let position = answer.position {
      metrics.append(
        Metric(
          "ledger_sequence", "Number of the ledger's last entry.", [],
          "\(position.sequenceAfter ?? position.sequenceBefore)"))
    }
  }

  /// Of recover.
  init(_ report: RecoveryReport) {
    summary = [("recovered", "\(report.notes.count)"), ("findings", "\(report.findings.count)")]
    members = ["recovered": .int(report.notes.count), "findings": .int(report.findings.count)]
    problemCount = report.findings.count
    problems = report.findings.prefix(Outcome.problemsMax).map { finding in
      [
        "kind": .string("finding"), "code": .string(finding.code), "run_id": .string(finding.runID),
        "message": .string(finding.message),
      ]
    }
    metrics = [
      Metric("recovered", "Runs that the last recovery finished or cleared away.", [], "\(report.notes.count)"),
      Metric("recover_findings", "What the last recovery left for a person.", [], "\(report.findings.count)"),
    ]
  }

  /// Of payouts schedule.
  init(_ job: ScheduledJob, run: String) {
    runID = run
    summary = [
      ("run", run), ("created", "\(job.isNew)"), ("picked_up", "\(job.pickedUp)"), ("transfers", "\(job.counts.total)"),
      ("pending", "\(job.counts[.pending])"), ("held", "\(job.counts[.held])"),
    ]
    members = [
      "run_id": .string(run), "created": .bool(job.isNew), "picked_up": .int(job.pickedUp),
      "counts": PayoutText.json(job.counts), "amounts": PayoutText.amounts(job.counts),
    ]
    metrics = Outcome.transfers([job.counts])
  }

  /// Of payouts process: what the passes did, and how the jobs stand.
  init(_ work: ProcessSummary, rail: String, _ jobs: [(job: Job, counts: JobCounts)]) {
    let states = Transfer.State.allCases.filter { (work.byState[$0] ?? 0) > 0 }
    summary = [("rail", rail), ("calls", "\(work.calls)")]
    summary += states.map { ($0.rawValue, "\(work.byState[$0] ?? 0)") }
    summary += [
      ("held_now", "\(work.heldNow)"), ("taken_over", "\(work.recovered)"), ("jobs", "\(jobs.count)"),
      ("open", "\(jobs.reduce(0) { $0 + $1.counts.open })"), ("stopped", "\(work.wasStopped)"),
    ]
    members = PayoutText.json(work)
    members["rail"] = .string(rail)
    members["rail_failure"] = .optional(work.railFailure)
    members["jobs"] = .array(jobs.map { PayoutText.json($0.job, $0.counts) })
    let paused = jobs.filter { $0.job.state == .paused }
    problemCount = paused.count
    problems = paused.prefix(Outcome.problemsMax).map { paused in
      [
        "kind": .string("job"), "run_id": .string(paused.job.runID), "state": .string(paused.job.state.rawValue),
        "reason": .optional(paused.job.pauseReason),
      ]
    }
    metrics = [
      Metric("rail_calls", "Calls that the last command made to the rail.", [("rail", rail)], "\(work.calls)"),
      Metric("rail_reachable", "0 where the rail could not be reached.", [], work.railFailure == nil ? "1" : "0"),
    ]
    metrics += Dictionary(grouping: jobs, by: \.job.state.rawValue).sorted { $0.key < $1.key }.map {
      Metric("payout_jobs", "Payout jobs that were looked at, by state.", [("state", $0.key)], "\($0.value.count)")
    }
    metrics += Outcome.transfers(jobs.map(\.counts))
  }

  /// Transfers of some jobs by state, all of the states so that a sample goes to 0 instead of away.
  private static func transfers(_ jobs: [JobCounts]) -> [Metric] {
    var metrics = Transfer.State.allCases.map { state in
      Metric(
        "transfers", "Transfers of these jobs, by state.", [("state", state.rawValue)],
        "\(jobs.reduce(0) { $0 + $1[state] })")
    }
    var amounts: [String: [Transfer.State: Int64]] = [:]
    for (currency, byState) in jobs.flatMap(\.amounts) {
      amounts[currency, default: [:]].merge(byState) { $0.addingReportingOverflow($1).partialValue }
    }
    for (currency, byState) in amounts.sorted(by: { $0.key < $1.key }) {
      metrics += byState.sorted { $0.key.rawValue < $1.key.rawValue }.map {
        Metric(
          "transfer_minor_units", "Money of these transfers in minor units, by currency and state.",
          [("currency", currency), ("state", $0.key.rawValue)], "\($0.value)")
      }
    }
    return metrics
  }
}
