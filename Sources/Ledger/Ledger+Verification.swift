// What does the book know about one run, for those who check it or tell about it?
internal import Interchange

extension Ledger {
  /// Settlements that were in force right after a run, by market, whatever was rolled back or settled later. Ids are
  /// bytes here: as texts two spellings of one letter would be the same key.
  ///
  /// - Parameters:
  ///   - runID: the run; nil for the empty book before the first.
  ///   - markets: those that are asked for.
  package func settlements(
    ofMarkets markets: Set<[UInt8]>, inForceAfter runID: String?, kind: String = SettlementRecord.market
  ) throws(LedgerError) -> [[UInt8]: SettlementRecord] {
    guard let runID else { return [:] }
    let statement = try database.prepare(
      """
      SELECT settlements.run_id, settlements.market_id, settlements.resolution_id, settlements.facts,
             settlements.rolled_back_by
      FROM settlements
      JOIN runs ON runs.run_id = settlements.run_id
      LEFT JOIN runs AS undone ON undone.run_id = settlements.rolled_back_by
      WHERE settlements.kind = ?2 AND runs.id <= (SELECT id FROM runs WHERE run_id = ?1)
        AND (settlements.rolled_back_by IS NULL OR undone.id > (SELECT id FROM runs WHERE run_id = ?1))
      """)
    statement.bind(1, runID)
    statement.bind(2, kind)
    var found: [[UInt8]: SettlementRecord] = [:]
    while try statement.step() {
      let market = statement.text(1) ?? ""
      guard markets.contains(Array(market.utf8)), let facts = statement.digest(3) else { continue }
      found[Array(market.utf8)] = SettlementRecord(
        runID: statement.text(0) ?? "", marketID: market, resolutionID: statement.text(2) ?? "", facts: facts,
        rolledBackBy: statement.text(4))
    }
    return found
  }

  /// The settlement of one market by one run, rolled back or not; nil where that run did not settle it.
  package func settlement(ofMarket market: String, byRun runID: String) throws(LedgerError) -> SettlementRecord? {
    let statement = try database.prepare(
      "SELECT resolution_id, facts, rolled_back_by FROM settlements WHERE run_id = ? AND market_id = ?")
    statement.bind(1, runID)
    statement.bind(2, market)
    guard try statement.step() else { return nil }
    return SettlementRecord(
      runID: runID, marketID: market, resolutionID: statement.text(0) ?? "",
      facts: statement.digest(1) ?? Ledger.genesis,
      rolledBackBy: statement.text(2))
  }

  /// Every settlement of a run by market, rolled back or not; facts that are no digest read as 64 zeros.
  package func settlementRecords(ofRun runID: String) throws(LedgerError) -> [[UInt8]: SettlementRecord] {
    let statement = try database.prepare(
      "SELECT market_id, resolution_id, facts, rolled_back_by FROM settlements WHERE run_id = ?")
    statement.bind(1, runID)
    var records: [[UInt8]: SettlementRecord] = [:]
    while try statement.step() {
      let market = statement.text(0) ?? ""
      records[Array(market.utf8)] = SettlementRecord(
        runID: runID, marketID: market, resolutionID: statement.text(1) ?? "",
        facts: statement.digest(2) ?? Ledger.genesis,
        rolledBackBy: statement.text(3))
    }
    return records
  }

  /// How many markets each run settled, and how many of those are rolled back.
  package func settlementCounts() throws(LedgerError) -> [String: (settled: Int, rolledBack: Int)] {
    let statement = try database.prepare(
      "SELECT run_id, count(*), count(rolled_back_by) FROM settlements GROUP BY run_id")
    var counts: [String: (settled: Int, rolledBack: Int)] = [:]
    while try statement.step() {
      counts[statement.text(0) ?? ""] = (Int(statement.integer(1)), Int(statement.integer(2)))
    }
    return counts
  }

  /// Markets that a run settled and that another run's settlement is in force for too; the schema forbids it.
  package func marketsSettledTwice(byRun runID: String) throws(LedgerError) -> [(market: String, otherRun: String)] {
    let statement = try database.prepare(
      """
      SELECT settlements.market_id, other.run_id FROM settlements
      JOIN settlements AS other ON other.market_id = settlements.market_id AND other.kind = settlements.kind
        AND other.run_id <> settlements.run_id
      WHERE settlements.run_id = ? AND settlements.rolled_back_by IS NULL AND other.rolled_back_by IS NULL
      ORDER BY 1, 2
      """)
    statement.bind(1, runID)
    var found: [(market: String, otherRun: String)] = []
    while try statement.step() { found.append((statement.text(0) ?? "", statement.text(1) ?? "")) }
    return found
  }

  /// Entries in the name of a run that do not stand in its stretch of the book.
  package func entries(
    ofRun runID: String, outsideOf before: Int64, through last: Int64
  ) throws(LedgerError) -> [(id: Int64, market: String?, kind: String)] {
    let statement = try database.prepare(
      "SELECT id, market_id, kind FROM entries WHERE run_id = ? AND NOT (id > ? AND id <= ?) ORDER BY id")
    statement.bind(1, runID)
    statement.bind(2, before)
    statement.bind(3, last)
    var found: [(id: Int64, market: String?, kind: String)] = []
    while try statement.step() { found.append((statement.integer(0), statement.text(1), statement.text(2) ?? "")) }
    return found
  }

  /// The link of the chain at an entry; nil where there is no such entry, the 64 zeros before the first.
  package func chainLink(at entry: Int64) throws(LedgerError) -> String? {
    guard entry > 0 else { return Ledger.genesis.hex }
    let statement = try database.prepare("SELECT chain FROM entries WHERE id = ?")
    statement.bind(1, entry)
    return try statement.step() ? statement.blob(0).hex : nil
  }
}

extension Statement {
  /// 32 bytes; nil for anything else.
  func digest(_ column: Int32) -> Digest? {
    let bytes = blob(column)
    return bytes.count == SHA256.digestLength ? Digest(bytes: bytes) : nil
  }
}
