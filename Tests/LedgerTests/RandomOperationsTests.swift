// Do ten thousand random transfers and debits leave the book as a simple model in memory says?
import Ledger
import TestSupport
import Testing

/// The ledger as a table of balances: slow in nothing, clever in nothing.
private struct Model {
  struct Applied {
    let operation: Operation
    let receipt: Receipt
  }

  var balances: [String: Int64] = [:]
  var reserved: [String: Int64] = [:]
  var reservations: [Int64: (account: String, counterpart: String, amount: Int64, isOpen: Bool)] = [:]
  var keys: [String: Applied] = [:]
  var overdraft: [String: Int64] = [:]

  /// `nil` for an operation that is applied.
  func refusal(_ operation: Operation) -> LedgerError.Code? {
    if let key = operation.key, let earlier = keys[key] {
      return earlier.operation == operation ? nil : .conflict
    }
    func lacks(_ account: String, _ amount: Int64) -> Bool {
      account != "external"
        && balances[account, default: 0] - reserved[account, default: 0] + overdraft[account, default: 0] < amount
    }
    if operation.kind == .capture || operation.kind == .void {
      guard let reservation = operation.reservation.flatMap({ reservations[$0] }) else { return .unknownReservation }
      if let amount = operation.amount, amount < 1 || amount > reservation.amount { return .invalidAmount }
      return reservation.isOpen ? nil : .reservationClosed
    }
    guard let amount = operation.amount, amount > 0 else { return .invalidAmount }
    let other = operation.counterpart ?? "external"
    if operation.account == other { return .invalidAccount }
    if operation.kind != .credit, balances[operation.account] == nil { return .invalidAccount }
    if other != "external", balances[other] == nil { return .invalidAccount }
    return lacks(operation.kind == .credit ? other : operation.account, amount) ? .insufficientFunds : nil
  }

  mutating func apply(_ operation: Operation, _ receipt: Receipt) {
    if let key = operation.key {
      if keys[key] != nil { return }
      keys[key] = Applied(operation: operation, receipt: receipt)
    }
    let other = operation.counterpart ?? "external"
    switch operation.kind {
    case .credit:
      balances[operation.account, default: 0] += operation.amount!
      balances[other, default: 0] -= operation.amount!
    case .debit, .transfer:
      balances[operation.account, default: 0] -= operation.amount!
      balances[other, default: 0] += operation.amount!
    case .reserve:
      reserved[operation.account, default: 0] += operation.amount!
      reservations[receipt.entryID] = (operation.account, other, operation.amount!, true)
    case .capture, .void:
      let reservation = reservations[operation.reservation!]!
      reservations[operation.reservation!]!.isOpen = false
      reserved[reservation.account]! -= reservation.amount
      guard operation.kind == .capture else { return }
      balances[reservation.account]! -= operation.amount ?? reservation.amount
      balances[reservation.counterpart, default: 0] += operation.amount ?? reservation.amount
    }
  }
}

@Suite struct RandomOperationsTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `random operations agree with a model in memory`(seed: UInt64) throws {
    print("random operations: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let book = try Book()
    var model = Model()
    let users = (0..<30).map { "user:u\($0)" }
    for user in users.prefix(25) {
      let limit: Int64 = Bool.random(using: &random) ? 0 : 100
      _ = try book.ledger.open(user, currency: "TOKEN", overdraft: limit, by: "ann", reason: nil)
      model.balances[user] = 0
      model.overdraft[user] = limit
    }
    var used: [Operation] = []
    var made: [Operation.Kind: Int] = [:]
    for round in 0..<40 {
      var batch: [Operation] = []
      for number in 0..<400 {
        // Keys are used again in the same call, too.
        let earlier = number % 2 == 0 ? used : batch.filter { $0.key != nil }
        batch.append(operation(&random, users, earlier, Array(model.reservations.keys), "\(round)-\(number)"))
      }
      // The model is asked as the book goes along: reservations are known by the entries that made them.
      var index = 0
      var failure: String?
      try book.ledger.apply(
        by: "ann", isAtomic: false,
        next: {
          defer { index += 1 }
          return index < batch.count ? .success(batch[index]) : nil
        },
        told: { result in
          let operation = batch[index - 1]
          let expected = model.refusal(operation)
          if result.error?.code != expected {
            failure = failure ?? "\(operation): \(result) instead of \(expected.map { "\($0)" } ?? "success")"
          }
          guard let receipt = result.receipt, expected == nil else { return }
          if let key = operation.key, let earlier = model.keys[key] {
            var first = earlier.receipt
            first.isReplay = true
            if first != receipt { failure = failure ?? "\(operation): \(receipt) instead of \(first)" }
          } else {
            made[operation.kind, default: 0] += 1
            if operation.key != nil { used.append(operation) }
          }
          model.apply(operation, receipt)
          let after = model.balances[receipt.account, default: 0]
          if !receipt.isReplay, after != receipt.balanceAfter {
            failure = failure ?? "\(operation): balance \(receipt.balanceAfter) instead of \(after)"
          }
        })
      #expect(failure == nil, "seed \(seed), round \(round)")
      if failure != nil { return }
    }
    for user in users {
      let account = try book.ledger.account(user, currency: "TOKEN")
      #expect(account?.balance ?? 0 == model.balances[user, default: 0])
      #expect(account?.reserved ?? 0 == model.reserved[user, default: 0])
      #expect(account.map { $0.balance >= -model.overdraft[user, default: 0] } ?? true)
    }
    #expect(try book.balance("external") == -users.reduce(0) { $0 + model.balances[$1, default: 0] })
    #expect(try book.ledger.check().faults == [])
    #expect(made[.transfer, default: 0] > 1_000 && made[.debit, default: 0] > 1_000, "\(made)")
  }

  private func operation(
    _ random: inout SeededGenerator, _ users: [String], _ used: [Operation], _ reservations: [Int64], _ key: String
  ) -> Operation {
    // One in ten is a repeat, and one in three of those says something else under the same key.
    if let earlier = used.randomElement(using: &random), Int.random(in: 0..<10, using: &random) == 0 {
      guard Int.random(in: 0..<3, using: &random) == 0 else { return earlier }
      var other = earlier
      other.reason = "changed"
      return other
    }
    let amount = Int64.random(in: -1...120, using: &random)
    let key = Bool.random(using: &random) ? key : nil
    let user = users.randomElement(using: &random)!
    let other = users.randomElement(using: &random)!
    return switch Int.random(in: 0..<20, using: &random) {
    case 0..<4: Operation(.credit, account: user, amount: amount, currency: "TOKEN", key: key)
    case 4..<10: Operation(.debit, account: user, amount: amount, currency: "TOKEN", key: key)
    case 10..<17: Operation(.transfer, account: user, counterpart: other, amount: amount, currency: "TOKEN", key: key)
    case 17: Operation(.reserve, account: user, counterpart: other, amount: amount, currency: "TOKEN", key: key)
    case 18:
      Operation(
        .capture, amount: Bool.random(using: &random) ? amount : nil, currency: "TOKEN",
        reservation: reservations.randomElement(using: &random) ?? 1, key: key)
    default:
      Operation(.void, currency: "TOKEN", reservation: reservations.randomElement(using: &random) ?? 1, key: key)
    }
  }
}
