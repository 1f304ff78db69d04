// What differs from the run it is compared with?
internal import Batch
internal import Interchange

/// A comparison as tables: the money first, then the rows that matter most.
struct ComparisonSection {
  let diff: RunDiff
  /// Rows of a table that are shown before it is cut with a count.
  let limit: Int
  var heading = "What changed?"

  func add(to body: inout Markup) throws(BatchError) {
    let summary = try diff.summary(keeping: limit)
    body.add("<section><h2>\(Markup.escaped(heading))</h2>")
    body.add(
      "<p class=\"answer\">A is \(Markup.escaped(diff.a.title)), B is \(Markup.escaped(diff.b.title)). "
        + (summary.isDifferent ? "" : "No row differs.") + "</p>")
    for note in summary.notes { body.add("<p class=\"soft\">\(Markup.escaped(note))</p>") }
    let given = diff.given
    if !given.isEmpty {
      body.table(
        "What was given otherwise", ["what", "A", "B"], given.map { [.text($0.name), .text($0.old), .text($0.new)] },
        isWide: true)
    }
    if summary.isDifferent {
      addMoney(summary, &body)
      addCauses(summary, &body)
      body.table(
        "Rows", ["table", "changed", "only in B", "only in A", "same"],
        summary.tables.map {
          [
            .text($0.table.heading), .number(Amounts.grouped($0.changed)), .number(Amounts.grouped($0.added)),
            .number(Amounts.grouped($0.removed)), .number(Amounts.grouped($0.same)),
          ]
        })
      for table in summary.tables where !table.kept.isEmpty { add(table, &body) }
    }
    body.add("</section>")
  }

  private func addMoney(_ summary: DiffSummary, _ body: inout Markup) {
    let names = [
      "gross_pool": "stakes", "total_payout": "payouts", "total_refund": "refunds", "house_fee": "house fees",
      "creator_fee": "creator fees", "prize_pool": "pools", "total_prize": "prizes",
    ]
    for money in summary.money {
      let noun = money.isOfEvents ? "registration" : "user"
      let shown = money.columns.indices.filter { money.old[$0] != 0 || money.new[$0] != 0 }
      guard !shown.isEmpty else { continue }
      body.table(
        "Money, \(money.currency), minor units", ["", "A", "B", "change"],
        shown.map {
          [
            .text(names[money.columns[$0]] ?? money.columns[$0]), .number(Amounts.grouped(money.old[$0])),
            .number(Amounts.grouped(money.new[$0])),
            .number(ComparisonSection.signed(money.new[$0] - money.old[$0])),
          ]
        })
      let paid = [
        money.more.users > 0
          ? "\(Amounts.counted(money.more.users, noun)) paid more, \(Amounts.grouped(money.more.amount)) in all"
          : nil,
        money.less.users > 0
          ? "\(Amounts.counted(money.less.users, noun)) paid less, \(Amounts.grouped(money.less.amount)) in all"
          : nil,
      ].compactMap(\.self)
      if !paid.isEmpty {
        body.add(
          "<p class=\"answer\">\(Markup.escaped(money.currency)): \(paid.joined(separator: "; "))."
            + "\(money.isOfEvents ? "" : " A user counts once in each market.")</p>")
      }
    }
  }

  /// Causes that are shown before they are counted.
  private static let causesMax = 20

  private func addCauses(_ summary: DiffSummary, _ body: inout Markup) {
    guard !summary.causes.isEmpty else { return }
    let left = summary.causes.count - ComparisonSection.causesMax
    func users(_ group: (users: Int, amount: Int128), _ sign: Int128) -> Markup.Cell {
      guard group.users > 0 else { return .number("–") }
      let amount = ComparisonSection.signed(sign * group.amount)
      let users = Amounts.counted(group.users, "user")
      return Markup.Cell(
        markup: "<span class=\"long\">\(users), <span class=\"n\">\(amount)</span></span>", isNumber: true)
    }
    body.table(
      "Why: causes, those that move most money first" + (left > 0 ? "; \(Amounts.grouped(left)) more not shown" : ""),
      ["cause", "currency", "markets", "paid more", "paid less", "most in"],
      summary.causes.prefix(ComparisonSection.causesMax).map { cause in
        [
          .text(cause.reason), .text(cause.currency), .number(Amounts.grouped(cause.markets)), users(cause.more, 1),
          users(cause.less, -1), .id(cause.example),
        ]
      }, isWide: true)
  }

  private func add(_ table: TableDifference, _ body: inout Markup) {
    let keys = table.table.key.map { $0.hasSuffix("_id") ? String($0.dropLast(3)) : $0 }
    let cut =
      table.isCut ? ": the \(Amounts.grouped(table.kept.count)) largest of \(Amounts.grouped(table.different))" : ""
    body.add(
      "<h3>\(Markup.escaped(table.table.heading.prefix(1).uppercased() + table.table.heading.dropFirst()))\(cut)</h3>")
    var rows: [[Markup.Cell]] = []
    var continued: Set<Int> = []
    var left = 0
    for record in table.kept {
      let cells = record.mainCells(of: table.table)
      left += record.cells.count - cells.count
      for (index, cell) in cells.enumerated() {
        if index > 0 { continued.insert(rows.count) }
        rows.append(
          record.key.map { index == 0 ? .id($0) : .markup("") } + [
            .text(record.change == .changed ? cell.column : "\(cell.column) (\(record.change.rawValue))"),
            shown(cell.old, cell), shown(cell.new, cell),
            .number(cell.delta.map { ComparisonSection.signed($0) } ?? ""), .text(index == 0 ? record.reason : ""),
          ])
      }
    }
    body.table(
      (table.isCut
        ? "\(Amounts.grouped(table.different - table.kept.count)) more: settle diff --format csv lists all"
        : "Every row that differs")
        + (left > 0 ? "; \(Amounts.counted(left, "cell")) that follow from these not shown" : ""),
      keys + ["column", "A", "B", "change", "why"], rows, isWide: true, continued: continued)
  }

  private func shown(_ text: String?, _ cell: DiffRecord.Cell) -> Markup.Cell {
    guard let text, !text.isEmpty else { return .number("–") }
    return .number(cell.isInteger ? Int64(text).map { Amounts.grouped($0) } ?? text : text)
  }

  static func signed(_ value: Int128) -> String { (value > 0 ? "+" : "") + Amounts.grouped(value) }
}
