// How is a verification of prizes told in words?
internal import Batch
internal import Interchange

enum PrizeReportText {
  private static let shownMax = 40

  static func show(_ report: PrizeReport, _ console: Console) {
    let noun = report.operation == .pay ? "prizes" : "refunds"
    console.print(
      "\(noun) of \(Console.counted(report.events, "event")) compared"
        + (report.notDue > 0 ? ", \(Console.grouped(report.notDue)) not due" : ""))
    var rows: [[String]] = []
    for (kind, findings) in [
      ("missing", report.details.missing), ("amount mismatch", report.details.mismatches),
      ("duplicate", report.details.duplicates), ("failed", report.details.failed),
    ] {
      for finding in findings { rows.append([kind] + cells(finding)) }
    }
    if !rows.isEmpty {
      console.table(
        [["finding", "event", "registration", "place", "expected", "actual"]] + rows.prefix(shownMax), indent: "  ")
      if rows.count > shownMax { console.print("  … and \(Console.grouped(rows.count - shownMax)) more (--json)") }
    }
    for finding in report.details.overPool {
      console.print(
        "  over the pool: \(text(finding["event_id"])) paid \(number(finding["paid"])) of \(number(finding["pool"])): "
          + "\(number(finding["over"])) too much")
    }
    for finding in report.details.faults {
      console.print(
        "  damaged: \(text(finding["event_id"])), entry \(number(finding["entry"])): \(text(finding["message"]))")
    }
    for finding in report.unverified {
      console.print("  cannot be compared: \(text(finding["event_id"])): \(text(finding["hold_reason"]))")
    }
    console.print(
      report.isClean
        ? "verified: nothing found"
        : report.findingCount == 1 ? "1 finding" : "\(Console.grouped(report.findingCount)) findings")
  }

  private static func cells(_ finding: JSONValue) -> [String] {
    let actual =
      finding["actual"]?.elements.map { $0.map { number($0) }.joined(separator: " + ") } ?? number(finding["actual"])
    return [
      text(finding["event_id"]), text(finding["registration_id"]), number(finding["placement"]),
      number(finding["expected"]), actual,
    ]
  }

  private static func text(_ value: JSONValue?) -> String { Terminal.safe(value?.text ?? "") }

  private static func number(_ value: JSONValue?) -> String {
    guard case .number(let digits) = value, let number = Int128(digits) else { return "-" }
    return Console.grouped(number)
  }
}
