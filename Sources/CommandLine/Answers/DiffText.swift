// How is a comparison told on a terminal?
internal import Batch
internal import Interchange

/// A comparison in words: the money first, then what differs, the rest counted.
struct DiffText {
  /// Rows of a table that are shown before it is cut with a count.
  static let shownMax = 20

  private let diff: RunDiff
  private let summary: DiffSummary
  private let console: Console

  init(_ diff: RunDiff, _ summary: DiffSummary, _ console: Console) {
    self.diff = diff
    self.summary = summary
    self.console = console
  }

  func show(isSummary: Bool) {
    console.table(
      [("A", diff.a), ("B", diff.b)].map { [$0, $1.title, "\(Terminal.safe($1.directory))/"] }, indent: "")
    for note in summary.notes { console.print("note: \(note)") }
    showGiven()
    guard summary.isDifferent else {
      let counts = summary.tables.map { "\(Console.grouped($0.same)) \($0.table.heading)" }
      console.print("no difference: \(counts.joined(separator: ", ")) are the same")
      return
    }
    showMoney()
    showCounts()
    if !isSummary { for table in summary.tables where table.different > 0 { show(table) } }
  }

  private func showGiven() {
    let given = diff.given
    guard !given.isEmpty else { return }
    console.print()
    console.print("given")
    console.table(given.map { ["~", Terminal.safe($0.name), Terminal.safe($0.old), "->", Terminal.safe($0.new)] })
  }

  // MARK: Money and counts

  static let moneyNames = [
    "stakes", "payouts", "refunds", "house fees", "creator fees", "retained", "breakage",
  ]

  private func showMoney() {
    guard !summary.money.isEmpty else { return }
    console.print()
    var rows = [["money", "", "A", "B", "change"]]
    for money in summary.money {
      for (index, name) in DiffText.moneyNames.enumerated() where money.old[index] != 0 || money.new[index] != 0 {
        rows.append([
          index == 0 ? "  \(Terminal.safe(money.currency))" : "", name, Console.grouped(money.old[index]),
          Console.grouped(money.new[index]), DiffText.signed(money.new[index] - money.old[index]),
        ])
      }
    }
    console.table(rows, indent: "")
    for money in summary.money where money.more.users + money.less.users > 0 {
      console.print(
        "  \(Terminal.safe(money.currency)): \(DiffText.paid(money.more, "more", "+")), "
          + "\(DiffText.paid(money.less, "less", "-")); a user counts once in each market")
    }
  }

  private static func paid(_ group: (users: Int, amount: Int128), _ word: String, _ sign: String) -> String {
    group.users == 0
      ? "nobody is paid \(word)"
      : "\(Console.counted(group.users, "user")) \(group.users == 1 ? "is" : "are") paid \(word) "
        + "(\(sign)\(Console.grouped(group.amount)) in all)"
  }

  private func showCounts() {
    console.print()
    console.table(
      [["rows", "changed", "added", "removed", "same"]]
        + summary.tables.map {
          [
            "  \($0.table.heading)", Console.grouped($0.changed), Console.grouped($0.added),
            Console.grouped($0.removed),
            Console.grouped($0.same),
          ]
        }, indent: "")
  }

  // MARK: Rows

  /// Of a row on one side alone these cells are shown; CSV and JSON have all.
  private static let briefColumns = [
    "market": ["status", "outcome", "winning_options", "gross_pool", "total_payout", "total_refund", "hold_reason"],
    "user": ["total_committed", "total_payout"],
    "commitment": ["user_id", "option_id", "amount", "result", "payout"],
  ]

  private func show(_ table: TableDifference) {
    guard !table.kept.isEmpty else { return }
    console.print()
    console.print(
      table.isCut
        ? "\(table.table.heading): the \(Console.grouped(table.kept.count)) largest of "
          + "\(Console.grouped(table.different)) differences" : "\(table.table.heading)")
    let keys = table.table.key.map { String($0.hasSuffix("_id") ? $0.dropLast(3) : $0[...]) }
    var rows = [[""] + keys + ["column", "A", "", "B", "change", "why"]]
    for record in table.kept { rows += lines(record, table.table) }
    console.table(rows)
    if table.isCut {
      console.print(
        "  … and \(Console.grouped(table.different - table.kept.count)) more (--format csv lists all, --limit N shows more)"
      )
    }
  }

  private func lines(_ record: DiffRecord, _ table: DiffTable) -> [[String]] {
    let mark = record.change == .changed ? "~" : record.change == .added ? "+" : "-"
    let brief = record.change == .changed ? nil : DiffText.briefColumns[table.level]
    let cells = record.cells.filter { brief?.contains($0.column) ?? true }
    let key = record.key.map { Terminal.safe($0) }
    return cells.enumerated().map { index, cell in
      (index == 0 ? [mark] + key : [""] + key.map { _ in "" })
        + [
          cell.column, DiffText.shown(cell.old, cell), "->", DiffText.shown(cell.new, cell),
          cell.delta.map { DiffText.signed($0) } ?? "",
        ] + (index == 0 ? [record.reason] : [])
    }
  }

  private static func shown(_ text: String?, _ cell: DiffRecord.Cell) -> String {
    guard let text, !text.isEmpty else { return "-" }
    return cell.isInteger ? Int64(text).map { Console.grouped($0) } ?? Terminal.safe(text) : Terminal.safe(text)
  }

  static func signed(_ value: Int128) -> String { (value > 0 ? "+" : "") + Console.grouped(value) }
}
