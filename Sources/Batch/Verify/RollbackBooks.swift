// Did a rollback take back exactly what it says, each entry once, and does the ledger say the same?
internal import Interchange
internal import Ledger

/// Compares a rollback's entries with the originals they name, and with the rollback's files.
///
/// Each entry of a market that is rolled back has one that takes it back: on each account the swapped amount, or where
/// the account could not give it, on its receivable or on `suspense`. What each account got in all is what
/// `reversals.csv` says.
struct RollbackBooks {
  private let files: RunFiles
  private let run: RunRecord
  private let ledger: Ledger
  private let findings: FindingList

  private struct Key: Hashable {
    let market: [UInt8]
    let account: [UInt8]
    let currency: String
  }

  init(_ files: RunFiles, _ run: RunRecord, _ ledger: Ledger, _ findings: FindingList) {
    self.files = files
    self.run = run
    self.ledger = ledger
    self.findings = findings
  }

  private func found(_ code: String, _ message: String, market: [UInt8]? = nil, file: String = "ledger") {
    findings.add(
      Finding(.books, code, message, file: file, market: market.map { String(decoding: $0, as: UTF8.self) }))
  }

  /// - Returns: what was compared.
  func check(_ details: inout PaymentDetails) throws(BatchError) -> String {
    do throws(LedgerError) {
      let reader = try ReversalReader(ledger)
      let (entries, mirrored) = try posted(reader)
      let markets = try marketRows()
      let settlements = try ledger.settlements(ofRun: run.reverses ?? "")
      let originals = try originalEntries()
      details.actual = mirrored.count
      for (market, status) in markets where status == "rolled_back" {
        for original in originals[market] ?? [] {
          details.expected += 1
          guard !mirrored.contains(original) else { continue }
          details.addMissing(
            market: String(decoding: market, as: UTF8.self), user: "", kind: "entry \(original)", expected: 0)
          found("missing", "entry \(original) is not taken back", market: market)
        }
        let settlement = settlements.first { Array($0.marketID.utf8) == market }
        if let settlement, settlement.rolledBackBy != run.runID {
          found("settlement_mismatch", "the ledger does not list the market as rolled back by this run", market: market)
        }
      }
      for settlement in settlements where settlement.rolledBackBy == run.runID {
        if markets[Array(settlement.marketID.utf8)] != "rolled_back" {
          found(
            "settlement_mismatch", "the ledger lists the market as rolled back by this run, the files do not",
            market: Array(settlement.marketID.utf8))
        }
      }
      try compare(entries)
      return
        "\(Figures.counted(markets.count, "market")), \(mirrored.count == 1 ? "1 entry" : "\(mirrored.count) entries") taken back"
    } catch {
      throw BatchError.ledger(error)
    }
  }

  // MARK: The ledger

  /// Sums of the rollback's postings by market and account, and the entries that it takes back.
  private func posted(_ reader: ReversalReader) throws(LedgerError) -> (sums: [Key: Int128], mirrored: Set<Int64>) {
    var sums: [Key: Int128] = [:]
    var mirrored: Set<Int64> = []
    let entries = try EntryReader(
      ledger, after: run.sequenceBefore, through: run.sequenceAfter, head: Digest(hex: run.headBefore) ?? Ledger.genesis
    )
    while try entries.next() {
      guard let entry = entries.entry else { break }
      let market = Array((entry.fields.marketID ?? "").utf8)
      var own: [String: Int128] = [:]
      while let posting = try entries.nextPosting() {
        own[posting.account, default: 0] += Int128(posting.amount)
        sums[Key(market: market, account: Array(posting.account.utf8), currency: posting.currency), default: 0] +=
          Int128(posting.amount)
      }
      guard let reverses = entry.fields.reverses else { continue }
      if entry.fields.key != ReversalWriter.key(ofEntry: reverses) {
        found("unexpected_entry", "entry \(entry.id) has another key than the run gave it", market: market)
      }
      if !mirrored.insert(reverses).inserted {
        found("duplicate", "entry \(reverses) is taken back twice", market: market)
      }
      try compare(own, with: reverses, entry.id, market)
    }
    return (sums, mirrored)
  }

  /// One entry against the one that it takes back: nobody but the receivable or `suspense` stands in for an account.
  private func compare(
    _ own: [String: Int128], with original: Int64, _ entry: Int64, _ market: [UInt8]
  ) throws(LedgerError) {
    var left = own
    for (account, amount) in try ledger.amounts(ofEntry: original) { left[account, default: 0] += amount }
    for (account, amount) in left where amount > 0 {
      // Less was taken from it than it got: the rest is on its receivable, or on suspense.
      let receivable = AccountName.receivable(account: account)
      let owed = min(amount, -(left[receivable] ?? 0))
      left[receivable, default: 0] += owed
      left[account] = amount - owed
    }
    let unexplained = left.filter { $0.value != 0 && $0.key != AccountName.suspense }
    let isSuspended =
      unexplained.values.reduce(0, +) + (left[AccountName.suspense] ?? 0) == 0
      && unexplained.keys.allSatisfy { $0.hasPrefix("user:") }
    if !isSuspended {
      found("amount_mismatch", "entry \(entry) does not take back what entry \(original) posted", market: market)
    }
  }

  private func originalEntries() throws(LedgerError) -> [[UInt8]: [Int64]] {
    guard let reversed = try run.reverses.flatMap({ runID throws(LedgerError) in try ledger.run(runID) }) else {
      found("unknown_run", "the ledger does not know the run that this one takes back")
      return [:]
    }
    let entries = try ledger.entries(ofRun: reversed.runID, outsideOf: .max, through: .min)
    return Dictionary(grouping: entries) { Array(($0.market ?? "").utf8) }.mapValues { $0.map(\.id) }
  }

  // MARK: The files

  private func marketRows() throws(LedgerError) -> [[UInt8]: String] {
    var markets: [[UInt8]: String] = [:]
    read(.rolledBackMarkets) { line in markets[line.array(0)] = line.text(3) }
    return markets
  }

  /// reversals.csv against the sums of the ledger.
  private func compare(_ sums: [Key: Int128]) throws(LedgerError) {
    var expected: [Key: Int128] = [:]
    read(.reversals) { line in
      let (market, account, currency) = (line.array(0), line.text(1), line.text(2))
      func add(_ amount: Int64, to account: String) {
        expected[Key(market: market, account: Array(account.utf8), currency: currency), default: 0] += Int128(amount)
      }
      guard let reversed = line.integer(7), let owed = line.integer(8), let effect = line.integer(4) else {
        found("row_damaged", "a row of reversals.csv does not hold amounts", market: market, file: "reversals.csv")
        return
      }
      add(reversed, to: line.text(6))
      add(-owed, to: AccountName.receivable(account: account))
      if line.text(5) == "suspended" { add(effect, to: AccountName.suspense) }
    }
    for key in Set(sums.keys).union(expected.keys) where sums[key] ?? 0 != expected[key] ?? 0 {
      found(
        "amount_mismatch",
        "account \(Terminal.safe(String(decoding: key.account, as: UTF8.self))) got \(sums[key] ?? 0), not "
          + "\(expected[key] ?? 0)", market: key.market)
    }
  }

  private func read(_ schema: OutputSchema, _ body: (AuditLine) -> Void) {
    do throws(BatchError) {
      let rows = try SortedRows(files, schema)
      while try rows.nextRow() { body(rows.line) }
    } catch {
      found(error.code, error.message, file: schema.file)
    }
  }
}
