// Has anybody touched the book? Every kind of row is looked at; the first broken entry is named.
package import Interchange

/// What is wrong with a book, and where.
package struct BookFault: Sendable, Equatable {
  /// `entry`, `account`, `run`, `action`, `operator`, `reservation`, `settlement`, `schema`, `file`, `total`, `head`
  package var object: String
  /// The entry's number, the account's name, …
  package var subject: String
  package var message: String
}

/// What the check saw.
package struct BookCheckReport: Sendable {
  package var entries: Int64 = 0
  package var head = Ledger.genesis
  /// The first entry that is not what was written; nil where all are.
  package var firstBrokenEntry: Int64?
  package var faults: [BookFault] = []
  /// Faults beyond those that are kept.
  package var moreFaults = 0

  package var isSound: Bool { faults.isEmpty }
}

/// Checks a whole book in one reading transaction.
struct BookCheck {
  static let keptMax = 200

  private let ledger: Ledger
  private var report = BookCheckReport()

  init(_ ledger: Ledger) { self.ledger = ledger }

  /// - Parameter noted: a head of the chain that was noted elsewhere, and the entry it was noted at (nil: any).
  mutating func run(noted: (head: Digest, entry: Int64?)?) throws(LedgerError) -> BookCheckReport {
    try ledger.database.reading { () throws(LedgerError) in
      try checkFile()
      try checkSchema()
      try checkEntries(noted)
      try checkAccounts()
      try checkReservations()
      try checkRuns()
      try checkActions()
      try checkSettlements()
    }
    return report
  }

  private mutating func fault(_ object: String, _ subject: some CustomStringConvertible, _ message: String) {
    guard report.faults.count < BookCheck.keptMax else {
      report.moreFaults += 1
      return
    }
    report.faults.append(BookFault(object: object, subject: "\(subject)", message: message))
  }

  // MARK: The file

  private mutating func checkFile() throws(LedgerError) {
    let check = try ledger.database.prepare("PRAGMA integrity_check(20)")
    while try check.step() {
      let text = check.text(0) ?? ""
      if text != "ok" { fault("file", ledger.path, text) }
    }
  }

  /// Tables, indexes, triggers and views are those of the program: a trigger that is gone lets rows be changed.
  private mutating func checkSchema() throws(LedgerError) {
    func objects(_ database: Database) throws(LedgerError) -> [String: String] {
      let statement = try database.prepare("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
      var found: [String: String] = [:]
      while try statement.step() { found[statement.text(0) ?? ""] = statement.text(1) ?? "" }
      return found
    }
    let model = try Database(":memory:", .create)
    for migration in LedgerSchema.migrations { try model.execute(migration) }
    let expected = try objects(model)
    let actual = try objects(ledger.database)
    for (name, sql) in expected.sorted(by: { $0.key < $1.key }) {
      guard let found = actual[name] else {
        fault("schema", name, "it is missing")
        continue
      }
      if found != sql { fault("schema", name, "it is not what the program made") }
    }
    for name in actual.keys.sorted() where expected[name] == nil {
      fault("schema", name, "the program did not make it")
    }
  }

  // MARK: Entries

  private mutating func checkEntries(_ noted: (head: Digest, entry: Int64?)?) throws(LedgerError) {
    let last = try ledger.sequence()
    let reader = try EntryReader(ledger, after: 0, through: .max, head: Ledger.genesis)
    var heads = RunHeads(try ledger.runs())
    var isNotedSeen = noted == nil || noted?.head == Ledger.genesis
    func tell(_ id: Int64, _ messages: [String]) {
      for message in messages { fault("entry", id, message) }
      if !messages.isEmpty, report.firstBrokenEntry == nil { report.firstBrokenEntry = id }
    }
    while try reader.next() {
      guard let entry = reader.entry else { break }
      while try reader.nextPosting() != nil {}
      report.entries += 1
      tell(entry.id, reader.faults)
      for message in heads.pass(entry.id, reader.head) { fault("run", message.run, message.text) }
      if let noted, noted.head == reader.head, noted.entry.map({ $0 == entry.id }) ?? true { isNotedSeen = true }
    }
    for message in try reader.finish() { fault("entry", last, message) }
    report.head = reader.head
    for message in heads.end() { fault("run", message.run, message.text) }
    if !isNotedSeen, let noted {
      fault(
        "head", noted.head.hex,
        "no entry\(noted.entry.map { " \($0)" } ?? "") of this book has this link: entries were changed, or are gone")
    }
    let sums = try ledger.database.prepare("SELECT currency, sum(balance) FROM accounts GROUP BY currency")
    while try sums.step() {
      if sums.integer(1) != 0 {
        fault("total", sums.text(0) ?? "", "all accounts together stand at \(sums.integer(1))")
      }
    }
  }

  private mutating func checkAccounts() throws(LedgerError) {
    do throws(LedgerError) {
      for drift in try ledger.drift() {
        fault(
          "account", "\(drift.account) \(drift.currency)",
          drift.isListBroken && drift.balance == drift.cachedBalance
            ? "its list of postings does not begin with its last one"
            : "balance \(drift.cachedBalance), reserved \(drift.cachedReserved); its postings say \(drift.balance), \(drift.reserved)"
        )
      }
    } catch {
      guard error.code == .outOfRange else { throw error }
      fault("account", "?", error.message)
    }
    let names = try ledger.database.prepare(
      "SELECT name, currency FROM accounts WHERE last_posting IS NULL AND balance = 0 ORDER BY id")
    // What was never posted to is covered by no hash: at least its name is one that the program could have made.
    while try names.step() {
      let name = names.text(0) ?? ""
      if !AccountName.isWellFormed(name) { fault("account", name, "it is not the name of an account") }
    }
  }

  private mutating func checkReservations() throws(LedgerError) {
    let rows = try ledger.database.prepare(
      """
      SELECT reservations.entry_id, accounts.name, reservations.counterpart, reservations.amount, reservations.state,
             made.kind, made.metadata, closing.kind, closing.metadata
      FROM reservations LEFT JOIN accounts ON accounts.id = reservations.account_id
      LEFT JOIN entries AS made ON made.id = reservations.entry_id
      LEFT JOIN entries AS closing ON closing.id = reservations.closed_by ORDER BY reservations.entry_id
      """)
    while try rows.step() {
      let made = ReservationText(rows.text(6))
      let closing = ReservationText(rows.text(8))
      let isMade =
        rows.text(5) == Operation.Kind.reserve.rawValue && made?.account == rows.text(1)
        && made?.counterpart == rows.text(2) && made?.amount == rows.integer(3)
      let isClosed =
        switch rows.text(4) {
        case "pending": rows.isNull(7)
        case "posted": rows.text(7) == Operation.Kind.capture.rawValue && closing?.closes == rows.integer(0)
        case "voided": rows.text(7) == Operation.Kind.void.rawValue && closing?.closes == rows.integer(0)
        default: false
        }
      if !isMade || !isClosed { fault("reservation", rows.integer(0), "it is not what its entries say") }
    }
    let lost = try ledger.database.prepare(
      "SELECT id FROM entries WHERE kind = 'reserve' AND id NOT IN (SELECT entry_id FROM reservations)")
    while try lost.step() { fault("reservation", lost.integer(0), "it is gone") }
  }

  // MARK: Runs and actions

  private mutating func checkRuns() throws(LedgerError) {
    let sealed = try ledger.database.prepare(
      "SELECT detail FROM actions WHERE subject = ? AND detail LIKE 'run sha256 %' ORDER BY id LIMIT 1")
    for run in try ledger.runs() {
      sealed.bind(1, run.runID)
      defer { sealed.reset() }
      // Runs of version 1 have no digest in the record of actions.
      guard try sealed.step() else {
        if try ledger.isBehindMigration(run) { fault("run", run.runID, "no action tells of it") }
        continue
      }
      let digest = try ledger.sealDigest(ofRun: run.runID)
      if sealed.text(0) != digest {
        fault("run", run.runID, "its row, or a settlement of it, is not what was written")
      }
    }
    let lost = try ledger.database.prepare(
      "SELECT subject FROM actions WHERE detail LIKE 'run sha256 %' AND subject NOT IN (SELECT run_id FROM runs)")
    while try lost.step() { fault("run", lost.text(0) ?? "", "it is gone, though an action tells of it") }
  }

  private mutating func checkActions() throws(LedgerError) {
    let rows = try ledger.database.prepare("SELECT \(ActionRecord.columns), chain FROM actions ORDER BY id")
    var head = Ledger.genesis
    var next: Int64 = 1
    var roles: [[UInt8]: String] = [:]
    var overdrafts: [[UInt8]: String] = [:]
    while try rows.step() {
      let action = ActionRecord(rows)
      if action.id != next { fault("action", next, "actions \(next) to \(action.id - 1) are gone") }
      next = action.id + 1
      if rows.digest(8) != action.link(behind: head) { fault("action", action.id, "it is not what was recorded") }
      head = rows.digest(8) ?? head
      let subject = Array((action.subject ?? "").utf8)
      switch action.action {
      case "ledger init":
        roles[Array(action.operatorID.utf8)] = OperatorRole.admin.rawValue
        if action.subject != ledger.identity {
          fault("file", ledger.path, "its identity is not the one it was made with")
        }
      case "operators add" where action.result != LedgerError.Code.forbidden.rawValue: roles[subject] = action.detail
      case "operators remove" where action.result != LedgerError.Code.forbidden.rawValue: roles[subject] = nil
      case "ledger open":
        let parts = (action.detail ?? "").split(separator: " ")
        if parts.count == 3 { overdrafts[subject + [0] + Array(parts[0].utf8)] = String(parts[2]) }
      default: break
      }
    }
    try checkOperators(roles)
    try checkOverdrafts(overdrafts)
  }

  private mutating func checkOperators(_ expected: [[UInt8]: String]) throws(LedgerError) {
    var expected = expected
    let rows = try ledger.database.prepare("SELECT id, role FROM operators ORDER BY id")
    while try rows.step() {
      let id = rows.text(0) ?? ""
      let role = expected.removeValue(forKey: Array(id.utf8))
      if role != rows.text(1) { fault("operator", id, "no action gave them the role \(rows.text(1) ?? "")") }
    }
    for id in expected.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      fault("operator", String(decoding: id, as: UTF8.self), "they are gone, though no action removed them")
    }
  }

  private mutating func checkOverdrafts(_ expected: [[UInt8]: String]) throws(LedgerError) {
    let rows = try ledger.database.prepare("SELECT name, currency, overdraft FROM accounts ORDER BY name, currency")
    while try rows.step() {
      let name = rows.text(0) ?? ""
      let currency = rows.text(1) ?? ""
      let overdraft = rows.isNull(2) ? "unlimited" : "\(rows.integer(2))"
      let given = expected[Array(name.utf8) + [0] + Array(currency.utf8)]
      if overdraft != given ?? (AccountName.hasUnlimitedOverdraft(name) ? "unlimited" : "0") {
        fault("account", "\(name) \(currency)", "no action gave it the overdraft \(overdraft)")
      }
    }
  }

  private mutating func checkSettlements() throws(LedgerError) {
    let rows = try ledger.database.prepare(
      """
      SELECT settlements.run_id, settlements.market_id, undone.kind FROM settlements
      LEFT JOIN runs ON runs.run_id = settlements.run_id
      LEFT JOIN runs AS undone ON undone.run_id = settlements.rolled_back_by
      WHERE runs.run_id IS NULL OR (settlements.rolled_back_by IS NOT NULL AND undone.kind IS NOT 'rollback')
      ORDER BY 1, 2
      """)
    while try rows.step() {
      fault("settlement", rows.text(1) ?? "", "its run \(rows.text(0) ?? "") or the rollback it names is not there")
    }
  }
}

/// Do the runs' notes of where the book stood agree with the chain?
private struct RunHeads {
  private var opening: [Int64: [RunRecord]] = [:]
  private var closing: [Int64: [RunRecord]] = [:]

  init(_ runs: [RunRecord]) {
    for run in runs {
      opening[run.sequenceBefore, default: []].append(run)
      closing[run.sequenceAfter, default: []].append(run)
    }
    pending = pass(0, Ledger.genesis)
  }

  private var pending: [(run: String, text: String)] = []

  /// What the runs that begin or end at an entry say otherwise.
  mutating func pass(_ entry: Int64, _ head: Digest) -> [(run: String, text: String)] {
    var wrong = pending
    pending = []
    for run in opening.removeValue(forKey: entry) ?? [] where run.headBefore != head.hex {
      wrong.append((run.runID, "the book stood elsewhere before it: the chain at entry \(entry) is another"))
    }
    for run in closing.removeValue(forKey: entry) ?? [] where run.headAfter != head.hex {
      wrong.append((run.runID, "the book stood elsewhere after it: the chain at entry \(entry) is another"))
    }
    return wrong
  }

  /// Runs that begin or end where there is no entry.
  mutating func end() -> [(run: String, text: String)] {
    let lost = Set((opening.values.joined().map(\.runID)) + closing.values.joined().map(\.runID))
    return pending + lost.sorted().map { ($0, "entries of it are gone") }
  }
}

extension Ledger {
  /// Checks the whole book: file, schema, hash chains, sums, cached figures, runs, reservations, actions, operators.
  /// - Parameter noted: a link of the chain that was noted elsewhere, and its entry (nil: any).
  package func check(noted: (head: Digest, entry: Int64?)? = nil) throws(LedgerError) -> BookCheckReport {
    var check = BookCheck(self)
    return try check.run(noted: noted)
  }

  /// Whether a run was applied when runs were recorded with their digest already.
  func isBehindMigration(_ run: RunRecord) throws(LedgerError) -> Bool {
    let statement = try database.prepare(
      "SELECT 1 FROM actions WHERE subject = ? AND action = 'run' AND detail IS NULL")
    statement.bind(1, run.runID)
    return try !statement.step()
  }
}
