// Has anything happened to a run since its payout was scheduled?
internal import Ledger

/// Keeps what was disputed or rolled back meanwhile from being sent.
struct ClaimGuard {
  /// Users whose share is not what was scheduled; nil where the run is as it was.
  private var shares: [[UInt8]: RunShare]?

  init(_ ledger: Ledger, _ runID: String) throws(LedgerError) {
    guard let run = try ledger.run(runID) else { return }
    let current = try RunShares(ledger, run)
    guard current.hasTrouble else { return }
    var shares: [[UInt8]: RunShare] = [:]
    for share in try current.all() { shares[ClaimGuard.key(share.userID, share.currency)] = share }
    self.shares = shares
  }

  func reasonToHold(_ row: TransferRow) -> String? {
    guard let shares else { return nil }
    guard let share = shares[ClaimGuard.key(row.userID, row.currency)] else { return "rolled_back" }
    // Part of it is gone: the next `schedule` works out the rest.
    return share.hold ?? (share.amount == row.amount ? nil : "rolled_back")
  }

  private static func key(_ user: String, _ currency: String) -> [UInt8] {
    Array(user.utf8) + [0] + Array(currency.utf8)
  }
}
