// What does a row of events say, and is it all right?
internal import Interchange
internal import Markets
internal import Money
internal import Prizes

/// What is asked of events.
package enum PrizeOperation: String, CaseIterable, Sendable {
  case pay, refund
  case participation = "award participation"
  case placement = "award placement"

  /// The kind of its settlements in the ledger.
  package var settlementKind: String {
    switch self {
    case .pay: "prizes"
    case .refund: "refund"
    case .participation: "award-participation"
    case .placement: "award-placement"
    }
  }
  /// The kind of its runs.
  package var runKind: String {
    switch self {
    case .pay: "prizes"
    case .refund: "refunds"
    case .participation, .placement: "awards"
    }
  }
  /// The kind of the entries that pay somebody.
  package var entryKind: String {
    switch self {
    case .pay: "payouts"
    case .refund: "refunds"
    case .participation, .placement: "awards"
    }
  }
  /// What an entry's key calls what it pays.
  package var keyWord: String { self == .refund ? "refund" : "prize" }

  /// The operation of a run; nil for runs that are not about events.
  package init?(ofRun kind: String, _ manifest: Manifest?) {
    switch kind {
    case "prizes": self = .pay
    case "refunds": self = .refund
    case "awards":
      self = manifest?.json["configuration"]?["award"]?.text == "award-placement" ? .placement : .participation
    default: return nil
    }
  }
}

/// An event as its row has it; what the operation does not need is not read.
struct EventTerms: Sendable {
  var status = EventStatus.notReady
  var currency: Currency
  var organizerID: ID?
  var pool: Int64 = 0
  var fee: Int64 = 0
  var distribution: PrizeDistribution?
  var tie: TiePolicy
  var remainder: RemainderPolicy
  var refund: BasisPoints
  var withholding = Withholding.none
  /// Columns that the row gives, by their numbers: what it does not give is the configuration's.
  fileprivate var given: UInt16 = 0

  func gives(_ field: EventField) -> Bool { given & (1 << UInt16(field.rawValue)) != 0 }
}

/// One row of events with the configuration's defaults filled in, and every problem it has.
struct EventRow {
  /// Nil where the event cannot be told.
  let eventID: ID?
  private(set) var terms: EventTerms
  var problems: [RowProblem] { row.problems }
  private(set) var isStatusValid = false
  private(set) var isCurrencyValid = true

  private var row: CheckedRow<EventField>

  init(
    _ reader: any RecordReader, _ operation: PrizeOperation, _ configuration: PrizeConfiguration,
    _ distributions: inout DistributionReader
  ) {
    row = CheckedRow(reader, EventField.self)
    terms = EventTerms(
      currency: configuration.base.currency, tie: configuration.tie, remainder: configuration.remainder,
      refund: configuration.base.policies.refund)
    for field in EventField.allCases where !row.isAbsent(field) { terms.given |= 1 << UInt16(field.rawValue) }
    eventID = row.required(.eventID, CellCheck.id).map { ID($0.bytes) }
    if let cell = row.required(.status, { $0.kind == .text ? nil : .invalidStatus }) {
      terms.status = EventStatus(String(decoding: cell.bytes, as: UTF8.self))
      isStatusValid = true
    }
    terms.organizerID = row.optional(.organizerID, CellCheck.id).map { ID($0.bytes) }
    takeCurrency(configuration)
    let unit = configuration.base.amountUnit
    let exponent = configuration.base.exponent(of: terms.currency)
    switch operation {
    case .pay: takePrizes(unit, exponent, &distributions)
    case .refund: takeFee(unit, exponent)
    case .participation, .placement: break
    }
  }

  private mutating func takeCurrency(_ configuration: PrizeConfiguration) {
    if let cell = row.given(.currency) {
      guard cell.kind == .text, let currency = Currency(bytes: cell.bytes) else {
        isCurrencyValid = false
        row.problem(.invalidCurrency, .currency)
        return
      }
      terms.currency = currency
    } else if !row.isAbsent(.currency) {
      isCurrencyValid = false
      return
    }
    if configuration.base.amountUnit == .major, configuration.base.exponent(of: terms.currency) == nil {
      row.problem(.unknownCurrencyExponent, .currency)
    }
  }

  /// Pool, distribution and policies. An event that is not completed need not have them yet.
  private mutating func takePrizes(_ unit: AmountUnit, _ exponent: Int?, _ distributions: inout DistributionReader) {
    let isNeeded = terms.status == .completed
    let before = row.problems.count
    if let pool = row.amount(.prizePool, unit: unit, exponent: exponent) {
      terms.pool = pool
    } else if isNeeded, row.isAbsent(.prizePool) {
      row.problem(.missingField, .prizePool)
    }
    let isPoolValid = row.problems.count == before && !row.isAbsent(.prizePool)
    row.choose(.tie, into: &terms.tie)
    row.choose(.remainder, into: &terms.remainder)
    row.rate(.withholding, into: &terms.withholding.rate)
    if let threshold = row.amount(.withholdingAbove, unit: unit, exponent: exponent) {
      terms.withholding.threshold = threshold
    }
    if let cell = row.given(.distribution) {
      switch distributions.distribution(cell, exponent: exponent) {
      case .failure(let error): row.problem(error.code, .distribution)
      case .success(let distribution):
        terms.distribution = distribution
        if isPoolValid,
          (try? PrizeTable(distribution, pool: terms.pool, remainder: terms.remainder)) == nil
        {
          row.problem(.distributionExceedsPool, .distribution)
        }
      }
    } else if isNeeded, row.isAbsent(.distribution) {
      row.problem(.missingField, .distribution)
    }
  }

  private mutating func takeFee(_ unit: AmountUnit, _ exponent: Int?) {
    if let fee = row.amount(.entryFee, unit: unit, exponent: exponent) {
      terms.fee = fee
    } else if terms.status == .cancelled, row.isAbsent(.entryFee) {
      row.problem(.missingField, .entryFee)
    }
    row.rate(.refund, into: &terms.refund)
  }
}
