// Does diff tell who is paid differently, and why, and nothing else?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct DiffTests {
  static let resolutions = """
    market_id,resolution_id,winning_option,house_fee_bps
    m1,r1,yes,100
    m2,r2,a,0
    m3,r3,b,200

    """
  static let commitments = """
    commitment_id,market_id,user_id,option_id,amount
    c1,m1,u1,yes,200
    c2,m1,u2,no,100
    c3,m2,u1,a,50
    c4,m2,u3,b,70
    c5,m3,u2,b,10

    """

  /// Two nights settled side by side: the second is the first with `edits`.
  struct Pair {
    let workspace = Workspace()
    let a: String
    let b: String

    init(_ edits: [(String, String)], options: [String] = []) {
      a = Pair.settle(workspace, "a", DiffTests.resolutions, DiffTests.commitments, [])
      var (resolutions, commitments) = (DiffTests.resolutions, DiffTests.commitments)
      for (old, new) in edits {
        resolutions = resolutions.replacingOccurrences(of: old, with: new)
        commitments = commitments.replacingOccurrences(of: old, with: new)
      }
      b = Pair.settle(workspace, "b", resolutions, commitments, options)
    }

    static func settle(
      _ workspace: Workspace, _ name: String, _ resolutions: String, _ commitments: String, _ options: [String]
    ) -> String {
      workspace.write("\(name)/resolutions.csv", resolutions)
      workspace.write("\(name)/commitments.csv", commitments)
      let result = workspace.settle(
        ["run", "--json", "--init-ledger", "--outputs", "\(name)/outputs", "--resolutions", "\(name)/resolutions.csv"]
          + ["--commitments", "\(name)/commitments.csv"] + options)
      return "\(name)/outputs/\((try? JSONValue(parsing: Array(result.output.utf8)))?["run_id"]?.text ?? "")"
    }

    func diff(_ words: String...) -> ToolResult { workspace.settle(["diff", a, b] + words) }

    /// `market m1 house_fee 3 5`, one for each cell that differs.
    var cells: [String] {
      diff("--format", "csv").output.split(separator: "\n").dropFirst().map { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        return [cells[0], cells[1], cells[2], cells[3], cells[7], cells[8], cells[9]].filter { !$0.isEmpty }
          .joined(separator: " ")
      }
    }

    var reasons: [String] {
      let answer = SettledNight.json(diff("--json").output)
      let rows = (answer?["tables"]?.elements ?? []).flatMap { $0["rows"]?.elements ?? [] }
      return rows.compactMap { $0["reason"]?.text }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
  }

  // MARK: What differs

  @Test(
    arguments: [
      ("nothing", [], 0, []),
      (
        "fees", [("m1,r1,yes,100", "m1,r1,yes,200")], 1,
        [
          "money changed total_payout 427 424", "money changed house_fee 3 6",
          "markets changed m1 house_fee 3 6", "markets changed m1 net_pool 297 294",
          "markets changed m1 total_payout 297 294", "distributions changed m1 u1 total_payout 297 294",
          "distributions changed m1 u1 total_profit 97 94", "commitments changed m1 c1 payout 297 294",
          "commitments changed m1 c1 profit 97 94",
        ]
      ),
      (
        "a market gone", [("m3,r3,b,200\n", "")], 1,
        [
          "money changed gross_pool 430 420", "money changed total_payout 427 417",
          "markets removed m3 resolution_id r3", "markets removed m3 status settled",
          "markets removed m3 outcome winner",
          "markets removed m3 winning_options b", "markets removed m3 currency TOKEN",
        ]
      ),
      (
        "a stake more", [("c5,m3,u2,b,10\n", "c5,m3,u2,b,10\nc6,m3,u9,b,0\n")], 1,
        ["markets changed m3 status settled held", "markets changed m3 hold_reason amount_out_of_range"]
      ),
    ] as [(String, [(String, String)], Int32, [String])])
  func `cells that differ are told, old and new`(
    name: String, edits: [(String, String)], exit: Int32, expected: [String]
  ) {
    let pair = Pair(edits)
    #expect(pair.diff().exitCode == exit)
    let cells = pair.cells
    for cell in expected {
      #expect(cells.contains { $0.hasPrefix(cell) || $0 == cell } || cells.contains(cell), "\(cell) in \(cells)")
    }
    #expect(expected.isEmpty == cells.isEmpty, "\(cells)")
  }

  @Test(
    arguments: [
      ([("m1,r1,yes,100", "m1,r1,yes,200")], "other fees"),
      ([("m1,r1,yes,100", "m1,r1,no,100")], "another option won"),
      ([("c2,m1,u2,no,100", "c2,m1,u2,no,90")], "other stakes"),
      ([("c2,m1,u2,no,100", "c2,m1,u2,no,90")], "its stake differs"),
      ([("c2,m1,u2,no,100", "c2,m1,u2,no,90")], "others' stakes differ"),
      ([("c2,m1,u2,no,100", "c2,m1,u2,no,1x")], "settled in A, held (invalid_amount) in B"),
      ([("m3,r3,b,200\n", "")], "only in A: settled"),
      ([("m3,r3,b,200\n", "m3,r3,b,200\nm4,r4,x,0\n")], "only in B: settled"),
      ([("m3,r3,b,200", "m3,r3b,b,200")], "another resolution id, the same result"),
      ([("c4,m2,u3,b,70", "c4,m2,u3,a,70")], "the stakes lie otherwise"),
      (
        [("c1,m1,u1,yes,200", "c1,m1,u1,yes,300"), ("r1,yes,100", "r1,yes,300")],
        "other stakes, fees take another share"
      ),
    ] as [([(String, String)], String)])
  func `each difference has its reason`(edits: [(String, String)], reason: String) {
    let reasons = Pair(edits).reasons
    #expect(reasons.contains(reason), "\(reasons)")
  }

  @Test func `the money comes first, and adds up`() throws {
    let pair = Pair([("m1,r1,yes,100", "m1,r1,yes,200"), ("c4,m2,u3,b,70", "c4,m2,u3,b,80")])
    let text = pair.diff().output
    let money = try #require(text.range(of: "money"))
    let markets = try #require(text.range(of: "\nmarkets\n"))
    #expect(money.lowerBound < markets.lowerBound)
    #expect(text.contains("1 user is paid more (+10 in all), 1 user is paid less (-3 in all)"))
    let answer = try pair.diff("--json").json
    let totals = try #require(answer["money"]?.elements?.first?["totals"])
    func delta(_ column: String) -> Int64 { totals[column]?["delta"]?.integer ?? 0 }
    #expect(delta("gross_pool") == 10)
    #expect(
      ["total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage"].map(delta).reduce(0, +)
        == delta("gross_pool"))
  }

  @Test func `each cause is told once, with what it moves`() throws {
    let pair = Pair([
      ("m1,r1,yes,100", "m1,r1,yes,200"), ("c4,m2,u3,b,70", "c4,m2,u3,b,80"), ("c5,m3,u2,b,10", "c5,m3,u2,b,1x"),
    ])
    let causes = try #require(try pair.diff("--json").json["causes"]?.elements)
    let told = causes.map { cause in
      [cause["reason"]?.text ?? "", cause["example"]?.text ?? ""]
        + [cause["markets"], cause["paid_more"]?["amount"], cause["paid_less"]?["amount"]].map {
          String($0?.integer ?? -1)
        }
    }
    #expect(
      told == [
        ["other stakes", "m2", "1", "10", "0"], ["settled in A, held (invalid_amount) in B", "m3", "1", "0", "10"],
        ["other fees", "m1", "1", "0", "3"],
      ], "\(told)")
    // Their sums are those of the money.
    let money = try #require(try pair.diff("--json").json["money"]?.elements?.first)
    for side in ["paid_more", "paid_less"] {
      #expect(
        causes.reduce(0) { $0 + ($1[side]?["amount"]?.integer ?? 0) } == money[side]?["amount"]?.integer, "\(side)")
    }
    // On a terminal they stand between the money and the rows, and say where to go on.
    let text = pair.diff().output
    let line = text.split(separator: "\n").first { $0.hasPrefix("  other fees ") }
    #expect(line?.split(separator: " ") == ["other", "fees", "1", "1", "user", "-3", "m1"], "\(text)")
    #expect(text.contains("settle diff \(pair.a) \(pair.b) --only m2\n"))
    #expect(!pair.diff("--summary").output.contains("look closer"))
  }

  @Test func `what follows from other cells is left out, unless all are asked for`() {
    let pair = Pair([("m1,r1,yes,100", "m1,r1,yes,200")])
    #expect(!pair.diff("--level", "user").output.contains("total_profit"))
    #expect(pair.diff("--level", "user").output.contains("1 cell that follows from these not shown"))
    #expect(pair.diff("--level", "user", "-v").output.contains("total_profit"))
    #expect(pair.diff("--level", "market").output.contains("net_pool"), "a market is told in full")
  }

  // MARK: What is asked for

  @Test(
    arguments: [
      (["--level", "market"], 1, ["markets"]),
      (["--level", "user", "--level", "commitment"], 1, ["distributions", "commitments"]),
      (["--level", "distributions"], 1, ["distributions"]), (["--only", "m2"], 0, []),
      (["--only", "m1", "--level", "market"], 1, ["markets"]), (["--only", "nothing"], 2, []),
      (["--level", "users"], 1, ["distributions"]), (["--level", "user", "--level", "galaxy"], 2, []),
      (["--level", "galaxy"], 2, []), (["--format", "xml"], 2, []), (["--limit", "x"], 2, []),
    ] as [([String], Int32, [String])])
  func `levels and markets can be chosen`(words: [String], exit: Int32, tables: [String]) {
    let pair = Pair([("m1,r1,yes,100", "m1,r1,yes,200")])
    let result = pair.workspace.settle(
      ["diff", pair.a, pair.b, "--format", "csv"] + words.filter { $0 != "--format" && $0 != "xml" })
    let asGiven = pair.workspace.settle(["diff", pair.a, pair.b] + words)
    #expect(asGiven.exitCode == exit)
    guard exit != 2 else { return }
    let named = result.output.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) }
    #expect(Set(named).subtracting(["money"]) == Set(tables))
    #expect(exit == 0 || named.first == "money", "the money is told whatever is asked for")
  }

  @Test func `a summary holds counts alone`() throws {
    let pair = Pair([("m1,r1,yes,100", "m1,r1,yes,200")])
    let answer = try pair.diff("--summary", "--json").json
    #expect(answer["tables"]?.elements?.map { $0["counts"]?["changed"]?.integer } == [1, 1, 1])
    #expect(answer["tables"]?.elements?.allSatisfy { $0["rows"] == nil } ?? false)
    #expect(!pair.diff("--summary").output.contains("m1"))
  }

  @Test func `what was given otherwise is told`() {
    let text = Pair([("m1,r1,yes,100", "m1,r1,yes,200")], options: ["--remainder", "house", "--as-of", "2026-02-01"])
      .diff().output
    #expect(text.contains("resolutions-1"))
    #expect(!text.contains("~  commitments-1"))
    #expect(text.contains("configuration.remainder"))
    #expect(text.contains("2026-02-01"))
  }

  @Test func `long lists are cut with a count, the largest first`() {
    let stakes = (0..<60).map { "c\(100 + $0),m1,v\(100 + $0),yes,\(1000 + $0 * 100)\n" }.joined()
    let pair = Pair([("c2,m1,u2,no,100\n", "c2,m1,u2,no,100\n" + stakes)])
    let text = pair.diff().output
    #expect(text.contains("users: the 20 largest of 61 differences"))
    #expect(text.contains("… and 41 more"))
    #expect(text.contains("v159") && !text.contains("v100"))
    #expect(pair.diff("--limit", "100").output.contains("v100"))
    #expect(pair.cells.contains { $0.contains("v100") })
  }

  // MARK: Sides

  @Test func `plans, manifests and bare directories can be compared`() throws {
    let pair = Pair([])
    _ = pair.workspace.settle(
      ["plan", "--resolutions", "a/resolutions.csv", "--commitments", "a/commitments.csv", "--out", "plan"])
    #expect(pair.workspace.settle("diff", "plan", pair.a).exitCode == 0)
    #expect(pair.workspace.settle("diff", "\(pair.a)/manifest.json", pair.b).exitCode == 0)
    for name in ["markets.csv", "commitments.csv"] {
      pair.workspace.write("bare/\(name)", try #require(pair.workspace.read("\(pair.a)/\(name)")))
    }
    let bare = pair.workspace.settle("diff", "bare", pair.b)
    #expect(bare.exitCode == 0)
    #expect(bare.output.contains("A has no distributions.csv"))
  }

  @Test func `tables that datapackage.json describes are compared by their keys`() {
    let workspace = Workspace()
    let package = """
      {"resources":[{"path":"prizes.csv","schema":{"primaryKey":["event_id","place"],"fields":[
      {"name":"event_id","type":"string"},{"name":"place","type":"integer"},{"name":"prize","type":"integer"}]}}]}
      """
    for (name, rows) in [("a", "e1,2,50\ne1,10,20\n"), ("b", "e1,2,55\ne1,10,20\ne2,1,7\n")] {
      workspace.write("\(name)/datapackage.json", package)
      workspace.write("\(name)/manifest.json", "{\"kind\":\"prizes\",\"run_id\":\"\(name)-1\"}")
      workspace.write("\(name)/prizes.csv", "event_id,place,prize\n" + rows)
    }
    let result = workspace.settle("diff", "a", "b", "--format", "csv")
    #expect(result.exitCode == 1)
    #expect(
      result.output.split(separator: "\n").dropFirst().map(String.init) == [
        "prizes,changed,e1,2,,,,prize,50,55,5,", "prizes,added,e2,1,,,,prize,,7,7,",
      ])
  }

  @Test(
    arguments: [
      (["nowhere", "a/outputs"], "unknown_run"), (["/nowhere/at/all", "latest"], "directory_missing"),
      (["damaged", "same"], "run_damaged"), (["unsorted", "same"], "run_damaged"), (["cut", "same"], "run_damaged"),
      (["empty", "same"], "run_damaged"), (["foreign", "same"], "nothing_to_compare"),
    ] as [([String], String)])
  func `what cannot be compared is exit 2`(operands: [String], code: String) {
    let workspace = Workspace()
    let header = "market_id,user_id,total_payout\n"
    workspace.write("same/distributions.csv", header + "m1,u1,5\n")
    workspace.write("damaged/distributions.csv", header + "m1,u1\n")
    workspace.write("unsorted/distributions.csv", header + "m2,u1,5\nm1,u1,5\n")
    workspace.write("cut/distributions.csv", header + "m1,u1,5")
    workspace.write("empty/distributions.csv", "")
    workspace.write("foreign/markets.csv", "market_id,currency\n")
    let result = workspace.settle(["diff", "--json"] + operands)
    #expect(result.exitCode == 2)
    #expect(result.errorCode == code, "\(result.output)")
  }

  // MARK: Against a second, simple comparison

  @Test func `random tables differ as a dictionary says`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let workspace = Workspace()
    for _ in 0..<12 {
      // Long ids and many rows: stretches that are the same cross the blocks in which the files are read.
      let count = Int.random(in: 0...3_000, using: &random)
      let padding = String(repeating: "x", count: Int.random(in: 0...100, using: &random))
      var sides: [[String: String]] = [[:], [:]]
      for row in 0..<count {
        let key = "m\(100_000 + row)\(padding),u\(row % 7)"
        let value = "\(row),\(row * 3)"
        switch Int.random(in: 0..<40, using: &random) {
        case 0: sides[0][key] = value
        case 1: sides[1][key] = value
        case 2: (sides[0][key], sides[1][key]) = (value, "\(row),\(row * 3 + 1)")
        default: (sides[0][key], sides[1][key]) = (value, value)
        }
      }
      for (name, rows) in zip(["a", "b"], sides) {
        let text = rows.map { "\($0.key),\($0.value)\n" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        workspace.write("\(name)/distributions.csv", "market_id,user_id,total_committed,total_payout\n" + text.joined())
      }
      let keys = Set(sides[0].keys).union(sides[1].keys)
      let changed = keys.filter { sides[0][$0] != nil && sides[1][$0] != nil && sides[0][$0] != sides[1][$0] }
      let result = workspace.settle("diff", "a", "b", "--json")
      let counts = SettledNight.json(result.output)?["tables"]?.elements?.first?["counts"]
      #expect(counts?["changed"]?.integer == Int64(changed.count), "seed \(seed)")
      #expect(counts?["added"]?.integer == Int64(keys.filter { sides[0][$0] == nil }.count), "seed \(seed)")
      #expect(counts?["removed"]?.integer == Int64(keys.filter { sides[1][$0] == nil }.count), "seed \(seed)")
      #expect(counts?["same"]?.integer == Int64(keys.filter { sides[0][$0] == sides[1][$0] }.count), "seed \(seed)")
      let listed = SettledNight.json(result.output)?["tables"]?.elements?.first?["rows"]?.elements?.count
      #expect(listed == keys.filter { sides[0][$0] != sides[1][$0] }.count, "seed \(seed)")
    }
  }
}
