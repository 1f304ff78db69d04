// Do the cached balances follow from the postings, and what if not?

/// An account whose cached figures are not what its postings say.
package struct Drift: Sendable, Equatable {
  package var account: String
  package var currency: String
  package var cachedBalance: Int64
  package var balance: Int64
  package var cachedReserved: Int64
  package var reserved: Int64
  /// The list of the account's postings begins elsewhere.
  package var isListBroken: Bool
}

extension Ledger {
  /// Accounts whose cached balance, reserved sum or last posting differ from what the postings and reservations say.
  /// - Throws: `outOfRange` where the postings of an account sum to more than 64 bits hold.
  package func drift() throws(LedgerError) -> [Drift] {
    try drifting().map(\.drift)
  }

  /// Sets cached figures to what the postings say; each account that was wrong is recorded.
  /// - Returns: what was wrong.
  package func recalculate(by operatorID: String) throws(LedgerError) -> [Drift] {
    try require(.admin, of: operatorID, for: "ledger recalc")
    var found: [Drift] = []
    try database.transaction { () throws(LedgerError) in
      let drifting = try drifting()
      found = drifting.map(\.drift)
      let update = try database.prepare(
        "UPDATE accounts SET balance = ?, reserved = ?, last_posting = ? WHERE id = ?")
      for (id, lastPosting, drift) in drifting {
        update.bind(1, drift.balance)
        update.bind(2, drift.reserved)
        update.bind(3, lastPosting)
        update.bind(4, id)
        try update.run()
        try record(
          action: "ledger recalc", by: operatorID, subject: drift.account, result: "corrected",
          detail: "\(drift.currency) balance \(drift.cachedBalance) to \(drift.balance), "
            + "reserved \(drift.cachedReserved) to \(drift.reserved)")
      }
    }
    return found
  }

  private func drifting() throws(LedgerError) -> [(id: Int64, lastPosting: Int64?, drift: Drift)] {
    // By the accounts' numbers, which have no gaps.
    let count = Int(try database.integer("SELECT coalesce(max(id), 0) FROM accounts") ?? 0) + 1
    var balances = [(sum: Int64, last: Int64)](repeating: (0, 0), count: count)
    let postings = try database.prepare("SELECT account_id, amount, id FROM postings ORDER BY id")
    while try postings.step() {
      let account = Int(postings.integer(0))
      // A posting on no account is the business of `check`.
      guard balances.indices.contains(account) else { continue }
      let (sum, overflow) = balances[account].sum.addingReportingOverflow(postings.integer(1))
      guard !overflow else { throw LedgerError(.outOfRange, "the postings of account \(account) exceed 64 bits") }
      balances[account] = (sum, postings.integer(2))
    }
    let accounts = try database.prepare(
      """
      SELECT accounts.id, accounts.name, accounts.currency, accounts.balance, accounts.reserved, accounts.last_posting,
             coalesce((SELECT sum(amount) FROM reservations
                       WHERE account_id = accounts.id AND state = 'pending'), 0)
      FROM accounts ORDER BY accounts.name, accounts.currency
      """)
    var found: [(id: Int64, lastPosting: Int64?, drift: Drift)] = []
    while try accounts.step() {
      let (sum, lastPosting) = balances[Int(accounts.integer(0))]
      let actual: Int64? = lastPosting == 0 ? nil : lastPosting
      let last = accounts.isNull(5) ? nil : accounts.integer(5)
      let drift = Drift(
        account: accounts.text(1) ?? "", currency: accounts.text(2) ?? "", cachedBalance: accounts.integer(3),
        balance: sum, cachedReserved: accounts.integer(4), reserved: accounts.integer(6),
        isListBroken: last != actual)
      if drift.cachedBalance != drift.balance || drift.cachedReserved != drift.reserved || drift.isListBroken {
        found.append((accounts.integer(0), actual, drift))
      }
    }
    return found
  }
}
