// Which entries does a settled event make in the book?
internal import Ledger
internal import Markets
internal import Money

/// Posts events: the pool in, every prize or refund out by an entry of its own, the rest out; escrow ends at 0.
///
/// | kind | from | to |
/// |---|---|---|
/// | stakes | stakes | escrow:EVENT, the pool or all fees |
/// | payouts, refunds | escrow:EVENT | the wallet, and withholding:REGISTRATION |
/// | failed | escrow:EVENT | suspense, what no wallet could take |
/// | breakage, retained | escrow:EVENT | house |
/// | unallocated | escrow:EVENT | stakes, where the pool came from |
struct EventPoster {
  private let operation: PrizeOperation
  private let runID: String
  private let registrations: RegistrationStore

  init(_ operation: PrizeOperation, _ runID: String, _ registrations: RegistrationStore) {
    self.operation = operation
    self.runID = runID
    self.registrations = registrations
  }

  func post(_ event: EventOutcome, _ writer: EntryWriter) throws(BatchError) {
    guard let currency = event.currency?.code else { preconditionFailure("event \(event.id) without a currency") }
    let subject = event.id.description
    let prefix = "settle:\(runID):\(AccountName.encoded(event.id.bytes)):"
    try forEachMovement(of: event) { (movement) throws(BatchError) in
      writer.begin(
        EntryWriter.Entry(
          key: prefix + movement.key, kind: movement.kind, runID: runID, marketID: subject, currency: currency))
      do throws(LedgerError) {
        try writer.post(-movement.amount, to: movement.source)
        try writer.post(movement.amount - movement.withheld, to: movement.target)
        if movement.withheld > 0 { try writer.post(movement.withheld, to: movement.withholding) }
        try writer.end()
      } catch {
        throw BatchError.ledger(error)
      }
    }
  }

  /// What one entry moves.
  private struct Movement {
    var kind: String
    /// The end of the entry's key.
    var key: String
    /// Above 0.
    var amount: Int64
    var source: String
    var target: String
    /// Part of the amount that does not go to the target.
    var withheld: Int64 = 0
    var withholding = ""
  }

  private func forEachMovement(
    of event: EventOutcome, _ body: (Movement) throws(BatchError) -> Void
  ) throws(BatchError) {
    let escrow = AccountName.escrow(event.id.bytes)
    func move(_ kind: String, _ amount: Int64, from source: String, to target: String) throws(BatchError) {
      guard amount > 0 else { return }
      try body(Movement(kind: kind, key: kind, amount: amount, source: source, target: target))
    }
    try move("stakes", event.pool, from: AccountName.stakes, to: escrow)
    for payment in event.payments {
      let registration = registrations.id(payment.registration).bytes
      let name = AccountName.encoded(registration)
      if payment.isFailed {
        try body(
          Movement(
            kind: "failed", key: "failed:\(name)", amount: payment.amount, source: escrow, target: AccountName.suspense)
        )
      } else {
        var movement = Movement(
          kind: operation.entryKind, key: "\(operation.keyWord):\(name)", amount: payment.amount, source: escrow,
          target: PaymentAccounts.wallet(payment.registration, registrations))
        if payment.withheld > 0 {
          movement.withheld = payment.withheld
          movement.withholding = AccountName.withholding(registration)
        }
        try body(movement)
      }
    }
    try move("breakage", event.breakage, from: escrow, to: AccountName.house)
    try move("retained", event.retained, from: escrow, to: AccountName.house)
    try move("unallocated", event.unallocated, from: escrow, to: AccountName.stakes)
  }

  /// Tells before anything is posted what posting would refuse: the program's own accounts must hold what is moved
  /// through them. Wallets are not looked at here: a payment that does not fit one is set aside (`WalletRoom`).
  /// - Throws: the error that posting would end with.
  func requireRoom(for events: [EventOutcome], _ ledger: Ledger) throws(BatchError) {
    var accounts = OwnAccounts(ledger: ledger)
    for event in events where event.status == .settled {
      guard let currency = event.currency?.code else { continue }
      try forEachMovement(of: event) { (movement) throws(BatchError) in
        do throws(LedgerError) {
          try accounts.add(-movement.amount, to: movement.source, currency)
          try accounts.add(movement.amount, to: movement.target, currency)
        } catch {
          throw BatchError.ledger(error)
        }
      }
    }
  }

  /// What the program's own accounts would stand at.
  private struct OwnAccounts {
    struct Key: Hashable {
      let name: String
      let currency: String
    }

    static let names = [AccountName.stakes, AccountName.house, AccountName.suspense]

    let ledger: Ledger
    var standings: [Key: Int64] = [:]

    mutating func add(_ amount: Int64, to name: String, _ currency: String) throws(LedgerError) {
      guard OwnAccounts.names.contains(name) else { return }
      let key = Key(name: name, currency: currency)
      let standing = try standings[key] == nil ? ledger.balance(of: name, currency: currency) : standings[key]
      let (sum, overflow) = (standing ?? 0).addingReportingOverflow(amount)
      guard !overflow else {
        throw LedgerError(.outOfRange, "the balance of account \(name) in \(currency) would not fit 64 bits")
      }
      standings[key] = sum
    }
  }

  /// Writes failed payments down as such.
  func markFailed(_ events: [EventOutcome], _ ledger: Ledger) throws(BatchError) {
    do throws(LedgerError) {
      for event in events where event.status == .settled {
        for registration in event.failed {
          try ledger.setState(
            .failed, ofUser: registration.description, inMarket: event.id.description, ofRun: runID, by: runID)
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
  }
}
