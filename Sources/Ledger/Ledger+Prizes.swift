// What does the book know that runs of prizes, refunds and awards ask for?

extension Ledger {
  /// Accounts of a currency that stand above a balance, by the bytes of their names.
  package func accounts(in currency: String, above balance: Int64) throws(LedgerError) -> [[UInt8]: Int64] {
    let statement = try database.prepare("SELECT name, balance FROM accounts WHERE currency = ? AND balance > ?")
    statement.bind(1, currency)
    statement.bind(2, balance)
    var found: [[UInt8]: Int64] = [:]
    while try statement.step() { found[Array((statement.text(0) ?? "").utf8)] = statement.integer(1) }
    return found
  }

  /// The role of an operator; nil for one that the ledger does not know.
  package func role(of operatorID: String) throws(LedgerError) -> OperatorRole? {
    let statement = try database.prepare("SELECT role FROM operators WHERE id = ?")
    statement.bind(1, operatorID)
    return try statement.step() ? OperatorRole(rawValue: statement.text(0) ?? "") : nil
  }

  /// Ids of a run's entries of some kinds, by subject, in their order.
  package func entryIDs(
    ofRun run: RunRecord, kinds: Set<String>
  ) throws(LedgerError) -> [[UInt8]: [Int64]] {
    let statement = try database.prepare("SELECT id, market_id, kind FROM entries WHERE id > ? AND id <= ? ORDER BY id")
    statement.bind(1, run.sequenceBefore)
    statement.bind(2, run.sequenceAfter)
    var found: [[UInt8]: [Int64]] = [:]
    while try statement.step() {
      guard kinds.contains(statement.text(2) ?? "") else { continue }
      found[Array((statement.text(1) ?? "").utf8), default: []].append(statement.integer(0))
    }
    return found
  }
}

extension Ledger {
  /// Ids of entries that later ones reverse.
  package func reversedEntries() throws(LedgerError) -> Set<Int64> {
    let statement = try database.prepare("SELECT reverses FROM entries WHERE reverses IS NOT NULL")
    var found: Set<Int64> = []
    while try statement.step() { found.insert(statement.integer(0)) }
    return found
  }
}

extension Ledger {
  /// Whether an entry has this key.
  package func hasEntry(key: String) throws(LedgerError) -> Bool {
    let statement = try database.prepare("SELECT 1 FROM entries WHERE key = ?")
    statement.bind(1, key)
    return try statement.step()
  }

  /// How far an account may be drawn down; nil for without limit, 0 for one that is not there.
  package func available(in account: String, currency: String) throws(LedgerError) -> Int128? {
    let statement = try database.prepare(
      "SELECT balance, reserved, overdraft FROM accounts WHERE name = ? AND currency = ?")
    statement.bind(1, account)
    statement.bind(2, currency)
    guard try statement.step() else { return 0 }
    return statement.isNull(2)
      ? nil : Int128(statement.integer(0)) - Int128(statement.integer(1)) + Int128(statement.integer(2))
  }
}
