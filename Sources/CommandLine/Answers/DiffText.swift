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
  /// What was asked for on the command line.
  private let operands: [String]
  /// Whether every cell of a changed row is shown, and not those alone that say it.
  private let isVerbose: Bool

  init(_ diff: RunDiff, _ summary: DiffSummary, _ console: Console, operands: [String], isVerbose: Bool) {
    self.diff = diff
    self.summary = summary
    self.console = console
    self.operands = operands
    self.isVerbose = isVerbose
  }

  func show(isSummary: Bool) {
    console.table(
      [("A", diff.a), ("B", diff.b)].map { [$0, $1.title, "\(Terminal.safe($1.directory))/"] }, indent: "")
    for note in summary.notes { console.print("note: \(note)") }
    showGiven()
    guard summary.isDifferent else {
      let counts = summary.tables.map { DiffText.counted($0.same, $0.table) }
      console.print("no difference: \(counts.joined(separator: ", ")), all the same")
      return
    }
    showMoney()
    showCauses(isSummary: isSummary)
    showCounts()
    guard !isSummary else { return }
    for table in summary.tables where table.different > 0 { show(table) }
    showNext()
  }

  private func showGiven() {
    let given = diff.given
    guard !given.isEmpty else { return }
    console.print()
    console.heading("given")
    console.table(given.map { ["~", Terminal.safe($0.name), Terminal.safe($0.old), "->", Terminal.safe($0.new)] })
  }

  // MARK: Money and counts

  private static let moneyNames = [
    "gross_pool": "stakes", "total_payout": "payouts", "total_refund": "refunds", "house_fee": "house fees",
    "creator_fee": "creator fees", "prize_pool": "pools", "total_prize": "prizes",
  ]

  private func showMoney() {
    guard !summary.money.isEmpty else { return }
    console.print()
    var rows = [["money", "", "A", "B", "change"]]
    for money in summary.money {
      var code = "  \(Terminal.safe(money.currency))"
      for (index, column) in money.columns.enumerated() where money.old[index] != 0 || money.new[index] != 0 {
        rows.append([
          code, DiffText.moneyNames[column] ?? column, Console.grouped(money.old[index]),
          Console.grouped(money.new[index]), DiffText.signed(money.new[index] - money.old[index]),
        ])
        code = ""
      }
    }
    console.table(rows, indent: "", isHeaded: true, isTinted: true)
    for money in summary.money where money.more.users + money.less.users > 0 {
      console.print(
        "  \(Terminal.safe(money.currency)): \(DiffText.paid(money.more, "more", "+", of: money)), "
          + "\(DiffText.paid(money.less, "less", "-", of: money))"
          + (money.isOfEvents ? "" : "; a user counts once in each market"))
    }
  }

  private static func paid(
    _ group: (users: Int, amount: Int128), _ word: String, _ sign: String, of money: MoneyDifference
  ) -> String {
    group.users == 0
      ? "nobody is paid \(word)"
      : "\(Console.counted(group.users, money.isOfEvents ? "registration" : "user")) \(group.users == 1 ? "is" : "are") paid \(word) "
        + "(\(sign)\(Console.grouped(group.amount)) in all)"
  }

  /// The causes, those that move most money first.
  private func showCauses(isSummary: Bool) {
    guard !summary.causes.isEmpty else { return }
    console.print()
    let currencies = Set(summary.causes.map(\.currency))
    let countsUsers = summary.tables.contains { $0.table.level == "user" }
    var rows = [
      (currencies.count > 1 ? ["why", ""] : ["why"]) + ["markets"]
        + (countsUsers ? ["paid more", "", "paid less", ""] : ["change"]) + (isSummary ? [] : ["most in"])
    ]
    for cause in summary.causes.prefix(DiffText.shownMax) {
      rows.append(
        ["  \(cause.reason)"] + (currencies.count > 1 ? [Terminal.safe(cause.currency)] : [])
          + [Console.grouped(cause.markets)]
          + (countsUsers
            ? DiffText.users(cause.more, 1) + DiffText.users(cause.less, -1) : [DiffText.signed(cause.change)])
          + (isSummary ? [] : [Terminal.safe(cause.example)]))
    }
    console.table(rows, indent: "", isHeaded: true, isTinted: true)
    if summary.causes.count > DiffText.shownMax {
      console.print(
        "  … and \(Console.counted(summary.causes.count - DiffText.shownMax, "cause")) more (--json lists all)")
    }
  }

  /// `29 users` and `+2,995`; nothing where there are none.
  private static func users(_ group: (users: Int, amount: Int128), _ sign: Int128) -> [String] {
    group.users == 0 ? ["", ""] : [Console.counted(group.users, "user"), signed(sign * group.amount)]
  }

  /// `2 users`, `1 row of prizes.csv`, `18 rows of prizes.csv`.
  private static func counted(_ count: Int, _ table: DiffTable) -> String {
    ["market", "user", "commitment"].contains(table.level)
      ? Console.counted(count, table.level) : "\(Console.counted(count, "row")) of \(table.file)"
  }

  /// How to go on from here.
  private func showNext() {
    guard operands.count == 2, let market = summary.causes.first?.example, !market.isEmpty else { return }
    let words = operands.map(DiffText.word)
    let id = DiffText.word(market)
    console.print()
    console.heading("look closer")
    console.table([
      ["one market", "settle diff \(words[0]) \(words[1]) --only \(id)"],
      ["step by step", "settle explain \(words[1]) \(id)"],
      ["one user", "settle explain \(words[1]) --user USER"],
    ])
  }

  /// A word as a shell reads it back.
  private static func word(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._-/:@%+".utf8.contains(byte)
    }
    guard !isPlain || text.isEmpty else { return text }
    return "'\(Terminal.safe(text).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
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
        }, indent: "", isHeaded: true)
  }

  // MARK: Rows

  private func show(_ table: TableDifference) {
    guard !table.kept.isEmpty else { return }
    console.print()
    console.heading(
      table.isCut
        ? "\(table.table.heading): the \(Console.grouped(table.kept.count)) largest of "
          + "\(Console.grouped(table.different)) differences" : "\(table.table.heading)")
    let keys = table.table.key.map { String($0.hasSuffix("_id") ? $0.dropLast(3) : $0[...]) }
    var rows = [[""] + keys + ["column", "A", "", "B", "change", "why"]]
    var left = 0
    for record in table.kept { rows += lines(record, table.table, &left) }
    console.table(rows, isTinted: true)
    if table.isCut {
      console.print(
        "  … and \(Console.grouped(table.different - table.kept.count)) more (--format csv lists all, --limit N shows more)"
      )
    }
    guard left > 0 else { return }
    console.print(
      "  \(Console.counted(left, "cell")) that follow\(left == 1 ? "s" : "") from these not shown (-v shows them)")
  }

  private func lines(_ record: DiffRecord, _ table: DiffTable, _ left: inout Int) -> [[String]] {
    let mark = record.change == .changed ? "~" : record.change == .added ? "+" : "-"
    let cells = isVerbose ? record.cells : record.mainCells(of: table)
    left += record.cells.count - cells.count
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
