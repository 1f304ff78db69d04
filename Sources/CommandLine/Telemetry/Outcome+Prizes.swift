// What did a command about prizes, refunds or awards do, for logs, events and metrics?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

extension Outcome {
  /// Of `prizes pay` and `prizes refund`.
  init(_ answer: PrizeAnswer) {
    let computed = answer.computed
    let counts = computed.counts
    let status = PrizeText.status(answer)
    runID = answer.runID
    summary = [
      ("run", answer.runID), ("status", status), ("events", "\(counts.events)"), ("settled", "\(counts.settled)"),
      ("already_settled", "\(counts.alreadySettled)"), ("held", "\(counts.held)"), ("failed", "\(counts.failed)"),
      ("payments", "\(counts.payments)"), ("failed_payments", "\(counts.failedPayments)"),
      ("rejected", "\(counts.rejectedRows)"), ("postings", "\(answer.postings)"),
    ]
    let totals = computed.totals.sorted { $0.key < $1.key }
    members = Outcome.members(answer.runID, status, counts.json, answer.ledger, answer.postings)
    members["totals"] = .object(Dictionary(uniqueKeysWithValues: totals.map { ($0.key.code, $0.value.json) }))
    let unsettled = computed.events.filter { $0.status == .held || $0.status == .failed }
    let failed = computed.events.flatMap { event in event.failed.map { (event.id, $0) } }
    problemCount = unsettled.count + failed.count + computed.rejections.count
    problems =
      unsettled.prefix(Outcome.problemsMax).map { Outcome.held($0.id, $0.status.rawValue, $0.holdReasons) }
      + failed.prefix(Outcome.problemsMax).map { Outcome.failed($0, $1) } + NightText.rejected(computed.rejections)
    metrics =
      Outcome.rows(computed.inputs)
      + Outcome.subjects([
        ("settled", counts.settled), ("held", counts.held), ("already_settled", counts.alreadySettled),
        ("failed", counts.failed),
      ])
      + Outcome.payments([
        ("paid", counts.payments - counts.failedPayments), ("failed", counts.failedPayments),
      ])
      + totals.flatMap { currency, totals in
        [
          ("pools", totals.pool), ("paid", totals.paid), ("withheld", totals.withheld), ("failed", totals.failed),
          ("breakage", totals.breakage), ("unallocated", totals.unallocated), ("retained", totals.retained),
        ].map { Outcome.amount(currency.code, $0, $1) }
      } + Outcome.posting(isApplied: answer.isApplied, answer.postings, answer.ledger)
  }

  /// Of `prizes award`.
  init(_ answer: AwardAnswer) {
    let computed = answer.computed
    let status = AwardText.status(answer)
    let rejected = computed.inputs.reduce(0) { $0 + $1.rejected }
    runID = answer.runID
    let states: [(String, Int)] = AwardStatus.allCases.map { ($0.rawValue, computed.count($0)) }
    summary =
      (answer.runID.map { [("run", $0)] } ?? [])
      + [("status", status), ("events", "\(computed.events.count)"), ("held", "\(computed.held)")]
      + states.map { ($0, "\($1)") } + [("rejected", "\(rejected)"), ("postings", "\(answer.postings)")]
    members = Outcome.members(
      answer.runID, status,
      .object(
        Dictionary(uniqueKeysWithValues: states.map { ($0, .int($1)) }).merging(
          ["events": .int(computed.events.count), "held": .int(computed.held), "rejected_rows": .int(rejected)]) { $1 }),
      answer.ledger, answer.postings)
    members["totals"] = .object([answer.currency: .object(["awarded": .int(computed.total(.given))])])
    let held = computed.events.filter { !$0.holdReasons.isEmpty }
    let failed = computed.awards.filter { $0.status == .failed }
    problemCount = held.count + failed.count + computed.rejections.count
    problems =
      held.prefix(Outcome.problemsMax).map { Outcome.held($0.id, MarketStatus.held.rawValue, $0.holdReasons) }
      + failed.prefix(Outcome.problemsMax).map { Outcome.failed($0.event, $0.registration) }
      + NightText.rejected(computed.rejections)
    metrics =
      Outcome.rows(computed.inputs)
      + Outcome.subjects([("settled", computed.events.count - computed.held), ("held", computed.held)])
      + Outcome.payments(states) + [Outcome.amount(answer.currency, "awarded", computed.total(.given))]
      + Outcome.posting(isApplied: answer.isApplied, answer.postings, answer.ledger)
  }

  /// Of `prizes verify`.
  init(_ report: PrizeReport) {
    summary = [
      ("events", "\(report.events)"), ("not_due", "\(report.notDue)"), ("findings", "\(report.findingCount)"),
    ]
    members = ["events": .int(report.events), "not_due": .int(report.notDue), "findings": .int(report.findingCount)]
    let details = report.details
    let found = [
      ("missing", details.missing), ("amount_mismatch", details.mismatches), ("duplicate", details.duplicates),
      ("failed", details.failed), ("over_pool", details.overPool), ("damaged_entry", details.faults),
      ("not_verified", report.unverified),
    ]
    problems = found.flatMap { code, rows in
      rows.map { row in
        (row.members ?? [:]).merging(["kind": .string("finding"), "code": .string(code)]) { $1 }
      }
    }
    problemCount = report.findingCount
    metrics = [Metric("verify_findings", "Findings of the last verification.", [], "\(report.findingCount)")]
  }

  // MARK: Parts

  private static func members(
    _ runID: String?, _ status: String, _ counts: JSONValue, _ ledger: LedgerPosition?, _ postings: Int
  ) -> [String: JSONValue] {
    [
      "run_id": .optional(runID), "status": .string(status), "counts": counts, "ledger": ledger?.json ?? .null,
      "postings": .int(postings),
    ]
  }

  private static func held(_ event: ID, _ status: String, _ codes: [String]) -> [String: JSONValue] {
    [
      "kind": .string("event"), "event_id": .string(event.description), "status": .string(status),
      "codes": .array(codes.map { .string($0) }),
    ]
  }

  private static func failed(_ event: ID, _ registration: ID) -> [String: JSONValue] {
    [
      "kind": .string("payment"), "event_id": .string(event.description),
      "registration_id": .string(registration.description), "status": .string(PaymentStatus.failed.rawValue),
    ]
  }

  private static func subjects(_ counts: [(String, Int)]) -> [Metric] {
    counts.map { Metric("prize_events", "Events of the last batch, by status.", [("status", $0)], "\($1)") }
  }

  private static func payments(_ counts: [(String, Int)]) -> [Metric] {
    counts.map { Metric("prize_payments", "Prizes, refunds or awards, by status.", [("status", $0)], "\($1)") }
  }
}
