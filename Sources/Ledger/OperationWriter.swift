// What does one operation write, and which error does a wrong one get?
internal import Interchange

/// Applies operations inside one database transaction, each checked before anything of it is written.
///
/// An operation has one error at most, the first of: its key's form, its key's earlier use (idempotency comes before
/// everything that may have changed since), its amount, its accounts, its reservation, its funds, its range.
@safe
final class OperationWriter {
  private let ledger: Ledger
  private let writer: EntryWriter
  private let earlier: EntryFinder
  private let keys: KeyMemory
  private let selectReservation: Statement
  private let insertReservation: Statement
  private let closeReservation: Statement

  init(_ ledger: Ledger) throws(LedgerError) {
    self.ledger = ledger
    writer = try EntryWriter(ledger)
    earlier = try EntryFinder(ledger)
    keys = try KeyMemory(ledger)
    selectReservation = try ledger.database.prepare(
      """
      SELECT accounts.name, reservations.counterpart, reservations.amount, accounts.currency, reservations.state
      FROM reservations JOIN accounts ON accounts.id = reservations.account_id WHERE reservations.entry_id = ?
      """)
    insertReservation = try ledger.database.prepare(
      "INSERT INTO reservations (entry_id, account_id, counterpart, amount) VALUES (?, ?, ?, ?)")
    closeReservation = try ledger.database.prepare(
      "UPDATE reservations SET state = ?, closed_by = ? WHERE entry_id = ?")
  }

  /// Writes the balances back; once, before the commit.
  func finish() throws(LedgerError) { try writer.finish() }

  func apply(_ operation: Operation) throws(LedgerError) -> Receipt {
    if let key = operation.key {
      try OperationKey.check(key)
      if let entry = try earlierEntry(withKey: key) { return try replay(operation, entry) }
    }
    let receipt = try write(operation)
    if let key = operation.key { try keys.add(key) }
    return receipt
  }

  private func earlierEntry(withKey key: String) throws(LedgerError) -> EntryFinder.Entry? {
    if !writer.hasUnwritten { keys.allAreWritten() }
    guard try keys.knows(key) else { return nil }
    try writer.write()
    return try earlier.entry(withKey: key)
  }

  private func write(_ operation: Operation) throws(LedgerError) -> Receipt {
    switch operation.kind {
    case .credit, .debit, .transfer: return try move(operation)
    case .reserve: return try reserve(operation)
    case .capture, .void: return try close(operation)
    }
  }

  // MARK: Movements

  private func move(_ operation: Operation) throws(LedgerError) -> Receipt {
    let amount = try self.amount(operation)
    let (account, counterpart) = try accounts(operation)
    let (from, to) = operation.kind == .credit ? (counterpart, account) : (account, counterpart)
    let source = try number(from, operation)
    try requireFunds(amount, in: source, from, operation)
    try requireRange(-amount, in: source, from, operation)
    if let target = to.number { try requireRange(amount, in: target, to, operation) }
    let target = try number(to, operation)
    writer.begin(fields(operation))
    try writer.post(-amount, to: source)
    try writer.post(amount, to: target)
    let id = try writer.end()
    var receipt = receipt(
      operation, account.name, counterpart.name, amount,
      operation.kind == .credit ? (target, source) : (source, target))
    receipt.entryID = id ?? 0
    return receipt
  }

  private func reserve(_ operation: Operation) throws(LedgerError) -> Receipt {
    let amount = try self.amount(operation)
    let (account, counterpart) = try accounts(operation)
    let wallet = try number(account, operation)
    try requireFunds(amount, in: wallet, account, operation)
    writer.reserve(amount, in: wallet)
    // An entry without postings: what it sets aside stands in its metadata, so that the hash chain covers it.
    var receipt = receipt(
      operation, account.name, counterpart.name, amount, (wallet, try number(counterpart, operation)))
    var entry = fields(operation)
    entry.metadata = ReservationText(closes: nil, receipt, operation.metadata).json
    writer.begin(entry)
    let id = try writer.end(keepsEmpty: true)
    receipt.entryID = id ?? 0
    try writer.write()
    insertReservation.bind(1, id)
    insertReservation.bind(2, writer.accountID(wallet))
    insertReservation.bind(3, counterpart.name)
    insertReservation.bind(4, amount)
    try insertReservation.run()
    return receipt
  }

  /// `capture` and `void`.
  private func close(_ operation: Operation) throws(LedgerError) -> Receipt {
    guard let id = operation.reservation else {
      throw LedgerError(.unknownReservation, "\(operation.kind.rawValue) names no reservation")
    }
    selectReservation.bind(1, id)
    defer { selectReservation.reset() }
    guard try selectReservation.step() else {
      throw LedgerError(.unknownReservation, "there is no reservation \(id)")
    }
    let account = selectReservation.text(0) ?? ""
    let counterpart = selectReservation.text(1) ?? ""
    let reserved = selectReservation.integer(2)
    let currency = selectReservation.text(3) ?? ""
    let state = selectReservation.text(4) ?? ""
    let amount = operation.amount ?? reserved
    guard amount > 0, amount <= reserved else {
      throw LedgerError(.invalidAmount, "the amount is \(amount); the reservation holds \(reserved)")
    }
    guard currency == operation.currency else {
      throw LedgerError(.invalidAccount, "reservation \(id) is in \(currency), not in \(operation.currency)")
    }
    guard state == "pending" else { throw LedgerError(.reservationClosed, "reservation \(id) is \(state) already") }
    let isCapture = operation.kind == .capture
    let wallet = try writer.accountNumber(account, currency)
    let target = try writer.accountNumber(counterpart, currency)
    if isCapture {
      // What is set aside is there; only the other side may be full.
      try requireRange(amount, in: target, Party(name: counterpart, number: target), operation)
    }
    writer.reserve(-reserved, in: wallet)
    var receipt = receipt(operation, account, counterpart, isCapture ? amount : reserved, (wallet, target))
    if isCapture {
      receipt.balanceAfter -= amount
      receipt.counterpartBalanceAfter += amount
    }
    var entry = fields(operation)
    entry.metadata = ReservationText(closes: id, receipt, operation.metadata).json
    writer.begin(entry)
    if isCapture {
      try writer.post(-amount, to: wallet)
      try writer.post(amount, to: target)
    }
    let closing = try writer.end(keepsEmpty: true)
    receipt.entryID = closing ?? 0
    try writer.write()
    closeReservation.bind(1, isCapture ? "posted" : "voided")
    closeReservation.bind(2, closing)
    closeReservation.bind(3, id)
    try closeReservation.run()
    return receipt
  }

  // MARK: What must be true before

  private func amount(_ operation: Operation) throws(LedgerError) -> Int64 {
    guard let amount = operation.amount, amount > 0 else {
      throw LedgerError(.invalidAmount, "an amount is above 0, not \(operation.amount.map { "\($0)" } ?? "missing")")
    }
    return amount
  }

  /// An account that an operation names, and its number where it is there.
  private struct Party {
    let name: String
    let number: Int?
  }

  /// The number of an account; it is opened where it is not there.
  private func number(_ party: Party, _ operation: Operation) throws(LedgerError) -> Int {
    if let number = party.number { return number }
    return try writer.accountNumber(party.name, operation.currency)
  }

  /// Both accounts. A credit opens the account it is for; every other account must be there.
  private func accounts(_ operation: Operation) throws(LedgerError) -> (account: Party, counterpart: Party) {
    let other = operation.counterpart ?? AccountName.external
    let account = Party(
      name: operation.account, number: try writer.knownNumber(operation.account, operation.currency))
    let counterpart = Party(name: other, number: try writer.knownNumber(other, operation.currency))
    // What is in the book already needs no look at its name.
    for party in [account, counterpart] {
      guard party.number != nil || AccountName.isWellFormed(party.name) else {
        throw LedgerError(.invalidAccount, "\(party.name) is not the name of an account")
      }
    }
    guard !account.name.utf8.elementsEqual(counterpart.name.utf8) else {
      throw LedgerError(.invalidAccount, "\(account.name) cannot pay itself")
    }
    for (party, isOpened) in [(account, operation.kind == .credit), (counterpart, false)] {
      // The program's own accounts need no opening.
      guard party.number != nil || isOpened || !party.name.utf8.contains(0x3A) else {
        throw LedgerError(.invalidAccount, "there is no account \(party.name) in \(operation.currency)")
      }
    }
    return (account, counterpart)
  }

  private func requireFunds(
    _ amount: Int64, in number: Int, _ party: Party, _ operation: Operation
  ) throws(LedgerError) {
    guard let available = writer.available(in: number) else { return }
    guard Int128(amount) <= available else {
      throw LedgerError(
        .insufficientFunds, "\(party.name) has \(max(0, available)) \(operation.currency) available, not \(amount)")
    }
  }

  private func requireRange(
    _ amount: Int64, in number: Int, _ party: Party, _ operation: Operation
  ) throws(LedgerError) {
    guard !writer.balance(of: number).addingReportingOverflow(amount).overflow else {
      throw LedgerError(
        .outOfRange, "the balance of account \(party.name) in \(operation.currency) would not fit 64 bits")
    }
  }

  // MARK: Answers

  private func fields(_ operation: Operation) -> EntryWriter.Entry {
    var entry = EntryWriter.Entry(
      key: operation.key, kind: operation.kind.rawValue, runID: nil, marketID: nil, currency: operation.currency)
    entry.reason = operation.reason
    entry.metadata = operation.metadata
    return entry
  }

  /// The answer with the balances as they are now; the entry's number is still to come.
  private func receipt(
    _ operation: Operation, _ account: String, _ counterpart: String, _ amount: Int64, _ numbers: (Int, Int)
  ) -> Receipt {
    Receipt(
      isReplay: false, entryID: 0, account: account, counterpart: counterpart, amount: amount,
      currency: operation.currency, balanceAfter: writer.balance(of: numbers.0),
      counterpartBalanceAfter: writer.balance(of: numbers.1), key: operation.key)
  }

  /// The first answer again, if the content is the same.
  private func replay(_ operation: Operation, _ entry: EntryFinder.Entry) throws(LedgerError) -> Receipt {
    let first = try EarlierOperation(entry)
    if let field = first.difference(from: operation) {
      throw LedgerError(
        .conflict, "key \(operation.key ?? "") was used before with another \(field), by entry \(entry.id)")
    }
    return Receipt(
      isReplay: true, entryID: entry.id, account: first.account, counterpart: first.counterpart, amount: first.amount,
      currency: entry.fields.currency, balanceAfter: first.balanceAfter,
      counterpartBalanceAfter: first.counterpartBalanceAfter, key: operation.key)
  }
}
