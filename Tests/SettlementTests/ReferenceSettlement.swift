// What does the rulebook pay? The rules of one market, written a second time: slowly, plainly, sharing no arithmetic
// with the program. Rules are numbered as in the rulebook's chapter on arithmetic.

/// A market and its stakes in the rulebook's own words. Ids are bytes.
struct ReferenceMarket {
  enum Outcome: String, CaseIterable { case winner, void }
  enum FeeBase: String, CaseIterable {
    case pool
    case losingPool = "losing_pool"
  }
  enum FeeRounding: String, CaseIterable { case down, up }
  enum WinnerSplit: String, CaseIterable { case pooled, equal, profit }
  enum Remainder: String, CaseIterable { case largest, house, first }
  enum MinusPool: String, CaseIterable {
    case allow
    case capFees = "cap_fees"
  }
  enum NoWinner: String, CaseIterable {
    case refund
    case refundNet = "refund_net"
    case house
  }
  struct Stake {
    var id: [UInt8]
    var option: [UInt8]
    var amount: UInt128
    var isLate = false
  }

  var outcome = Outcome.winner
  /// As written: the i-th weight belongs to the i-th option.
  var winningOptions: [[UInt8]] = []
  var winningWeights: [UInt128] = []
  var voidOptions: [[UInt8]] = []
  var houseFeeBps: UInt128 = 0
  var creatorFeeBps: UInt128 = 0
  var refundBps: UInt128 = 10_000
  var feeBase = FeeBase.pool
  var feeRounding = FeeRounding.down
  var winnerSplit = WinnerSplit.pooled
  var remainder = Remainder.largest
  var minusPool = MinusPool.allow
  var noWinner = NoWinner.refund
  var stakes: [Stake] = []
}

/// What becomes of a market: of each stake and in total.
struct MarketResult: Equatable {
  enum Fate: String { case won, lost, refunded }
  struct Line: Equatable {
    var fate = Fate.lost
    var payout: UInt128 = 0
    /// Units of the payout above its floor.
    var extraUnits: UInt128 = 0
    /// All stakes of the pot that a winner was paid from; 0 for others.
    var potStake: UInt128 = 0
  }

  /// One for each stake, in the market's order.
  var lines: [Line]
  var grossPool: UInt128 = 0
  var winningStake: UInt128 = 0
  var houseFee: UInt128 = 0
  var creatorFee: UInt128 = 0
  var netPool: UInt128 = 0
  var totalPayout: UInt128 = 0
  var totalRefund: UInt128 = 0
  var retained: UInt128 = 0
  var breakage: UInt128 = 0
  var winners = 0
  var losers = 0
  var isMinusPool = false
  var hasNoWinner = false
}

/// Quotient and remainder of schoolbook long division, bit by bit.
func longDivision(_ dividend: UInt128, by divisor: UInt128) -> (quotient: UInt128, remainder: UInt128) {
  precondition(divisor > 0, "division by zero")
  var quotient: UInt128 = 0
  // The leading bits that are too few to hold the divisor are taken down at once.
  var bit = max(0, divisor.leadingZeroBitCount - dividend.leadingZeroBitCount) + 1
  var remainder = bit < 128 ? dividend >> UInt128(bit) : 0
  while bit > 0 {
    bit -= 1
    remainder = remainder * 2 + (dividend >> UInt128(bit)) & 1
    quotient *= 2
    if remainder >= divisor {
      remainder -= divisor
      quotient += 1
    }
  }
  return (quotient, remainder)
}

/// An amount split over parts, each of them floored or given left-over units.
struct ReferenceSplit {
  var floors: [UInt128]
  var extraUnits: [UInt128]
  var breakage: UInt128 = 0
  /// The ids decided who got a left-over unit.
  var hasTie = false

  var totals: [UInt128] { zip(floors, extraUnits).map { $0 + $1 } }
  var hasLeftOver: Bool { breakage > 0 || extraUnits.contains { $0 > 0 } }

  /// Rule 7 word for word: floors, then the left-over units by policy, all parts sorted in full.
  init(_ amount: UInt128, over parts: [(id: [UInt8], weight: UInt128)], _ policy: ReferenceMarket.Remainder) {
    let sum = parts.reduce(0) { $0 + $1.weight }
    let divided = parts.map { longDivision(amount * $0.weight, by: sum) }
    floors = divided.map(\.quotient)
    extraUnits = parts.map { _ in 0 }
    let leftOver = Int(floors.reduce(amount) { $0 - $1 })
    guard leftOver > 0 else { return }
    switch policy {
    case .house:
      breakage = UInt128(leftOver)
    case .largest:
      let ranked = parts.indices.sorted {
        divided[$0].remainder != divided[$1].remainder
          ? divided[$0].remainder > divided[$1].remainder
          : parts[$0].id.lexicographicallyPrecedes(parts[$1].id)
      }
      for index in ranked.prefix(leftOver) { extraUnits[index] = 1 }
      hasTie = divided[ranked[leftOver - 1]].remainder == divided[ranked[leftOver]].remainder
    case .first:
      let ranked = parts.indices.sorted {
        parts[$0].weight != parts[$1].weight
          ? parts[$0].weight > parts[$1].weight : parts[$0].id.lexicographicallyPrecedes(parts[$1].id)
      }
      extraUnits[ranked[0]] = UInt128(leftOver)
      hasTie = parts[ranked[0]].weight == parts[ranked[1]].weight
    }
  }
}

/// Settles one market by the rules.
struct ReferenceSettlement {
  let market: ReferenceMarket
  private(set) var result: MarketResult
  /// The branches that were taken, for tests that must have seen them all.
  private(set) var branches: Set<String> = []

  init(_ market: ReferenceMarket) {
    self.market = market
    result = MarketResult(lines: market.stakes.map { _ in MarketResult.Line() })
    result.grossPool = market.stakes.reduce(0) { $0 + $1.amount }
    switch market.outcome {
    case .void: refundVoidMarket()
    case .winner: settlePool()
    }
  }

  /// Rule 1.
  private mutating func refundVoidMarket() {
    let refund = longDivision(result.grossPool * market.refundBps, by: 10_000).quotient
    result.retained = result.grossPool - refund
    branches.insert(market.refundBps == 10_000 ? "void in full" : "void in part")
    payBack(refund, Array(market.stakes.indices))
  }

  /// Rule 2: void options and late commitments get their stake back and leave the pool.
  private mutating func settlePool() {
    var inPool: [Int] = []
    for (index, stake) in market.stakes.enumerated() {
      if stake.isLate || market.voidOptions.contains(stake.option) {
        result.lines[index].fate = .refunded
        result.lines[index].payout = stake.amount
        result.totalRefund += stake.amount
        branches.insert(stake.isLate ? "late" : "void option")
      } else {
        inPool.append(index)
      }
    }
    guard !inPool.isEmpty else {
      branches.insert("empty pool")
      return
    }
    let winners = inPool.filter { market.winningOptions.contains(market.stakes[$0].option) }
    result.winningStake = sum(winners)
    if winners.isEmpty {
      settleWithoutWinner(inPool)
    } else {
      payWinners(inPool, winners)
    }
  }

  /// Rule 3.
  private mutating func settleWithoutWinner(_ inPool: [Int]) {
    let pool = sum(inPool)
    result.hasNoWinner = true
    branches.insert("no winner \(market.noWinner.rawValue)")
    switch market.noWinner {
    case .refund:
      payBack(pool, inPool)
    case .refundNet:
      (result.houseFee, result.creatorFee) = fees(on: pool)
      result.netPool = pool - result.houseFee - result.creatorFee
      payBack(result.netPool, inPool)
    case .house:
      result.creatorFee = fees(on: pool).creator
      result.houseFee = pool - result.creatorFee
      result.losers = inPool.count
    }
  }

  /// Rules 4 to 8.
  private mutating func payWinners(_ inPool: [Int], _ winners: [Int]) {
    let pool = sum(inPool)
    let winningStake = result.winningStake
    branches.insert("fees on \(market.feeBase.rawValue)")
    (result.houseFee, result.creatorFee) = fees(on: market.feeBase == .pool ? pool : pool - winningStake)
    if pool - result.houseFee - result.creatorFee < winningStake {
      branches.insert("minus pool \(market.minusPool.rawValue)")
      switch market.minusPool {
      case .allow: result.isMinusPool = true
      case .capFees: capFees(at: pool - winningStake)
      }
    }
    let net = pool - result.houseFee - result.creatorFee
    result.netPool = net
    for pot in pots(of: net, winners) {
      let stakes = pot.members.map { (id: market.stakes[$0].id, weight: market.stakes[$0].amount) }
      let split = ReferenceSplit(pot.amount, over: stakes, market.remainder)
      note(split)
      result.breakage += split.breakage
      let potStake = sum(pot.members)
      for (place, index) in pot.members.enumerated() {
        result.lines[index] = MarketResult.Line(
          fate: .won, payout: split.totals[place], extraUnits: split.extraUnits[place], potStake: potStake)
        result.totalPayout += split.totals[place]
      }
    }
    result.winners = winners.count
    result.losers = inPool.count - winners.count
  }

  /// Rule 5. A tie goes to the house, so its name is the smaller one.
  private mutating func capFees(at cap: UInt128) {
    let split = ReferenceSplit(
      cap, over: [(Array("1 house".utf8), market.houseFeeBps), (Array("2 creator".utf8), market.creatorFeeBps)],
      .largest)
    let (house, creator) = (split.totals[0], split.totals[1])
    if house > result.houseFee || creator > result.creatorFee { branches.insert("capped fee above its uncapped self") }
    if split.hasTie { branches.insert("tie of capped fees") }
    (result.houseFee, result.creatorFee) = (house, creator)
  }

  /// Rule 6: what each pot holds and whose it is.
  private mutating func pots(of net: UInt128, _ winners: [Int]) -> [(amount: UInt128, members: [Int])] {
    let members = market.winningOptions.map { option in winners.filter { market.stakes[$0].option == option } }
    let backed = members.indices.filter { !members[$0].isEmpty }
    if backed.count < members.count { branches.insert("unbacked winner") }
    func shares(of amount: UInt128, _ weights: [UInt128]) -> [UInt128] {
      let parts = zip(backed, weights).map { (id: market.winningOptions[$0], weight: $1) }
      let split = ReferenceSplit(amount, over: parts, .largest)
      if split.hasLeftOver { branches.insert("left-over between options") }
      if split.hasTie { branches.insert("tie between options") }
      return split.totals
    }
    let equal = backed.map { _ in UInt128(1) }
    if !market.winningWeights.isEmpty {
      branches.insert("weights over \(market.winnerSplit.rawValue)")
      return zip(shares(of: net, backed.map { market.winningWeights[$0] }), backed).map { ($0, members[$1]) }
    }
    if backed.count > 1 { branches.insert("several winners \(market.winnerSplit.rawValue)") }
    switch market.winnerSplit {
    case .pooled:
      return [(net, winners)]
    case .equal:
      return zip(shares(of: net, equal), backed).map { ($0, members[$1]) }
    case .profit where net < result.winningStake:
      branches.insert("profit falls back")
      return [(net, winners)]
    case .profit:
      return zip(shares(of: net - result.winningStake, equal), backed).map { ($0 + sum(members[$1]), members[$1]) }
    }
  }

  /// Rule 4.
  private mutating func fees(on base: UInt128) -> (house: UInt128, creator: UInt128) {
    var isRounded = false
    func fee(_ bps: UInt128) -> UInt128 {
      let (quotient, remainder) = longDivision(base * bps, by: 10_000)
      isRounded = isRounded || remainder > 0
      return market.feeRounding == .up && remainder > 0 ? quotient + 1 : quotient
    }
    let house = min(fee(market.houseFeeBps), base)
    let creator = fee(market.creatorFeeBps)
    if isRounded { branches.insert("fee rounded \(market.feeRounding.rawValue)") }
    if creator > base - house { branches.insert("creator fee limited") }
    return (house, min(creator, base - house))
  }

  private mutating func payBack(_ amount: UInt128, _ members: [Int]) {
    guard !members.isEmpty else { return }
    let stakes = members.map { (id: market.stakes[$0].id, weight: market.stakes[$0].amount) }
    let split = ReferenceSplit(amount, over: stakes, market.remainder)
    note(split)
    result.breakage += split.breakage
    for (place, index) in members.enumerated() {
      result.lines[index] = MarketResult.Line(
        fate: .refunded, payout: split.totals[place], extraUnits: split.extraUnits[place])
      result.totalRefund += split.totals[place]
    }
  }

  private mutating func note(_ split: ReferenceSplit) {
    if split.hasLeftOver { branches.insert("left-over units \(market.remainder.rawValue)") }
    if split.hasTie { branches.insert("tie \(market.remainder.rawValue)") }
  }

  private func sum(_ indices: [Int]) -> UInt128 { indices.reduce(0) { $0 + market.stakes[$1].amount } }
}

extension MarketResult {
  /// Rule 9.
  var isConserved: Bool {
    totalPayout + totalRefund + houseFee + creatorFee + retained + breakage == grossPool
      && lines.reduce(0) { $0 + $1.payout } == totalPayout + totalRefund
  }
}
