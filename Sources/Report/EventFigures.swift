// What are the figures of a run of prizes, refunds or awards, read from its files once, in bounded memory?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

/// What a pool of prizes, all fees of an event, or the awards of the house can become.
enum EventShare: Int, CaseIterable {
  case wallets, withheld, failed, breakage, unallocated, retained

  var name: String {
    switch self {
    case .wallets: "wallets"
    case .withheld: "withheld"
    case .failed: "failed"
    case .breakage: "breakage"
    case .unallocated: "unallocated"
    case .retained: "retained"
    }
  }

  var explanation: String {
    switch self {
    case .wallets: "paid to the wallets of registrations"
    case .withheld: "kept back, on accounts of their own"
    case .failed: "no wallet could take it: it waits in suspense"
    case .breakage: "left-over units, to the house"
    case .unallocated: "given to nobody, back to where the pool came from"
    case .retained: "kept by the house of partial refunds"
    }
  }

  /// A class of the style sheet.
  var style: String {
    switch self {
    case .wallets: "winners"
    case .withheld: "creators"
    case .failed: "refunds"
    case .breakage: "breakage"
    case .unallocated: "house"
    case .retained: "retained"
    }
  }

  /// The key of its total in the manifest.
  var key: String { self == .wallets ? "paid" : name }
}

/// An event and what its pool became.
struct EventParts {
  let id: ID
  var parts = [Int128](repeating: 0, count: EventShare.allCases.count)
  var whole: Int128 { parts.reduce(0, +) }
}

/// What one place got, in all events.
struct PlaceFigures {
  var count = 0
  var total: Int128 = 0
  var largest: Int64 = 0
}

/// A batch of events in one currency.
struct EventCurrency {
  static let eventsMax = 12
  static let paymentsMax = 10
  /// Places with figures of their own; those beyond stand together.
  static let placesMax = 40

  struct Payment {
    let event: ID
    let registration: ID
    let place: Int64
    let amount: Int64
  }

  let code: String
  let exponent: Int?
  /// Pools, or all fees; of awards what was given.
  var pool: Int128 = 0
  var parts = [Int128](repeating: 0, count: EventShare.allCases.count)
  var events = 0
  var drawn = Largest<EventParts>(eventsMax)
  /// By place; 0 holds those behind `placesMax`.
  var places: [Int64: PlaceFigures] = [:]
  var payments = AmountSpread()
  var largestPayments = Largest<Payment>(paymentsMax)

  var addsUp: Bool { parts.reduce(0, +) == pool }

  mutating func add(_ event: EventParts) {
    for (index, part) in event.parts.enumerated() { parts[index] += part }
    events += 1
    if event.whole > 0 { drawn.add(event.whole, event) }
  }

  mutating func add(_ payment: Payment) {
    payments.add(payment.amount)
    largestPayments.add(Int128(payment.amount), payment)
    guard payment.place > 0 else { return }
    let place = payment.place <= Int64(EventCurrency.placesMax) ? payment.place : 0
    var figures = places[place] ?? PlaceFigures()
    figures.count += 1
    figures.total += Int128(payment.amount)
    figures.largest = max(figures.largest, payment.amount)
    places[place] = figures
  }

  func amount(_ value: Int128) -> String { Amounts.text(value, exponent: exponent) }
  func money(_ value: Int128) -> String { "\(amount(value)) \(code)" }
}

/// All that the page tells of one run of prizes, refunds or awards.
struct EventFigures {
  let operation: PrizeOperation
  /// By the number of their events, the most first.
  private(set) var currencies: [EventCurrency] = []
  /// Payments by status.
  private(set) var statuses: [String: Int] = [:]
  /// Of payments that failed, the first ones.
  private(set) var failed: [EventCurrency.Payment] = []
  private let manifest: Manifest

  var isAward: Bool { operation == .participation || operation == .placement }
  /// `prize`, `refund` or `award`.
  var noun: String { operation == .pay ? "prize" : operation == .refund ? "refund" : "award" }
  var failedCount: Int { statuses[PaymentStatus.failed.rawValue] ?? 0 }

  /// Every total of the files is that of the manifest, and every pool is accounted for.
  var addsUp: Bool {
    currencies.allSatisfy { currency in
      let totals = manifest.json["totals"]?[currency.code]
      if isAward { return totals?["awarded"] == .int(currency.pool) }
      return currency.addsUp && totals?["pool"] == .int(currency.pool)
        && EventShare.allCases.allSatisfy { totals?[$0.key] == .int(currency.parts[$0.rawValue]) }
    }
  }

  /// - Throws: `run_damaged`, `file_missing`.
  init(_ location: RunLocation, _ manifest: Manifest, _ operation: PrizeOperation) throws(BatchError) {
    self.operation = operation
    self.manifest = manifest
    let recorded = manifest.json["configuration"]
    let known = recorded?["currencies"].map { currencies in
      try? Configuration(json: .object(["currencies": currencies]))
    }
    let configuration = known ?? nil
    func exponent(_ code: String) -> Int? {
      Currency(code).flatMap { configuration?.exponent(of: $0) ?? $0.isoExponent }
    }
    let events = try TableReader(location.files, .events)
    let payments = try PaymentReader(location.files, operation)
    func column(_ name: String) -> Int { OutputSchema.events.number(of: name) }
    let (status, currency) = (column("status"), column("currency"))
    let (pool, breakage) = (column("prize_pool"), column("breakage"))
    let (unallocated, retained) = (column("unallocated"), column("retained"))
    while try events.next() {
      guard events.text(status) == MarketStatus.settled.rawValue else { continue }
      let code = events.text(currency)
      let place = currencies.firstIndex { $0.code == code } ?? currencies.count
      if place == currencies.count { currencies.append(EventCurrency(code, exponent: exponent(code))) }
      var parts = EventParts(id: events.id(0))
      parts.parts[EventShare.breakage.rawValue] = Int128(try events.integer(breakage))
      parts.parts[EventShare.unallocated.rawValue] = Int128(try events.integer(unallocated))
      parts.parts[EventShare.retained.rawValue] = Int128(try events.integer(retained))
      currencies[place].pool += Int128(try events.integer(pool))
      try payments.read(parts.id) { payment, word, fee, withheld in
        statuses[word, default: 0] += 1
        currencies[place].pool += Int128(fee)
        guard payment.amount > 0 else { return }
        switch word {
        case PaymentStatus.paid.rawValue:
          parts.parts[EventShare.wallets.rawValue] += Int128(payment.amount - withheld)
          parts.parts[EventShare.withheld.rawValue] += Int128(withheld)
        case AwardStatus.given.rawValue:
          parts.parts[EventShare.wallets.rawValue] += Int128(payment.amount)
          currencies[place].pool += Int128(payment.amount)
        case PaymentStatus.failed.rawValue:
          if operation == .pay || operation == .refund {
            parts.parts[EventShare.failed.rawValue] += Int128(payment.amount)
          }
          if failed.count < NightFigures.listedMax { failed.append(payment) }
          return
        default: return
        }
        currencies[place].add(payment)
      }
      currencies[place].add(parts)
    }
    currencies.sort { left, right in
      left.events != right.events
        ? left.events > right.events : left.code.utf8.lexicographicallyPrecedes(right.code.utf8)
    }
  }
}

extension EventCurrency {
  init(_ code: String, exponent: Int?) {
    self.code = code
    self.exponent = exponent
  }
}

/// The rows of prizes.csv, refunds.csv or awards.csv, event by event.
private final class PaymentReader {
  private let reader: TableReader
  private let operation: PrizeOperation
  private let amount: Int
  private let status: Int
  private let place: Int?
  private let withheld: Int?
  private let fee: Int?
  private var isAtRow = false

  init(_ files: RunFiles, _ operation: PrizeOperation) throws(BatchError) {
    self.operation = operation
    let schema = operation.paymentSchema
    reader = try TableReader(files, schema)
    func column(_ name: String) -> Int? { schema.columns.firstIndex { $0.name == name } }
    amount = schema.number(of: operation == .pay ? "prize" : operation == .refund ? "refund" : "amount")
    status = schema.number(of: "status")
    place = column("place")
    withheld = column("withheld")
    fee = column("fee")
    isAtRow = try reader.next()
  }

  /// Hands over the rows of an event; those of events before it are passed.
  func read(
    _ event: ID, _ take: (EventCurrency.Payment, String, _ fee: Int64, _ withheld: Int64) -> Void
  ) throws(BatchError) {
    while isAtRow, reader.isBefore(0, event) { isAtRow = try reader.next() }
    while isAtRow, reader.is(0, event) {
      let payment = EventCurrency.Payment(
        event: event, registration: reader.id(1), place: try place.map(integer) ?? 0, amount: try integer(amount))
      take(payment, reader.text(status), try fee.map(integer) ?? 0, try withheld.map(integer) ?? 0)
      isAtRow = try reader.next()
    }
  }

  private func integer(_ column: Int) throws(BatchError) -> Int64 { try reader.integer(column) }
}
