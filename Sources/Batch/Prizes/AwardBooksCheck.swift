// Does the ledger hold exactly the awards that a run's file says were given?
internal import Interchange
internal import Ledger
internal import Markets

/// Reads awards.csv and the run's entries side by side.
struct AwardBooksCheck {
  let files: RunFiles
  let operation: PrizeOperation
  let findings: FindingList

  /// - Returns: what was compared.
  func run(_ ledger: Ledger?, _ record: RunRecord?, _ details: inout PaymentDetails) throws(BatchError) -> String {
    let rows = try AuditCursor(SortedRows(files, .awards), findings)
    var given = 0
    do {
      let reader = try reader(ledger, record)
      if reader != nil { details.actual = 0 }
      var hasEntry = try reader?.next() ?? false
      while rows.isAtRow {
        let row = AuditRow(OutputSchema.awards, rows.line)
        if row.text("status") == AwardStatus.given.rawValue {
          given += 1
          details.expected += 1
          if let reader { hasEntry = try compare(row, reader, hasEntry, &details) }
        }
        try rows.advance()
      }
      while hasEntry, let reader, let entry = reader.entry {
        found("unexpected_entry", "entry \(entry.id) is no award of the file", entry.fields.marketID)
        while try reader.nextPosting() != nil {}
        hasEntry = try reader.next()
      }
    } catch let error as LedgerError {
      throw BatchError.ledger(error)
    } catch let error as BatchError {
      throw error
    } catch {
      preconditionFailure("comparing awards: \(error)")
    }
    return Figures.counted(given, "award") + (details.actual.map { "; \($0) in the ledger" } ?? "")
  }

  private func reader(_ ledger: Ledger?, _ record: RunRecord?) throws(LedgerError) -> EntryReader? {
    guard let ledger, let record else { return nil }
    return try EntryReader(
      ledger, after: record.sequenceBefore, through: record.sequenceAfter,
      head: Digest(hex: record.headBefore) ?? Ledger.genesis)
  }

  private func found(_ code: String, _ message: String, _ subject: String?, _ registration: String? = nil) {
    findings.add(Finding(.books, code, message, file: "ledger", market: subject, user: registration))
  }

  private func compare(
    _ row: AuditRow, _ reader: EntryReader, _ hasEntry: Bool, _ details: inout PaymentDetails
  ) throws -> Bool {
    let registration = row.text("registration_id")
    let amount = try row.integer("amount")
    let award = Award(
      event: ID(row.bytes("event_id")), registration: ID(row.bytes("registration_id")), place: 0, amount: amount,
      status: .given, number: 0)
    let subject = award.subject(operation)
    guard hasEntry, let entry = reader.entry, (entry.fields.marketID ?? "").utf8.elementsEqual(subject.utf8) else {
      details.addMissing(market: row.text("event_id"), user: registration, kind: "awards", expected: amount)
      found("missing", "awards: \(amount) is not posted", row.text("event_id"), registration)
      return hasEntry
    }
    var out: Int128 = 0
    while let posting = try reader.nextPosting() { if posting.amount < 0 { out -= Int128(posting.amount) } }
    details.actual = (details.actual ?? 0) + 1
    if out != Int128(amount) {
      details.addMismatch(
        market: row.text("event_id"), user: registration, kind: "awards", expected: amount, actual: out)
      found("amount_mismatch", "awards: \(out) is posted, not \(amount)", row.text("event_id"), registration)
    }
    return try reader.next()
  }
}
