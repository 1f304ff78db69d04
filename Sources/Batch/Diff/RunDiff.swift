// What differs between two runs, directories, or a plan and a run?
internal import Interchange
package import Markets

/// A comparison of the tables of two directories, by key and cell. Both sides are sorted, so it reads them once, side by
/// side, in constant memory.
package struct RunDiff {
  package let a: DiffSide
  package let b: DiffSide
  /// Only rows of these markets (of other tables: with this first key); empty for all.
  package var only: Set<ID> = []
  /// Levels or names of tables to compare; empty for all.
  package var levels: [String] = []

  package init(_ a: DiffSide, _ b: DiffSide) {
    self.a = a
    self.b = b
  }

  // MARK: What is compared

  private struct Plan {
    var shapes: [DiffTable.Shape] = []
    var notes: [String] = []
  }

  private func plan() throws(BatchError) -> Plan {
    var known = OutputSchema.settlement.filter { !$0.primaryKey.isEmpty }.map { DiffTable.Shape($0) }
    // Markets, then users, then commitments: from the whole to its parts.
    let order = ["market", "user", "commitment"]
    known.sort { left, right in
      let places = [left, right].map { order.firstIndex(of: DiffTable.level(of: $0.file)) ?? order.count }
      return places[0] < places[1]
    }
    for shape in a.describedTables + b.describedTables where !known.contains(where: { $0.file == shape.file }) {
      known.append(shape)
    }
    var plan = Plan()
    var levels: [String] = []
    for shape in known {
      let level = DiffTable.level(of: shape.file)
      switch (a.has(shape.file), b.has(shape.file)) {
      case (true, true):
        levels.append(level)
        if self.levels.isEmpty || self.levels.contains(where: { DiffTable.isNamed(shape.file, $0) }) {
          plan.shapes.append(shape)
        }
      case (true, false): plan.notes.append("B has no \(shape.file): not compared")
      case (false, true): plan.notes.append("A has no \(shape.file): not compared")
      case (false, false): continue
      }
    }
    guard !levels.isEmpty else {
      throw BatchError(
        "nothing_to_compare", .usage,
        "\(Terminal.safe(a.directory)) and \(Terminal.safe(b.directory)) have no data file in common",
        hint: "compare two settlements, two prize runs, or a plan and its run")
    }
    for name in self.levels where !plan.shapes.contains(where: { DiffTable.isNamed($0.file, name) }) {
      throw BatchError(
        "usage", .usage, "there is no level \(Terminal.quoted(name)) that both sides have",
        hint: "one of: \(levels.joined(separator: ", "))")
    }
    return plan
  }

  private var isWanted: ((DiffRow) -> Bool)? {
    guard !only.isEmpty else { return nil }
    return { [only] row in only.contains(ID(row.keyArray(0))) }
  }

  /// A mistyped market is no market without a difference.
  private func checkOnly(_ seen: Set<ID>) throws(BatchError) {
    let missing = only.subtracting(seen).sorted().map { Terminal.quoted($0.description) }
    guard !missing.isEmpty else { return }
    throw BatchError(
      "nothing_to_compare", .usage, "neither A nor B has a row of \(missing.joined(separator: " or "))",
      hint: "`settle show RUN --market ID` tells whether a run knows it; ids are compared byte by byte")
  }

  // MARK: Counting

  /// Reads both sides and counts.
  /// - Parameter keeping: how many rows of each table are kept to be shown.
  /// - Throws: `nothing_to_compare`, `run_damaged`.
  package func summary(keeping limit: Int) throws(BatchError) -> DiffSummary {
    let plan = try plan()
    var summary = DiffSummary()
    let money = MoneyCount()
    let causes = CauseCount()
    var seen: Set<ID> = []
    let isWanted: ((DiffRow) -> Bool)? = isWanted.map { isWanted in
      { row in
        guard isWanted(row) else { return false }
        seen.insert(ID(row.keyArray(0)))
        return true
      }
    }
    let markets = DiffTable.Shape(.markets)
    if !plan.shapes.contains(where: { $0.file == markets.file }), a.has(markets.file), b.has(markets.file) {
      // The money and its causes are told whatever levels are asked for.
      let merge = try merge(markets)
      let context = try MarketContext(a, b)
      _ = try merge.run(isWanted: isWanted, each: MarketSums(merge, money).add) { found throws(BatchError) in
        var row = found
        try context?.complete(&row)
        causes.add(market: row)
      }
    }
    for shape in plan.shapes {
      let merge = try merge(shape)
      let context = try MarketContext(a, b)
      let isMarkets = merge.table.level == "market"
      let sums = isMarkets ? try MarketSums(merge, money) : nil
      var result = TableDifference(table: merge.table)
      var kept = KeptRows(limit: limit)
      let payout = merge.table.level == "user" ? merge.table.number(of: "total_payout") : nil
      result.same = try merge.run(isWanted: isWanted, each: sums?.add) { found throws(BatchError) in
        var row = found
        switch row.change {
        case .added: result.added += 1
        case .removed: result.removed += 1
        case .changed: result.changed += 1
        }
        try context?.complete(&row)
        if isMarkets { causes.add(market: row) }
        if let payout {
          money.pay(row, payout)
          if let context { causes.add(user: row, payout, reason: context.reason) }
        }
        kept.add(row)
      }
      result.kept = kept.finish()
      summary.tables.append(result)
      summary.notes += merge.table.notes
    }
    try checkOnly(seen)
    summary.money = money.differences
    summary.causes = causes.differences
    summary.notes += plan.notes
    return summary
  }

  /// Reads both sides again and gives every row that differs, table by table.
  package func forEachRow(
    begin: (DiffTable) throws(BatchError) -> Void, _ body: (DiffRow) throws(BatchError) -> Void
  ) throws(BatchError) {
    for shape in try plan().shapes {
      let merge = try merge(shape)
      let context = try MarketContext(a, b)
      try begin(merge.table)
      _ = try merge.run(isWanted: isWanted, each: nil) { found throws(BatchError) in
        var row = found
        try context?.complete(&row)
        try body(row)
      }
    }
  }

  private func merge(_ shape: DiffTable.Shape) throws(BatchError) -> DiffMerge {
    try DiffMerge(shape, DiffFile(a.path(shape.file)), DiffFile(b.path(shape.file)))
  }
}

/// Sums per currency, as they come.
private final class MoneyCount {
  private var list: [MoneyDifference] = []
  private var codes: [[UInt8]] = []
  private var last = 0

  var differences: [MoneyDifference] {
    list.sorted { $0.currency.utf8.lexicographicallyPrecedes($1.currency.utf8) }
  }

  /// The currency's place in the list; mostly that of the row before.
  private func place(of code: UnsafeBufferPointer<UInt8>) -> Int {
    if last < codes.count, unsafe code.elementsEqual(codes[last]) { return last }
    last = codes.firstIndex { unsafe code.elementsEqual($0) } ?? codes.count
    if last == codes.count {
      unsafe codes.append(Array(code))
      unsafe list.append(MoneyDifference(String(decoding: code, as: UTF8.self)))
    }
    return last
  }

  /// A row of markets.csv.
  func add(_ line: AuditLine, currency: Int, _ places: [Int], isNew: Bool) {
    guard !line.isEmpty(currency) else { return }
    let place = unsafe place(of: line.cell(currency))
    for (index, column) in places.enumerated() {
      guard !line.isEmpty(column), let value = line.integer(column) else { continue }
      if isNew { list[place].new[index] += Int128(value) } else { list[place].old[index] += Int128(value) }
    }
  }

  /// A user's row: is it paid more or less?
  func pay(_ row: DiffRow, _ column: Int) {
    guard let delta = row.delta(column), delta != 0, row.currency.old == row.currency.new else { return }
    let code = Array(row.currency.new.utf8)
    let place = unsafe code.withUnsafeBufferPointer { unsafe self.place(of: $0) }
    if delta > 0 {
      list[place].more.users += 1
      list[place].more.amount += delta
    } else {
      list[place].less.users += 1
      list[place].less.amount -= delta
    }
  }
}

/// Sums of the rows of markets.csv on both sides.
private struct MarketSums {
  private let money: MoneyCount
  private let places: (old: [Int], new: [Int])
  private let currency: (old: Int, new: Int)

  init(_ merge: DiffMerge, _ money: MoneyCount) throws(BatchError) {
    self.money = money
    places = (try merge.old.places(of: MoneyDifference.columns), try merge.new.places(of: MoneyDifference.columns))
    currency = (try merge.old.places(of: ["currency"])[0], try merge.new.places(of: ["currency"])[0])
  }

  func add(_ old: AuditLine?, _ new: AuditLine?) {
    if let old { money.add(old, currency: currency.old, places.old, isNew: false) }
    if let new { money.add(new, currency: currency.new, places.new, isNew: true) }
  }
}
