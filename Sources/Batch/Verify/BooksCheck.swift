// Do the files of a run agree with themselves, and does the ledger say the same?
internal import Interchange
internal import Ledger

/// Reads markets.csv, commitments.csv, distributions.csv and the ledger's entries side by side, market by market.
/// Memory is bounded by the users of one market.
final class BooksCheck {
  private let files: RunFiles
  private let manifest: Manifest?
  private let findings: FindingList
  private let ledger: LedgerBooks?
  private let books = MarketBooks()

  private(set) var details = PaymentDetails()
  private(set) var summary = ""
  private var counts: [String: Int] = [:]
  private var totals: [String: [String: Int128]] = [:]

  init(_ files: RunFiles, _ manifest: Manifest?, _ ledger: LedgerBooks?, _ findings: FindingList) {
    self.files = files
    self.manifest = manifest
    self.ledger = ledger
    self.findings = findings
  }

  private static let totalColumns = [
    "gross_pool", "total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage",
  ]

  func run() throws(BatchError) {
    guard let markets = try cursor(.markets), let commitments = try cursor(.commitments) else {
      summary = "the files cannot be compared"
      return
    }
    // Under --audit-format jsonl there is no distributions.csv.
    let hasDistributions = manifest?.outputs.contains { $0.name == "distributions.csv" } ?? true
    let distributions = hasDistributions ? try cursor(.distributions) : nil
    if ledger != nil { details.actual = 0 }
    while markets.isAtRow {
      try check(markets, commitments, distributions)
      try markets.advance()
    }
    try commitments.pass(before: nil)
    try distributions?.pass(before: nil)
    try ledger?.finish(&details)
    checkManifest(markets: markets.count, commitments: commitments.count, distributions: distributions?.count)
    summary =
      Figures.counted(counts["settled"] ?? 0, "settled market") + ", "
      + Figures.counted(commitments.count, "commitment")
      + (distributions.map { ", " + Figures.counted($0.count, "distribution") } ?? "")
      + (details.actual.map { "; \($0) of \(Figures.counted(details.expected, "payment")) in the ledger" } ?? "")
  }

  private func cursor(_ schema: OutputSchema) throws(BatchError) -> AuditCursor? {
    do throws(BatchError) {
      return try AuditCursor(SortedRows(files, schema), findings)
    } catch {
      findings.add(Finding(.books, error.code, error.message, file: schema.file))
      return nil
    }
  }

  // MARK: One market

  private func check(
    _ markets: AuditCursor, _ commitments: AuditCursor, _ distributions: AuditCursor?
  ) throws(BatchError) {
    let row = AuditRow(markets.rows)
    let market = row.bytes("market_id")
    let status = MarketStatus(rawValue: row.text("status"))
    counts["markets", default: 0] += 1
    counts[row.text("status"), default: 0] += 1
    guard status == .settled else {
      if status == nil { markets.report("row_damaged", "the status is none of ours", market: market) }
      for column in OutputSchema.markets.columns where column.type != "string" && !row.isEmpty(column.name) {
        markets.report("row_damaged", "\(column.name) of a market that is not settled", market: market)
      }
      return
    }
    books.begin(marketRow: markets.line)
    try commitments.forEachRow(of: market) { line in
      if let message = books.add(line) { commitments.report("row_damaged", message, market: market) }
    }
    checkColumns(row, markets, market)
    counts["commitments", default: 0] += books.commitments
    counts["distributions", default: 0] += books.users.count
    counts["winners", default: 0] += books.winners
    counts["losers", default: 0] += books.losers
    if let distributions { try check(distributions, market) }
    details.expected += books.users.count { $0.payout + $0.refund > 0 }
    try ledger?.check(row, books, &details)
  }

  /// The market's columns against the sums of its commitments, and against each other.
  private func checkColumns(_ row: AuditRow, _ markets: AuditCursor, _ market: [UInt8]) {
    func number(_ column: String) -> Int128 { Int128(Int64(row.text(column)) ?? -1) }
    for column in OutputSchema.markets.columns where column.type == "integer" && number(column.name) < 0 {
      markets.report("row_damaged", "\(column.name) is not an amount", market: market)
    }
    for (column, sum) in [
      ("commitments", Int128(books.commitments)), ("users", Int128(books.users.count)), ("gross_pool", books.committed),
      ("winning_stake", books.winningStake), ("total_payout", books.payout), ("total_refund", books.refund),
      ("winners", Int128(books.winners)), ("losers", Int128(books.losers)),
    ] where number(column) != sum {
      markets.report(
        "sum_mismatch", "\(column) is \(row.text(column)), but its rows in commitments.csv give \(sum)", market: market)
    }
    let parts = BooksCheck.totalColumns.dropFirst()
    let distributed = parts.reduce(0) { $0 + number($1) }
    if distributed != number("gross_pool") {
      markets.report(
        "not_conserved",
        "\(parts.joined(separator: " + ")) is \(distributed), not the gross_pool of \(row.text("gross_pool"))",
        market: market)
    }
    if books.winners > 0, number("net_pool") != number("total_payout") + number("breakage") {
      markets.report("sum_mismatch", "net_pool is not total_payout + breakage", market: market)
    }
    for column in BooksCheck.totalColumns {
      totals[row.text("currency"), default: [:]][column, default: 0] += number(column)
    }
  }

  private static let distributionColumns = OutputSchema.distributions.columns.dropFirst(2).map(\.name)

  /// distributions.csv against the sums by user.
  private func check(_ distributions: AuditCursor, _ market: [UInt8]) throws(BatchError) {
    try distributions.forEachRow(of: market) { line in
      guard let place = unsafe books.place(of: unsafe line.cell(1)) else {
        distributions.report(
          "sum_mismatch", "the user has no commitment in the market", market: market, user: line.text(1))
        return
      }
      books.markListed(place)
      let user = books.users[place]
      let sums: [Int128] = [
        user.committed, user.payout + user.refund, user.profit, user.lost, Int128(user.winning), Int128(user.losing),
        Int128(user.refunded),
      ]
      for (index, sum) in sums.enumerated() where line.integer(index + 2).map({ Int128($0) }) != sum {
        distributions.report(
          "sum_mismatch",
          "\(BooksCheck.distributionColumns[index]) is \(line.text(index + 2)), but the rows in commitments.csv "
            + "give \(sum)",
          market: market, user: user.name)
      }
    }
    for user in books.users where !user.isListed {
      distributions.report("missing_row", "the user has commitments, but no row here", market: market, user: user.name)
    }
  }

  // MARK: The manifest

  private func checkManifest(markets: Int, commitments: Int, distributions: Int?) {
    guard let manifest, manifest.kind == "settlement" else { return }
    func found(_ code: String, _ message: String) {
      findings.add(Finding(.books, code, message, file: "manifest.json"))
    }
    for key in [
      "markets", "settled", "held", "already_settled", "failed", "commitments", "distributions", "winners", "losers",
    ] {
      let recorded = manifest.json["counts"]?[key]?.integer
      if recorded != Int64(counts[key] ?? 0) {
        found(
          "count_mismatch", "counts.\(key) is \(BooksCheck.shown(recorded)), but the files give \(counts[key] ?? 0)")
      }
    }
    let recorded = manifest.json["totals"]?.members ?? [:]
    for currency in Set(totals.keys).union(recorded.keys).sorted() {
      for column in BooksCheck.totalColumns {
        let sum = totals[currency]?[column] ?? 0
        guard recorded[currency]?[column] != .int(sum) else { continue }
        found("total_mismatch", "totals.\(Terminal.safe(currency)).\(column) is not \(sum), the sum of markets.csv")
      }
    }
    let rows = ["markets.csv": markets, "commitments.csv": commitments, "distributions.csv": distributions]
    for output in manifest.outputs {
      guard let count = rows[output.name] ?? nil, output.rows != count else { continue }
      found("count_mismatch", "\(output.name) has \(count) rows, not \(output.rows.map(String.init) ?? "none")")
    }
  }

  private static func shown(_ value: Int64?) -> String { value.map(String.init) ?? "not a number" }
}
