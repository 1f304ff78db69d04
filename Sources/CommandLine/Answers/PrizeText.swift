// How is a batch of events told, in words and as JSON?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

/// The answers of `prizes pay` and `prizes refund`.
enum PrizeText {
  private static let shownMax = 20

  static func json(_ answer: PrizeAnswer) -> JSONValue {
    let computed = answer.computed
    var members: [String: JSONValue] = [
      "run_id": .string(answer.runID), "generation": .int(answer.generation), "status": .string(status(answer)),
      "mode": .string(answer.operation == .pay ? "payout" : "refund"), "dry_run": .bool(answer.isDryRun),
      "idempotent": .bool(answer.isIdempotent), "exit": .int(answer.status.rawValue),
      "directory": .optional(answer.directory), "batch_key": .string(computed.batchKey.hex),
      "ledger": answer.ledger?.json ?? .null, "postings": .int(answer.postings),
      "notices": .array(answer.notices.map { .string($0) }), "counts": computed.counts.json,
      "totals": .object(Dictionary(uniqueKeysWithValues: computed.totals.map { ($0.key.code, $0.value.json) })),
      "events": .array(computed.events.map { event($0, answer) }),
    ]
    // Under these names older programs look for the entries.
    let ids = computed.events.flatMap { answer.entries[$0.id.bytes]?.ids ?? [] }
    members["created_transaction_ids"] = .array(ids.map { .int($0) })
    members["count"] = .int(ids.count)
    members.merge(NightText.rejections(computed.rejections)) { $1 }
    return .object(members)
  }

  static func status(_ answer: PrizeAnswer) -> String {
    answer.isApplied ? "applied" : answer.isDryRun ? "planned" : "already_applied"
  }

  private static func event(_ event: EventOutcome, _ answer: PrizeAnswer) -> JSONValue {
    let entries = answer.entries[event.id.bytes]
    var members: [String: JSONValue] = [
      "event_id": .string(event.id.description), "status": .string(event.status.rawValue),
      "currency": .optional(event.currency?.code), "run_id": .optional(entries?.runID ?? event.earlierRun),
      "entry_ids": .array((entries?.ids ?? []).map { .int($0) }),
      "hold_reason": .optional(event.holdReasons.isEmpty ? nil : event.holdReasons.joined(separator: "|")),
    ]
    guard event.status == .settled || event.status == .alreadySettled else { return .object(members) }
    members["payments"] = .int(event.paymentCount)
    members["failed"] = .array(event.failed.map { .string($0.description) })
    let amounts: [(String, Int64)] =
      answer.operation == .pay
      ? [
        ("prize_pool", event.pool), ("total_prize", event.total), ("withheld", event.withheld),
        ("breakage", event.breakage), ("unallocated", event.unallocated),
      ] : [("entry_fee", event.fee), ("total_refund", event.total), ("retained", event.retained)]
    for (name, amount) in amounts { members[name] = .int(amount) }
    return .object(members)
  }

  static func show(_ answer: PrizeAnswer, _ request: PrizeRequest, _ console: Console) {
    let computed = answer.computed
    let noun = answer.operation == .pay ? "prize" : "refund"
    if let before = answer.appliedBefore {
      console.print(
        answer.status == .done
          ? "nothing to do: this batch is applied already, as run \(before) (idempotent)"
          : "nothing more to do: this batch is applied already, as run \(before), but for what is held")
    } else {
      let verb = answer.isApplied ? (answer.operation == .pay ? "paid" : "refunded") : "would be"
      let rest = answer.isApplied ? verb : "\(verb) \(answer.operation == .pay ? "paid" : "refunded")"
      console.print(
        "\(answer.isApplied ? "run" : "dry run of") \(answer.runID): \(Console.grouped(computed.counts.settled)) of "
          + "\(Console.counted(computed.counts.events, "event")) \(rest), "
          + "\(Console.counted(computed.counts.payments, noun))")
      showTotals(answer, console)
    }
    if computed.counts.alreadySettled > 0 {
      console.print("  settled before: \(Console.counted(computed.counts.alreadySettled, "event"))")
    }
    if computed.counts.strayRows > 0 {
      console.print("  left alone: \(Console.counted(computed.counts.strayRows, "row")) of events not in the batch")
    }
    if let directory = answer.directory { console.print("  files   \(Terminal.safe(directory))/") }
    if answer.isApplied, let ledger = answer.ledger, let sequence = ledger.sequenceAfter {
      console.print(
        answer.postings == 0
          ? "  ledger  nothing posted"
          : "  ledger  \(Console.grouped(answer.postings)) postings in entries \(ledger.sequenceBefore + 1) to \(sequence)"
      )
    }
    showFailed(computed, console)
    showHeld(computed, console)
    showRejections(computed.rejections, request.inputs, console)
  }

  private static func showTotals(_ answer: PrizeAnswer, _ console: Console) {
    for (currency, totals) in answer.computed.totals.sorted(by: { $0.key < $1.key }) {
      console.print("  \(currency.code)")
      var rows = [[answer.operation == .pay ? "pools" : "fees", Console.grouped(totals.pool)]]
      for (name, value) in [
        ("to wallets", totals.paid), ("withheld", totals.withheld), ("failed", totals.failed),
        ("breakage", totals.breakage), ("unallocated", totals.unallocated), ("retained", totals.retained),
      ] where value > 0 || name == "to wallets" {
        rows.append([name, Console.grouped(value)])
      }
      console.table(rows, indent: "    ")
      console.print("    sum check: \(totals.distributed == totals.pool ? "every unit accounted for" : "NOT WHOLE")")
    }
  }

  private static func showFailed(_ computed: ComputedPrizes, _ console: Console) {
    guard computed.counts.failedPayments > 0 else { return }
    console.print("  failed: \(Console.grouped(computed.counts.failedPayments)), set aside in suspense")
    let failed = computed.events.flatMap { event in event.failed.map { (event.id, $0) } }
    console.table(
      failed.prefix(shownMax).map { [Terminal.safe($0.description), Terminal.safe($1.description)] }, indent: "    ")
    if failed.count > shownMax { console.print("    … and \(Console.grouped(failed.count - shownMax)) more") }
  }

  private static func showHeld(_ computed: ComputedPrizes, _ console: Console) {
    let held = computed.events.filter { $0.status == .held || $0.status == .failed }
    guard !held.isEmpty else { return }
    console.print("  not settled: \(Console.counted(held.count, "event"))")
    console.table(
      held.prefix(shownMax).map { event in
        [Terminal.safe(event.id.description), event.status.rawValue, event.holdReasons.joined(separator: "|")]
          + (event.earlierRun.map { ["(run \($0); roll it back first)"] } ?? [])
      }, indent: "    ")
    if held.count > shownMax { console.print("    … and \(Console.grouped(held.count - shownMax)) more in events.csv") }
  }

  /// Problems go to standard error, a line each.
  static func showRejections(_ rejections: [Rejection], _ inputs: [InputFile], _ console: Console) {
    for rejection in rejections.prefix(shownMax) {
      console.problem(
        "settle: rejected: \(rejection.place(in: inputs)): \(rejection.code.rawValue): \(rejection.message)")
    }
    if rejections.count > shownMax {
      console.problem("settle: … and \(Console.grouped(rejections.count - shownMax)) more (rejects.csv, --json)")
    }
  }
}
