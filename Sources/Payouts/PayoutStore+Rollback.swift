// What has a rollback or a dispute to know of payouts, and what may it stop?
package import Ledger

/// How far the payout of one user's share of a run is.
package struct PayoutStanding: Sendable, Equatable {
  package enum Phase: String, Sendable {
    /// Scheduled, and nothing is sent: `withhold` stops it.
    case waiting
    /// A call is being made, or its outcome is unknown: nobody knows whether the money has left. Blocks a rollback.
    case inFlight = "in_flight"
    /// The money has left, and is not back. Blocks a rollback unless it becomes a receivable.
    case sent
  }

  package let transferID: String
  package let userID: String
  package let currency: String
  /// The whole transfer: the net of everything the run pays this user in this currency.
  package let amount: Int64
  package let phase: Phase
}

extension PayoutStore {
  /// Transfers of a run that are scheduled, under way or sent; what was cancelled, failed or came back is left out.
  /// - Parameter userIDs: only of these users, as bytes; nil for all. To know a market's, give the users it pays.
  package func standings(ofRun runID: String, users userIDs: Set<[UInt8]>? = nil) throws(LedgerError)
    -> [PayoutStanding]
  {
    try transfers(ofJob: runID).compactMap { row in
      if let userIDs, !userIDs.contains(Array(row.userID.utf8)) { return nil }
      let phase: PayoutStanding.Phase
      switch row.life.state {
      case .held, .pending, .retryable: phase = .waiting
      case .processing, .unknown: phase = .inFlight
      case .completed, .reversing: phase = .sent
      case .failedTerminal, .cancelled, .reversed: return nil
      }
      return PayoutStanding(
        transferID: row.id, userID: row.userID, currency: row.currency, amount: row.amount, phase: phase)
    }
  }

  /// Holds what is waiting, so that no process sends it; the next `schedule` works out what is left to pay, if anything.
  ///
  /// Call it inside the transaction that rolls back or disputes: either both happen, or neither.
  /// - Parameter reason: `rolled_back` or `disputed`.
  /// - Returns: how many transfers are held by it.
  @discardableResult
  package func withhold(
    run runID: String, users userIDs: Set<[UInt8]>? = nil, reason: String
  ) throws(LedgerError) -> Int {
    let saver = try Saver(ledger.database)
    var count = 0
    for row in try transfers(ofJob: runID) {
      var row = row
      if let userIDs, !userIDs.contains(Array(row.userID.utf8)) { continue }
      guard row.life.hold(reason) else { continue }
      try saver.save(row)
      count += 1
    }
    return count
  }
}
