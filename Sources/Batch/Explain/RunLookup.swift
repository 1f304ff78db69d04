// What does a run say about one market, one user, one commitment?
package import Interchange
package import Ledger
package import Markets
internal import Settlement

/// Answers from a run's sorted files: by halving where the market is known, else by reading the file once.
package struct RunLookup {
  private let files: RunFiles
  private let runID: String
  private let ledger: Ledger?

  package init(_ location: RunLocation, _ ledger: Ledger?) {
    files = location.files
    runID = location.runID
    self.ledger = ledger
  }

  // MARK: Markets

  /// The market's row in markets.csv; nil where the run has no resolution of it.
  package func market(_ id: ID) throws(BatchError) -> AuditRow? {
    try first(.markets, [id.bytes])
  }

  /// Markets that are not settled.
  package func unsettledMarkets() throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, .markets)
    let status = OutputSchema.markets.number(of: "status")
    var found: [AuditRow] = []
    while try rows.nextRow() {
      if rows.line.text(status) != MarketStatus.settled.rawValue { found.append(AuditRow(rows)) }
    }
    return found
  }

  /// What the commitments on one option of a market come to.
  package struct OptionSums: Sendable {
    package let option: ID
    package var commitments = 0
    package var won = 0
    package var lost = 0
    package var refunded = 0
    package var amount: Int128 = 0
    package var payout: Int128 = 0

    mutating func add(_ row: CommitmentCells) {
      commitments += 1
      switch row.result {
      case .won: won += 1
      case .lost: lost += 1
      case .refunded: refunded += 1
      }
      amount += Int128(row.amount)
      payout += Int128(row.payout)
    }

    package var json: JSONValue {
      .object([
        "option_id": .string(option.description), "commitments": .int(commitments), "won": .int(won),
        "lost": .int(lost),
        "refunded": .int(refunded), "amount": .int(amount), "payout": .int(payout),
      ])
    }
  }

  /// Counts and sums for each option, sorted by option.
  package func options(ofMarket id: ID) throws(BatchError) -> [OptionSums] {
    var sums: [ID: OptionSums] = [:]
    try forEachCommitment(ofMarket: id) { (row) throws(BatchError) in
      let option = row.option
      sums[option, default: OptionSums(option: option)].add(row)
      return true
    }
    return sums.values.sorted { $0.option < $1.option }
  }

  // MARK: Users

  /// The user's rows in distributions.csv: in one market, or in all of the run.
  /// - Throws: `no_distributions` where the run was written without that file.
  package func distributions(of user: ID, inMarket market: ID?) throws(BatchError) -> [AuditRow] {
    guard FileSystem.exists(files.path("distributions.csv")) || !FileSystem.exists(files.path("distributions.jsonl"))
    else {
      throw BatchError(
        "no_distributions", .usage,
        "\(Terminal.safe(files.directory)) holds distributions.jsonl, not distributions.csv",
        hint: "search that file, or run with --audit-format both")
    }
    if let market { return try first(.distributions, [market.bytes, user.bytes]).map { [$0] } ?? [] }
    return try scan(.distributions, column: "user_id", for: user)
  }

  // MARK: Commitments

  /// The commitment's row in one market, or its rows in all markets of the run.
  package func commitments(_ id: ID, inMarket market: ID?) throws(BatchError) -> [AuditRow] {
    if let market { return try first(.commitments, [market.bytes, id.bytes]).map { [$0] } ?? [] }
    return try scan(.commitments, column: "commitment_id", for: id)
  }

  /// Gives the rows of one market in the order of their commitment ids, until `body` gives false.
  func forEachCommitment(
    ofMarket id: ID, _ body: (CommitmentCells) throws(BatchError) -> Bool
  ) throws(BatchError) {
    let rows = try SortedRows(files, .commitments)
    try rows.seek([id.bytes])
    while try rows.nextRow(), rows.has([id.bytes]) {
      guard try body(try CommitmentCells(rows)) else { return }
    }
  }

  /// The run that rolled the market back; nil where its settlement by this run stands, or no ledger tells.
  package func rolledBack(market: ID) throws(BatchError) -> String? {
    do throws(LedgerError) {
      return try ledger?.settlement(ofMarket: market.description, byRun: runID)?.rolledBackBy
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// The run that took one user's part of the market back; nil where it stands, or no ledger tells.
  package func rolledBack(user: ID, market: ID) throws(BatchError) -> String? {
    do throws(LedgerError) {
      let state = try ledger?.distributionState(
        ofUser: user.description, inMarket: market.description, ofRun: runID)
      return state?.status == .rolledBack ? state?.by : nil
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// The run by which the market is settled now.
  package func settledBy(market: ID) throws(BatchError) -> String? {
    do throws(LedgerError) {
      return try ledger?.settlements(ofMarkets: [market.description]).first?.runID
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// Rows of rejects.csv that name this row, or all of a market's where no row is given.
  package func rejects(row: ID?, market: ID?) throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, .rejects)
    let (rowColumn, marketColumn) = (
      OutputSchema.rejects.number(of: "row_id"), OutputSchema.rejects.number(of: "market_id")
    )
    var found: [AuditRow] = []
    while try rows.nextRow() {
      if let row, unsafe !rows.line.cell(rowColumn).elementsEqual(row.bytes) { continue }
      if let market, unsafe !rows.line.cell(marketColumn).elementsEqual(market.bytes) { continue }
      found.append(AuditRow(rows))
    }
    return found
  }

  // MARK: Ways to look

  private func first(_ schema: OutputSchema, _ key: [[UInt8]]) throws(BatchError) -> AuditRow? {
    let rows = try SortedRows(files, schema)
    try rows.seek(key)
    return try rows.nextRow() && rows.has(key) ? AuditRow(rows) : nil
  }

  private func scan(_ schema: OutputSchema, column: String, for id: ID) throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, schema)
    let column = schema.number(of: column)
    var found: [AuditRow] = []
    while try rows.nextRow() {
      if unsafe rows.line.cell(column).elementsEqual(id.bytes) { found.append(AuditRow(rows)) }
    }
    return found
  }
}
