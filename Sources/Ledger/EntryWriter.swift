// How are many entries posted fast, each of them balanced, chained and complete?
package import Interchange

/// Writes entries inside one database transaction. Balances are kept in memory and written back once at the end.
///
/// An entry is opened with `begin`, gets its postings, and must sum to zero at `end`.
@safe
package final class EntryWriter {
  private struct Account {
    let id: Int64
    /// What it stood at before the first posting.
    let opening: Int64
    var balance: Int64
    var reserved: Int64
    var lastPosting: Int64?
    var mayGoBelow = false
    /// How far below zero it may fall; nil for without limit.
    let overdraft: Int64?
    let name: [UInt8]
  }

  private let database: Database
  private let now: String
  private let numbers = WordTable()
  private var accounts: [Account] = []
  private var currencies: [String: Int] = [:]
  private var nextAccountID: Int64
  private var nextEntryID: Int64
  private var nextPostingID: Int64
  private(set) package var head: Digest
  private(set) package var postingCount = 0

  private let insertEntry: Statement
  private let insertPosting: Statement
  private let selectAccount: Statement
  private let insertAccount: Statement

  // The entry being written.
  private var content = EntryContent()
  private var sum: Int128 = 0
  private var currency = ""
  private var fields: Entry?
  /// The entry whose fields are bound to the statement.
  private var bound: Entry?
  private var postings = 0

  /// What an entry says beside its postings.
  package struct Entry: Sendable {
    package var key: String?
    /// `stakes`, `payouts`, `refunds`, `fees`, `retained`, `breakage`, …
    package var kind: String
    package var runID: String?
    package var marketID: String?
    package var currency: String
    package var reverses: Int64?
    package var reason: String?
    package var metadata: String?

    package init(key: String?, kind: String, runID: String?, marketID: String?, currency: String) {
      self.key = key
      self.kind = kind
      self.runID = runID
      self.marketID = marketID
      self.currency = currency
    }
  }

  package init(_ ledger: Ledger) throws(LedgerError) {
    database = ledger.database
    // Times never go backwards, whatever the machine's clock does.
    now = max(Clock.now(), try database.text("SELECT at FROM entries ORDER BY id DESC LIMIT 1") ?? "")
    nextAccountID = (try database.integer("SELECT coalesce(max(id), 0) FROM accounts") ?? 0) + 1
    nextEntryID = try ledger.sequence() + 1
    nextPostingID = (try database.integer("SELECT coalesce(max(id), 0) FROM postings") ?? 0) + 1
    head = try ledger.head()
    insertEntry = try database.prepare(
      """
      INSERT INTO entries (id, key, kind, run_id, market_id, currency, reverses, reason, metadata, content, chain, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertPosting = try database.prepare("INSERT INTO postings VALUES (?, ?, ?, ?, ?, ?)")
    selectAccount = try database.prepare(
      "SELECT id, balance, last_posting, overdraft, reserved FROM accounts WHERE name = ? AND currency = ?")
    insertAccount = try database.prepare(
      "INSERT INTO accounts (id, name, currency, overdraft) VALUES (?, ?, ?, ?)")
  }

  /// The number of the last entry written.
  package var sequence: Int64 { nextEntryID - 1 }
  /// The number of the last posting written.
  package var lastPosting: Int64 { nextPostingID - 1 }

  package func begin(_ entry: Entry) {
    precondition(fields == nil, "an entry is open already")
    fields = entry
    currency = entry.currency
    sum = 0
    postings = 0
    content = EntryContent(entry)
  }

  /// Adds `amount` to an account; below zero takes away. An amount of 0 posts nothing.
  /// - Throws: `outOfRange` where the balance would not fit 64 bits.
  package func post(_ amount: Int64, to name: String) throws(LedgerError) {
    guard amount != 0 else { return }
    let number = try accountNumber(name)
    let (balance, overflow) = accounts[number].balance.addingReportingOverflow(amount)
    guard !overflow else {
      throw LedgerError(.outOfRange, "the balance of account \(name) in \(currency) would not fit 64 bits")
    }
    sum += Int128(amount)
    postings += 1
    content.add(account: accounts[number].name, amount: amount)
    insertPosting.bind(1, nextPostingID)
    insertPosting.bind(2, nextEntryID)
    insertPosting.bind(3, accounts[number].id)
    insertPosting.bind(4, amount)
    insertPosting.bind(5, balance)
    insertPosting.bind(6, accounts[number].lastPosting)
    try insertPosting.run()
    accounts[number].balance = balance
    accounts[number].lastPosting = nextPostingID
    nextPostingID += 1
    postingCount += 1
  }

  /// Closes the entry: it must sum to zero.
  /// - Parameter keepsEmpty: write it without postings too; else such an entry is dropped.
  /// - Returns: the entry's number; nil where it was dropped.
  @discardableResult
  package func end(keepsEmpty: Bool = false) throws(LedgerError) -> Int64? {
    guard let entry = fields else { preconditionFailure("no entry is open") }
    guard sum == 0 else {
      throw LedgerError(.invariant, "entry \(entry.key ?? "") of kind \(entry.kind) sums to \(sum)")
    }
    fields = nil
    guard postings > 0 || keepsEmpty else { return nil }
    let digest = content.digest()
    head = EntryContent.link(behind: head, entry: nextEntryID, content: digest)
    insertEntry.bind(1, nextEntryID)
    insertEntry.bind(2, entry.key)
    bindWhatDiffers(entry)
    insertEntry.bind(10, blob: digest.bytes)
    insertEntry.bind(11, blob: head.bytes)
    try insertEntry.run()
    nextEntryID += 1
    return nextEntryID - 1
  }

  /// A statement keeps what was bound: most entries one after the other have the same kind, currency and run, which are
  /// ASCII and so the same where they are equal, and nothing in many fields. Other text is bound each time: equal strings
  /// may differ in their bytes.
  private func bindWhatDiffers(_ entry: Entry) {
    let before = bound
    if before?.kind != entry.kind { insertEntry.bind(3, entry.kind) }
    if before?.currency != entry.currency { insertEntry.bind(6, entry.currency) }
    if before == nil || before?.runID != entry.runID { insertEntry.bind(4, entry.runID) }
    if before == nil || before?.reverses != entry.reverses { insertEntry.bind(7, entry.reverses) }
    if before == nil || before?.marketID != nil || entry.marketID != nil { insertEntry.bind(5, entry.marketID) }
    if before == nil || before?.reason != nil || entry.reason != nil { insertEntry.bind(8, entry.reason) }
    if before == nil || before?.metadata != nil || entry.metadata != nil { insertEntry.bind(9, entry.metadata) }
    if before == nil { insertEntry.bind(12, now) }
    bound = entry
  }

  /// Writes the balances back; call once, before the commit.
  package func finish() throws(LedgerError) {
    let update = try database.prepare("UPDATE accounts SET balance = ?, last_posting = ?, reserved = ? WHERE id = ?")
    for account in accounts {
      // An account that is below its limit already may rise.
      if let overdraft = account.overdraft, !account.mayGoBelow, account.balance < account.opening,
        Int128(account.balance) - Int128(account.reserved) < -Int128(overdraft)
      {
        let name = String(decoding: account.name, as: UTF8.self)
        throw LedgerError(
          .insufficientFunds, "account \(name) would stand at \(account.balance), \(account.reserved) of it reserved")
      }
      update.bind(1, account.balance)
      update.bind(2, account.lastPosting)
      update.bind(3, account.reserved)
      update.bind(4, account.id)
      try update.run()
    }
  }

  /// What an account of the open entry's currency stands at now, and how much of that is reserved.
  package func standing(of name: String) throws(LedgerError) -> (balance: Int64, reserved: Int64) {
    let account = accounts[try accountNumber(name)]
    return (account.balance, account.reserved)
  }

  /// How far an account of the open entry's currency may be drawn down now; nil for without limit.
  package func available(in name: String) throws(LedgerError) -> Int128? {
    let account = accounts[try accountNumber(name)]
    return account.overdraft.map { Int128(account.balance) - Int128(account.reserved) + Int128($0) }
  }

  /// Lets an account fall below its limit: an operator decided so.
  package func allowBelowLimit(_ name: String) throws(LedgerError) {
    accounts[try accountNumber(name)].mayGoBelow = true
  }

  /// Whether there is such an account.
  package func hasAccount(_ name: String, currency: String) throws(LedgerError) -> Bool {
    try knownNumber(name, currency) != nil
  }

  /// How far an account that is there may be drawn down now; nil for without limit.
  package func available(in name: String, currency: String) throws(LedgerError) -> Int128? {
    let account = accounts[try accountNumber(name, currency)]
    return account.overdraft.map { Int128(account.balance) - Int128(account.reserved) + Int128($0) }
  }

  /// The balance of an account that is there.
  package func balance(of name: String, currency: String) throws(LedgerError) -> Int64 {
    accounts[try accountNumber(name, currency)].balance
  }

  /// The row of an account that is there.
  func accountID(_ name: String, currency: String) throws(LedgerError) -> Int64 {
    accounts[try accountNumber(name, currency)].id
  }

  /// Sets money aside, or lets it go.
  func reserve(_ amount: Int64, in name: String, currency: String) throws(LedgerError) {
    accounts[try accountNumber(name, currency)].reserved += amount
  }

  private func accountNumber(_ name: String) throws(LedgerError) -> Int { try accountNumber(name, currency) }

  /// The account's number here; it is made where it is not there.
  private func accountNumber(_ name: String, _ currency: String) throws(LedgerError) -> Int {
    if let known = try knownNumber(name, currency) { return known }
    let overdraft: Int64? = AccountName.hasUnlimitedOverdraft(name) ? nil : 0
    insertAccount.bind(1, nextAccountID)
    insertAccount.bind(2, name)
    insertAccount.bind(3, currency)
    insertAccount.bind(4, overdraft)
    try insertAccount.run()
    nextAccountID += 1
    return add(
      Account(
        id: nextAccountID - 1, opening: 0, balance: 0, reserved: 0, lastPosting: nil, overdraft: overdraft,
        name: Array(name.utf8)), currency)
  }

  private func knownNumber(_ name: String, _ currency: String) throws(LedgerError) -> Int? {
    var name = name
    let owner = self.owner(currency)
    if let known = name.withUTF8({ unsafe numbers.number(of: $0, owner: owner) }) { return known }
    selectAccount.bind(1, name)
    selectAccount.bind(2, currency)
    defer { selectAccount.reset() }
    guard try selectAccount.step() else { return nil }
    return add(
      Account(
        id: selectAccount.integer(0), opening: selectAccount.integer(1), balance: selectAccount.integer(1),
        reserved: selectAccount.integer(4),
        lastPosting: selectAccount.isNull(2) ? nil : selectAccount.integer(2),
        overdraft: selectAccount.isNull(3) ? nil : selectAccount.integer(3), name: Array(name.utf8)), currency)
  }

  private func add(_ account: Account, _ currency: String) -> Int {
    let number = accounts.count
    unsafe account.name.withUnsafeBufferPointer { unsafe numbers.add($0, owner: owner(currency), number: number) }
    accounts.append(account)
    return number
  }

  private func owner(_ currency: String) -> Int {
    if let known = currencies[currency] { return known }
    currencies[currency] = currencies.count
    return currencies.count - 1
  }
}
