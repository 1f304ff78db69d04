// Which stakes stayed in a market's pool, which were returned, and which won?
internal import Markets
internal import Settlement

/// The stakes of a market by what became of them, read back from commitments.csv.
///
/// commitments.csv does not say why a stake was refunded: a void option is known from the resolution, a late commitment
/// by being refunded without another cause.
struct PoolStakes {
  enum Fate {
    case won, lost, void, late
    /// Refunded together with all others that stayed in the pool.
    case refunded
  }

  private(set) var count = 0
  private(set) var gross: Int128 = 0
  private(set) var void: Int128 = 0
  private(set) var late: Int128 = 0
  /// Stakes on winning options, by option.
  private(set) var winners: [ID: Int128] = [:]
  private(set) var winning: Int128 = 0
  /// Refunded out of the pool.
  private(set) var shared: Int128 = 0

  private let outcome: Outcome
  private let voidOptions: Set<ID>
  private let noWinner: NoWinnerPolicy
  private let hasNoWinner: Bool
  private let takesFees: Bool

  /// - Parameters:
  ///   - hasNoWinner: stakes stayed in the pool, and none was on a winner (markets.csv).
  ///   - takesFees: house or creator took a fee (markets.csv).
  init(_ resolution: Resolution, hasNoWinner: Bool, takesFees: Bool) {
    outcome = resolution.outcome
    voidOptions = Set(resolution.voidOptions)
    noWinner = resolution.policies.noWinner
    self.hasNoWinner = hasNoWinner
    self.takesFees = takesFees
  }

  /// Late stakes that cannot be told from those refunded out of the pool, because both got the whole stake.
  var lateAmongShared: Int128 = 0

  /// Void and late stakes: returned in full before anything is split.
  var returned: Int128 { void + late + lateAmongShared }

  mutating func add(_ row: CommitmentCells) {
    let amount = Int128(row.amount)
    count += 1
    gross += amount
    switch fate(row) {
    case .won:
      winning += amount
      winners[row.option, default: 0] += amount
    case .lost: break
    case .void: void += amount
    case .late: late += amount
    case .refunded: shared += amount
    }
  }

  func fate(_ row: CommitmentCells) -> Fate {
    switch row.result {
    case .won: return .won
    case .lost: return .lost
    case .refunded: break
    }
    if outcome == .void { return .refunded }
    if voidOptions.contains(row.option) { return .void }
    guard hasNoWinner else { return .late }
    switch noWinner {
    case .house: return .late
    case .refund: return .refunded
    case .refundNet:
      // Where fees were taken no share of the net pool is a whole stake, but for a unit on top.
      return takesFees && row.payout == row.amount && row.extraUnits == 0 ? .late : .refunded
    }
  }

  /// Whether the stake shares in a pot.
  func isShared(_ row: CommitmentCells) -> Bool {
    switch fate(row) {
    case .won, .refunded: true
    case .lost, .void, .late: false
    }
  }
}
