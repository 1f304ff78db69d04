// Does show answer what is asked of a run, market, user or commitment, however it is asked?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct ShowTests {
  // MARK: The night and its markets

  @Test func `a night's summary counts and lists what is not settled`() {
    let night = SettledNight("08-bad-rows")
    let (exit, answer) = night.ask("show", "latest")
    #expect(exit == 0)
    #expect(answer["counts"]?["held"]?.integer == 6)
    #expect(answer["not_settled"]?.elements?.count == 6)
    #expect(answer["totals"]?["TOKEN"]?["gross_pool"]?.integer == 300)
    let text = night.workspace.settle("show", "latest").output
    #expect(text.contains("1 of 7 markets settled"))
    #expect(text.contains("duplicate_commitment"))
  }

  @Test func `a market is shown by the names of its columns, with its options`() {
    let night = SettledNight("06-minus-pool-and-remainders")
    let (exit, answer) = night.ask("show", "latest", "--market", "favourite-allow")
    #expect(exit == 0)
    #expect(answer["market"]?["gross_pool"]?.integer == 1005)
    #expect(answer["market"]?["minus_pool"] == .bool(true))
    #expect(answer["market"]?["hold_reason"] == .null)
    #expect(answer["options"]?.elements?.map { $0["option_id"]?.text } == ["no", "yes"])
    #expect(answer["options"]?.elements?.map { $0["commitments"]?.integer } == [1, 2])
    #expect(answer["options"]?.elements?.map { $0["payout"]?.integer } == [0, 970])
  }

  @Test(arguments: ["no-such-market", "a", "zzz", "favourite", "favourite-allow2"])
  func `a market that the run does not know is exit 1`(market: String) {
    let night = SettledNight("06-minus-pool-and-remainders")
    let (exit, answer) = night.ask("show", "latest", "--market", market)
    #expect(exit == 1)
    #expect(answer["found"] == .bool(false))
    #expect(answer["message"]?.text?.contains(market) ?? false)
  }

  // MARK: Bars

  @Test func `payouts and returns are shown as bars, and every user counts once in a market`() throws {
    let night = SettledNight("replication-markets")
    let answer = night.ask("show", "latest", "--hist").json
    let counts = try #require(answer["histograms"]?.elements).map { picture in
      (picture["bars"]?.elements ?? []).reduce(0) { $0 + ($1["count"]?.integer ?? 0) }
    }
    let rows = night.workspace.text("\(night.directory)/distributions.csv").split(separator: "\n").dropFirst()
    let paid = rows.filter { $0.split(separator: ",")[3] != "0" }
    #expect(counts == [Int64(paid.count), Int64(rows.count)])
    let text = night.workspace.settle("show", "latest", "--hist").output
    #expect(text.contains("lost all  █"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(night.workspace.settle("show", "latest", "--hist", "--market", "RM-RPP-1").exitCode == 2)
    let held = SettledNight("08-bad-rows")
    #expect(held.workspace.settle("show", "latest", "--hist").exitCode == 0)
  }

  // MARK: Users

  @Test func `a user's distributions, in all markets or in one`() {
    let night = SettledNight("06-minus-pool-and-remainders")
    let all = night.ask("show", "latest", "--user", "u-eve")
    #expect(all.exit == 0)
    #expect(
      all.json["distributions"]?.elements?.map { $0["market_id"]?.text } == [
        "left-over-first", "left-over-house", "left-over-largest",
      ])
    let one = night.ask("show", "latest", "--user", "u-eve", "--market", "left-over-house")
    #expect(one.json["distributions"]?.elements?.map { $0["total_lost"]?.integer } == [87])
    #expect(night.ask("show", "latest", "--user", "u-eve", "--market", "favourite-cap").exit == 1)
    #expect(night.ask("show", "latest", "--user", "u-nobody").exit == 1)
    #expect(night.ask("show", "latest", "--user", "u-eve", "--commitment", "c-1").exit == 2)
  }

  @Test func `lists are cut at twenty in text, never in JSON`() {
    let night = SettledNight("replication-markets")
    let text = night.workspace.settle("show", "latest", "--user", "uyu92f").output
    let count = night.ask("show", "latest", "--user", "uyu92f").json["distributions"]?.elements?.count ?? 0
    #expect(count > 20)
    #expect(text.contains("… and \(count - 20) more"))
    #expect(text.split(separator: "\n").count == 23)
  }

  // MARK: Commitments

  @Test(
    arguments: [
      ("08-bad-rows", "c-101", nil, "won", 297),
      ("08-bad-rows", "c-102", "all-well", "lost", 0),
      ("04-void-and-no-winner", "c-604", "horse-race", "refunded", 400),
      // Rejected rows, and rows of held or unknown markets, stay active.
      ("08-bad-rows", "c-201", nil, "active", nil),
      ("08-bad-rows", "c-000", "bad-amount", "active", nil),
      ("08-bad-rows", "c-000", "no-such-market", "active", nil),
      // Not there at all.
      ("08-bad-rows", "c-000", nil, nil, nil),
      ("08-bad-rows", "c-000", "all-well", nil, nil),
      ("08-bad-rows", "", nil, nil, nil),
    ] as [(String, String, String?, String?, Int64?)])
  func `how a commitment stands`(sample: String, id: String, market: String?, status: String?, payout: Int64?) {
    let night = SettledNight(sample)
    let words = ["show", "latest", "--commitment", id, "--json"] + (market.map { ["--market", $0] } ?? [])
    let result = night.workspace.settle(words)
    let answer = SettledNight.json(result.output)
    #expect(result.exitCode == (status == nil ? 1 : 0), "\(result.output)")
    guard let status else { return }
    let legacy = answer?["commitments"]?.elements?.first?["legacy"]
    #expect(legacy?["status"]?.text == status)
    #expect(legacy?["payoutAmount"] == payout.map { .int($0) } ?? .null)
    #expect(
      legacy?.members.map { Set($0.keys) } == [
        "commitmentId", "userId", "optionId", "position", "tokensCommitted", "status", "payoutAmount",
      ])
  }

  @Test func `a commitment id that stands in several markets is found in each`() {
    let night = SettledNight(
      resolutions: "market_id,resolution_id,winning_option\nm1,r1,yes\nm2,r2,yes\n",
      commitments: "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,5\nc1,m2,u2,no,7\nc2,m2,u1,yes,1\n")
    let all = night.ask("show", "latest", "--commitment", "c1").json["commitments"]?.elements
    #expect(all?.map { $0["market_id"]?.text } == ["m1", "m2"])
    #expect(
      night.ask("show", "latest", "--commitment", "c1", "--market", "m2").json["commitments"]?.elements?.count == 1)
  }

  @Test func `a commitment of a market that was rolled back is rolled back`() {
    let night = SettledNight("01-binary")
    let before = night.ask("show", "latest", "--market", "coin-toss").json
    #expect(before["rolled_back_by"] == .null)
    night.forgeLedger("UPDATE settlements SET rolled_back_by = 'later-1' WHERE market_id = 'coin-toss'")
    #expect(night.ask("show", "latest", "--market", "coin-toss").json["rolled_back_by"]?.text == "later-1")
    let id = night.workspace.text("\(night.directory)/commitments.csv").split(separator: "\n")[1].split(separator: ",")[
      1]
    let answer = night.ask("show", "latest", "--commitment", String(id), "--market", "coin-toss").json
    #expect(answer["commitments"]?.elements?.first?["status"]?.text == "rolled_back")
    #expect(answer["commitments"]?.elements?.first?["payout_amount"]?.integer == 0)
  }

  @Test func `every row of large sorted files is found by halving, and nothing else`() {
    // Ids with quotes, commas and letters beyond ASCII, in markets of very different sizes.
    var resolutions = "market_id,resolution_id,winning_option\n"
    var commitments = "commitment_id,market_id,user_id,position,amount\n"
    var asked: [(market: String, id: String)] = []
    func quoted(_ id: String) -> String {
      "\"" + id.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
    for (number, market) in ["a", "a,b", "a\"q\"", "aa", "m\u{E9}", "me\u{301}", "z"].enumerated() {
      resolutions += "\(quoted(market)),r\(number),yes\n"
      for row in 0..<(number * number * 60 + 1) {
        let id = "c\(row * 7919 % 10_007)" + (row % 5 == 0 ? ",\"x\"" : "")
        commitments += "\(quoted(id)),\(quoted(market)),u\(row % 13),\(row % 2 == 0 ? "yes" : "no"),\(row + 1)\n"
        if row % 211 == 0 { asked.append((market, id)) }
      }
    }
    let night = SettledNight(resolutions: resolutions, commitments: commitments)
    #expect(asked.count > 30)
    for (market, id) in asked {
      let (exit, answer) = night.ask("show", "latest", "--market", market, "--commitment", id)
      #expect(exit == 0, "\(market) \(id)")
      let row = answer["commitments"]?.elements?.first?["row"]
      #expect(row?["commitment_id"]?.text.map { Array($0.utf8) } == Array(id.utf8))
      #expect(row?["market_id"]?.text.map { Array($0.utf8) } == Array(market.utf8))
    }
    for id in ["", "b", "c", "c1x", "zzz", "c99999"] {
      #expect(night.ask("show", "latest", "--market", "z", "--commitment", id).exit == 1, "\(id)")
    }
  }

  @Test(arguments: [0, 1, 60, 200, -1, -30])
  func `a cut-off file is an error, not a wrong answer`(length: Int) {
    let night = SettledNight("04-void-and-no-winner")
    let whole = night.ask("show", "latest", "--market", "horse-race", "--commitment", "c-605")
    #expect(whole.exit == 0)
    night.change("commitments.csv") { $0 = $0.prefix(length < 0 ? $0.count + length : length) }
    let (exit, answer) = night.ask("show", "latest", "--market", "horse-race", "--commitment", "c-605")
    #expect(exit == 5 || exit == 1, "\(answer.pretty)")
    if exit == 5 { #expect(answer["error"]?["code"]?.text == "run_damaged") }
  }
}
