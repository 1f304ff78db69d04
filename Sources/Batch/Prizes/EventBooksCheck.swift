// Do the files of a run of prizes or refunds agree with themselves, and does the ledger say the same?
internal import Interchange
internal import Ledger
internal import Markets
internal import Money

/// Reads events.csv, prizes.csv or refunds.csv, and the run's entries side by side, event by event.
final class EventBooksCheck {
  private let files: RunFiles
  private let operation: PrizeOperation
  private let findings: FindingList
  private let reader: EntryReader?
  private var hasEntry = false
  private let settlements: [[UInt8]: SettlementRecord]?
  private(set) var details = PaymentDetails()
  /// The facts of each settled event, as its rows give them.
  private var facts: [[UInt8]: Digest] = [:]
  private var totals: [String: [String: Int128]] = [:]
  private var payments = 0

  init(
    _ files: RunFiles, _ operation: PrizeOperation, _ ledger: Ledger?, _ record: RunRecord?, _ findings: FindingList
  ) throws(LedgerError) {
    self.files = files
    self.operation = operation
    self.findings = findings
    guard let ledger, let record else {
      reader = nil
      settlements = nil
      return
    }
    let reader = try EntryReader(
      ledger, after: record.sequenceBefore, through: record.sequenceAfter,
      head: Digest(hex: record.headBefore) ?? Ledger.genesis)
    self.reader = reader
    settlements = try ledger.settlementRecords(ofRun: record.runID)
    details.actual = 0
    hasEntry = try reader.next()
  }

  var summary: String {
    Figures.counted(facts.count, "settled event") + ", " + Figures.counted(payments, "payment")
      + (details.actual.map { "; \($0) of \(Figures.counted(details.expected, "payment")) in the ledger" } ?? "")
  }

  /// One row of prizes.csv or refunds.csv.
  private struct Row {
    let registration: [UInt8]
    let amount: Int64
    let isFailed: Bool
  }

  func run(_ manifest: Manifest?) throws(BatchError) {
    let schema: OutputSchema = operation == .pay ? .prizes : .refunds
    let events = try AuditCursor(SortedRows(files, .events), findings)
    let rows = try AuditCursor(SortedRows(files, schema), findings)
    while events.isAtRow {
      try check(events, rows, schema)
      try events.advance()
    }
    try rows.pass(before: nil)
    do throws(LedgerError) {
      while hasEntry, let entry = reader?.entry {
        found("unexpected_entry", "entry \(entry.id) is of no event of the files", event: entry.fields.marketID)
        try skip()
      }
    } catch {
      throw BatchError.ledger(error)
    }
    for (currency, columns) in totals {
      for (name, sum) in columns where manifest?.json["totals"]?[currency]?[name] != .int(sum) {
        findings.add(
          Finding(
            .books, "total_mismatch", "totals.\(currency).\(name) is not \(sum), the sum of the files",
            file: "manifest.json"))
      }
    }
  }

  private func found(_ code: String, _ message: String, event: String? = nil, registration: String? = nil) {
    findings.add(Finding(.books, code, message, file: "ledger", market: event, user: registration))
  }

  // MARK: One event

  private func check(_ events: AuditCursor, _ cursor: AuditCursor, _ schema: OutputSchema) throws(BatchError) {
    let event = AuditRow(OutputSchema.events, events.line)
    let id = event.bytes("event_id")
    guard event.text("status") == MarketStatus.settled.rawValue else { return }
    var hash = SHA256()
    hash.update(field: Array("settle-event-1:\(operation.rawValue)".utf8))
    hash.update(field: id)
    var rows: [Row] = []
    var count = 0
    var failed = 0
    var sums: [String: Int128] = [:]
    let isPay = operation == .pay
    let amountColumn = schema.number(of: isPay ? "prize" : "refund")
    let statusColumn = schema.number(of: "status")
    try cursor.forEachRow(of: id) { line in
      count += 1
      let status = line.text(statusColumn)
      unsafe hash.update(
        UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(line.bytes)[..<(line.bytes.count - 1 - status.utf8.count)]))
      for (number, column) in schema.columns.enumerated() where column.type == "integer" {
        sums[column.name, default: 0] += Int128(line.integer(number) ?? 0)
      }
      let amount = line.integer(amountColumn) ?? 0
      if status == PaymentStatus.failed.rawValue { failed += 1 }
      if amount > 0 {
        rows.append(
          Row(registration: line.array(1), amount: amount, isFailed: status == PaymentStatus.failed.rawValue))
      }
    }
    addOwnFacts(event, &hash)
    facts[id] = hash.digest()
    payments += rows.count
    details.expected += rows.count
    checkSums(event, events, count: count, paid: rows.count, failed: failed, sums)
    addTotals(event, rows, sums)
    do throws(LedgerError) { try compare(event, rows) } catch { throw BatchError.ledger(error) }
  }

  /// What the event's own row adds: its cells from the currency to the last sum.
  private func addOwnFacts(_ event: AuditRow, _ hash: inout SHA256) {
    let columns = OutputSchema.events.columns.map(\.name)
    guard let first = columns.firstIndex(of: "currency"), let last = columns.firstIndex(of: "retained") else { return }
    let cells = columns[first...last].map { event.text($0) }
    hash.update(Array((cells.joined(separator: ",") + ",").utf8))
  }

  private func checkSums(
    _ event: AuditRow, _ cursor: AuditCursor, count: Int, paid: Int, failed: Int, _ sums: [String: Int128]
  ) {
    func number(_ column: String) -> Int128 { Int128(Int64(event.text(column)) ?? 0) }
    let id = event.bytes("event_id")
    let isPay = operation == .pay
    let expected: [(String, Int128)] =
      isPay
      ? [
        ("placements", Int128(count)), ("prizes", Int128(paid)), ("total_prize", sums["prize"] ?? 0),
        ("withheld", sums["withheld"] ?? 0), ("failed", Int128(failed)),
      ] : [("refunds", Int128(paid)), ("total_refund", sums["refund"] ?? 0), ("failed", Int128(failed))]
    for (column, sum) in expected where number(column) != sum {
      cursor.report("sum_mismatch", "\(column) is \(event.text(column)), but its rows give \(sum)", market: id)
    }
    let whole = isPay ? number("prize_pool") : sums["fee"] ?? 0
    let parts =
      isPay
      ? number("total_prize") + number("breakage") + number("unallocated") : number("total_refund") + number("retained")
    if whole != parts {
      cursor.report("not_conserved", "\(parts) is accounted for, not the \(whole) of the event", market: id)
    }
    if isPay, (sums["net"] ?? 0) + (sums["withheld"] ?? 0) != sums["prize"] ?? 0 {
      cursor.report("sum_mismatch", "net and withheld do not come to the prizes", market: id)
    }
  }

  private func addTotals(_ event: AuditRow, _ rows: [Row], _ sums: [String: Int128]) {
    func number(_ column: String) -> Int128 { Int128(Int64(event.text(column)) ?? 0) }
    let pool = operation == .pay ? number("prize_pool") : sums["fee"] ?? 0
    let failed = rows.reduce(Int128(0)) { $0 + ($1.isFailed ? Int128($1.amount) : 0) }
    for (name, amount) in [
      ("pool", pool), ("failed", failed), ("breakage", number("breakage")), ("unallocated", number("unallocated")),
      ("retained", number("retained")),
    ] { totals[event.text("currency"), default: [:]][name, default: 0] += amount }
  }

  // MARK: The ledger

  private func skip() throws(LedgerError) {
    while try reader?.nextPosting() != nil {}
    hasEntry = try reader?.next() ?? false
  }

  private func compare(_ event: AuditRow, _ rows: [Row]) throws(LedgerError) {
    guard let reader, let settlements else { return }
    let id = event.bytes("event_id")
    let name = event.text("event_id")
    if settlements[id]?.facts != facts[id] {
      found("settlement_mismatch", "the ledger holds other facts of the event than the files", event: name)
    }
    var paid: [[UInt8]: (amount: Int128, kind: String)] = [:]
    var escrow: Int128 = 0
    while hasEntry, let entry = reader.entry, Array((entry.fields.marketID ?? "").utf8) == id {
      var out: Int128 = 0
      while let posting = try reader.nextPosting() {
        if posting.account.utf8.elementsEqual(AccountName.escrow(id).utf8) { escrow += Int128(posting.amount) }
        if posting.amount < 0 { out -= Int128(posting.amount) }
      }
      let kind = entry.fields.kind
      if kind == operation.entryKind || kind == "failed" {
        let word = Array((entry.fields.key ?? "").utf8).split(separator: 0x3A, omittingEmptySubsequences: false).last
        let registration = AccountName.decoded(word ?? [])
        if paid.updateValue((out, kind), forKey: registration) != nil {
          let text = String(decoding: registration, as: UTF8.self)
          details.addDuplicate(market: name, user: text, kind: kind, "paid more than once")
          found("duplicate", "\(kind): paid more than once", event: name, registration: text)
        }
      }
      hasEntry = try reader.next()
    }
    for row in rows {
      let text = String(decoding: row.registration, as: UTF8.self)
      let kind = row.isFailed ? "failed" : operation.entryKind
      guard let actual = paid.removeValue(forKey: row.registration) else {
        details.addMissing(market: name, user: text, kind: kind, expected: row.amount)
        found("missing", "\(kind): \(row.amount) is not posted", event: name, registration: text)
        continue
      }
      details.actual = (details.actual ?? 0) + 1
      if actual.amount != Int128(row.amount) || actual.kind != kind {
        details.addMismatch(market: name, user: text, kind: kind, expected: row.amount, actual: actual.amount)
        found(
          "amount_mismatch", "\(actual.kind) of \(actual.amount), not \(kind) of \(row.amount)", event: name,
          registration: text)
      }
    }
    for (registration, actual) in paid {
      let text = String(decoding: registration, as: UTF8.self)
      details.addMismatch(market: name, user: text, kind: actual.kind, expected: 0, actual: actual.amount)
      found("amount_mismatch", "\(actual.amount) is paid, but has no row", event: name, registration: text)
    }
    if escrow != 0 { found("escrow_left", "\(escrow) is left in escrow, not 0", event: name) }
  }
}
