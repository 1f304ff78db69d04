// What is each user to be paid for a run, and what stands against it?
internal import Interchange
internal import Ledger

/// The part of a run that one user is owed in one currency.
struct RunShare {
  let userID: String
  let currency: String
  /// The net of payouts and refunds that are still in force.
  var amount: Int64
  /// `disputed`, `failed`, or `rolled_back` where nothing is left; nil where it may be paid.
  var hold: String?
}

/// Reads a run's shares from the ledger's entries, not from files: what was posted is what is paid.
struct RunShares {
  private let ledger: Ledger
  private let run: RunRecord
  /// Markets of the run that were rolled back, and that are disputed as a whole.
  private var rolledBack: Set<[UInt8]> = []
  private var disputed: Set<[UInt8]> = []
  /// `disputed`, `failed` or `rolled_back` by market and user.
  private var states: [[UInt8]: [[UInt8]: String]] = [:]

  init(_ ledger: Ledger, _ run: RunRecord) throws(LedgerError) {
    self.ledger = ledger
    self.run = run
    func each(_ sql: String, _ body: (Statement) -> Void) throws(LedgerError) {
      let statement = try ledger.database.prepare(sql)
      statement.bind(1, run.runID)
      while try statement.step() { body(statement) }
    }
    func bytes(_ statement: Statement, _ column: Int32) -> [UInt8] { Array((statement.text(column) ?? "").utf8) }
    try each("SELECT market_id FROM settlements WHERE run_id = ? AND rolled_back_by IS NOT NULL") {
      rolledBack.insert(bytes($0, 0))
    }
    try each("SELECT market_id FROM disputes WHERE run_id = ? AND user_id IS NULL AND state = 'open'") {
      disputed.insert(bytes($0, 0))
    }
    try each("SELECT user_id, market_id, status FROM distribution_states WHERE run_id = ?") {
      states[bytes($0, 0), default: [:]][bytes($0, 1)] = $0.text(2) ?? ""
    }
    try each(
      "SELECT user_id, market_id, 'disputed' FROM disputes WHERE run_id = ? AND user_id IS NOT NULL AND state = 'open'"
    ) { statement in
      states[bytes(statement, 0), default: [:]][bytes(statement, 1)] = "disputed"
    }
  }

  /// Whether anything of the run is disputed, failed or rolled back.
  var hasTrouble: Bool { !rolledBack.isEmpty || !disputed.isEmpty || !states.isEmpty }

  /// Every share, sorted by user and currency.
  /// - Throws: `outOfRange` where a share would not fit 64 bits.
  func all() throws(LedgerError) -> [RunShare] {
    let statement = try ledger.database.prepare(
      """
      SELECT accounts.name, accounts.currency, entries.market_id, postings.amount
      FROM postings NOT INDEXED CROSS JOIN entries ON entries.id = postings.entry_id
      CROSS JOIN accounts ON accounts.id = postings.account_id
      WHERE postings.entry_id > ?1 AND postings.entry_id <= ?2 AND entries.run_id = ?3
        AND entries.kind IN ('payouts', 'refunds') AND accounts.name >= 'user:' AND accounts.name < 'user;'
      ORDER BY accounts.name, accounts.currency
      """)
    statement.bind(1, run.sequenceBefore)
    statement.bind(2, run.sequenceAfter)
    statement.bind(3, run.runID)
    var shares: [RunShare] = []
    var name: [UInt8] = []
    var total: Int128 = 0
    while try statement.step() {
      let account = Array((statement.text(0) ?? "").utf8)
      let currency = statement.text(1) ?? ""
      if account != name || shares.last?.currency != currency {
        name = account
        total = 0
        let user = String(decoding: AccountName.decoded(account.dropFirst(5)), as: UTF8.self)
        shares.append(RunShare(userID: user, currency: currency, amount: 0, hold: nil))
      }
      let place = shares.count - 1
      let market = Array((statement.text(2) ?? "").utf8)
      let state = rolledBack.contains(market) ? "rolled_back" : states[Array(shares[place].userID.utf8)]?[market]
      guard state != "rolled_back" else { continue }
      if disputed.contains(market) || state == "disputed" {
        shares[place].hold = "disputed"
      } else if let state, shares[place].hold == nil {
        shares[place].hold = state
      }
      total += Int128(statement.integer(3))
      guard let amount = Int64(exactly: total) else {
        throw LedgerError(.outOfRange, "what user \(shares[place].userID) is owed would not fit 64 bits")
      }
      shares[place].amount = amount
    }
    for place in shares.indices where shares[place].amount <= 0 && shares[place].hold == nil {
      shares[place].hold = "rolled_back"
    }
    return shares
  }
}
