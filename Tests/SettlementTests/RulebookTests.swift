// What does each rule of the arithmetic mean in numbers? Every row was worked out by hand.
import Settlement
import Testing

@Suite struct RulebookTests {
  /// The program and the slow reference both have to give the numbers of the row.
  private func expectRow(_ rule: String, _ settings: String, _ stakes: String, _ expected: String) {
    let market = ReferenceMarket(settings, stakes: stakes)
    var settler = Settler()
    let (result, isConserved) = market.settled(by: &settler)
    #expect(market.notation(of: result) == expected, "\(rule)")
    #expect(isConserved && result.isConserved, "\(rule)")
    #expect(result.grossPool == market.stakes.reduce(0) { $0 + $1.amount }, "\(rule)")
    #expect(result.totalPayout == total(of: .won, in: result), "\(rule)")
    #expect(result.totalRefund == total(of: .refunded, in: result), "\(rule)")
    #expect(result.winners == result.lines.filter { $0.fate == .won }.count, "\(rule)")
    #expect(result.losers == result.lines.filter { $0.fate == .lost }.count, "\(rule)")
    let reference = ReferenceSettlement(market).result
    #expect(market.notation(of: reference) == expected, "the reference, on: \(rule)")
  }

  private func total(of fate: MarketResult.Fate, in result: MarketResult) -> UInt128 {
    result.lines.reduce(0) { $1.fate == fate ? $0 + $1.payout : $0 }
  }

  @Test(
    arguments: [
      (
        "stakes come back in full, without fees",
        "outcome=void house_fee_bps=500", "a:x:60 b:y:40",
        "a back 60, b back 40"
      ),
      (
        "in part: the house retains the rest",
        "outcome=void refund_bps=9000 creator_fee_bps=500", "a:x:60 b:y:40",
        "a back 54, b back 36; retained 10"
      ),
      (
        "nothing comes back at 0",
        "outcome=void refund_bps=0", "a:x:60 b:y:40",
        "a back 0, b back 0; retained 100"
      ),
      (
        "the refund as a whole is floored, then split",
        "outcome=void refund_bps=5000", "a:x:1 b:y:2",
        "a back 0, b back 0+1; retained 2"
      ),
      (
        "left-over units by largest remainder",
        "outcome=void refund_bps=5000", "a:x:5 b:y:5 c:x:1",
        "a back 2, b back 2, c back 0+1; retained 6"
      ),
      (
        "left-over units to the first of the largest stakes",
        "outcome=void refund_bps=5000 remainder=first", "a:x:5 b:y:5 c:x:1",
        "a back 2+1, b back 2, c back 0; retained 6"
      ),
      (
        "left-over units to the house are not retained but breakage",
        "outcome=void refund_bps=5000 remainder=house", "a:x:5 b:y:5 c:x:1",
        "a back 2, b back 2, c back 0; retained 6, breakage 1"
      ),
      (
        "void options and lateness do not matter then",
        "outcome=void refund_bps=5000 void_options=x", "a:x:60 b:y:40:late",
        "a back 30, b back 20; retained 50"
      ),
      (
        "a market without stakes",
        "outcome=void refund_bps=5000", "",
        ""
      ),
    ] as [(String, String, String, String)])
  func `rule 1: a void market`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "a void option leaves the pool",
        "winning_option=x void_options=z house_fee_bps=1000", "a:x:60 b:y:40 c:z:100",
        "a won 90, b lost, c back 100; W 60, house 10, net 90"
      ),
      (
        "an option that is not void stays",
        "winning_option=x house_fee_bps=1000", "a:x:60 b:y:40 c:z:100",
        "a won 180, b lost, c lost; W 60, house 20, net 180"
      ),
      (
        "a late commitment leaves the pool",
        "winning_option=x house_fee_bps=1000", "a:x:60 b:y:40 c:y:100:late",
        "a won 90, b lost, c back 100; W 60, house 10, net 90"
      ),
      (
        "a late commitment on the winner wins nothing",
        "winning_option=x house_fee_bps=1000", "a:x:60 b:y:40 c:x:100:late",
        "a won 90, b lost, c back 100; W 60, house 10, net 90"
      ),
      (
        "the same in time does",
        "winning_option=x house_fee_bps=1000", "a:x:60 b:y:40 c:x:100",
        "a won 67+1, b lost, c won 112; W 160, house 20, net 180"
      ),
      (
        "refund_bps is for void markets only",
        "winning_option=x void_options=z refund_bps=5000", "a:x:60 c:z:100 d:y:7:late",
        "a won 60, c back 100, d back 7; W 60, net 60"
      ),
      (
        "a market that is left without stakes has no missing winner",
        "winning_option=z void_options=x no_winner=house house_fee_bps=500", "a:x:60 b:y:40:late",
        "a back 60, b back 40"
      ),
      (
        "nor has a market that never had any",
        "winning_option=z no_winner=house house_fee_bps=500", "",
        ""
      ),
    ] as [(String, String, String, String)])
  func `rule 2: void options and late commitments`(
    rule: String, settings: String, stakes: String, expected: String
  ) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "refund: stakes come back, no fees",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100", "a:x:60 b:y:41",
        "a back 60, b back 41; no winner"
      ),
      (
        "refund_net: fees on the whole pool, the rest comes back by stake",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100 no_winner=refund_net", "a:x:60 b:y:41",
        "a back 56, b back 38+1; house 5, creator 1, net 95, no winner"
      ),
      (
        "refund_net with left-over units for the house",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100 no_winner=refund_net remainder=house", "a:x:60 b:y:41",
        "a back 56, b back 38; house 5, creator 1, net 95, breakage 1, no winner"
      ),
      (
        "refund_net with left-over units for the largest stake",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100 no_winner=refund_net remainder=first", "a:x:60 b:y:41",
        "a back 56+1, b back 38; house 5, creator 1, net 95, no winner"
      ),
      (
        "house: all but the creator's fee",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100 no_winner=house", "a:x:60 b:y:41",
        "a lost, b lost; house 100, creator 1, no winner"
      ),
      (
        "house, fees rounded up",
        "winning_option=z house_fee_bps=500 creator_fee_bps=100 no_winner=house fee_rounding=up", "a:x:60 b:y:41",
        "a lost, b lost; house 99, creator 2, no winner"
      ),
      (
        "without a winner the losing pool is the pool",
        "winning_option=z house_fee_bps=500 no_winner=refund_net fee_base=losing_pool", "a:x:60 b:y:40",
        "a back 57, b back 38; house 5, net 95, no winner"
      ),
      (
        "a late stake backs nobody",
        "winning_option=z", "a:x:60 b:z:40:late",
        "a back 60, b back 40; no winner"
      ),
      (
        "a single unit on the winner is backing enough",
        "winning_option=z no_winner=house", "a:x:60 b:z:1",
        "a lost, b won 61; W 1, net 61"
      ),
    ] as [(String, String, String, String)])
  func `rule 3: no backed winner`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "on the pool, rounded down",
        "winning_option=x house_fee_bps=333 creator_fee_bps=333", "a:x:60 b:y:40",
        "a won 94, b lost; W 60, house 3, creator 3, net 94"
      ),
      (
        "on the pool, rounded up",
        "winning_option=x house_fee_bps=333 creator_fee_bps=333 fee_rounding=up", "a:x:60 b:y:40",
        "a won 92, b lost; W 60, house 4, creator 4, net 92"
      ),
      (
        "on the losing pool, rounded down",
        "winning_option=x house_fee_bps=333 creator_fee_bps=333 fee_base=losing_pool", "a:x:60 b:y:40",
        "a won 98, b lost; W 60, house 1, creator 1, net 98"
      ),
      (
        "on the losing pool, rounded up",
        "winning_option=x house_fee_bps=333 creator_fee_bps=333 fee_base=losing_pool fee_rounding=up", "a:x:60 b:y:40",
        "a won 96, b lost; W 60, house 2, creator 2, net 96"
      ),
      (
        "an exact fee is not rounded up",
        "winning_option=x house_fee_bps=500 creator_fee_bps=100 fee_rounding=up", "a:x:60 b:y:40",
        "a won 94, b lost; W 60, house 5, creator 1, net 94"
      ),
      (
        "rounded up, the creator gets at most what the house leaves of the base",
        "winning_option=x house_fee_bps=5000 creator_fee_bps=5000 fee_base=losing_pool fee_rounding=up", "a:x:60 b:y:1",
        "a won 60, b lost; W 60, house 1, net 60"
      ),
      (
        "rounded down, nobody gets that unit",
        "winning_option=x house_fee_bps=5000 creator_fee_bps=5000 fee_base=losing_pool", "a:x:60 b:y:1",
        "a won 61, b lost; W 60, net 61"
      ),
      (
        "no losers, no fee on the losing pool",
        "winning_option=x house_fee_bps=5000 fee_base=losing_pool fee_rounding=up", "a:x:60 b:x:40",
        "a won 60, b won 40; W 100, net 100"
      ),
      (
        "the largest pool that there is",
        "winning_option=x house_fee_bps=9999", "a:x:9223372036854775806 b:y:1",
        """
        a won 922337203685478, b lost; W 9223372036854775806, house 9222449699651090329, net 922337203685478, \
        minus pool
        """
      ),
    ] as [(String, String, String, String)])
  func `rule 4: fees`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "allow: winners get back less than they staked",
        "winning_option=x house_fee_bps=1500 creator_fee_bps=500", "a:x:90 b:y:10",
        "a won 80, b lost; W 90, house 15, creator 5, net 80, minus pool"
      ),
      (
        "cap_fees: fees are what the losers staked; the odd unit is the house's",
        "winning_option=x house_fee_bps=1500 creator_fee_bps=500 minus_pool=cap_fees", "a:x:90 b:y:10",
        "a won 90, b lost; W 90, house 8, creator 2, net 90"
      ),
      (
        "stakes back exactly is no minus pool",
        "winning_option=x house_fee_bps=1000", "a:x:90 b:y:10",
        "a won 90, b lost; W 90, house 10, net 90"
      ),
      (
        "one unit less is",
        "winning_option=x house_fee_bps=1100", "a:x:90 b:y:10",
        "a won 89, b lost; W 90, house 11, net 89, minus pool"
      ),
      (
        "a fee by rounding above its uncapped self (99 of 100·0.99 % is 0)",
        "winning_option=x house_fee_bps=99 creator_fee_bps=9000 minus_pool=cap_fees", "a:x:20 b:y:80",
        "a won 20, b lost; W 20, house 1, creator 79, net 20"
      ),
      (
        "nobody lost: nothing to take",
        "winning_option=x house_fee_bps=500 minus_pool=cap_fees", "a:x:100",
        "a won 100; W 100, net 100"
      ),
      (
        "nobody lost, and fees are taken all the same",
        "winning_option=x house_fee_bps=500", "a:x:100",
        "a won 95; W 100, house 5, net 95, minus pool"
      ),
      (
        "fees on the losing pool never make one",
        "winning_option=x house_fee_bps=10000 fee_base=losing_pool", "a:x:90 b:y:10",
        "a won 90, b lost; W 90, house 10, net 90"
      ),
      (
        "winners may get nothing at all",
        "winning_option=x house_fee_bps=10000", "a:x:90 b:y:10",
        "a won 0, b lost; W 90, house 100, minus pool"
      ),
    ] as [(String, String, String, String)])
  func `rule 5: the minus pool`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "pooled: all winners by stake",
        "winning_option=x|y", "a:x:10 b:y:30 c:z:60",
        "a won 25, b won 75, c lost; W 40, net 100"
      ),
      (
        "equal: every backed option the same",
        "winning_option=x|y winner_split=equal", "a:x:10 b:y:30 c:z:60",
        "a won 50, b won 50, c lost; W 40, net 100"
      ),
      (
        "profit: stakes back, the profit equally",
        "winning_option=x|y winner_split=profit", "a:x:10 b:y:30 c:z:60",
        "a won 40, b won 60, c lost; W 40, net 100"
      ),
      (
        "equal: an odd unit goes to the smaller option, however they are written",
        "winning_option=y|x winner_split=equal", "a:x:10 b:y:30 c:z:61",
        "a won 51, b won 50, c lost; W 40, net 101"
      ),
      (
        "profit: an odd unit likewise",
        "winning_option=y|x winner_split=profit", "a:x:10 b:y:30 c:z:61",
        "a won 41, b won 60, c lost; W 40, net 101"
      ),
      (
        "options are ordered as bytes: Z before a",
        "winning_option=a|Z winner_split=equal", "a:a:10 b:Z:30 c:z:61",
        "a won 50, b won 51, c lost; W 40, net 101"
      ),
      (
        "profit falls back to pooled where stakes cannot be returned",
        "winning_option=x|y winner_split=profit house_fee_bps=7000", "a:x:10 b:y:30 c:z:60",
        "a won 7+1, b won 22, c lost; W 40, house 70, net 30, minus pool"
      ),
      (
        "profit of zero is no reason to fall back",
        "winning_option=x|y winner_split=profit house_fee_bps=6000", "a:x:10 b:y:30 c:z:60",
        "a won 10, b won 30, c lost; W 40, house 60, net 40"
      ),
      (
        "equal: an unbacked option drops out",
        "winning_option=x|y|w winner_split=equal", "a:x:10 b:y:30 c:z:60",
        "a won 50, b won 50, c lost; W 40, net 100"
      ),
      (
        "equal: one backed option gets it all",
        "winning_option=x|w winner_split=equal", "a:x:10 b:y:30 c:x:60",
        "a won 14, b lost, c won 85+1; W 70, net 100"
      ),
      (
        "equal, then by stake within the option",
        "winning_option=x|y winner_split=equal", "a:x:10 b:y:30 c:z:40 d:x:20",
        "a won 16+1, b won 50, c lost, d won 33; W 60, net 100"
      ),
      (
        "an option whose stakes were all late is unbacked",
        "winning_option=x|y winner_split=equal", "a:x:10 b:y:30:late c:z:90",
        "a won 100, b back 30, c lost; W 10, net 100"
      ),
    ] as [(String, String, String, String)])
  func `rule 6: several winning options`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "the i-th weight belongs to the i-th option as written",
        "winning_option=y|x winning_weights=1|3", "a:x:10 b:y:30 c:z:60",
        "a won 75, b won 25, c lost; W 40, net 100"
      ),
      (
        "written the other way round",
        "winning_option=x|y winning_weights=1|3", "a:x:10 b:y:30 c:z:60",
        "a won 25, b won 75, c lost; W 40, net 100"
      ),
      (
        "weights override equal",
        "winning_option=y|x winning_weights=1|3 winner_split=equal", "a:x:10 b:y:30 c:z:60",
        "a won 75, b won 25, c lost; W 40, net 100"
      ),
      (
        "weights override profit",
        "winning_option=y|x winning_weights=1|3 winner_split=profit", "a:x:10 b:y:30 c:z:60",
        "a won 75, b won 25, c lost; W 40, net 100"
      ),
      (
        "the weight of an unbacked option drops out",
        "winning_option=w|x|y winning_weights=98|1|1", "a:x:10 b:y:30 c:z:60",
        "a won 50, b won 50, c lost; W 40, net 100"
      ),
      (
        "left-over units by largest remainder, not by the smaller id",
        "winning_option=x|y winning_weights=1|2", "a:x:10 b:y:30 c:z:61",
        "a won 34, b won 67, c lost; W 40, net 101"
      ),
      (
        "100 by 1 to 2: the larger remainder is the second's",
        "winning_option=x|y winning_weights=1|2", "a:x:10 b:y:30 c:z:60",
        "a won 33, b won 67, c lost; W 40, net 100"
      ),
      (
        "a tie goes to the smaller option",
        "winning_option=y|x winning_weights=5|5", "a:x:10 b:y:30 c:z:61",
        "a won 51, b won 50, c lost; W 40, net 101"
      ),
      (
        "weights as large as can be",
        "winning_option=x|y|w winning_weights=9223372036854775807|9223372036854775807|9223372036854775806",
        "a:x:1 b:y:1 c:w:1 d:z:9223372036854775804",
        """
        a won 3074457345618258603, b won 3074457345618258602, c won 3074457345618258602, d lost; W 3, \
        net 9223372036854775807
        """
      ),
    ] as [(String, String, String, String)])
  func `rule 6: weights`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      (
        "largest: 100 over 2, 3, 1",
        "winning_option=x", "a:x:2 b:x:3 c:x:1 d:y:94",
        "a won 33, b won 50, c won 16+1, d lost; W 6, net 100"
      ),
      (
        "first",
        "winning_option=x remainder=first", "a:x:2 b:x:3 c:x:1 d:y:94",
        "a won 33, b won 50+1, c won 16, d lost; W 6, net 100"
      ),
      (
        "house",
        "winning_option=x remainder=house", "a:x:2 b:x:3 c:x:1 d:y:94",
        "a won 33, b won 50, c won 16, d lost; W 6, net 100, breakage 1"
      ),
      (
        "largest: two units over, one each",
        "winning_option=x", "a:x:1 b:x:2 c:x:1 d:x:1 e:y:3",
        "a won 1+1, b won 3, c won 1+1, d won 1, e lost; W 5, net 8"
      ),
      (
        "first: both to the largest stake",
        "winning_option=x remainder=first", "a:x:1 b:x:2 c:x:1 d:x:1 e:y:3",
        "a won 1, b won 3+2, c won 1, d won 1, e lost; W 5, net 8"
      ),
      (
        "house: both are breakage",
        "winning_option=x remainder=house", "a:x:1 b:x:2 c:x:1 d:x:1 e:y:3",
        "a won 1, b won 3, c won 1, d won 1, e lost; W 5, net 8, breakage 2"
      ),
      (
        "a tie goes to the smaller id, as bytes: B before a",
        "winning_option=x", "a:x:1 B:x:1 é:x:1 d:y:7",
        "a won 3, B won 3+1, é won 3, d lost; W 3, net 10"
      ),
      (
        "c10 is smaller than c9",
        "winning_option=x", "c9:x:1 c10:x:1 d:y:1",
        "c9 won 1, c10 won 1+1, d lost; W 2, net 3"
      ),
      (
        "first: a tie of stakes likewise",
        "winning_option=x remainder=first", "c9:x:1 c10:x:1 d:y:1",
        "c9 won 1, c10 won 1+1, d lost; W 2, net 3"
      ),
      (
        "an even split leaves nothing over",
        "winning_option=x remainder=house", "a:x:1 b:x:1 d:y:2",
        "a won 2, b won 2, d lost; W 2, net 4"
      ),
      (
        "every pot has left-over units of its own",
        "winning_option=x|y winner_split=equal remainder=house", "a:x:1 b:x:1 c:x:1 d:y:1 e:y:1 f:y:1 g:z:14",
        "a won 3, b won 3, c won 3, d won 3, e won 3, f won 3, g lost; W 6, net 20, breakage 2"
      ),
      (
        "stakes returned in full have none, whatever the policy",
        "winning_option=z remainder=house", "a:x:7 b:y:3 c:x:1",
        "a back 7, b back 3, c back 1; no winner"
      ),
      (
        "the largest pool that there is",
        "winning_option=x", "a:x:4611686018427387903 b:x:4611686018427387903 c:y:1",
        """
        a won 4611686018427387903+1, b won 4611686018427387903, c lost; W 9223372036854775806, \
        net 9223372036854775807
        """
      ),
    ] as [(String, String, String, String)])
  func `rule 7: apportionment`(rule: String, settings: String, stakes: String, expected: String) {
    expectRow(rule, settings, stakes, expected)
  }

  @Test(
    arguments: [
      ("pooled: W for all", "winning_option=x|y", [40, 40, 0]),
      ("equal: the option's own", "winning_option=x|y winner_split=equal", [10, 30, 0]),
      ("profit: the option's own", "winning_option=x|y winner_split=profit", [10, 30, 0]),
      ("weights: the option's own", "winning_option=x|y winning_weights=2|1", [10, 30, 0]),
      ("profit fallen back: W", "winning_option=x|y winner_split=profit house_fee_bps=7000", [40, 40, 0]),
    ] as [(String, String, [UInt128])])
  func `rule 8: the stakes that a winner shares with`(rule: String, settings: String, expected: [UInt128]) {
    let market = ReferenceMarket(settings, stakes: "a:x:10 b:y:30 c:z:60")
    var settler = Settler()
    let (result, _) = market.settled(by: &settler)
    #expect(result.lines.map(\.potStake) == expected, "\(rule)")
  }
}
