// What was really paid to whom: by the ledger, or by a file that somebody else wrote?
internal import Interchange
internal import Ledger
internal import Markets
internal import Money
internal import Prizes

/// One payment of an event.
struct ActualPayment {
  /// The registration's id; nil where only the place is named.
  var registration: ID?
  var place: Int?
  var currency: String?
  let amount: Int64
  var isFailed = false
  /// The entry that made it; nil in a file.
  var entry: Int64?
  var runID: String?
}

/// Payments by the number of their event.
struct ActualPayments {
  private(set) var byEvent: [Int: [ActualPayment]] = [:]
  /// What is wrong with the entries themselves.
  private(set) var faults: [(event: Int, entry: Int64, message: String)] = []
  private(set) var rejections: [Rejection] = []

  // MARK: The ledger

  /// Reads the entries of every run of this kind that stand: those that were reversed do not count.
  init(_ ledger: Ledger, _ operation: PrizeOperation, _ intake: EventIntake) throws(BatchError) {
    do throws(LedgerError) {
      let reversed = try ledger.reversedEntries()
      for run in try ledger.runs() where run.kind == operation.runKind {
        let reader = try EntryReader(
          ledger, after: run.sequenceBefore, through: run.sequenceAfter,
          head: Digest(hex: run.headBefore) ?? Ledger.genesis)
        while try reader.next() {
          guard let entry = reader.entry, let number = intake.number(ofEvent: Array((entry.fields.marketID ?? "").utf8))
          else { continue }
          var out: Int128 = 0
          while let posting = try reader.nextPosting() { if posting.amount < 0 { out -= Int128(posting.amount) } }
          for fault in reader.faults { faults.append((number, entry.id, fault)) }
          let isFailed = entry.fields.kind == "failed"
          guard isFailed || entry.fields.kind == operation.entryKind, !reversed.contains(entry.id) else { continue }
          let word = Array((entry.fields.key ?? "").utf8).split(separator: 0x3A, omittingEmptySubsequences: false).last
          byEvent[number, default: []].append(
            ActualPayment(
              registration: ID(AccountName.decoded(word ?? [])),
              currency: entry.fields.currency, amount: Int64(clamping: out), isFailed: isFailed, entry: entry.id,
              runID: run.runID))
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
  }

  // MARK: A file

  /// Reads files of payments: an event, a registration or a place, and an amount.
  init(_ files: [InputFile], _ intake: EventIntake) throws(BatchError) {
    for (index, file) in files.enumerated() {
      let summary = InputSummary(table: .payments, file: index + 1, format: file.format)
      do throws(FileError) {
        let stream = try InputStream(path: file.path)
        let reader = file.format.reader(of: stream, schema: .payments)
        try read(reader, summary, intake)
      } catch {
        throw BatchError.file(error)
      }
    }
  }

  private mutating func read(
    _ reader: any RecordReader, _ summary: InputSummary, _ intake: EventIntake
  ) throws(FileError) {
    while true {
      switch try reader.next() {
      case .end: return
      case .unreadable(let fault):
        rejections.append(Rejection(fault, summary))
        return
      case .broken(let fault): rejections.append(Rejection(fault, summary))
      case .record: take(reader, summary, intake)
      }
    }
  }

  private mutating func take(_ reader: any RecordReader, _ summary: InputSummary, _ intake: EventIntake) {
    var row = CheckedRow(reader, PaymentField.self)
    let event = row.required(.eventID, CellCheck.id)
    let registration = row.optional(.registrationID, CellCheck.id)
    var place: Int?
    if let cell = row.given(.place) {
      place = unsafe Places(cell.buffer)?.first
      if place == nil { row.problem(.invalidPlace, .place) }
    } else if row.isAbsent(.registrationID) {
      row.problem(.missingField, .registrationID)
    }
    let number = event.flatMap { intake.number(ofEvent: $0.bytes) }
    let given = row.optional(.currency) {
      $0.kind == .text && Currency(bytes: $0.bytes) != nil ? nil : .invalidCurrency
    }
    let currency =
      given.flatMap { Currency(bytes: $0.bytes) } ?? number.flatMap { intake.events[$0].shownCurrency }
      ?? intake.configuration.base.currency
    let unit = intake.configuration.base.amountUnit
    let amount = row.amount(.amount, unit: unit, exponent: intake.configuration.base.exponent(of: currency))
    if row.isAbsent(.amount) { row.problem(.missingField, .amount) }
    let isFailed = row.given(.status).map { String(decoding: $0.bytes, as: UTF8.self) == "failed" } ?? false
    for problem in RowProblem.distinct(row.problems) {
      rejections.append(
        Rejection(
          problem.code, field: problem.field, table: .payments, file: summary.file, line: reader.line,
          marketID: event.map { ID($0.bytes) }, rowID: registration.map { ID($0.bytes) }))
    }
    guard row.problems.isEmpty, let number, let amount else { return }
    byEvent[number, default: []].append(
      ActualPayment(
        registration: registration.map { ID($0.bytes) }, place: place, currency: given == nil ? nil : currency.code,
        amount: amount, isFailed: isFailed))
  }
}
