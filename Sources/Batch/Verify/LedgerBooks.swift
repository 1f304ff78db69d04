// Does the ledger hold, for every market of a run, exactly what the run's files say, and nothing else?
internal import Interchange
internal import Ledger

/// The entries of one run, read in the order of its markets.
final class LedgerBooks {
  private let ledger: Ledger
  private let run: RunRecord
  private let findings: FindingList
  private let reader: EntryReader
  private var hasEntry: Bool
  private var settlements: [[UInt8]: SettlementRecord]

  /// Amounts by user of one kind of entry in one market.
  private struct Paid {
    var amount: Int128 = 0
    var postings = 0
  }

  private static let userKinds = ["payouts", "refunds"]

  init(_ ledger: Ledger, _ run: RunRecord, _ findings: FindingList) throws(LedgerError) {
    self.ledger = ledger
    self.run = run
    self.findings = findings
    reader = try EntryReader(
      ledger, after: run.sequenceBefore, through: run.sequenceAfter, head: Digest(hex: run.headBefore) ?? Ledger.genesis
    )
    settlements = try ledger.settlementRecords(ofRun: run.runID)
    hasEntry = try reader.next()
  }

  private func found(_ code: String, _ message: String, market: String? = nil, user: String? = nil) {
    findings.add(Finding(.books, code, message, file: "ledger", market: market, user: user))
  }

  // MARK: One market

  /// Compares one settled market.
  func check(_ row: AuditRow, _ books: MarketBooks, _ details: inout PaymentDetails) throws(BatchError) {
    do throws(LedgerError) {
      try check(row.bytes("market_id"), row, books, &details)
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func check(
    _ market: [UInt8], _ row: AuditRow, _ books: MarketBooks, _ details: inout PaymentDetails
  ) throws(LedgerError) {
    let name = row.text("market_id")
    while hasEntry, (reader.entry?.fields.marketID ?? "").utf8.lexicographicallyPrecedes(market) {
      try passUnexpected()
    }
    var paid = [[Int: Paid]](repeating: [:], count: LedgerBooks.userKinds.count)
    var sums: [String: [String: Int128]] = [:]
    var kinds: Set<String> = []
    while hasEntry, let entry = reader.entry, entry.fields.marketID.map({ Array($0.utf8) == market }) ?? false {
      let kind = entry.fields.kind
      if !kinds.insert(kind).inserted {
        details.addDuplicate(market: name, kind: kind, "entry \(entry.id) posts \(kind) of the market again")
        found("duplicate", "entry \(entry.id) posts \(kind) of the market again", market: name)
      }
      checkFields(entry, market: market, name: name, currency: row.text("currency"))
      let userKind = LedgerBooks.userKinds.firstIndex(of: kind)
      while let posting = try reader.nextPosting() {
        guard let userKind, posting.account.hasPrefix("user:") else {
          sums[kind, default: [:]][posting.account, default: 0] += Int128(posting.amount)
          continue
        }
        guard let place = books.place(of: AccountName.decoded(posting.account.utf8.dropFirst(5))) else {
          let user = String(decoding: AccountName.decoded(posting.account.utf8.dropFirst(5)), as: UTF8.self)
          details.addMismatch(market: name, user: user, kind: kind, expected: 0, actual: Int128(posting.amount))
          found(
            "amount_mismatch", "\(kind): \(posting.amount) is paid to a user without a commitment", market: name,
            user: user)
          continue
        }
        paid[userKind][place, default: Paid()].amount += Int128(posting.amount)
        paid[userKind][place]?.postings += 1
        if paid[userKind][place]?.postings == 2 {
          let user = books.users[place].name
          details.addDuplicate(market: name, user: user, kind: kind, "paid more than once")
          found("duplicate", "\(kind): the user is paid more than once", market: name, user: user)
        }
      }
      report(entry, market: name)
      hasEntry = try reader.next()
    }
    comparePayments(paid, name, books, &details)
    compareSums(sums, row, name, market)
    checkSettlement(row, books, name)
  }

  private func checkFields(_ entry: EntryReader.Entry, market: [UInt8], name: String, currency: String) {
    let fields = entry.fields
    if fields.runID != run.runID {
      found("unexpected_entry", "entry \(entry.id) is not in the name of this run", market: name)
    }
    if fields.currency != currency {
      found(
        "unexpected_entry", "entry \(entry.id) is in \(Terminal.safe(fields.currency)), not \(currency)", market: name)
    }
    if fields.key != "settle:\(run.runID):\(AccountName.encoded(market)):\(fields.kind)" {
      found("unexpected_entry", "entry \(entry.id) has another key than the run gave it", market: name)
    }
  }

  private func comparePayments(
    _ paid: [[Int: Paid]], _ market: String, _ books: MarketBooks, _ details: inout PaymentDetails
  ) {
    for (place, user) in books.users.enumerated() {
      var hasPosting = false
      for (index, kind) in LedgerBooks.userKinds.enumerated() {
        let expected = index == 0 ? user.payout : user.refund
        let actual = paid[index][place]
        if actual != nil { hasPosting = true }
        guard expected != actual?.amount ?? 0 else { continue }
        let shown = Int64(clamping: expected)
        if actual == nil {
          details.addMissing(market: market, user: user.name, kind: kind, expected: shown)
          found("missing", "\(kind): \(expected) is not paid", market: market, user: user.name)
        } else {
          let amount = actual?.amount ?? 0
          details.addMismatch(market: market, user: user.name, kind: kind, expected: shown, actual: amount)
          found("amount_mismatch", "\(kind): \(amount) is paid, not \(expected)", market: market, user: user.name)
        }
      }
      if hasPosting { details.actual = (details.actual ?? 0) + 1 }
    }
  }

  /// Everything beside wallets: stakes, escrow, house and creator, by kind; escrow ends at 0.
  private func compareSums(_ sums: [String: [String: Int128]], _ row: AuditRow, _ name: String, _ market: [UInt8]) {
    func number(_ column: String) -> Int128 { Int128(Int64(row.text(column)) ?? 0) }
    let escrow = AccountName.escrow(market)
    let creator = AccountName.creator(row.bytes("creator_id"))
    let fees = number("house_fee") + number("creator_fee")
    let expected: [String: [String: Int128]] = [
      "stakes": [AccountName.stakes: -number("gross_pool"), escrow: number("gross_pool")],
      "payouts": [escrow: -number("total_payout")],
      "refunds": [escrow: -number("total_refund")],
      "fees": [escrow: -fees, AccountName.house: number("house_fee"), creator: number("creator_fee")],
      "retained": [escrow: -number("retained"), AccountName.house: number("retained")],
      "breakage": [escrow: -number("breakage"), AccountName.house: number("breakage")],
    ]
    for kind in Set(expected.keys).union(sums.keys).sorted() {
      let accounts = Set((expected[kind] ?? [:]).keys).union((sums[kind] ?? [:]).keys)
      for account in accounts.sorted() {
        let wanted = expected[kind]?[account] ?? 0
        let actual = sums[kind]?[account] ?? 0
        if wanted != actual {
          found(
            "amount_mismatch", "\(Terminal.safe(kind)): account \(Terminal.safe(account)) got \(actual), not \(wanted)",
            market: name)
        }
      }
    }
    let left = sums.values.reduce(Int128(0)) { $0 + ($1[escrow] ?? 0) }
    if left != 0 { found("escrow_left", "\(left) is left in escrow, not 0", market: name) }
  }

  /// The row that says the market is settled.
  private func checkSettlement(_ row: AuditRow, _ books: MarketBooks, _ market: String) {
    guard let record = settlements.removeValue(forKey: row.bytes("market_id")) else {
      found("settlement_mismatch", "the ledger does not list the market as settled by this run", market: market)
      return
    }
    if record.resolutionID != row.text("resolution_id") {
      found("settlement_mismatch", "the ledger names resolution \(Terminal.safe(record.resolutionID))", market: market)
    }
    if record.facts != books.factsDigest {
      found("settlement_mismatch", "the ledger holds other facts of the market than the files", market: market)
    }
  }

  // MARK: The whole run

  private func report(_ entry: EntryReader.Entry, market: String?) {
    for fault in reader.faults {
      found(
        fault.hasPrefix("the hash chain") ? "chain_broken" : "entry_damaged", "entry \(entry.id): \(fault)",
        market: market)
    }
  }

  private func passUnexpected() throws(LedgerError) {
    guard let entry = reader.entry else { return }
    while try reader.nextPosting() != nil {}
    found(
      "unexpected_entry", "entry \(entry.id) posts \(Terminal.safe(entry.fields.kind)) that the files do not have",
      market: entry.fields.marketID)
    report(entry, market: entry.fields.marketID)
    hasEntry = try reader.next()
  }

  /// Proves every entry for itself, for runs whose files are not those of a settlement.
  func checkEntriesAlone() throws(BatchError) {
    do throws(LedgerError) {
      while hasEntry, let entry = reader.entry {
        while try reader.nextPosting() != nil {}
        report(entry, market: entry.fields.marketID)
        hasEntry = try reader.next()
      }
      try checkEnds()
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// What belongs to no market of the files, and the ends of the run's stretch of the chain.
  func finish(_ details: inout PaymentDetails) throws(BatchError) {
    do throws(LedgerError) {
      while hasEntry { try passUnexpected() }
      for market in settlements.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        found(
          "settlement_mismatch", "the ledger lists the market as settled by this run, the files do not",
          market: String(decoding: market, as: UTF8.self))
      }
      for (market, other) in try ledger.marketsSettledTwice(byRun: run.runID) {
        details.addDuplicate(market: market, kind: "settlement", "settled by run \(other) too")
        found("duplicate", "the market is settled by run \(Terminal.safe(other)) too", market: market)
      }
      for entry in try ledger.entries(ofRun: run.runID, outsideOf: run.sequenceBefore, through: run.sequenceAfter) {
        details.addDuplicate(
          market: entry.market ?? "", kind: entry.kind, "entry \(entry.id) stands outside of the run")
        found("duplicate", "entry \(entry.id) is in the run's name, but stands outside of it", market: entry.market)
      }
      try checkEnds()
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func checkEnds() throws(LedgerError) {
    for message in try reader.finish() { found("entry_damaged", message) }
    if try ledger.chainLink(at: run.sequenceBefore) != run.headBefore {
      found("chain_broken", "the chain before the run does not end at head_before")
    }
    if try ledger.chainLink(at: run.sequenceAfter) != run.headAfter {
      found("chain_broken", "the chain of the run does not end at head_after")
    }
  }
}
