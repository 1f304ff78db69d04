// How is a night told, in words and as JSON?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

/// The answers of run, plan, apply and check.
enum NightText {
  /// Rows of a list that a terminal shows before it is cut with a count.
  private static let shownMax = 20

  static func json(_ answer: NightAnswer, kind: String) -> JSONValue {
    let night = answer.night
    let listed = night.markets.filter { $0.isListed && $0.status != .settled && $0.status != .alreadySettled }
    var members: [String: JSONValue] = [
      "run_id": .string(answer.runID),
      "generation": .int(answer.generation),
      "status": .string(answer.appliedBefore != nil ? "already_applied" : answer.isApplied ? "applied" : kind),
      "exit": .int(answer.status.rawValue),
      "directory": .optional(answer.directory),
      "batch_key": .string(night.batchKey.hex),
      "ledger": answer.ledger?.json ?? .null,
      "notices": .array(
        (answer.notices + night.notices).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.map {
          .string($0)
        }),
    ]
    members["counts"] = night.counts.json
    members["totals"] = .object(Dictionary(uniqueKeysWithValues: night.totals.map { ($0.key.code, $0.value.json) }))
    members["postings"] = .int(answer.postings)
    members["not_settled"] = .array(
      listed.map { market in
        .object([
          "market_id": .string(market.id.description), "status": .string(market.status.rawValue),
          "hold_reason": .string(market.holdReasons.joined(separator: "|")),
        ])
      })
    members.merge(rejections(night.rejections)) { $1 }
    return .object(members)
  }

  /// At most a thousand rejected rows, and how many there are.
  static func rejections(_ rejections: [Rejection]) -> [String: JSONValue] {
    [
      "rejections": .array(rejections.prefix(1_000).map { .object(members($0)) }),
      "rejection_count": .int(rejections.count),
    ]
  }

  /// Rejected rows as events tell them, as many as are told.
  static func rejected(_ rejections: [Rejection]) -> [[String: JSONValue]] {
    rejections.prefix(Outcome.problemsMax).map { members($0).merging(["kind": .string("row")]) { $1 } }
  }

  private static func members(_ rejection: Rejection) -> [String: JSONValue] {
    [
      "table": .string(rejection.table.rawValue), "file": .string(rejection.fileName),
      "line": rejection.line.map { .int($0) } ?? .null,
      "market_id": .optional(rejection.marketID?.description), "row_id": .optional(rejection.rowID?.description),
      "code": .string(rejection.code.rawValue), "field": .string(rejection.field),
      "message": .string(rejection.message),
    ]
  }

  static func show(_ answer: NightAnswer, kind: String, _ request: NightRequest, _ console: Console) {
    let night = answer.night
    if let before = answer.appliedBefore {
      console.print(
        answer.status == .done
          ? "nothing to do: this batch is applied already, as run \(before)"
          : "nothing more to settle: this batch is applied already, as run \(before), but for what is held")
      if kind != "planned" {
        showHeld(night, console)
        showRejections(night.rejections, request, console)
        return
      }
    }
    let verb = answer.isApplied ? "settled" : "would be settled"
    console.print(
      "\(answer.isApplied ? "run" : "plan of run") \(answer.runID): \(Console.grouped(night.counts.settled)) of "
        + "\(Console.counted(night.counts.markets, "market")) \(verb), \(Console.counted(night.counts.commitments, "commitment")), "
        + "\(Console.counted(night.counts.distributions, "distribution"))")
    showTotals(night, console)
    if night.counts.alreadySettled > 0 {
      console.print("  already settled before: \(Console.counted(night.counts.alreadySettled, "market"))")
    }
    if night.counts.unresolved > 0 {
      console.print(
        "  unresolved: \(Console.counted(night.counts.unresolved, "commitment")) of markets without a resolution, left alone"
      )
    }
    if night.counts.excluded > 0 {
      console.print("  excluded: \(Console.counted(night.counts.excluded, "cancelled or withdrawn commitment"))")
    }
    if let directory = answer.directory { console.print("  files   \(Terminal.safe(directory))/") }
    if let ledger = answer.ledger, let sequence = ledger.sequenceAfter, let head = ledger.headAfter {
      console.print(
        "  ledger  \(Console.grouped(answer.postings)) postings in entries \(ledger.sequenceBefore + 1) to \(sequence), head \(head.prefix(16))"
      )
    }
    showHeld(night, console)
    showRejections(night.rejections, request, console)
  }

  private static func showTotals(_ night: ComputedNight, _ console: Console) {
    for (currency, totals) in night.totals.sorted(by: { $0.key < $1.key }) {
      console.print("  \(currency.code)")
      var rows = [["stakes", Console.grouped(totals.grossPool)]]
      for (name, value) in [
        ("payouts", totals.totalPayout), ("refunds", totals.totalRefund), ("house fees", totals.houseFee),
        ("creator fees", totals.creatorFee), ("retained", totals.retained), ("breakage", totals.breakage),
      ] where value > 0 || name == "payouts" {
        rows.append([name, Console.grouped(value)])
      }
      console.table(rows, indent: "    ")
      let isWhole = totals.distributed == totals.grossPool
      console.print("    sum check: \(isWhole ? "every unit accounted for" : "NOT WHOLE")")
    }
  }

  private static func showHeld(_ night: ComputedNight, _ console: Console) {
    let listed = night.markets.filter { $0.isListed && ($0.status == .held || $0.status == .failed) }
    guard !listed.isEmpty else { return }
    console.print("  not settled: \(Console.counted(listed.count, "market"))")
    console.table(
      listed.prefix(shownMax).map { market in
        [Terminal.safe(market.id.description), market.status.rawValue, market.holdReasons.joined(separator: "|")]
          + (market.earlierRun.map { ["(run \($0); roll it back first)"] } ?? [])
      }, indent: "    ")
    if listed.count > shownMax {
      console.print("    … and \(Console.grouped(listed.count - shownMax)) more in markets.csv")
    }
  }

  /// Problems go to standard error, a line each.
  static func showRejections(_ rejections: [Rejection], _ request: NightRequest, _ console: Console) {
    for rejection in rejections.prefix(shownMax) {
      console.problem(
        "settle: \(console.marked("rejected", .yellow)): \(NightComputer.place(rejection, request)): \(rejection.code.rawValue): \(rejection.message)"
      )
    }
    if rejections.count > shownMax {
      console.problem(
        "settle: … and \(Console.grouped(rejections.count - shownMax)) more (rejects.csv, --rejects FILE or --json list them all)"
      )
    }
  }
}
