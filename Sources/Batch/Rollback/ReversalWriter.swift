// Which entries does a rollback post?
internal import Ledger

/// Writes compensating entries: one for each original, sides swapped, in reverse order, keyed by the original.
struct ReversalWriter {
  let runID: String
  let reversedRun: String
  let reader: ReversalReader

  private struct Account {
    let name: String
    var detour: MarketReversal.Detour
  }

  /// Posts one market.
  func post(_ market: MarketReversal, _ writer: EntryWriter) throws(LedgerError) {
    switch market.status {
    case .rolledBack: try mirror(market, writer)
    case .suspended: for suspension in market.suspensions { try suspend(suspension, market, writer) }
    case .blocked, .alreadyRolledBack, .untouched: break
    }
  }

  /// The key of the entry that takes an entry back.
  static func key(ofEntry id: Int64) -> String { "rollback:\(id)" }

  private func mirror(_ market: MarketReversal, _ writer: EntryWriter) throws(LedgerError) {
    var accounts: [Int64: Account] = [:]
    for original in market.entries.reversed() {
      var entry = EntryWriter.Entry(
        key: ReversalWriter.key(ofEntry: original.id), kind: "rollback", runID: runID,
        marketID: market.market.isEmpty ? nil : market.name, currency: original.currency)
      entry.reverses = original.id
      writer.begin(entry)
      for posting in try reader.postings(of: original) {
        var account: Account
        if let known = accounts[posting.account] {
          account = known
        } else {
          guard let standing = try reader.account(posting.account) else {
            throw LedgerError(.invariant, "account \(posting.account) is not there")
          }
          account = Account(name: standing.name, detour: market.detours[posting.account] ?? .init())
        }
        try take(posting.amount, from: account.name, &account.detour, writer)
        accounts[posting.account] = account
      }
      try writer.end()
    }
  }

  /// Takes `amount` back; below zero gives.
  private func take(
    _ amount: Int64, from name: String, _ detour: inout MarketReversal.Detour, _ writer: EntryWriter
  ) throws(LedgerError) {
    let owed = amount > 0 ? min(detour.owed, amount) : 0
    detour.owed -= owed
    let source = detour.source ?? name
    if detour.mayGoBelow { try writer.allowBelowLimit(source) }
    try writer.post(-(amount - owed), to: source)
    try writer.post(-owed, to: AccountName.receivable(account: name))
  }

  private func suspend(
    _ suspension: MarketReversal.Suspension, _ market: MarketReversal, _ writer: EntryWriter
  ) throws(LedgerError) {
    let user = AccountName.encoded(suspension.user)
    writer.begin(
      EntryWriter.Entry(
        key: "rollback:\(reversedRun):\(AccountName.encoded(market.market)):\(user):\(suspension.currency)",
        kind: "suspend", runID: runID, marketID: market.name, currency: suspension.currency))
    var detour = suspension.detour
    try take(suspension.amount, from: suspension.account, &detour, writer)
    try writer.post(suspension.amount, to: AccountName.suspense)
    try writer.end()
  }
}
