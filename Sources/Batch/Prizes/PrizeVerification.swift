// Was every event paid what it should have been?
internal import Interchange
package import Ledger
internal import Markets
internal import Money

/// Compares what a batch of events should have paid with what the ledger, or a file, says was paid.
package struct PrizeVerification {
  private let request: PrizeRequest
  private let progress: (any ProgressObserver)?
  /// Files of payments; empty for the ledger.
  package var actualFiles: [InputFile] = []

  package init(_ request: PrizeRequest, progress: (any ProgressObserver)? = nil) {
    self.request = request
    self.progress = progress
  }

  package func report(_ ledger: Ledger?) throws(BatchError) -> PrizeReport {
    let computer = PrizeComputer(request, progress: progress)
    _ = try computer.read()
    let computed = try computer.settle(into: nil, earlier: [:], excluded: [], room: WalletRoom(), flushes: false)
    let intake = computer.intake
    let actual: ActualPayments
    if let ledger, actualFiles.isEmpty {
      actual = try ActualPayments(ledger, request.operation, intake)
    } else {
      actual = try ActualPayments(actualFiles, intake)
    }
    guard actual.rejections.isEmpty else {
      let first = actual.rejections[0]
      throw BatchError(
        "invalid_input", .refused,
        "\(actual.rejections.count) problem(s) in the payments; first: \(first.place(in: actualFiles)): "
          + "\(first.code.rawValue): \(first.message)",
        hint: "correct the rows", rejections: actual.rejections)
    }
    var report = PrizeReport(operation: request.operation, notices: computed.notices)
    for event in computed.events { compare(event, actual.byEvent[event.number] ?? [], intake, &report) }
    for fault in actual.faults {
      report.details.faults.append(
        .object([
          "event_id": .string(intake.events[fault.event].id.description), "entry": .int(fault.entry),
          "message": .string(fault.message),
        ]))
    }
    progress?.end()
    return report
  }

  /// What one registration should have and has.
  private struct Account {
    let registration: ID
    var place = 0
    var expected: Int64 = 0
    var paid: [ActualPayment] = []
    var failed: [ActualPayment] = []
  }

  private func compare(
    _ event: EventOutcome, _ actual: [ActualPayment], _ intake: EventIntake, _ report: inout PrizeReport
  ) {
    let isDue = event.status == .settled
    if !isDue {
      let isSound = event.holdReasons.allSatisfy { RowCode(rawValue: $0) == nil }
      if isSound { report.notDue += 1 } else { report.addUnverified(event) }
      guard isSound else { return }
    } else {
      report.events += 1
    }
    var accounts = expected(event, intake)
    assign(actual, to: &accounts, report: &report)
    var paid: Int128 = 0
    for account in accounts {
      for payment in account.paid { paid += Int128(payment.amount) }
      judge(account, event, &report)
    }
    if isDue { report.details.add(event.id, accounts.map { ($0.place, $0.expected, $0.paid.map(\.amount)) }) }
    if isDue, paid > Int128(event.pool) {
      report.details.overPool.append(
        .object([
          "event_id": .string(event.id.description), "pool": .int(event.pool), "paid": .int(paid),
          "over": .int(paid - Int128(event.pool)),
        ]))
    }
  }

  /// Everyone who is placed or refunded, in the order of their ids.
  private func expected(_ event: EventOutcome, _ intake: EventIntake) -> [Account] {
    var amounts: [Int: Int64] = [:]
    for payment in event.payments { amounts[payment.registration] = payment.amount }
    guard request.operation == .pay else {
      return event.payments.map { payment in
        Account(registration: intake.registrations.id(payment.registration), expected: payment.amount)
      }
    }
    return intake.placements(of: event.number).map { placement in
      Account(
        registration: intake.registrations.id(placement.registration), place: placement.place,
        expected: amounts[placement.registration] ?? 0)
    }
  }

  /// Brings payments to those they were made to. Where only a place is named, those who share it take one each.
  private func assign(_ actual: [ActualPayment], to accounts: inout [Account], report: inout PrizeReport) {
    var numbers: [ID: Int] = [:]
    for (index, account) in accounts.enumerated() { numbers[account.registration] = index }
    for payment in actual {
      let known: Int?
      if let registration = payment.registration {
        known = numbers[registration]
      } else {
        let tied = accounts.indices.filter { accounts[$0].place == payment.place }
        known = tied.first { accounts[$0].paid.isEmpty && accounts[$0].failed.isEmpty } ?? tied.last
      }
      let index: Int
      if let known {
        index = known
      } else {
        index = accounts.count
        let registration = payment.registration ?? ID("place \(payment.place ?? 0)")
        numbers[registration] = index
        accounts.append(Account(registration: registration, place: payment.place ?? 0))
      }
      if payment.isFailed { accounts[index].failed.append(payment) } else { accounts[index].paid.append(payment) }
    }
  }

  private func judge(_ account: Account, _ event: EventOutcome, _ report: inout PrizeReport) {
    func finding(_ more: [String: JSONValue]) -> JSONValue {
      var members: [String: JSONValue] = [
        "event_id": .string(event.id.description), "registration_id": .string(account.registration.description),
        "placement": account.place > 0 ? .int(account.place) : .null, "expected": .int(account.expected),
      ]
      members.merge(more) { $1 }
      return .object(members)
    }
    func entries(_ payments: [ActualPayment]) -> JSONValue {
      .array(payments.compactMap { $0.entry.map { .int($0) } })
    }
    for payment in account.failed {
      report.details.failed.append(
        finding(["actual": .int(0), "amount": .int(payment.amount), "entry_ids": entries([payment])]))
    }
    if account.paid.count > 1 {
      report.details.duplicates.append(
        finding(["actual": .array(account.paid.map { .int($0.amount) }), "entry_ids": entries(account.paid)]))
    }
    let sum = account.paid.reduce(Int128(0)) { $0 + Int128($1.amount) }
    if account.paid.isEmpty {
      if account.expected > 0, account.failed.isEmpty { report.details.missing.append(finding(["actual": .null])) }
    } else if sum != Int128(account.expected) || account.paid.contains(where: { isOtherCurrency($0, event) }) {
      var more: [String: JSONValue] = ["actual": .int(sum), "entry_ids": entries(account.paid)]
      if let other = account.paid.first(where: { isOtherCurrency($0, event) }) {
        more["currency"] = .optional(other.currency)
      }
      report.details.mismatches.append(finding(more))
    }
  }

  private func isOtherCurrency(_ payment: ActualPayment, _ event: EventOutcome) -> Bool {
    payment.currency != nil && event.currency != nil && payment.currency != event.currency?.code
  }
}
