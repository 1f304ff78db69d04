// What became of a market in a run?
package import Interchange
package import Markets
package import Settlement

package enum MarketStatus: String, Sendable {
  case settled, held
  case alreadySettled = "already_settled"
  case failed
}

/// A market as a run leaves it.
package struct MarketOutcome: Sendable {
  package let id: ID
  package let resolution: Resolution?
  package var status: MarketStatus
  /// Whether markets.csv has a row for it: it has a resolution, good or bad.
  package var isListed = true
  package var totals = MarketTotals()
  package var commitments = 0
  package var users = 0
  /// Distinct codes, sorted.
  package var holdReasons: [String] = []
  /// SHA-256 over its row in markets.csv without status, and its rows in commitments.csv.
  package var facts: Digest?
  /// What each paid user gets, as the ledger's stage reads it.
  package var payments: Payments?
  /// The run that settled it before.
  package var earlierRun: String?
  /// Problems between its rows.
  package var rejections: [Rejection] = []
}

/// The users of a market who get something, in the order of their ids, in compact form.
///
/// Each is: id length 1 | id | payout 8 | refund 8.
package struct Payments: Sendable {
  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0

  mutating func append(user: UnsafeBufferPointer<UInt8>, payout: Int64, refund: Int64) {
    bytes.append(UInt8(user.count))
    unsafe bytes.append(contentsOf: user)
    unsafe withUnsafeBytes(of: payout) { unsafe bytes.append(contentsOf: $0) }
    unsafe withUnsafeBytes(of: refund) { unsafe bytes.append(contentsOf: $0) }
    count += 1
  }

  package func forEach<Failure: Error>(
    _ body: (_ user: ArraySlice<UInt8>, _ payout: Int64, _ refund: Int64) throws(Failure) -> Void
  ) throws(Failure) {
    var index = 0
    func integer() -> Int64 {
      defer { index += 8 }
      return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: index, as: Int64.self) }
    }
    while index < bytes.count {
      let length = Int(bytes[index])
      let user = bytes[(index + 1)..<(index + 1 + length)]
      index += 1 + length
      let payout = integer()
      let refund = integer()
      try body(user, payout, refund)
    }
  }
}
