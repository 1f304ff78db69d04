// settle ledger credit, debit, transfer, reserve, capture, void, post
internal import Batch
internal import Interchange
internal import Ledger
internal import Money

extension Command {
  private static let told: [Option] = [.currency, .key, .reason, .metadata, .operatorID]

  private static func movement(
    _ kind: Operation.Kind, _ summary: String, operands: String, count: ClosedRange<Int>, options: [Option] = [],
    details: String, _ read: @escaping @Sendable (Invocation, inout Operation) throws(BatchError) -> Void
  ) -> Command {
    Command(
      name: "ledger \(kind.rawValue)", summary: summary, operands: operands, operandCount: count,
      options: Option.place + told + options,
      details: details + " With --key the same operation again changes nothing and gives the first answer."
    ) { (call) throws(BatchError) in
      var operation = Operation(kind, currency: try call.ledgerCurrency())
      try read(call, &operation)
      operation.key = call.arguments[.key]
      operation.reason = call.arguments[.reason]
      operation.metadata = call.arguments[.metadata]
      let place = try call.place()
      guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("no ledger") }
      let receipt: Receipt
      do throws(LedgerError) {
        receipt = try ledger.apply(operation, by: place.operatorID)
      } catch {
        throw BatchError.ledger(error)
      }
      call.tell(receipt, kind)
      return .done
    }
  }

  static let ledgerCredit = movement(
    .credit, "put money into an account", operands: "ACCOUNT AMOUNT", count: 2...2, options: [.from],
    details: "From external, or from another account. The account is opened where it is not there."
  ) { (call, operation) throws(BatchError) in
    operation.account = call.arguments.positionals[0]
    operation.amount = try call.amount(1)
    operation.counterpart = call.arguments[.from]
  }

  static let ledgerDebit = movement(
    .debit, "take money out of an account", operands: "ACCOUNT AMOUNT", count: 2...2, options: [.to],
    details: "To external, or to another account. An account never falls below what its overdraft allows."
  ) { (call, operation) throws(BatchError) in
    operation.account = call.arguments.positionals[0]
    operation.amount = try call.amount(1)
    operation.counterpart = call.arguments[.to]
  }

  static let ledgerTransfer = movement(
    .transfer, "move money between two accounts", operands: "FROM TO AMOUNT", count: 3...3,
    details: "Both accounts must be there, and differ."
  ) { (call, operation) throws(BatchError) in
    operation.account = call.arguments.positionals[0]
    operation.counterpart = call.arguments.positionals[1]
    operation.amount = try call.amount(2)
  }

  static let ledgerReserve = movement(
    .reserve, "set money aside, to be posted or let go later", operands: "ACCOUNT AMOUNT", count: 2...2,
    options: [.to],
    details: "The balance stays, what is available falls. The answer's entry names the reservation."
  ) { (call, operation) throws(BatchError) in
    operation.account = call.arguments.positionals[0]
    operation.amount = try call.amount(1)
    operation.counterpart = call.arguments[.to]
  }

  static let ledgerCapture = movement(
    .capture, "post a reservation, in full or in part", operands: "RESERVATION [AMOUNT]", count: 1...2,
    details: "What is not posted is let go."
  ) { (call, operation) throws(BatchError) in
    operation.reservation = try call.reservation()
    operation.amount = call.arguments.positionals.count == 2 ? try call.amount(1) : nil
  }

  static let ledgerVoid = movement(
    .void, "let a reservation go", operands: "RESERVATION", count: 1...1,
    details: "The money is available again."
  ) { (call, operation) throws(BatchError) in
    operation.reservation = try call.reservation()
  }

  static let ledgerPost = Command(
    name: "ledger post", summary: "apply many operations from a file", operands: "FILE", operandCount: 1...1,
    options: Option.place + [.atomic, .follow, .operationsFormat, .currency, .operatorID],
    details: """
      FILE is CSV, JSON or NDJSON with operation (credit, debit, transfer, reserve, capture, void), account, amount, and
      where they are due counterpart (or from and to), currency, key, reason, metadata, reservation. All in one database
      transaction. A result for each line: created, replayed, or an error's code. Lines that fail are left out (exit 3);
      with --atomic nothing is applied then (exit 4). With --follow and FILE - another program posts over a pipe, one
      operation after the other: whoever has read the result of a line knows that it is durable.
      """
  ) { (call) throws(BatchError) in
    let path = call.arguments.positionals[0]
    guard let format = call.arguments[.operationsFormat].flatMap(InputFormat.init(rawValue:)) ?? InputFormat(path: path)
    else {
      throw BatchError(
        "unknown_format", .usage, "\(Terminal.safe(path)): the format cannot be told by its name",
        hint: "name it .csv, .json or .ndjson, or give --format")
    }
    let follows = call.arguments.has(.follow)
    let isAtomic = call.arguments.has(.atomic)
    guard !follows || !isAtomic else {
      throw BatchError(
        "usage", .usage, "--follow and --atomic exclude each other",
        hint: "lines that are told as they come cannot be taken back")
    }
    call.console.isConversation = follows
    let place = try call.place()
    let currency = try call.ledgerCurrency()
    guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    let feed = OperationFeed(
      try OperationFile(path: path, format: format, currency: currency, asItComes: follows), asTheyCome: follows)
    guard !follows else { return try OperationFollower(ledger, feed, by: place.operatorID, call.console).run() }
    var outcome = PostedLines(isAtomic: isAtomic, follows: false, call.console)
    do throws(LedgerError) {
      try ledger.apply(
        by: place.operatorID, isAtomic: isAtomic, next: feed.next, told: { outcome.add($0, line: feed.line) })
    } catch {
      throw BatchError.ledger(error)
    }
    if !feed.unknownFields.isEmpty { call.console.notice("columns that are not known were not read") }
    outcome.tell(call.console)
    return outcome.status
  }
}

extension Invocation {
  /// --currency, or TOKEN.
  func ledgerCurrency() throws(BatchError) -> String {
    let currency = arguments[.currency] ?? "TOKEN"
    guard Currency(bytes: Array(currency.utf8)) != nil else {
      throw BatchError.ledger(LedgerError(.invalidCurrency, "--currency is \(Terminal.quoted(currency))"))
    }
    return currency
  }

  /// An amount in minor units. What is no number is refused like a number that is not above 0.
  fileprivate func amount(_ operand: Int) throws(BatchError) -> Int64 {
    let text = arguments.positionals[operand]
    guard let amount = Int64(text), String(amount) == text else {
      throw BatchError.ledger(LedgerError(.invalidAmount, "the amount is \(Terminal.quoted(text))"))
    }
    return amount
  }

  fileprivate func reservation() throws(BatchError) -> Int64 {
    let text = arguments.positionals[0]
    guard let id = Int64(text), String(id) == text else {
      throw BatchError.ledger(LedgerError(.unknownReservation, "the reservation is \(Terminal.quoted(text))"))
    }
    return id
  }

  fileprivate func tell(_ receipt: Receipt, _ kind: Operation.Kind) {
    if console.isJSON {
      console.print(
        .object([
          "operation": .string(kind.rawValue), "result": .string(receipt.isReplay ? "replayed" : "created"),
          "account": .string(receipt.account), "counterpart": .string(receipt.counterpart),
          "amount": .int(receipt.amount), "currency": .string(receipt.currency), "entry_id": .int(receipt.entryID),
          "balance_after": .int(receipt.balanceAfter),
          "counterpart_balance_after": .int(receipt.counterpartBalanceAfter), "idempotency_key": .optional(receipt.key),
        ]))
      return
    }
    console.print(
      "\(receipt.isReplay ? "replayed" : "created") entry \(receipt.entryID): \(kind.rawValue) "
        + "\(Console.grouped(receipt.amount)) \(receipt.currency), \(Terminal.safe(receipt.account)) stands at "
        + Console.grouped(receipt.balanceAfter))
  }
}
