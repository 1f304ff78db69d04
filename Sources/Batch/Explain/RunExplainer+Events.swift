// How do the totals of a run of prizes, refunds or awards come about?
internal import Interchange
internal import Markets

extension RunExplainer {
  /// A total of the manifest, and what it is the sum of.
  private struct Total {
    let name: String
    let source: String
    var value: Int128 = 0
  }

  /// Each total is summed anew from the files and set beside what the manifest says.
  mutating func tellEvents(_ operation: PrizeOperation) throws(BatchError) {
    let isAward = operation == .participation || operation == .placement
    let reader = try TableReader(location.files, .events)
    func column(_ name: String) -> Int { OutputSchema.events.number(of: name) }
    let (status, currency, reason) = (column("status"), column("currency"), column("hold_reason"))
    var statuses: [String: Int] = [:]
    var reasons: [String: Int] = [:]
    var currencies: [ID: String] = [:]
    var totals: [String: [Total]] = [:]
    var rows = 0
    while try reader.next() {
      rows += 1
      statuses[reader.text(status), default: 0] += 1
      for code in reader.text(reason).split(separator: "|") { reasons[String(code), default: 0] += 1 }
      guard reader.text(status) == MarketStatus.settled.rawValue, !isAward else { continue }
      let code = reader.text(currency)
      currencies[reader.id(0)] = code
      var sums = totals[code] ?? RunExplainer.ownTotals(operation)
      for index in sums.indices where sums[index].source.hasPrefix(OutputSchema.events.file) {
        let name = sums[index].source.split(separator: " ").last.map(String.init) ?? ""
        sums[index].value += Int128(try reader.integer(column(name)))
      }
      totals[code] = sums
    }
    tellStatuses(
      rows, statuses, reasons, of: "event",
      known: isAward ? ["held"] : ["settled", "held", "already_settled", "failed"])
    let payments = try addPayments(operation, currencies, &totals)
    for (code, sums) in totals.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      tell(code, sums, isAward: isAward)
    }
    tellPayments(payments, isAward: isAward)
  }

  private static func ownTotals(_ operation: PrizeOperation) -> [Total] {
    switch operation {
    case .pay:
      [
        Total(name: "pool", source: "events.csv, prize_pool"),
        Total(name: "paid", source: "prizes.csv, net, where status is paid"),
        Total(name: "withheld", source: "prizes.csv, withheld, where status is paid"),
        Total(name: "failed", source: "prizes.csv, prize, where status is failed"),
        Total(name: "breakage", source: "events.csv, breakage"),
        Total(name: "unallocated", source: "events.csv, unallocated"),
      ]
    case .refund:
      [
        Total(name: "pool", source: "refunds.csv, fee"),
        Total(name: "paid", source: "refunds.csv, refund, where status is paid"),
        Total(name: "failed", source: "refunds.csv, refund, where status is failed"),
        Total(name: "retained", source: "events.csv, retained"),
      ]
    case .participation, .placement:
      [
        Total(name: "awarded", source: "awards.csv, amount, where status is given"),
        Total(name: "failed", source: "awards.csv, amount, where status is failed"),
      ]
    }
  }

  // MARK: Prizes, refunds, awards

  /// Adds the rows of payments to the totals.
  /// - Returns: how many there are, by status.
  private func addPayments(
    _ operation: PrizeOperation, _ currencies: [ID: String], _ totals: inout [String: [Total]]
  ) throws(BatchError) -> [String: Int] {
    let schema = operation.paymentSchema
    let reader = try TableReader(location.files, schema)
    let status = schema.number(of: "status")
    var counts: [String: Int] = [:]
    while try reader.next() {
      let word = reader.text(status)
      counts[word, default: 0] += 1
      let code =
        schema.columns.firstIndex { $0.name == "currency" }.map { reader.text($0) } ?? currencies[reader.id(0)] ?? ""
      var sums = totals[code] ?? RunExplainer.ownTotals(operation)
      func add(_ name: String, _ column: String) throws(BatchError) {
        guard let index = sums.firstIndex(where: { $0.name == name }) else { return }
        sums[index].value += Int128(try reader.integer(schema.number(of: column)))
      }
      switch (operation, word) {
      case (.pay, PaymentStatus.paid.rawValue):
        try add("paid", "net")
        try add("withheld", "withheld")
      case (.pay, PaymentStatus.failed.rawValue): try add("failed", "prize")
      case (.refund, _):
        try add("pool", "fee")
        if word == PaymentStatus.paid.rawValue { try add("paid", "refund") }
        if word == PaymentStatus.failed.rawValue { try add("failed", "refund") }
      case (.participation, AwardStatus.given.rawValue), (.placement, AwardStatus.given.rawValue):
        try add("awarded", "amount")
      case (.participation, AwardStatus.failed.rawValue), (.placement, AwardStatus.failed.rawValue):
        try add("failed", "amount")
      default: break
      }
      totals[code] = sums
    }
    return counts
  }

  /// A currency's totals, and that what was paid and what was left together are the pools.
  private mutating func tell(_ code: String, _ sums: [Total], isAward: Bool) {
    let recorded = manifest.json["totals"]?[code]
    let name = Terminal.safe(code)
    for sum in sums where sum.value != 0 || recorded?[sum.name] != .int(0) {
      let figure = explanation.figure(
        sum.value, recorded: recorded?[sum.name], "manifest.json, totals, \(name), \(sum.name)")
      explanation.add(
        sum.name, "\(name) \(sum.name): the sum of \(sum.source) = \(figure)",
        ["currency": .string(code), "value": .int(sum.value), "source": .string(sum.source)])
    }
    guard !isAward, let whole = sums.first else { return }
    let parts = sums.dropFirst()
    let sum = parts.reduce(Int128(0)) { $0 + $1.value }
    let terms = parts.map { "\($0.name) \($0.value)" }.joined(separator: " + ")
    let isWhole = sum == whole.value
    if !isWhole { explanation.mismatch("sum", "\(name): \(terms) = \(sum), not the \(whole.value) of the pools") }
    explanation.add(
      "sum",
      "\(name): \(terms) = \(sum), \(isWhole ? "every unit of the pools" : "NOT the \(whole.value) of the pools")",
      ["currency": .string(code), "sum": .int(sum), "pool": .int(whole.value)])
  }

  private mutating func tellPayments(_ counts: [String: Int], isAward: Bool) {
    let recorded = manifest.json["counts"]
    func figure(_ value: Int, _ key: String) -> String {
      explanation.figure(Int128(value), recorded: recorded?[key], "manifest.json, counts, \(key)")
    }
    if isAward {
      let keys = [
        (AwardStatus.given, "given"), (.already, "already_given"), (.otherwise, "given_otherwise"),
        (.failed, "failed_payments"),
      ]
      for (status, key) in keys {
        let count = counts[status.rawValue] ?? 0
        guard count > 0 || recorded?[key] != .int(0) else { continue }
        explanation.add(
          key, "awards.csv has \(Figures.counted(count, "row")) that are \(status.rawValue): \(figure(count, key))",
          ["value": .int(count)])
      }
      return
    }
    let failed = counts[PaymentStatus.failed.rawValue] ?? 0
    let all = failed + (counts[PaymentStatus.paid.rawValue] ?? 0)
    explanation.add(
      "payments", "payments above 0: \(figure(all, "payments")), of them failed: \(figure(failed, "failed_payments"))",
      ["payments": .int(all), "failed_payments": .int(failed)])
  }
}

extension PrizeOperation {
  /// The file of its prizes, refunds or awards.
  package var paymentSchema: OutputSchema {
    switch self {
    case .pay: .prizes
    case .refund: .refunds
    case .participation, .placement: .awards
    }
  }
}
