// Where does the book stand before a night is settled?
internal import Interchange
internal import Ledger
internal import Markets

/// What a ledger says about a batch and its markets.
struct BookState {
  /// The number of this run among those of its batch, from 1.
  var generation = 1
  /// The batch's last run, if it was applied before.
  var lastRunID: String?
  /// Ids of all runs of this batch.
  var runIDs: Set<String> = []
  /// Settlements in force of the batch's markets.
  var settlements: [ID: SettlementRecord] = [:]
  /// The runs whose settlements were rolled back last, by market.
  var rolledBack: [[UInt8]: String] = [:]
  var position: LedgerPosition?
  var previousManifest: String?

  /// Nothing is known: there is no ledger.
  init() {}

  /// - Parameter kind: what is settled of the markets, or of other subjects.
  init(
    _ ledger: Ledger, batch key: Digest, markets: [ID], kind: String = SettlementRecord.market
  ) throws(BatchError) {
    do throws(LedgerError) {
      let runs = try ledger.runs(ofBatch: key.hex)
      generation = (runs.last?.generation ?? 0) + 1
      lastRunID = runs.last?.runID
      runIDs = Set(runs.map(\.runID))
      for record in try ledger.settlements(ofMarkets: markets.map(\.description), kind: kind) {
        settlements[ID(record.marketID)] = record
      }
      rolledBack = try ledger.lastRolledBack(kind: kind)
      position = LedgerPosition(
        identity: ledger.identity, sequenceBefore: try ledger.sequence(), headBefore: try ledger.head().hex)
      previousManifest = try ledger.runs().last?.manifestSHA256
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// The runs whose rolled-back settlements these markets replace, sorted.
  func corrected(by markets: [MarketOutcome]) -> [String] {
    guard !rolledBack.isEmpty else { return [] }
    return Set(markets.filter { $0.status == .settled }.compactMap { rolledBack[$0.id.bytes] }).sorted()
  }

  /// The runs whose rolled-back settlements these subjects replace, sorted.
  func corrected(bySubjects subjects: [[UInt8]]) -> [String] {
    guard !rolledBack.isEmpty else { return [] }
    return Set(subjects.compactMap { rolledBack[$0] }).sorted()
  }

  /// Whether every one of these markets is settled by this batch and not rolled back.
  func isApplied(to markets: [ID]) -> Bool {
    lastRunID != nil && markets.allSatisfy { settlements[$0].map { runIDs.contains($0.runID) } ?? false }
  }
}
