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
    let escrow = AccountName.escrow(event.id.bytes)
    let subject = event.id.description
    let prefix = "settle:\(runID):\(AccountName.encoded(event.id.bytes)):"
    func entry(
      _ kind: String, _ key: String, _ amount: Int64, from source: String, to target: String,
      withheld: (amount: Int64, account: String)? = nil
    ) throws(BatchError) {
      guard amount > 0 else { return }
      writer.begin(
        EntryWriter.Entry(key: prefix + key, kind: kind, runID: runID, marketID: subject, currency: currency))
      do throws(LedgerError) {
        try writer.post(-amount, to: source)
        try writer.post(amount - (withheld?.amount ?? 0), to: target)
        if let withheld { try writer.post(withheld.amount, to: withheld.account) }
        try writer.end()
      } catch {
        throw BatchError.ledger(error)
      }
    }
    try entry("stakes", "stakes", event.pool, from: AccountName.stakes, to: escrow)
    for payment in event.payments {
      let registration = registrations.id(payment.registration).bytes
      let name = AccountName.encoded(registration)
      if payment.isFailed {
        try entry("failed", "failed:\(name)", payment.amount, from: escrow, to: AccountName.suspense)
      } else {
        try entry(
          operation.entryKind, "\(operation.keyWord):\(name)", payment.amount, from: escrow,
          to: PaymentAccounts.wallet(payment.registration, registrations),
          withheld: payment.withheld > 0 ? (payment.withheld, AccountName.withholding(registration)) : nil)
      }
    }
    try entry("breakage", "breakage", event.breakage, from: escrow, to: AccountName.house)
    try entry("retained", "retained", event.retained, from: escrow, to: AccountName.house)
    try entry("unallocated", "unallocated", event.unallocated, from: escrow, to: AccountName.stakes)
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
