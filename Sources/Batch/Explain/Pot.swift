// Which stakes share which amount?
internal import Markets
internal import Money

/// An amount and the stakes that share it: all winners, the winners on one option, or all who are refunded.
struct Pot {
  /// The option whose winners share; nil where all share.
  let option: ID?
  /// Minor units to share.
  let amount: Int128
  /// The sum of the stakes that share.
  let stake: Int128
  /// Stakes are returned on top of the shares.
  var returnsStakes = false

  var members = 0
  var floors: Int128 = 0
  /// The largest stake, the smallest id among equals.
  var largest: (stake: Int64, id: ID)?

  init(option: ID?, amount: Int128, stake: Int128) {
    self.option = option
    self.amount = amount
    self.stake = stake
  }

  /// Units that the floors leave over.
  var leftOver: Int128 { amount - floors }

  mutating func add(_ row: CommitmentCells) {
    members += 1
    floors += Int128(row.amount) * amount / stake
    // Rows come in the order of their ids: the first among equals stays.
    if row.amount > largest?.stake ?? 0 { largest = (row.amount, row.id) }
  }

  /// Whom the left-over units go to.
  func leftOverText(_ policy: RemainderPolicy) -> String {
    let sum = "the floors sum to \(floors)"
    guard leftOver > 0 else { return "\(sum), nothing is left over" }
    let units = "\(leftOver) \(leftOver == 1 ? "unit is" : "units are") left over"
    return switch policy {
    case .largest: "\(sum), \(units): one each to the largest remainders, ties to the smaller commitment id"
    case .house: "\(sum), \(units) for the house (breakage)"
    case .first: "\(sum), \(units) for the largest stake, \(Terminal.safe(largest?.id.description ?? ""))"
    }
  }
}
