// What goes into a database for dashboards, and in which order?
internal import Interchange
internal import Ledger

/// Fills the tables, inside the transaction that is open.
struct DashboardLoader {
  private let ledger: Ledger
  private let database: Database

  private static let pageSize = 20_000

  init(_ ledger: Ledger, _ database: Database) {
    self.ledger = ledger
    self.database = database
  }

  func load(_ sources: [DashboardExport.Source]) throws(BatchError) -> DashboardExport.Counts {
    var counts = DashboardExport.Counts()
    let lastPosting = try asking { () throws(LedgerError) in
      try database.execute(DashboardSchema.tables)
      try database.execute("PRAGMA application_id = \(DashboardSchema.applicationID)")
      try database.execute("PRAGMA user_version = \(DashboardSchema.version)")
      return try writeInfo()
    }
    for (index, source) in sources.enumerated() { try load(source, number: Int64(index + 1), &counts) }
    counts.runs = sources.count
    try asking { () throws(LedgerError) in
      counts.transactions = try copyTransactions(through: lastPosting)
      try database.execute(DashboardSchema.indexes)
      try database.execute(DashboardSchema.losses)
      counts.transactions += Int(try database.integer("SELECT changes()") ?? 0)
    }
    return counts
  }

  private func asking<Value>(_ body: () throws(LedgerError) -> Value) throws(BatchError) -> Value {
    do throws(LedgerError) { return try body() } catch { throw BatchError.ledger(error) }
  }

  /// - Returns: the last posting that transactions are copied up to.
  private func writeInfo() throws(LedgerError) -> Int64 {
    let end = try ledger.database.prepare(
      """
      SELECT coalesce((SELECT max(id) FROM postings), 0), coalesce((SELECT max(id) FROM entries), 0),
             coalesce((SELECT lower(hex(chain)) FROM entries ORDER BY id DESC LIMIT 1), '')
      """)
    defer { end.reset() }
    _ = try end.step()
    let insert = try database.prepare("INSERT INTO export_info VALUES (?, ?)")
    for (key, value) in [
      ("ledger_id", ledger.identity), ("last_entry", String(end.integer(1))), ("head", end.text(2) ?? ""),
      ("tool", "\(Tool.name) \(Tool.version)"),
    ] {
      insert.bind(1, key)
      insert.bind(2, value)
      try insert.run()
    }
    return end.integer(0)
  }

  // MARK: Runs

  private func load(
    _ source: DashboardExport.Source, number: Int64, _ counts: inout DashboardExport.Counts
  ) throws(BatchError) {
    let standing = try asking { () throws(LedgerError) in
      let standing = try RunStanding(ledger, source.record.runID)
      try insert(source, standing, number: number)
      return standing
    }
    guard let files = source.files else { return }
    let names = try soundFiles(files, source.record)
    let (markets, commitments, distributions) = try asking { () throws(LedgerError) in
      (
        try DashboardTable("markets", .markets, more: ["state", "rolled_back_by"], database),
        try DashboardTable("commitments", .commitments, more: ["status", "payout_amount"], database),
        try DashboardTable("distributions", .distributions, more: ["status"], database)
      )
    }
    counts.markets += try markets.load(files, run: number) { (line) throws(BatchError) in standing.market(line) }
    counts.commitments += try commitments.load(files, run: number) { (line) throws(BatchError) in
      standing.commitment(line)
    }
    if names.contains(OutputSchema.distributions.file) {
      counts.distributions += try distributions.load(files, run: number) { (line) throws(BatchError) in
        standing.distribution(line)
      }
    } else {
      counts.distributions += try asking { () throws(LedgerError) in try distributeFromCommitments(standing, number) }
    }
    if names.contains(OutputSchema.rejects.file) { counts.commitments += try loadRejected(files, number) }
  }

  /// The names of the run's files; each that is read is as the manifest says, and the manifest as the ledger says.
  private func soundFiles(_ files: RunFiles, _ record: RunRecord) throws(BatchError) -> Set<String> {
    func damaged(_ name: String, _ message: String) -> BatchError {
      BatchError(
        "run_damaged", .conflict, "\(Terminal.safe(files.path(name))): \(message)",
        hint: "`settle verify` lists what is damaged; restore the run's directory from a backup")
    }
    let manifest = try files.manifest()
    guard files.digest(of: "manifest.json")?.digest.hex == record.manifestSHA256 else {
      throw damaged("manifest.json", "not as the ledger says")
    }
    let wanted = [OutputSchema.markets, .commitments, .distributions, .rejects].map(\.file)
    for output in manifest.outputs where wanted.contains(output.name) {
      guard files.digest(of: output.name)?.digest == output.digest else {
        throw damaged(output.name, "not as the manifest says")
      }
    }
    return Set(manifest.outputs.map(\.name))
  }

  private func insert(_ source: DashboardExport.Source, _ standing: RunStanding, number: Int64) throws(LedgerError) {
    let insert = try database.prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let record = source.record
    let cells: [DatabaseCell] = [
      .integer(number), .text(record.runID), .text(record.kind), .text(record.batchKey),
      .integer(Int64(record.generation)), record.asOf.map { .text($0) } ?? .null, .text(record.at),
      .text(record.operatorID), record.reverses.map { .text($0) } ?? .null, .text(record.manifestSHA256),
      .integer(record.sequenceBefore + 1), .integer(record.sequenceAfter), .integer(Int64(standing.settled)),
      .integer(Int64(standing.rolledBack)), .integer(source.files == nil ? 0 : 1),
    ]
    for (index, cell) in cells.enumerated() { insert.bind(Int32(index + 1), cell) }
    try insert.run()
  }

  private func distributeFromCommitments(_ standing: RunStanding, _ number: Int64) throws(LedgerError) -> Int {
    let insert = try database.prepare(DashboardSchema.distributionsFromCommitments)
    insert.bind(1, number)
    try insert.run()
    let count = Int(try database.integer("SELECT changes()") ?? 0)
    let rows = try database.prepare("SELECT market_id, user_id FROM distributions WHERE run = ?")
    rows.bind(1, number)
    let update = try database.prepare(
      "UPDATE distributions SET status = ? WHERE market_id = ? AND user_id = ? AND run = ?")
    while try rows.step() {
      let (market, user) = (rows.text(0) ?? "", rows.text(1) ?? "")
      let status = standing.status(market: Array(market.utf8), user: Array(user.utf8))
      guard status != RunStanding.completed else { continue }
      update.bind(1, status)
      update.bind(2, market)
      update.bind(3, user)
      update.bind(4, number)
      try update.run()
    }
    return count
  }

  /// Commitments whose rows were rejected are active still.
  private func loadRejected(_ files: RunFiles, _ number: Int64) throws(BatchError) -> Int {
    let rows = try SortedRows(files, .rejects)
    let (table, market, id) = (
      OutputSchema.rejects.number(of: "table"), OutputSchema.rejects.number(of: "market_id"),
      OutputSchema.rejects.number(of: "row_id")
    )
    let insert = try asking { () throws(LedgerError) in
      try database.prepare(
        "INSERT OR IGNORE INTO commitments (run, market_id, commitment_id, status) VALUES (?, ?, ?, 'active')")
    }
    var count = 0
    while try rows.nextRow() {
      guard rows.line.text(table) == Table.commitments.rawValue, !rows.line.isEmpty(market), !rows.line.isEmpty(id)
      else { continue }
      insert.bind(1, number)
      unsafe insert.bind(2, text: rows.line.cell(market))
      unsafe insert.bind(3, text: rows.line.cell(id))
      try asking { () throws(LedgerError) in
        try insert.run()
        count += Int(try database.integer("SELECT changes()") ?? 0)
      }
    }
    return count
  }

  // MARK: The book

  private static let transactionColumns = """
    id, user_id, type, amount, balance_before, balance_after, market_id, currency, run_id, status, timestamp, entry_id,
    account
    """

  private func copyTransactions(through last: Int64) throws(LedgerError) -> Int {
    let read = try ledger.database.prepare(
      """
      SELECT \(DashboardLoader.transactionColumns) FROM transactions WHERE id > ? AND id <= ? ORDER BY id
      LIMIT \(DashboardLoader.pageSize)
      """)
    let insert = try database.prepare(
      "INSERT INTO transactions (\(DashboardLoader.transactionColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    var position: Int64 = 0
    var count = 0
    while true {
      // Between two pages the ledger is free for writers.
      read.reset()
      read.bind(1, position)
      read.bind(2, last)
      let before = count
      while try read.step() {
        position = read.integer(0)
        for column in Int32(0)..<13 { insert.bind(column + 1, read.cell(column)) }
        try insert.run()
        count += 1
      }
      if count == before { return count }
    }
  }
}
