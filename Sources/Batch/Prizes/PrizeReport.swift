// What did a verification of prizes or refunds find?
package import Interchange
internal import Markets
internal import Money

/// Expected against actual, and what does not agree.
package struct PrizeDetails: Sendable {
  package var missing: [JSONValue] = []
  package var mismatches: [JSONValue] = []
  package var duplicates: [JSONValue] = []
  package var failed: [JSONValue] = []
  package var overPool: [JSONValue] = []
  /// Entries that are damaged.
  package var faults: [JSONValue] = []
  private var expected: [String: JSONValue] = [:]
  private var actual: [String: JSONValue] = [:]

  package var findingCount: Int {
    missing.count + mismatches.count + duplicates.count + failed.count + overPool.count + faults.count
  }

  /// What each place of an event should have and has; those who share it together. Refunds have no place.
  mutating func add(_ event: ID, _ accounts: [(place: Int, expected: Int64, actual: [Int64])]) {
    var sums: [Int: (expected: Int128, actual: Int128, isPaid: Bool)] = [:]
    for account in accounts {
      var sum = sums[account.place] ?? (0, 0, false)
      sum.expected += Int128(account.expected)
      for amount in account.actual { sum.actual += Int128(amount) }
      if !account.actual.isEmpty { sum.isPaid = true }
      sums[account.place] = sum
    }
    func name(_ place: Int) -> String { place > 0 ? String(place) : "all" }
    // Ids that differ in bytes alone would be one key of an object: the second is told apart by its bytes.
    var key = event.description
    if expected[key] != nil { key += " (bytes \(event.bytes.hex))" }
    expected[key] = .object(
      Dictionary(
        uniqueKeysWithValues: sums.filter { $0.value.expected > 0 }.map { (name($0.key), .int($0.value.expected)) }))
    actual[key] = .object(
      Dictionary(uniqueKeysWithValues: sums.filter(\.value.isPaid).map { (name($0.key), .int($0.value.actual)) }))
  }

  package var json: JSONValue {
    .object([
      "expected": .object(expected), "actual": .object(actual), "missing": .array(missing),
      "amount_mismatches": .array(mismatches), "duplicates": .array(duplicates),
      "failed_transactions": .array(failed), "over_pool": .array(overPool), "damaged_entries": .array(faults),
    ])
  }
}

/// Everything that `prizes verify` says.
package struct PrizeReport: Sendable {
  package let operation: PrizeOperation
  /// Events that were compared.
  package var events = 0
  /// Events that are not to be paid, or refunded, yet.
  package var notDue = 0
  /// Events whose rows are rejected, and why.
  package var unverified: [JSONValue] = []
  package var details = PrizeDetails()
  package var notices: [String]

  init(operation: PrizeOperation, notices: [String]) {
    self.operation = operation
    self.notices = notices
  }

  mutating func addUnverified(_ event: EventOutcome) {
    unverified.append(
      .object([
        "event_id": .string(event.id.description), "hold_reason": .string(event.holdReasons.joined(separator: "|")),
      ]))
  }

  package var findingCount: Int { details.findingCount + unverified.count }
  package var isClean: Bool { findingCount == 0 }
  package var status: ExitStatus { isClean ? .done : .found }

  package var json: JSONValue {
    .object([
      "ok": .bool(isClean), "exit": .int(status.rawValue),
      "mode": .string(operation == .pay ? "payout" : "refund"), "events": .int(events), "not_due": .int(notDue),
      "not_verified": .array(unverified), "details": details.json, "finding_count": .int(findingCount),
      "notices": .array(notices.map { .string($0) }),
    ])
  }
}
