// Do the totals for dashboards say what the files and the book say?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct StatisticsTests {
  private static let nights =
    ((try? FileManager.default.contentsOfDirectory(
      atPath: "\(Workspace.packagePath)/inputs")) ?? []).filter { $0.first?.isNumber == true }.sorted()

  private func settled(_ night: String) -> Workspace {
    let work = Workspace(night: night)
    let result = work.settle("run", "--init-ledger", "-q", "--operator", "ann", "--as-of", "2026-03-04")
    #expect([0, 3].contains(result.exitCode), "\(result.errors)")
    return work
  }

  private func stats(_ work: Workspace, _ words: String...) throws -> [[String: String]] {
    let result = work.settle(["stats", "--csv"] + words)
    #expect(result.exitCode == 0, "\(result.errors)")
    return Table(result.output).rows
  }

  private func sum(_ rows: [[String: String]], _ columns: String...) throws -> Int {
    try rows.reduce(0) { total, row in
      try columns.reduce(total) { $0 + (try #require(Int(row[$1] ?? "") ?? (row[$1] == "" ? 0 : nil), "\($1)")) }
    }
  }

  @Test(arguments: nights)
  func `totals by market, user, creator, house, run, day and currency are those of the run's files`(night: String)
    throws
  {
    let work = settled(night)
    let markets = Table(try work.runFile("markets.csv")).rows.filter {
      $0["status"] == "settled" && $0["gross_pool"] != "0"
    }
    func cells(_ row: [String: String], _ columns: [String]) -> [String] { columns.map { row[$0] ?? "-" } }
    let byMarket = try stats(work, "--by", "market")
    #expect(
      Set(
        byMarket.map {
          cells(
            $0,
            [
              "market_id", "resolution_id", "currency", "staked", "paid", "refunded", "house_fee", "creator_fee",
              "retained", "breakage",
            ])
        })
        == Set(
          markets.map {
            cells(
              $0,
              [
                "market_id", "resolution_id", "currency", "gross_pool", "total_payout", "total_refund", "house_fee",
                "creator_fee", "retained", "breakage",
              ])
          }))
    #expect(byMarket.count == markets.count)
    let staked = try byMarket.map { try #require(Int($0["staked"] ?? "")) }
    #expect(staked == staked.sorted(by: >))

    var payouts: [String: Int] = [:]
    var currencies: [String: String] = [:]
    for market in markets { currencies[market["market_id"] ?? ""] = market["currency"] }
    for row in Table(try work.runFile("distributions.csv")).rows {
      let payout = try #require(Int(row["total_payout"] ?? ""))
      if payout > 0 {
        payouts["\(row["user_id"] ?? "") \(currencies[row["market_id"] ?? ""] ?? "")", default: 0] += payout
      }
    }
    let byUser = try stats(work, "--by", "user")
    var paid: [String: Int] = [:]
    for row in byUser {
      paid["\(row["user_id"] ?? "") \(row["currency"] ?? "")"] = try sum([row], "won", "refunded")
      #expect(try sum([row], "won", "refunded", "rolled_back", "other") == sum([row], "balance"))
    }
    #expect(paid == payouts)

    for currency in Set(markets.compactMap { $0["currency"] }) {
      let own = markets.filter { $0["currency"] == currency }
      let runs = try stats(work, "--by", "run", "--currency", currency)
      #expect(runs.map { $0["day"] } == ["2026-03-04"] && runs.map { $0["operator"] } == ["ann"])
      let days = try stats(work, "--by", "day", "--currency", currency)
      let house = try stats(work, "--by", "house", "--currency", currency)
      let creators = try stats(work, "--by", "creator", "--currency", currency)
      let total = try stats(work, "--currency", currency)
      for rows in [runs, days, total] {
        #expect(try sum(rows, "staked") == sum(own, "gross_pool"))
        #expect(try sum(rows, "paid", "refunded") == sum(own, "total_payout", "total_refund"))
      }
      #expect(try sum(runs, "fees") == sum(own, "house_fee", "creator_fee"))
      #expect(try sum(runs, "staked") == sum(runs, "paid", "refunded", "fees", "retained", "breakage", "other"))
      #expect(try sum(house, "fees", "retained", "breakage") == sum(own, "house_fee", "retained", "breakage"))
      #expect(try sum(house, "balance") == sum(own, "house_fee", "retained", "breakage"))
      #expect(try sum(creators, "fees") == sum(own, "creator_fee"))
      #expect(try sum(total, "markets") == own.count)
      #expect(
        try sum(total, "wallet_balance", "creator_balance", "house_balance") == sum(total, "staked"))
    }
  }

  @Test func `the answer is a table, CSV or one JSON object, limited where asked`() throws {
    let work = settled("01-binary")
    let json = try work.settle("stats", "--by", "user", "--limit", "1", "--json").json
    #expect(json["by"]?.text == "user" && json["has_more"] == .bool(true))
    #expect(json["rows"]?.elements?.count == 1)
    let row = try #require(json["rows"]?.elements?.first)
    #expect(row["won"]?.integer ?? 0 > 0 && row["rolled_back"]?.integer == 0)
    let all = try work.settle("stats", "--by", "user", "--json").json
    #expect(all["has_more"] == .bool(false))
    let plain = work.settle("stats", "--by", "user", "--limit", "1")
    #expect(plain.output.split(separator: "\n").count == 2)
    #expect(plain.errors.contains("there are more"))
    #expect(work.settle("stats", "--currency", "NONE").output == "nothing yet\n")
    #expect(work.settle("stats", "--csv", "--json").exitCode == 2)
    #expect(work.settle("stats", "--by", "moon").exitCode == 2)
    // A currency of the environment is a default for nights, not a filter.
    #expect(work.settle(["stats"], environment: ["SETTLE_CURRENCY": "NONE"]).output.contains("TOKEN"))
  }

  @Test func `ids are told as they are, not as accounts spell them`() throws {
    let id = "a:b%3A,\"c\""
    let work = Workspace(
      resolutions:
        "market_id,resolution_id,winning_option,creator_fee_bps,creator_id\n\"m:%1\",r,x,1000,\"c:%25\"\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,\"m:%1\",\"a:b%3A,\"\"c\"\"\",x,100\n")
    #expect(work.settle("run", "--init-ledger", "-q").exitCode == 0)
    #expect(try work.rows("SELECT user_id FROM user_totals") == [[id]])
    #expect(try work.rows("SELECT creator_id FROM creator_totals") == [["c:%25"]])
    #expect(try work.rows("SELECT market_id, staked FROM market_totals") == [["m:%1", "100"]])
    #expect(try work.rows("SELECT user_id FROM transactions WHERE type = 'win'") == [[id]])
    #expect(work.settle("stats", "--by", "user", "--csv").output.contains("\n\"a:b%3A,\"\"c\"\"\",TOKEN,1,90,"))
  }

  /// What a dashboard asks every minute must not read a posting for each payout.
  @Test(arguments: ["market_totals", "house_totals", "creator_totals", "run_totals", "day_totals", "currency_totals"])
  func `totals that leave wallets out look through no table of postings`(view: String) throws {
    let work = settled("01-binary")
    let plan = try work.rows("EXPLAIN QUERY PLAN SELECT * FROM \(view)").map { $0.last ?? "" }
    #expect(!plan.contains { $0.hasPrefix("SCAN postings") || $0.contains("AUTOMATIC") && $0.contains("postings") })
    #expect(plan.contains { $0.contains("SEARCH postings USING INTEGER PRIMARY KEY") }, "\(plan)")
  }
}
