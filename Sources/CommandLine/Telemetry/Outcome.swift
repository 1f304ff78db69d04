// What did a command do, in a form that logs, events and metrics can be made from?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

/// The end of a command that did its work.
struct Outcome {
  var runID: String?
  /// Of the summary line, in this order, behind command, exit and seconds.
  var summary: [(String, String)] = []
  /// Of the event `result`.
  var members: [String: JSONValue] = [:]
  var metrics: [Metric] = []
  /// One event each; at most `problemsMax` of them.
  var problems: [[String: JSONValue]] = []
  var problemCount = 0

  static let problemsMax = 10_000
}

/// A sample of a gauge.
struct Metric {
  /// Behind `settle_`.
  let name: String
  let help: String
  var labels: [(name: String, value: String)] = []
  /// Digits, maybe with a point: never a floating-point value that would be rounded on the way.
  let value: String

  init(_ name: String, _ help: String, _ labels: [(String, String)] = [], _ value: String) {
    self.name = name
    self.help = help
    self.labels = labels.map { ($0.0, $0.1) }
    self.value = value
  }
}

extension Outcome {
  /// Of run, plan and apply.
  init(_ answer: NightAnswer, kind: String) {
    let night = answer.night
    let status = answer.appliedBefore != nil ? "already_applied" : answer.isApplied ? "applied" : kind
    runID = answer.runID
    let counts = night.counts
    summary = [
      ("run", answer.runID), ("status", status), ("markets", "\(counts.markets)"), ("settled", "\(counts.settled)"),
      ("already_settled", "\(counts.alreadySettled)"), ("held", "\(counts.held)"), ("failed", "\(counts.failed)"),
      ("commitments", "\(counts.commitments)"), ("rejected", "\(counts.rejectedRows)"),
      ("postings", "\(answer.postings)"),
    ]
    members = [
      "run_id": .string(answer.runID), "status": .string(status), "counts": counts.json,
      "totals": .object(Dictionary(uniqueKeysWithValues: night.totals.map { ($0.key.code, $0.value.json) })),
      "ledger": answer.ledger?.json ?? .null, "postings": .int(answer.postings),
    ]
    let unsettled = night.markets.filter { $0.isListed && ($0.status == .held || $0.status == .failed) }
    problemCount = unsettled.count + night.rejections.count
    problems =
      unsettled.prefix(Outcome.problemsMax).map { market in
        [
          "kind": .string("market"), "market_id": .string(market.id.description),
          "status": .string(market.status.rawValue), "codes": .array(market.holdReasons.map { .string($0) }),
        ]
      } + NightText.rejected(night.rejections)
    metrics =
      Outcome.rows(night.inputs) + Outcome.counts(counts) + Outcome.money(night)
      + Outcome.posting(isApplied: answer.isApplied, answer.postings, answer.ledger)
  }

  /// Of check.
  init(checked night: ComputedNight) {
    summary = [
      ("rows", "\(night.inputs.reduce(0) { $0 + $1.rows })"), ("rejected", "\(night.counts.rejectedRows)"),
      ("problems", "\(night.rejections.count)"),
    ]
    members = ["problem_count": .int(night.rejections.count)]
    problems = NightText.rejected(night.rejections)
    problemCount = night.rejections.count
    metrics = Outcome.rows(night.inputs)
  }

  /// Of verify.
  init(_ report: VerifyReport) {
    runID = report.runID
    summary = [("run", report.runID), ("findings", "\(report.findingCount)")]
    members = [
      "run_id": .string(report.runID), "findings": .int(report.findingCount),
      "stages": .object(
        Dictionary(uniqueKeysWithValues: report.stages.map { ($0.stage.rawValue, .string($0.status.rawValue)) })),
    ]
    problems = report.findings.map { finding in
      [
        "kind": .string("finding"), "stage": .string(finding.stage.rawValue), "code": .string(finding.code),
        "place": .string(finding.place), "message": .string(finding.message),
      ]
    }
    problemCount = report.findingCount
    metrics = [Metric("verify_findings", "Findings of the last verification.", [], "\(report.findingCount)")]
  }

  // MARK: Metrics

  static func rows(_ inputs: [InputSummary]) -> [Metric] {
    inputs.flatMap { input in
      [("accepted", input.accepted), ("rejected", input.rejected), ("excluded", input.excluded)].map { state, count in
        Metric(
          "input_rows", "Rows read, by input and by what became of them.", [("input", input.name), ("state", state)],
          "\(count)")
      }
    }
  }

  static func posting(isApplied: Bool, _ postings: Int, _ ledger: LedgerPosition?) -> [Metric] {
    [
      Metric("applied", "1 where the last command applied a batch, else 0.", [], isApplied ? "1" : "0"),
      Metric("postings", "Postings that the last command made.", [], "\(postings)"),
    ]
      + (ledger.map {
        [
          Metric(
            "ledger_sequence", "Number of the ledger's last entry.", [],
            "\($0.sequenceAfter ?? $0.sequenceBefore)")
        ]
      } ?? [])
  }

  private static func counts(_ counts: NightCounts) -> [Metric] {
    let markets = [
      ("settled", counts.settled), ("held", counts.held), ("already_settled", counts.alreadySettled),
      ("failed", counts.failed),
    ].map { Metric("markets", "Markets with a resolution, by status.", [("status", $0.0)], "\($0.1)") }
    let commitments = [
      ("settled", counts.commitments), ("unresolved", counts.unresolved), ("excluded", counts.excluded),
    ].map { Metric("commitments", "Commitments, by what became of them.", [("status", $0.0)], "\($0.1)") }
    return markets + commitments + [
      Metric("distributions", "Users and markets that something was distributed to.", [], "\(counts.distributions)")
    ]
  }

  private static func money(_ night: ComputedNight) -> [Metric] {
    night.totals.sorted { $0.key < $1.key }.flatMap { currency, totals in
      [
        ("stakes", totals.grossPool), ("payouts", totals.totalPayout), ("refunds", totals.totalRefund),
        ("house_fee", totals.houseFee), ("creator_fee", totals.creatorFee), ("retained", totals.retained),
        ("breakage", totals.breakage),
      ].map { amount(currency.code, $0, $1) }
    }
  }

  static func amount(_ currency: String, _ kind: String, _ amount: Int128) -> Metric {
    Metric(
      "amount_minor_units", "Money of what was settled in minor units, by currency and kind.",
      [("currency", currency), ("kind", kind)], "\(amount)")
  }
}
