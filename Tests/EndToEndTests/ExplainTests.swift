// Is every payout explained by the figures of the files, and is a figure that does not fit them noticed?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct ExplainTests {
  /// Keys and cells of a run's file.
  private static func rows(_ night: SettledNight, _ name: String) -> [[String]] {
    night.workspace.text("\(night.directory)/\(name)").split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  private static func steps(_ answer: JSONValue) -> [JSONValue] {
    answer["explanations"]?.elements?.first?["steps"]?.elements ?? []
  }

  private static func step(_ answer: JSONValue, _ name: String) -> JSONValue? {
    steps(answer).last { $0["step"]?.text == name }
  }

  // MARK: Every figure

  @Test(arguments: SettledNight.samples.dropLast())
  func `every market and commitment of the samples explains itself`(sample: String) {
    let night = SettledNight(sample)
    for row in ExplainTests.rows(night, "markets.csv") {
      let (exit, answer) = night.ask("explain", "latest", row[0])
      #expect(exit == 0, "\(answer.pretty)")
      #expect(answer["ok"] == .bool(true))
    }
    for row in ExplainTests.rows(night, "commitments.csv") {
      let (exit, answer) = night.ask("explain", "latest", row[1], "--market", row[0])
      #expect(exit == 0, "\(answer.pretty)")
      #expect(ExplainTests.step(answer, "payout")?["values"]?["payout"]?.integer == Int64(row[10]))
      #expect(ExplainTests.step(answer, "profit")?["values"]?["profit"]?.integer == Int64(row[11]))
    }
    for row in ExplainTests.rows(night, "distributions.csv") {
      let (exit, answer) = night.ask("explain", "latest", row[0], "--user", row[1])
      #expect(exit == 0, "\(answer.pretty)")
      #expect(ExplainTests.step(answer, "user")?["values"]?["total_payout"]?.integer == Int64(row[3]))
    }
  }

  @Test func `markets of a real set explain themselves`() {
    let night = SettledNight("replication-markets")
    for row in ExplainTests.rows(night, "markets.csv").prefix(30) {
      #expect(night.ask("explain", "latest", row[0]).exit == 0)
    }
    for row in ExplainTests.rows(night, "commitments.csv").enumerated().filter({ $0.offset % 331 == 0 }).map(\.element)
    {
      let (exit, answer) = night.ask("explain", "latest", row[1], "--market", row[0])
      #expect(exit == 0)
      #expect(ExplainTests.step(answer, "payout")?["values"]?["payout"]?.integer == Int64(row[10]))
    }
  }

  @Test(
    arguments: [
      ("void", "outcome,refund_bps", "void,3333"),
      ("fees up", "house_fee_bps,creator_fee_bps,creator_id,fee_rounding", "333,77,kim,up"),
      ("losing pool", "house_fee_bps,fee_base", "5000,losing_pool"),
      ("capped", "house_fee_bps,creator_fee_bps,creator_id,minus_pool", "7000,2999,kim,cap_fees"),
      ("minus pool", "house_fee_bps", "9999"),
      ("equal", "winner_split", "equal"), ("profit", "winner_split", "profit"),
      ("profit falls back", "winner_split,house_fee_bps", "profit,9000"),
      ("weights", "winning_weights", "7|2"),
      ("house remainder", "remainder", "house"), ("first", "remainder,winner_split", "first,equal"),
      ("late and void", "closes_at,void_options", "2026-01-01T12:00:00Z,d"),
    ] as [(String, String, String)])
  func `every policy is explained to the unit`(name: String, columns: String, values: String) {
    let winners = columns.contains("outcome") ? "" : "a|b"
    for losing in [false, true] {
      // Once with winners, once with nobody on them, under each policy for that.
      for noWinner in losing ? ["refund", "refund_net", "house"] : ["refund"] {
        let options = losing ? ["c", "d", "c"] : ["a", "b", "c", "d"]
        var commitments = "commitment_id,market_id,user_id,option_id,amount,committed_at\n"
        for row in 0..<23 {
          let late = row % 6 == 5 ? "2026-01-01T12:00:01Z" : "2026-01-01T11:00:00Z"
          commitments += "c\(row),m1,u\(row % 7),\(options[row % options.count]),\((row * 7919) % 997 + 1),\(late)\n"
        }
        let night = SettledNight(
          resolutions:
            "market_id,resolution_id,winning_option,no_winner,\(columns)\nm1,r1,\(winners),\(noWinner),\(values)\n",
          commitments: commitments)
        let market = night.ask("explain", "latest", "m1")
        #expect(market.exit == 0, "\(name) \(noWinner) \(market.json.pretty)")
        for row in ExplainTests.rows(night, "commitments.csv") {
          let (exit, answer) = night.ask("explain", "latest", row[1])
          #expect(exit == 0, "\(name) \(noWinner) \(answer.pretty)")
          #expect(ExplainTests.step(answer, "payout")?["values"]?["payout"]?.integer == Int64(row[10]))
        }
      }
    }
  }

  @Test(arguments: SettledNight.samples)
  func `the totals of every sample explain themselves`(sample: String) throws {
    let night = SettledNight(sample)
    let (exit, answer) = night.ask("explain", "latest")
    #expect(exit == 0, "\(answer.pretty)")
    let explanation = try #require(answer["explanations"]?.elements?.first)
    #expect(explanation["mismatches"] == .array([]))
    // Every total of the manifest is told, as the sum of a column.
    for (code, totals) in night.ask("show", "latest").json["totals"]?.members ?? [:] {
      for column in ["gross_pool", "total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage"] {
        let told = ExplainTests.steps(answer).first {
          $0["step"]?.text == column && $0["values"]?["currency"]?.text == code
        }
        #expect(told?["values"]?["value"]?.integer ?? 0 == totals[column]?.integer, "\(code) \(column)")
      }
    }
    let sum = ExplainTests.steps(answer).filter { $0["step"]?.text == "sum" }
    #expect(sum.allSatisfy { $0["values"]?["sum"] == $0["values"]?["gross_pool"] })
  }

  @Test(
    arguments: [
      ("manifest.json", "\"house_fee\": 43,", "\"house_fee\": 44,", "house_fee"),
      ("manifest.json", "\"settled\": 5", "\"settled\": 6", "settled"),
      ("markets.csv", "1005,980,25,10,u-kim,970", "1005,980,24,10,u-kim,970", "sum"),
    ])
  func `a total that does not fit the rows is shown beside theirs`(
    file: String, old: String, new: String, place: String
  ) {
    let night = SettledNight("06-minus-pool-and-remainders")
    var isChanged = false
    night.change(file) { data in
      let text = String(decoding: data, as: UTF8.self)
      isChanged = text.contains(old)
      data = Data(text.replacingOccurrences(of: old, with: new).utf8)
    }
    #expect(isChanged, "\(night.workspace.text("\(night.directory)/\(file)"))")
    let (exit, answer) = night.ask("explain", "latest")
    #expect(exit == 1)
    let mismatches = answer["explanations"]?.elements?.first?["mismatches"]?.elements?.compactMap(\.text) ?? []
    #expect(mismatches.contains { $0.contains(place) }, "\(mismatches)")
  }

  @Test func `the steps are those of the worked night`() {
    let night = SettledNight("06-minus-pool-and-remainders")
    let answer = night.ask("explain", "latest", "c-101").json
    let names = ExplainTests.steps(answer).compactMap { $0["step"]?.text }
    #expect(
      names == [
        "resolution", "stakes", "pool", "winning_stake", "fee_base", "house_fee", "creator_fee", "minus_pool",
        "net_pool",
        "split", "stake", "share", "left_over", "payout", "win_share", "profit",
      ])
    let share = ExplainTests.step(answer, "share")?["values"]
    #expect(share?["floor"]?.integer == 593)
    #expect(share?["remainder"]?.integer == 860)
    #expect(ExplainTests.step(answer, "left_over")?["values"]?["rank"]?.integer == 1)
    let text = night.workspace.settle("explain", "latest", "c-101").output
    #expect(text.contains("600 × 970 ÷ 980 = 593 remainder 860"))
    #expect(text.contains("resolutions-1 line 2, house_fee_bps"))
  }

  // MARK: Figures that do not fit

  @Test(
    arguments: [
      ("commitments.csv", "600,won,0.612244897959,1,594,-6", "600,won,0.612244897959,1,595,-5", "payout"),
      ("commitments.csv", "600,won,0.612244897959,1,594,-6", "600,won,0.612244897958,1,594,-6", "win_share"),
      ("commitments.csv", "600,won,0.612244897959,1,594,-6", "600,won,0.612244897959,0,594,-6", "extra_units"),
      ("markets.csv", "1005,980,25,10,u-kim,970", "1005,980,24,11,u-kim,970", "house_fee"),
      ("markets.csv", "1005,980,25,10,u-kim,970", "1005,981,25,10,u-kim,970", "winning_stake"),
      ("markets.csv", "favourite-allow,", "favourite-allow,", nil),
    ] as [(String, String, String, String?)])
  func `a figure that the files have otherwise is shown beside theirs`(
    file: String, old: String, new: String, column: String?
  ) {
    let night = SettledNight("06-minus-pool-and-remainders")
    night.change(file) { data in
      let text = String(decoding: data, as: UTF8.self)
      guard let range = text.range(of: old) else { return }
      data = Data(text.replacingCharacters(in: range, with: new).utf8)
    }
    let (exit, answer) = night.ask("explain", "latest", "c-101")
    #expect(exit == (column == nil ? 0 : 1))
    let mismatches = answer["explanations"]?.elements?.first?["mismatches"]?.elements?.compactMap(\.text) ?? []
    #expect(
      column.map { column in mismatches.contains { $0.hasPrefix("\(column): ") } } ?? mismatches.isEmpty,
      "\(mismatches)")
  }

  @Test func `where the resolutions are gone the configuration stands in, and says so`() {
    let night = SettledNight("01-binary")
    try? FileManager.default.moveItem(
      atPath: "\(night.workspace.path)/night", toPath: "\(night.workspace.path)/archive")
    let gone = night.ask("explain", "latest", "rain-on-sunday").json
    #expect(gone["explanations"]?.elements?.first?["notes"]?.elements?.first?.text?.contains("configuration") ?? false)
    // The resolution named fees of its own: the configuration's give other figures, and both are shown.
    #expect(gone["ok"] == .bool(false))
    let moved = night.ask("explain", "latest", "rain-on-sunday", "--inputs", "archive")
    #expect(moved.exit == 0)
    #expect(moved.json["explanations"]?.elements?.first?["notes"] == .array([]))
  }

  // MARK: What is asked for

  @Test(
    arguments: [
      (["twice"], 0), (["favourite-allow"], 1), (["c-000"], 1), (["c-000", "--market", "all-well"], 1),
      (["c-101", "--market", "all-well"], 0), (["--market", "all-well"], 0), (["all-well", "--user", "u-ana"], 0),
      (["--user", "u-ana"], 0), (["--user", "u-nobody"], 1), (["all-well", "--user", "u-nobody"], 1), ([], 0),
      (["all-well", "--market", "twice", "--user", "u-ana"], 2),
    ] as [([String], Int32)])
  func `what is asked for is found, or is exit 1`(words: [String], exit: Int32) {
    let night = SettledNight("08-bad-rows")
    let result = night.workspace.settle(["explain", "latest", "--json"] + words)
    #expect(result.exitCode == exit, "\(result.output)")
    #expect(SettledNight.json(result.output) != nil)
  }

  @Test func `a held market is explained by its rejected rows`() {
    let night = SettledNight("08-bad-rows")
    let steps = ExplainTests.steps(night.ask("explain", "latest", "three-faults").json)
    #expect(steps.compactMap { $0["step"]?.text } == ["status", "reject", "reject", "reject"])
  }

  @Test func `a commitment that stands in two markets needs its market`() {
    let night = SettledNight(
      resolutions: "market_id,resolution_id,winning_option\nm1,r1,yes\nm2,r2,yes\n",
      commitments: "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,5\nc1,m2,u2,no,7\n")
    let (exit, answer) = night.ask("explain", "latest", "c1")
    #expect(exit == 2)
    #expect(answer["error"]?["code"]?.text == "ambiguous_commitment")
    #expect(night.ask("explain", "latest", "c1", "--market", "m2").exit == 0)
  }
}
