// How much of a run's money has left over a rail, or is on its way?
internal import Ledger
internal import Payouts

/// Amounts by user and currency.
struct SentMoney {
  private struct Key: Hashable {
    let user: [UInt8]
    let currency: String
  }

  /// What has left, and is not back.
  private var sent: [Key: Int128] = [:]
  /// What a rail was asked to send and nobody knows the outcome of.
  private var inFlight: [Key: Int128] = [:]

  init() {}

  /// Of a run, by its transfers.
  init(ofRun runID: String, _ ledger: Ledger) throws(LedgerError) {
    for standing in try PayoutStore(ledger).standings(ofRun: runID) {
      let key = Key(user: Array(standing.userID.utf8), currency: standing.currency)
      switch standing.phase {
      case .waiting: break
      case .inFlight: inFlight[key, default: 0] += Int128(standing.amount)
      case .sent: sent[key, default: 0] += Int128(standing.amount)
      }
    }
  }

  func sent(to user: [UInt8], _ currency: String) -> Int128 { sent[Key(user: user, currency: currency)] ?? 0 }

  func inFlight(to user: [UInt8], _ currency: String) -> Int128 { inFlight[Key(user: user, currency: currency)] ?? 0 }

  /// Notes that so much of what was sent is accounted for.
  mutating func account(for amount: Int128, _ user: [UInt8], _ currency: String) {
    sent[Key(user: user, currency: currency), default: 0] += amount
  }

  mutating func subtract(_ other: SentMoney) {
    for (key, amount) in other.sent { sent[key, default: 0] -= amount }
  }
}
