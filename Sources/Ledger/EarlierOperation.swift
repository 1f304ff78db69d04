// Is an operation the same as the one that used its key before?
internal import Interchange

/// An operation as its entry tells it.
struct EarlierOperation {
  let kind: String
  let account: String
  let counterpart: String
  let amount: Int64
  let currency: String
  let reservation: Int64?
  let reason: String?
  let metadata: String?
  let balanceAfter: Int64
  let counterpartBalanceAfter: Int64

  init(_ entry: EntryFinder.Entry) throws(LedgerError) {
    kind = entry.fields.kind
    currency = entry.fields.currency
    reason = entry.fields.reason
    guard let kind = Operation.Kind(rawValue: entry.fields.kind), entry.fields.runID == nil else {
      throw LedgerError(.conflict, "the key was used before for another operation (\(entry.fields.kind))")
    }
    let damaged = LedgerError(.database, "entry \(entry.id) does not say what it did; see `settle ledger check`")
    switch kind {
    case .credit, .debit, .transfer:
      guard let taken = entry.postings.first(where: { $0.amount < 0 }),
        let given = entry.postings.first(where: { $0.amount > 0 })
      else { throw damaged }
      let (subject, other) = kind == .credit ? (given, taken) : (taken, given)
      (account, counterpart, amount) = (subject.account, other.account, given.amount)
      (balanceAfter, counterpartBalanceAfter) = (subject.balanceAfter, other.balanceAfter)
      (reservation, metadata) = (nil, entry.fields.metadata)
    case .reserve, .capture, .void:
      guard let text = ReservationText(entry.fields.metadata) else { throw damaged }
      (account, counterpart, amount) = (text.account, text.counterpart, text.amount)
      (balanceAfter, counterpartBalanceAfter) = (text.balanceAfter, text.counterpartBalanceAfter)
      (reservation, metadata) = (text.closes, text.metadata)
    }
  }

  /// The first field that differs, by the name that callers know it by; nil for the same content.
  func difference(from operation: Operation) -> String? {
    func differs(_ one: String?, _ other: String?) -> Bool {
      switch (one, other) {
      case (nil, nil): false
      case (let one?, let other?): !one.utf8.elementsEqual(other.utf8)
      default: true
      }
    }
    if kind != operation.kind.rawValue { return "operation" }
    let isClosing = operation.kind == .capture || operation.kind == .void
    if isClosing {
      if reservation != operation.reservation { return "reservation" }
      if let asked = operation.amount, asked != amount { return "amount" }
    } else {
      if differs(account, operation.account) { return "account" }
      if differs(counterpart, operation.counterpart ?? AccountName.external) { return "counterpart" }
      if amount != operation.amount { return "amount" }
    }
    if currency != operation.currency { return "currency" }
    if differs(reason, operation.reason) { return "reason" }
    return differs(metadata, operation.metadata) ? "metadata" : nil
  }
}
