// Do whole nights give what was worked out by hand, in the files and in the ledger?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct NightTests {
  static let nights: [(name: String, exit: Int32)] = [
    ("01-binary", 0), ("02-multi-option", 0), ("03-mixed", 0), ("04-void-and-no-winner", 0), ("05-several-winners", 0),
    ("06-minus-pool-and-remainders", 0), ("07-currencies", 0), ("08-bad-rows", 3),
  ]

  private func expectFiles(of directory: String, in workspace: Workspace, like night: String) throws {
    for file in dataFiles + ["rejects.csv"] {
      let expected = try #require(workspace.read("\(Workspace.packagePath)/inputs/\(night)/expected/\(file)"))
      #expect(workspace.read("\(directory)/\(file)") == expected, "\(night): \(file)")
    }
  }

  @Test(arguments: nights)
  func `run gives each worked night's expected files to the byte`(night: String, exit: Int32) throws {
    let workspace = Workspace(night: night)
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == exit, "\(result.errors)")
    #expect(result.output.contains("every unit accounted for"))
    #expect(!result.output.contains("NOT WHOLE"))
    let runs = workspace.runs()
    try #require(runs.count == 1)
    try expectFiles(of: "outputs/\(runs[0])", in: workspace, like: night)
  }

  @Test(arguments: nights)
  func `a saved plan holds the same files, and posts nothing`(night: String, exit: Int32) throws {
    let workspace = Workspace(night: night)
    let result = workspace.settle("plan", "--out", "plan")
    #expect(result.exitCode == exit, "\(result.errors)")
    try expectFiles(of: "plan", in: workspace, like: night)
    #expect(workspace.names("outputs") == [])
  }

  @Test(arguments: nights, ["1", "2", "7"])
  func `the number of threads changes no byte`(night: (name: String, exit: Int32), threads: String) throws {
    let workspace = Workspace(night: night.name)
    #expect(workspace.settle("plan", "--out", "plan", "--threads", threads).exitCode == night.exit)
    try expectFiles(of: "plan", in: workspace, like: night.name)
  }

  @Test func `all worked nights go into one ledger, and it stays whole`() throws {
    let workspace = Workspace()
    for (index, night) in NightTests.nights.enumerated() {
      let folder = Workspace(night: night.name)
      let arguments = ["run", "--outputs", "\(workspace.path)/outputs"] + (index == 0 ? ["--init-ledger"] : [])
      #expect(folder.settle(arguments).exitCode == night.exit)
    }
    #expect(workspace.runs().count == NightTests.nights.count)
    // The whole ledger, each escrow, each entry and each currency of an entry sum to 0.
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts") == "0")
    #expect(try workspace.rows("SELECT name FROM accounts WHERE name LIKE 'escrow:%' AND balance <> 0") == [])
    #expect(
      try workspace.rows("SELECT entry_id FROM postings GROUP BY entry_id HAVING sum(amount) <> 0") == [])
    #expect(
      try workspace.rows(
        """
        SELECT entries.id FROM entries JOIN postings ON entry_id = entries.id
        JOIN accounts ON accounts.id = account_id WHERE accounts.currency <> entries.currency
        """) == [])
    // One entry for each market and kind, and no posting for what nobody gets.
    #expect(
      try workspace.rows("SELECT market_id, kind FROM entries GROUP BY market_id, kind HAVING count(*) > 1") == [])
    #expect(try workspace.cell("SELECT count(*) FROM postings WHERE amount = 0") == "0")
    // Cached balances are the sums of the postings.
    #expect(
      try workspace.rows(
        """
        SELECT name FROM accounts LEFT JOIN postings ON account_id = accounts.id
        GROUP BY accounts.id HAVING balance <> coalesce(sum(amount), 0)
        """) == [])
  }

  @Test func `the ledger says what the files say`() throws {
    let workspace = Workspace(night: "01-binary")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let expected = [
      ["creator:u-kim", "27"], ["escrow:coin-toss", "0"], ["escrow:rain-on-sunday", "0"], ["house", "69"],
      ["stakes", "-3133"], ["user:u-ana", "1583"], ["user:u-ben", "850"], ["user:u-cho", "604"],
    ]
    #expect(try workspace.rows("SELECT name, balance FROM accounts ORDER BY name") == expected)
    #expect(workspace.settle("ledger", "balance", "user:u-ana").output == "1583\n")
    #expect(workspace.settle("ledger", "balance", "user:nobody").output == "0\n")
  }

  @Test func `the real night settles whole, and again has no effect`() throws {
    let workspace = Workspace(night: "replication-markets")
    let result = workspace.settle("run", "--init-ledger", "--json")
    #expect(result.exitCode == 0)
    let json = try result.json
    #expect(json["counts"]?["markets"]?.integer == 103)
    #expect(json["counts"]?["settled"]?.integer == 103)
    #expect(json["counts"]?["commitments"]?.integer == 4_943)
    #expect(json["counts"]?["distributions"]?.integer == 2_321)
    let totals = try #require(json["totals"]?["TOKEN"]?.members).mapValues { $0.integer ?? -1 }
    #expect(
      totals == [
        "gross_pool": 171_107_432, "total_payout": 164_744_452, "total_refund": 387_861, "house_fee": 4_267_955,
        "creator_fee": 1_707_164, "retained": 0, "breakage": 0,
      ])
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts") == "0")
    let before = workspace.read("outputs/ledger.db")
    #expect(workspace.settle("run", "--json").exitCode == 0)
    #expect(workspace.read("outputs/ledger.db") == before)
  }

  @Test func `several commitments of a user add up in one distribution`() throws {
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option\nm,r,red\n",
      commitments: """
        commitment_id,market_id,user_id,option_id,amount
        c1,m,u1,red,10
        c2,m,u1,red,30
        c3,m,u1,blue,5
        c4,m,u1,green,7
        c5,m,u2,blue,8

        """)
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let rows = try workspace.runFile("distributions.csv").split(separator: "\n").dropFirst()
    // Pool 60, all of it for c1 and c2: 15 and 45.
    #expect(Array(rows) == ["m,u1,52,60,20,12,2,2,0", "m,u2,8,0,0,8,0,1,0"])
  }

  @Test func `commitments of markets without a resolution are left alone and counted`() throws {
    let workspace = Workspace(
      resolutions: PlainNight.resolutions, commitments: PlainNight.commitments + "c3,later,u1,yes,7\n")
    let result = workspace.settle("run", "--init-ledger", "--json")
    #expect(result.exitCode == 0)
    #expect(try result.json["counts"]?["unresolved_commitments"]?.integer == 1)
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
    #expect(!(try workspace.runFile("commitments.csv").contains("later")))
    #expect(try workspace.cell("SELECT count(*) FROM accounts WHERE name = 'escrow:later'") == "0")
  }

  @Test func `cancelled and withdrawn commitments count nowhere but as excluded`() throws {
    let workspace = Workspace(
      resolutions: PlainNight.resolutions,
      commitments: """
        commitment_id,market_id,user_id,position,amount,status
        c1,m1,u1,yes,200,active
        c2,m1,u2,no,100,
        c3,m1,u3,yes,5000,cancelled
        c4,m1,u4,no,70,withdrawn

        """)
    let result = workspace.settle("run", "--init-ledger", "--json")
    #expect(result.exitCode == 0)
    #expect(try result.json["counts"]?["excluded_commitments"]?.integer == 2)
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
  }

  // MARK: demo

  @Test func `demo writes a night that settles as its README says`() throws {
    let workspace = Workspace()
    let result = workspace.settle("demo", "night")
    #expect(result.exitCode == 0)
    #expect(result.errors == "")
    #expect(result.output.contains("  cd night\n  settle run --init-ledger\n  settle verify\n"))
    #expect(workspace.names("night") == ["README.md", "commitments.csv", "resolutions.csv", "settle.json"])
    let run = workspace.settle(
      "run", "--init-ledger", "--resolutions", "night/resolutions.csv", "--commitments", "night/commitments.csv",
      "--config", "night/settle.json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let commitments = Table(try workspace.runFile("commitments.csv"))
    #expect(commitments.row(["commitment_id": "c-01"])["payout"] == "1589")
    #expect(commitments.row(["commitment_id": "c-02"])["payout"] == "715")
    let markets = Table(try workspace.runFile("markets.csv"))
    #expect(
      markets.brief("market_id", "outcome", "house_fee", "creator_fee", "total_payout", "total_refund")
        == "open-air-cinema void 0 0 0 195, rowing-final winner 22 0 1078 0, snow-in-may winner 72 24 2304 0, "
        + "village-fair-cake winner 22 0 1078 0")
  }

  @Test func `demo refuses a directory that holds something`() throws {
    let workspace = Workspace()
    workspace.write("night/mine.txt", "mine")
    let result = workspace.settle("demo", "night", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "output_exists")
    #expect(workspace.names("night") == ["mine.txt"])
    let empty = Workspace()
    let done = empty.settle("demo", empty.path + "/new", "--json")
    #expect(done.exitCode == 0)
    #expect(try done.json["files"]?.elements?.count == 4)
  }
}
