// How do the markets, commitments and distributions of a run stand by now?
internal import Interchange
internal import Ledger

/// What the ledger says of a run's settlements, rolled back as a whole, or for one user, or disputed.
struct RunStanding {
  static let completed = "completed"

  private(set) var settled = 0
  private(set) var rolledBack = 0
  /// The rollback of each market that is rolled back.
  private var rollbacks: [[UInt8]: String] = [:]
  private var disputed: Set<[UInt8]> = []
  /// Users whose part of a market is not simply completed.
  private var states: [[UInt8]: [[UInt8]: String]] = [:]

  init(_ ledger: Ledger, _ runID: String) throws(LedgerError) {
    for (market, record) in try ledger.settlementRecords(ofRun: runID) {
      settled += 1
      guard let rollback = record.rolledBackBy else { continue }
      rolledBack += 1
      rollbacks[market] = rollback
    }
    for dispute in try ledger.openDisputes(ofRun: runID) {
      let market = Array(dispute.marketID.utf8)
      guard let user = dispute.userID else {
        disputed.insert(market)
        continue
      }
      states[market, default: [:]][Array(user.utf8)] = DistributionState.Status.disputed.rawValue
    }
    // What is written down of a user goes before what follows from a dispute.
    for state in try ledger.distributionStates(ofRun: runID) {
      states[Array(state.marketID.utf8), default: [:]][Array(state.userID.utf8)] = state.status.rawValue
    }
  }

  private static let rolledBackStatus = DistributionState.Status.rolledBack.rawValue

  /// The status of one user's distribution.
  func status(market: [UInt8], user: [UInt8]) -> String {
    if rollbacks[market] != nil { return RunStanding.rolledBackStatus }
    if let state = states[market]?[user] { return state }
    return disputed.contains(market) ? DistributionState.Status.disputed.rawValue : RunStanding.completed
  }

  private static let marketStatus = OutputSchema.markets.number(of: "status")
  private static let commitmentUser = OutputSchema.commitments.number(of: "user_id")
  private static let commitmentResult = OutputSchema.commitments.number(of: "result")
  private static let commitmentPayout = OutputSchema.commitments.number(of: "payout")
  private static let distributionUser = OutputSchema.distributions.number(of: "user_id")

  /// `state` and `rolled_back_by` of a row of markets.csv.
  func market(_ line: AuditLine) -> [DatabaseCell] {
    let status = line.text(RunStanding.marketStatus)
    guard status == MarketStatus.settled.rawValue, let rollback = rollbacks[line.array(0)] else {
      return [.text(status), .null]
    }
    return [.text(RunStanding.rolledBackStatus), .text(rollback)]
  }

  /// `status` and `payout_amount` of a row of commitments.csv.
  func commitment(_ line: AuditLine) -> [DatabaseCell] {
    // Most runs have nothing to tell apart.
    if !rollbacks.isEmpty || !states.isEmpty,
      status(market: line.array(0), user: line.array(RunStanding.commitmentUser)) == RunStanding.rolledBackStatus
    {
      return [.text(RunStanding.rolledBackStatus), .integer(0)]
    }
    return [
      .text(line.text(RunStanding.commitmentResult)),
      line.integer(RunStanding.commitmentPayout).map { .integer($0) } ?? .null,
    ]
  }

  /// `status` of a row of distributions.csv.
  func distribution(_ line: AuditLine) -> [DatabaseCell] {
    [.text(status(market: line.array(0), user: line.array(RunStanding.distributionUser)))]
  }
}
