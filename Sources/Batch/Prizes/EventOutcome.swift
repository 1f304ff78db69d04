// What became of an event in a run?
package import Interchange
package import Markets
package import Money

/// What one registration gets.
struct EventPayment: Sendable {
  /// Its number in the intake.
  let registration: Int
  let amount: Int64
  /// Part of the amount that goes to its own account.
  let withheld: Int64
  var isFailed: Bool
}

/// An event as a run leaves it.
package struct EventOutcome: Sendable {
  package let id: ID
  /// The event's number in the intake.
  let number: Int
  package let currency: Currency?
  package var status: MarketStatus
  /// Distinct codes, sorted.
  package var holdReasons: [String] = []
  /// The pool of prizes, or all fees.
  package var pool: Int64 = 0
  package var fee: Int64 = 0
  package var placements = 0
  /// Prizes or refunds, withheld parts and failed ones included.
  package var total: Int64 = 0
  package var withheld: Int64 = 0
  package var breakage: Int64 = 0
  package var unallocated: Int64 = 0
  package var retained: Int64 = 0
  /// Payments above 0, failed ones included.
  package var paymentCount = 0
  /// Rows in prizes.csv or refunds.csv.
  var rowCount = 0
  /// Registrations whose payment could not be posted.
  package var failed: [ID] = []
  /// SHA-256 over its row in events.csv and its rows in prizes.csv or refunds.csv, each without its status.
  package var facts: Digest?
  var payments: [EventPayment] = []
  /// The run that settled it before.
  package var earlierRun: String?

  init(_ event: EventRecord, number: Int, _ status: MarketStatus) {
    id = event.id
    self.number = number
    currency = event.terms?.currency ?? event.shownCurrency
    self.status = status
  }
}

/// Sums of one currency over a run's events.
package struct EventTotals: Sendable, Equatable {
  package var pool: Int128 = 0
  package var paid: Int128 = 0
  package var withheld: Int128 = 0
  package var failed: Int128 = 0
  package var breakage: Int128 = 0
  package var unallocated: Int128 = 0
  package var retained: Int128 = 0

  mutating func add(_ event: EventOutcome) {
    pool += Int128(event.pool)
    let failed = event.payments.reduce(Int128(0)) { $0 + ($1.isFailed ? Int128($1.amount) : 0) }
    let withheld = event.payments.reduce(Int128(0)) { $0 + ($1.isFailed ? 0 : Int128($1.withheld)) }
    paid += Int128(event.total) - failed - withheld
    self.withheld += withheld
    self.failed += failed
    breakage += Int128(event.breakage)
    unallocated += Int128(event.unallocated)
    retained += Int128(event.retained)
  }

  /// Everything that left the pools: must equal `pool`.
  package var distributed: Int128 { paid + withheld + failed + breakage + unallocated + retained }

  package var json: JSONValue {
    .object([
      "pool": .int(pool), "paid": .int(paid), "withheld": .int(withheld), "failed": .int(failed),
      "breakage": .int(breakage), "unallocated": .int(unallocated), "retained": .int(retained),
    ])
  }
}

/// How many there were of what.
package struct EventCounts: Sendable, Equatable {
  package var events = 0
  package var settled = 0
  package var held = 0
  package var alreadySettled = 0
  /// Events whose arithmetic failed.
  package var failed = 0
  /// Prizes, refunds or awards above 0 of settled events.
  package var payments = 0
  package var failedPayments = 0
  package var strayRows = 0
  package var rejectedRows = 0

  package var json: JSONValue {
    .object([
      "events": .int(events), "settled": .int(settled), "held": .int(held), "already_settled": .int(alreadySettled),
      "failed": .int(failed), "payments": .int(payments), "failed_payments": .int(failedPayments),
      "stray_rows": .int(strayRows), "rejected_rows": .int(rejectedRows),
    ])
  }
}
