// What is told of one market?
internal import Batch
internal import Markets

/// A settled market with what its stakes became.
struct MarketFigures {
  let id: ID
  let outcome: String
  let winningOptions: String
  let commitments: Int64
  let gross: Int128
  let payout: Int128
  let refund: Int128
  let house: Int128
  let creator: Int128
  let retained: Int128
  let breakage: Int128
  let isMinusPool: Bool
  let hasNoWinner: Bool
  /// Stakes by option, the largest first; filled for the markets that are drawn.
  var options: [RunLookup.OptionSums] = []

  /// In the order of `Share.allCases`.
  var shares: [Int128] { [payout, refund, house, creator, retained, breakage] }
}

/// What stakes can become.
enum Share: Int, CaseIterable {
  case winners, refunds, house, creators, retained, breakage

  var name: String {
    switch self {
    case .winners: "winners"
    case .refunds: "refunds"
    case .house: "house fees"
    case .creators: "creator fees"
    case .retained: "retained"
    case .breakage: "breakage"
    }
  }

  var explanation: String {
    switch self {
    case .winners: "paid to winning stakes"
    case .refunds: "stakes given back"
    case .house: "the house's fee"
    case .creators: "the fees of market creators"
    case .retained: "kept by the house of void markets"
    case .breakage: "left-over units, to the house"
    }
  }

  /// The key of its total in the manifest.
  var key: String {
    ["total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage"][rawValue]
  }
}
