// What does each policy pay, seen from the files, and which of several settings decides?
import Foundation
import TestSupport
import Testing

@Suite struct PolicyNightsTests {
  /// Settles one market `m`, whose resolution has these columns, with these stakes (`id:option:amount[:time]`).
  /// - Returns: what each commitment got, and the money of the market.
  private func settle(_ columns: String, _ stakes: String, flags: [String] = []) throws -> (
    rows: String, market: String
  ) {
    let pairs = columns.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    let workspace = Workspace(
      resolutions: "market_id,resolution_id," + pairs.map { $0[0] }.joined(separator: ",") + "\nm,r,"
        + pairs.map { $0[1] }.joined(separator: ",") + "\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount,committed_at\n"
        + stakes.split(separator: " ").map { stake in
          let parts = stake.split(separator: ":", maxSplits: 3).map(String.init)
          return "\(parts[0]),m,u-\(parts[0]),\(parts[1]),\(parts[2]),\(parts.count > 3 ? parts[3] : "")\n"
        }.joined())
    let result = workspace.settle(["run", "--init-ledger"] + flags)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try workspace.cell("SELECT coalesce(sum(balance), 0) FROM accounts WHERE name LIKE 'escrow:%'") == "0")
    let market = try #require(Table(try workspace.runFile("markets.csv")).rows.first)
    let money = [
      "winning_stake", "house_fee", "creator_fee", "net_pool", "total_payout", "total_refund", "retained", "breakage",
    ]
    var words = money.filter { market[$0] != "0" }.map { "\($0) \(market[$0] ?? "?")" }
    words += ["minus_pool", "no_winner"].filter { market[$0] == "true" }
    return (
      Table(try workspace.runFile("commitments.csv")).brief("commitment_id", "result", "payout"),
      words.joined(separator: ", ")
    )
  }

  // MARK: Fees

  @Test(
    arguments: [
      (
        "of the pool, rounded down",
        "winning_option=x house_fee_bps=250 creator_fee_bps=100 creator_id=u-k", "a:x:100 b:y:103",
        "winning_stake 100, house_fee 5, creator_fee 2, net_pool 196, total_payout 196"
      ),
      (
        "of the pool, rounded up",
        "winning_option=x house_fee_bps=250 creator_fee_bps=100 creator_id=u-k fee_rounding=up", "a:x:100 b:y:103",
        "winning_stake 100, house_fee 6, creator_fee 3, net_pool 194, total_payout 194"
      ),
      (
        "of the losing stakes",
        "winning_option=x house_fee_bps=250 creator_fee_bps=100 creator_id=u-k fee_base=losing_pool", "a:x:100 b:y:103",
        "winning_stake 100, house_fee 2, creator_fee 1, net_pool 200, total_payout 200"
      ),
      (
        "everything",
        "winning_option=x house_fee_bps=10000", "a:x:100 b:y:103",
        "winning_stake 100, house_fee 203, minus_pool"
      ),
      (
        "none",
        "winning_option=x creator_id=u-k", "a:x:100 b:y:103",
        "winning_stake 100, net_pool 203, total_payout 203"
      ),
    ] as [(String, String, String, String)])
  func `fees on the declared base with the declared rounding`(
    rule: String, columns: String, stakes: String, expected: String
  ) throws {
    #expect(try settle(columns, stakes).market == expected, "\(rule)")
  }

  // MARK: Sharing

  @Test(
    arguments: [
      (
        "the largest remainder gets the unit",
        "winning_option=x", "a:x:50 b:x:30 c:x:20 d:y:7",
        "a won 54, b won 32, c won 21, d lost 0", "winning_stake 100, net_pool 107, total_payout 107"
      ),
      (
        "equal remainders: the smaller commitment id",
        "winning_option=x", "b:x:1 a:x:1 c:x:1 d:y:2",
        "a won 2, b won 2, c won 1, d lost 0", "winning_stake 3, net_pool 5, total_payout 5"
      ),
      (
        "house: left-over units are breakage",
        "winning_option=x remainder=house", "b:x:1 a:x:1 c:x:1 d:y:2",
        "a won 1, b won 1, c won 1, d lost 0", "winning_stake 3, net_pool 5, total_payout 3, breakage 2"
      ),
      (
        "first: left-over units to the largest stake",
        "winning_option=x remainder=first", "a:x:2 b:x:3 c:x:2 d:y:4",
        "a won 3, b won 5, c won 3, d lost 0", "winning_stake 7, net_pool 11, total_payout 11"
      ),
      (
        "a product beyond 64 bits is exact",
        "winning_option=x", "a:x:4611686018427387903 b:x:1 c:y:4611686018427387903",
        "a won 9223372036854775805, b won 2, c lost 0",
        "winning_stake 4611686018427387904, net_pool 9223372036854775807, total_payout 9223372036854775807"
      ),
      (
        "pooled", "winning_option=x|y", "a:x:60 b:y:20 c:z:40",
        "a won 90, b won 30, c lost 0", "winning_stake 80, net_pool 120, total_payout 120"
      ),
      (
        "equal", "winning_option=x|y winner_split=equal", "a:x:60 b:y:20 c:z:40",
        "a won 60, b won 60, c lost 0", "winning_stake 80, net_pool 120, total_payout 120"
      ),
      (
        "profit", "winning_option=x|y winner_split=profit", "a:x:60 b:y:20 c:z:40",
        "a won 80, b won 40, c lost 0", "winning_stake 80, net_pool 120, total_payout 120"
      ),
      (
        "weights override", "winning_option=x|y winner_split=equal winning_weights=3|1", "a:x:60 b:y:20 c:z:40",
        "a won 90, b won 30, c lost 0", "winning_stake 80, net_pool 120, total_payout 120"
      ),
      (
        "an unbacked winning option drops out", "winning_option=x|y|w winner_split=equal", "a:x:60 b:y:20 c:z:41",
        "a won 61, b won 60, c lost 0", "winning_stake 80, net_pool 121, total_payout 121"
      ),
    ] as [(String, String, String, String, String)])
  func `winners share the net pool`(rule: String, columns: String, stakes: String, rows: String, market: String) throws
  {
    let result = try settle(columns, stakes)
    #expect(result.rows == rows, "\(rule)")
    #expect(result.market == market, "\(rule)")
  }

  // MARK: Refunds

  @Test(
    arguments: [
      (
        "void in full, without fees",
        "outcome=void house_fee_bps=500", "a:x:60 b:y:40",
        "a refunded 60, b refunded 40", "total_refund 100"
      ),
      (
        "void in part: the house retains the rest",
        "outcome=void refund_bps=9050", "a:x:60 b:y:41",
        "a refunded 54, b refunded 37", "total_refund 91, retained 10"
      ),
      (
        "a void option leaves the pool",
        "winning_option=x void_options=z house_fee_bps=1000", "a:x:60 b:y:40 c:z:100",
        "a won 90, b lost 0, c refunded 100",
        "winning_stake 60, house_fee 10, net_pool 90, total_payout 90, total_refund 100"
      ),
      (
        "after the close is late, at the close is not, as instants",
        "winning_option=x closes_at=2026-05-03T14:00:00Z",
        "a:x:60:2026-05-03T16:00:00+02:00 b:x:40:2026-05-03T14:00:00.000001Z c:y:30:2026-05-03T13:59:59Z",
        "a won 90, b refunded 40, c lost 0", "winning_stake 60, net_pool 90, total_payout 90, total_refund 40"
      ),
      (
        "without closes_at no time is read",
        "winning_option=x", "a:x:60:yesterday b:y:30:2199",
        "a won 90, b lost 0", "winning_stake 60, net_pool 90, total_payout 90"
      ),
      (
        "nobody right: refund",
        "winning_option=w house_fee_bps=1000", "a:x:60 b:y:40",
        "a refunded 60, b refunded 40", "total_refund 100, no_winner"
      ),
      (
        "nobody right: refund_net",
        "winning_option=w house_fee_bps=1000 no_winner=refund_net", "a:x:60 b:y:40",
        "a refunded 54, b refunded 36", "house_fee 10, net_pool 90, total_refund 90, no_winner"
      ),
      (
        "nobody right: house, the creator's fee stands",
        "winning_option=w creator_fee_bps=1000 creator_id=u-k no_winner=house", "a:x:60 b:y:40",
        "a lost 0, b lost 0", "house_fee 90, creator_fee 10, no_winner"
      ),
      (
        "winners get less than they staked: flagged",
        "winning_option=x house_fee_bps=1000", "a:x:95 b:y:5",
        "a won 90, b lost 0", "winning_stake 95, house_fee 10, net_pool 90, total_payout 90, minus_pool"
      ),
      (
        "winners get less than they staked: fees capped",
        "winning_option=x house_fee_bps=1000 minus_pool=cap_fees", "a:x:95 b:y:5",
        "a won 95, b lost 0", "winning_stake 95, house_fee 5, net_pool 95, total_payout 95"
      ),
      ("a market without stakes", "winning_option=x house_fee_bps=1000", "", "", ""),
    ] as [(String, String, String, String, String)])
  func `refunds, void markets and markets without a winner`(
    rule: String, columns: String, stakes: String, rows: String, market: String
  ) throws {
    let result = try settle(columns, stakes)
    #expect(result.rows == rows, "\(rule)")
    #expect(result.market == market, "\(rule)")
  }

  // MARK: Where a policy comes from

  private static let fees = "commitment_id,market_id,user_id,option_id,amount\na,m,u1,x,100\nb,m,u2,y,100\n"

  /// House fees of a pool of 200 with the rate given in any of four places.
  @Test(
    arguments: [
      ("default", nil, nil, nil, nil, "0"),
      ("settle.json", nil, nil, nil, "100", "2"),
      ("environment over settle.json", nil, nil, "200", "100", "4"),
      ("flag over environment", nil, "300", "200", "100", "6"),
      ("column over flag", "400", "300", "200", "100", "8"),
      ("an empty cell leaves it to the flag", "", "300", nil, nil, "6"),
      ("a zero in the column is a rate", "0", "300", "200", "100", "0"),
      ("an empty variable counts as not given", nil, nil, "", "100", "2"),
    ] as [(String, String?, String?, String?, String?, String)])
  func `column, flag, environment, settle_json, default, in this order`(
    rule: String, column: String?, flag: String?, variable: String?, file: String?, fee: String
  ) throws {
    let workspace = Workspace(
      resolutions: column.map { "market_id,resolution_id,winning_option,house_fee_bps\nm,r,x,\($0)\n" }
        ?? "market_id,resolution_id,winning_option\nm,r,x\n",
      commitments: PolicyNightsTests.fees)
    if let file { workspace.write("settle.json", "{\"house_fee_bps\": \(file)}") }
    let result = workspace.settle(
      ["run", "--init-ledger"] + (flag.map { ["--house-fee-bps", $0] } ?? []),
      environment: variable.map { ["SETTLE_HOUSE_FEE_BPS": $0] } ?? [:])
    #expect(result.exitCode == 0, "\(rule): \(result.errors)")
    #expect(Table(try workspace.runFile("markets.csv")).brief("house_fee") == fee, "\(rule)")
    let manifest = try workspace.runFile("manifest.json")
    let effective = flag ?? (variable?.isEmpty == false ? variable : nil) ?? file ?? "0"
    #expect(manifest.contains("\"house_fee_bps\": \(effective)"), "\(rule)")
  }

  /// The same policy by flag, variable, file and column: the same payouts.
  @Test(arguments: [
    ("fee_rounding", "up"), ("fee_base", "losing_pool"), ("winner_split", "equal"), ("remainder", "house"),
    ("remainder", "first"), ("minus_pool", "cap_fees"), ("no_winner", "house"), ("no_winner", "refund_net"),
    ("refund_bps", "3333"), ("house_fee_bps", "777"), ("creator_fee_bps", "333"), ("currency", "EUR"),
    ("position_check", "ignore"),
  ])
  func `a policy means the same wherever it is given`(key: String, value: String) throws {
    // A dead heat, nobody right, void, and a favourite; fees beside the one that is tried.
    let fees = key.hasSuffix("fee_bps") ? "" : ",250,150"
    let rows = ["m1,r,winner,x|y,u-k", "m2,r,winner,w,u-k", "m3,r,void,,u-k", "m4,r,winner,x,u-k"].map { $0 + fees }
    let header =
      "market_id,resolution_id,outcome,winning_option,creator_id"
      + (fees.isEmpty ? "" : ",house_fee_bps,creator_fee_bps")
    let commitments =
      "commitment_id,market_id,user_id,option_id,position,amount\n"
      + (1...4).map { market in
        """
        a,m\(market),u1,x,\(key == "position_check" ? "no" : ""),1000
        b,m\(market),u2,y,,\(market == 4 ? 3 : 501)
        c,m\(market),u3,z,,13
        d,m\(market),u4,x,,997
        e,m\(market),u5,x,,7

        """
      }.joined()
    func bytes(_ resolutions: String, _ flags: [String], _ environment: [String: String], _ file: String?) throws
      -> [String]
    {
      let workspace = Workspace(resolutions: resolutions, commitments: commitments)
      if let file { workspace.write("settle.json", file) }
      let result = workspace.settle(["run", "--init-ledger"] + flags, environment: environment)
      #expect(result.exitCode == 0, "\(result.errors)")
      return try dataFiles.map { try workspace.runFile($0) }
    }
    let plain = header + "\n" + rows.map { $0 + "\n" }.joined()
    let option = "--" + key.split(separator: "_").joined(separator: "-")
    let byColumn = try bytes(
      "\(header),\(key)\n" + rows.map { "\($0),\(value)\n" }.joined(), [], [:], nil)
    #expect(try bytes(plain, [option, value], [:], nil) == byColumn)
    #expect(try bytes(plain, [], ["SETTLE_\(key.uppercased())": value], nil) == byColumn)
    #expect(try bytes(plain, [], [:], "{\"\(key)\": \"\(value)\"}") == byColumn)
    if key != "position_check" { #expect(try bytes(plain, [], [:], nil) != byColumn, "\(key) has no effect here") }
  }

  // MARK: Who won

  @Test(
    arguments: [
      ("the position is that of the option", "x", "", "yes", "x", "hybrid won"),
      ("options only", "x", "", "", "x", "option won"),
      ("a position alone", "yes", "", "yes", "", "position won"),
      ("a losing position", "yes", "", "no", "", "position lost"),
      ("yes maps to yes_option", "x", "x", "yes", "", "position won"),
      ("hybrid on the other side", "x", "x", "no", "y", "hybrid lost"),
    ] as [(String, String, String, String, String, String)])
  func `who won is found by option, position or both, and recorded`(
    rule: String, winner: String, yesOption: String, position: String, option: String, expected: String
  ) throws {
    let workspace = Workspace(
      resolutions:
        "market_id,resolution_id,winning_option,yes_option,no_option\nm,r,\(winner),\(yesOption),\(yesOption.isEmpty ? "" : "y")\n",
      commitments:
        "commitment_id,market_id,user_id,option_id,position,amount\na,m,u1,\(option),\(position),100\nz,m,u2,\(winner == "yes" ? "yes" : "x"),,100\n"
    )
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 0, "\(rule): \(result.errors)")
    let row = Table(try workspace.runFile("commitments.csv")).row(["commitment_id": "a"])
    #expect("\(row["match_method"] ?? "") \(row["result"] ?? "")" == expected, "\(rule)")
  }

  @Test func `a position that contradicts the option holds the market, unless it is only recorded`() throws {
    let night = (
      "market_id,resolution_id,winning_option,options\nm,r,x,x|y\n",
      "commitment_id,market_id,user_id,option_id,position,amount\na,m,u1,x,no,100\n"
    )
    let strict = Workspace(resolutions: night.0, commitments: night.1)
    #expect(strict.settle("run", "--init-ledger").exitCode == 3)
    #expect(Table(try strict.runFile("markets.csv")).brief("status", "hold_reason") == "held position_conflict")
    let ignoring = Workspace(resolutions: night.0, commitments: night.1)
    #expect(ignoring.settle("run", "--init-ledger", "--position-check", "ignore").exitCode == 0)
    #expect(
      Table(try ignoring.runFile("commitments.csv")).brief("option_id", "position", "match_method", "result")
        == "x no hybrid won")
  }

  // MARK: Currencies

  @Test(
    arguments: [
      ("minor", "USD", "1250", "1250", nil), ("major", "USD", "12.50", "1250", nil),
      ("major", "USD", "12", "1200", nil),
      ("major", "USD", "0.01", "1", nil), ("major", "JPY", "12", "12", nil), ("major", "KWD", "1.234", "1234", nil),
      ("minor", "GOLD", "12", "12", nil), ("major", "GOLD", "1.2", "120", "GOLD=2"),
      ("minor", "USD", "12.50", nil, nil), ("major", "USD", "12.505", nil, nil), ("major", "JPY", "12.0", nil, nil),
      ("major", "GOLD", "12", nil, nil), ("major", "USD", "1,000", nil, nil), ("major", "USD", ".5", nil, nil),
      ("major", "USD", "5.", nil, nil), ("major", "USD", "05", nil, nil),
    ] as [(String, String, String, String?, String?)])
  func `amounts are exact in minor units, never rounded`(
    unit: String, currency: String, amount: String, minorUnits: String?, currencies: String?
  ) throws {
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option,currency\nm,r,x,\(currency)\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\na,m,u1,x,\"\(amount)\"\n")
    let result = workspace.settle(
      ["run", "--init-ledger", "--amount-unit", unit] + (currencies.map { ["--currencies", $0] } ?? []))
    if let minorUnits {
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(Table(try workspace.runFile("commitments.csv")).brief("amount") == minorUnits)
      #expect(
        try workspace.cell("SELECT balance FROM accounts WHERE name = 'user:u1' AND currency = '\(currency)'")
          == minorUnits)
    } else {
      #expect(result.exitCode == 3, "\(result.errors)")
      #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    }
  }
}
