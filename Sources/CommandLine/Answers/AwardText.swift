// How are awards told, in words and as JSON?
internal import Batch
internal import Interchange
internal import Markets

enum AwardText {
  private static let shownMax = 20

  static func json(_ answer: AwardAnswer) -> JSONValue {
    let computed = answer.computed
    let entries = computed.awards.compactMap { answer.entry(of: $0) }
    var members: [String: JSONValue] = [
      "run_id": .optional(answer.runID), "mode": .string("award"),
      "kind": .string(answer.operation == .placement ? "placement" : "participation"),
      "status": .string(status(answer)),
      "dry_run": .bool(answer.isDryRun),
      "idempotent": .bool(!answer.isDryRun && !answer.isApplied && computed.count(.already) > 0),
      "exit": .int(answer.status.rawValue), "directory": .optional(answer.directory),
      "currency": .string(answer.currency), "ledger": answer.ledger?.json ?? .null,
      "postings": .int(answer.postings), "notices": .array(answer.notices.map { .string($0) }),
      "given": .int(computed.count(.given)), "already_given": .int(computed.count(.already)),
      "given_otherwise": .int(computed.count(.otherwise)), "failed": .int(computed.count(.failed)),
      "awarded": .int(computed.total(.given)), "created_transaction_ids": .array(entries.map { .int($0) }),
      "count": .int(entries.count),
      "events": .array(
        computed.events.map { event in
          .object([
            "event_id": .string(event.id.description), "awards": .int(event.awards), "given": .int(event.given),
            "failed": .int(event.failed), "total": .int(event.total),
            "hold_reason": .optional(event.holdReasons.isEmpty ? nil : event.holdReasons.joined(separator: "|")),
          ])
        }),
      "awards": .array(
        computed.awards.map { award in
          .object([
            "event_id": .string(award.event.description), "registration_id": .string(award.registration.description),
            "place": award.place > 0 ? .int(award.place) : .null, "amount": .int(award.amount),
            "status": .string(award.status.rawValue), "entry_id": answer.entry(of: award).map { .int($0) } ?? .null,
          ])
        }),
    ]
    members.merge(NightText.rejections(computed.rejections)) { $1 }
    return .object(members)
  }

  static func status(_ answer: AwardAnswer) -> String {
    answer.isApplied ? "applied" : answer.isDryRun ? "planned" : "nothing_to_give"
  }

  static func show(_ answer: AwardAnswer, _ inputs: [InputFile], _ console: Console) {
    let computed = answer.computed
    let given = computed.count(.given)
    let verb = answer.isDryRun ? "would be given" : "given"
    console.print(
      "\(answer.runID.map { "run \($0): " } ?? "")\(Console.counted(given, "award")) \(verb), "
        + "\(Console.grouped(computed.total(.given))) \(answer.currency) of the house")
    if computed.count(.already) > 0 { console.print("  given before: \(Console.grouped(computed.count(.already)))") }
    for (status, text) in [
      (AwardStatus.otherwise, "given before with another amount (roll it back, or use --backfill)"),
      (.failed, "failed: the house or the wallet cannot take part (credit the house, then run the same command again)"),
    ] {
      let found = computed.awards.filter { $0.status == status }
      guard !found.isEmpty else { continue }
      console.print("  \(text): \(Console.grouped(found.count))")
      console.table(
        found.prefix(shownMax).map {
          [Terminal.safe($0.event.description), Terminal.safe($0.registration.description)]
        },
        indent: "    ")
      if found.count > shownMax { console.print("    … and \(Console.grouped(found.count - shownMax)) more") }
    }
    if let directory = answer.directory { console.print("  files   \(Terminal.safe(directory))/") }
    let held = computed.events.filter { !$0.holdReasons.isEmpty }
    if !held.isEmpty {
      console.print("  held: \(Console.counted(held.count, "event"))")
      console.table(
        held.prefix(shownMax).map { [Terminal.safe($0.id.description), $0.holdReasons.joined(separator: "|")] },
        indent: "    ")
    }
    PrizeText.showRejections(computed.rejections, inputs, console)
  }
}
