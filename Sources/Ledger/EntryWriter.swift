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
    let currency: String
    /// Whether the ledger has a row of it.
    var isWritten: Bool
  }

  private let database: Database
  private let now: String
  private let numbers = WordTable()
  private var accounts: [Account] = []
  private var currencies: [String: Int] = [:]
  private var lastOwner: (currency: String, owner: Int)?
  private var nextAccountID: Int64
  private var nextEntryID: Int64
  private var nextPostingID: Int64
  private(set) package var head: Digest
  private(set) package var postingCount = 0

  private let entryRows: RowBatch
  private let postingRows: RowBatch
  private let selectAccount: Statement
  /// Accounts that were opened here and are not written yet.
  private var opened: [Int] = []
  private let leavesOutGuards: Bool
  /// Many rows were written, and guards are left out until `finish`.
  private var isBulk = false

  // The entry being written.
  private var content = EntryContent()
  private var sum: Int128 = 0
  private var currency = ""
  private var fields: Entry?
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

  /// - Parameter leavesOutGuards: triggers and foreign keys may be left out once there are many rows. Not where the same
  ///   transaction changes rows that they guard.
  package init(_ ledger: Ledger, leavesOutGuards: Bool = true) throws(LedgerError) {
    database = ledger.database
    self.leavesOutGuards = leavesOutGuards
    // Times never go backwards, whatever the machine's clock does.
    now = max(Clock.now(), try database.text("SELECT at FROM entries ORDER BY id DESC LIMIT 1") ?? "")
    nextAccountID = (try database.integer("SELECT coalesce(max(id), 0) FROM accounts") ?? 0) + 1
    nextEntryID = try ledger.sequence() + 1
    nextPostingID = (try database.integer("SELECT coalesce(max(id), 0) FROM postings") ?? 0) + 1
    head = try ledger.head()
    entryRows = try RowBatch(
      database, into: "entries",
      [
        "id", "key", "kind", "run_id", "market_id", "currency", "reverses", "reason", "metadata", "content", "chain",
        "at",
      ])
    postingRows = try RowBatch(
      database, into: "postings", ["id", "entry_id", "account_id", "amount", "balance_after", "previous"])
    selectAccount = try database.prepare(
      "SELECT id, balance, last_posting, overdraft, reserved FROM accounts WHERE name = ? AND currency = ?")
  }

  deinit { if isBulk { database.keepGuards(true) } }

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
    try post(amount, to: try accountNumber(name))
  }

  /// The same for an account that was found or opened before.
  func post(_ amount: Int64, to number: Int) throws(LedgerError) {
    guard amount != 0 else { return }
    let (balance, overflow) = accounts[number].balance.addingReportingOverflow(amount)
    guard !overflow else {
      let name = String(decoding: accounts[number].name, as: UTF8.self)
      throw LedgerError(.outOfRange, "the balance of account \(name) in \(currency) would not fit 64 bits")
    }
    sum += Int128(amount)
    postings += 1
    content.add(account: accounts[number].name, amount: amount)
    postingRows.add(nextPostingID)
    postingRows.add(nextEntryID)
    postingRows.add(accounts[number].id)
    postingRows.add(amount)
    postingRows.add(balance)
    postingRows.add(accounts[number].lastPosting)
    if postingRows.isFull { try writeMany(postingRows) }
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
    if let reverses = entry.reverses, !(1..<nextEntryID).contains(reverses) {
      throw LedgerError(.invariant, "entry \(nextEntryID) would take back entry \(reverses), which is not before it")
    }
    fields = nil
    guard postings > 0 || keepsEmpty else { return nil }
    let digest = content.digest()
    head = EntryContent.link(behind: head, entry: nextEntryID, content: digest)
    entryRows.add(nextEntryID)
    entryRows.add(entry.key)
    entryRows.add(entry.kind)
    entryRows.add(entry.runID)
    entryRows.add(entry.marketID)
    entryRows.add(entry.currency)
    entryRows.add(entry.reverses)
    entryRows.add(entry.reason)
    entryRows.add(entry.metadata)
    entryRows.add(digest)
    entryRows.add(head)
    entryRows.add(now)
    if entryRows.isFull { try writeMany(entryRows) }
    nextEntryID += 1
    return nextEntryID - 1
  }

  /// Writes a full batch. From the first on triggers and foreign keys are left out: they refuse rows that do not rise,
  /// replace others or name what is not there, which these cannot, and would take as long as all the rest. Nobody else can
  /// write before the transaction ends.
  private func writeMany(_ rows: RowBatch) throws(LedgerError) {
    if !isBulk, leavesOutGuards {
      isBulk = true
      database.keepGuards(false)
    }
    try rows.write()
  }

  var hasUnwritten: Bool { !entryRows.isEmpty }

  /// Writes the entries and accounts that are kept aside, so that other rows may name them.
  func write() throws(LedgerError) {
    try entryRows.write()
    try postingRows.write()
    try writeOpened()
  }

  private func writeOpened() throws(LedgerError) {
    guard !opened.isEmpty else { return }
    let rows = try RowBatch(
      database, into: "accounts", ["id", "name", "currency", "balance", "overdraft", "last_posting", "reserved"])
    for number in opened {
      let account = accounts[number]
      rows.add(account.id)
      rows.add(text: account.name)
      rows.add(account.currency)
      rows.add(account.balance)
      rows.add(account.overdraft)
      rows.add(account.lastPosting)
      rows.add(account.reserved)
      accounts[number].isWritten = true
      if rows.isFull { try rows.write() }
    }
    try rows.write()
    opened.removeAll()
  }

  /// Writes the balances back; call once, before the commit.
  package func finish() throws(LedgerError) {
    try entryRows.write()
    try postingRows.write()
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
      guard account.isWritten else { continue }
      update.bind(1, account.balance)
      update.bind(2, account.lastPosting)
      update.bind(3, account.reserved)
      update.bind(4, account.id)
      try update.run()
    }
    try writeOpened()
    if isBulk {
      isBulk = false
      database.keepGuards(true)
    }
  }

  /// How far an account of the open entry's currency may be drawn down now; nil for without limit.
  package func available(in name: String) throws(LedgerError) -> Int128? { available(in: try accountNumber(name)) }

  /// Lets an account fall below its limit: an operator decided so.
  package func allowBelowLimit(_ name: String) throws(LedgerError) {
    accounts[try accountNumber(name)].mayGoBelow = true
  }

  // MARK: Accounts by their numbers here

  /// How far an account may be drawn down now; nil for without limit.
  func available(in number: Int) -> Int128? {
    let account = accounts[number]
    return account.overdraft.map { Int128(account.balance) - Int128(account.reserved) + Int128($0) }
  }

  func balance(of number: Int) -> Int64 { accounts[number].balance }

  /// The row of an account.
  func accountID(_ number: Int) -> Int64 { accounts[number].id }

  /// Sets money aside, or lets it go.
  func reserve(_ amount: Int64, in number: Int) { accounts[number].reserved += amount }

  private func accountNumber(_ name: String) throws(LedgerError) -> Int { try accountNumber(name, currency) }

  /// The account's number here; it is made where it is not there.
  func accountNumber(_ name: String, _ currency: String) throws(LedgerError) -> Int {
    if let known = try knownNumber(name, currency) { return known }
    let overdraft: Int64? = AccountName.hasUnlimitedOverdraft(name) ? nil : 0
    let number = add(
      Account(
        id: nextAccountID, opening: 0, balance: 0, reserved: 0, lastPosting: nil, overdraft: overdraft,
        name: Array(name.utf8), currency: currency, isWritten: false))
    nextAccountID += 1
    opened.append(number)
    return number
  }

  /// The account's number here; nil where there is no such account.
  func knownNumber(_ name: String, _ currency: String) throws(LedgerError) -> Int? {
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
        overdraft: selectAccount.isNull(3) ? nil : selectAccount.integer(3), name: Array(name.utf8),
        currency: currency, isWritten: true))
  }

  private func add(_ account: Account) -> Int {
    let number = accounts.count
    unsafe account.name.withUnsafeBufferPointer { bytes in
      unsafe numbers.add(bytes, owner: owner(account.currency), number: number)
    }
    accounts.append(account)
    return number
  }

  private func owner(_ currency: String) -> Int {
    // Mostly the same as before. A currency is ASCII: equal strings are equal bytes.
    if let lastOwner, lastOwner.currency == currency { return lastOwner.owner }
    let owner = currencies[currency] ?? currencies.count
    currencies[currency] = owner
    lastOwner = (currency, owner)
    return owner
  }
}
