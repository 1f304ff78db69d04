// What happens when a night, or a market, comes a second time?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct IdempotencyTests {
  private func files(_ workspace: Workspace) -> [String: Data] {
    var files: [String: Data] = [:]
    for run in workspace.runs() {
      for name in workspace.names("outputs/\(run)") {
        files["\(run)/\(name)"] = workspace.read("outputs/\(run)/\(name)")
      }
    }
    files["ledger.db"] = workspace.read("outputs/ledger.db")
    return files
  }

  @Test func `the same batch again has no second effect and names the earlier run`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let run = try #require(workspace.runs().first)
    let before = files(workspace)
    for _ in 0..<2 {
      let again = workspace.settle("run")
      #expect(again.exitCode == 0)
      #expect(again.output == "nothing to do: this batch is applied already, as run \(run)\n")
      let json = try workspace.settle("run", "--json").json
      #expect(json["status"]?.text == "already_applied")
      #expect(json["run_id"]?.text == run)
    }
    #expect(files(workspace) == before)
    #expect(workspace.settle("plan").output.hasPrefix("nothing to do: this batch is applied already, as run \(run)\n"))
  }

  @Test func `a batch is known by its bytes, not by names, places or time`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    workspace.write("copy/r2.csv", PlainNight.resolutions)
    workspace.write("copy/c2.csv", PlainNight.commitments)
    let result = workspace.settle(
      "run", "--resolutions", "copy/r2.csv", "--commitments", "copy/c2.csv", "--as-of", "2030-01-01", "--threads", "1",
      "--json")
    #expect(result.exitCode == 0)
    #expect(try result.json["status"]?.text == "already_applied")
    #expect(workspace.read("outputs/ledger.db") == before)
    // The same run id in another outputs directory, with another ledger.
    let other = Workspace.plainNight
    #expect(other.settle("run", "--init-ledger").exitCode == 0)
    #expect(other.runs() == workspace.runs())
  }

  @Test func `the same facts in another file: already settled, nothing is posted`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let entries = try workspace.cell("SELECT count(*) FROM entries")
    let lines = PlainNight.commitments.split(separator: "\n")
    workspace.write("commitments.csv", [lines[0], lines[2], lines[1]].joined(separator: "\n"))
    let result = workspace.settle("run", "--json")
    #expect(result.exitCode == 0)
    let json = try result.json
    #expect(json["counts"]?["already_settled"]?.integer == 1)
    #expect(json["counts"]?["settled"]?.integer == 0)
    #expect(try workspace.cell("SELECT count(*) FROM entries") == entries)
    #expect(workspace.runs().count == 2)
    let second = try #require(json["run_id"]?.text)
    #expect(Table(workspace.text("outputs/\(second)/markets.csv")).brief("market_id", "status") == "m1 already_settled")
    #expect(workspace.text("outputs/\(second)/commitments.csv").split(separator: "\n").count == 1)
  }

  @Test(arguments: [
    ("another amount", PlainNight.resolutions, "c1,m1,u1,yes,201\nc2,m1,u2,no,100\n"),
    ("another user", PlainNight.resolutions, "c1,m1,u9,yes,200\nc2,m1,u2,no,100\n"),
    ("one commitment more", PlainNight.resolutions, "c1,m1,u1,yes,200\nc2,m1,u2,no,100\nc3,m1,u3,no,1\n"),
    ("one commitment less", PlainNight.resolutions, "c1,m1,u1,yes,200\n"),
    (
      "another winner", "market_id,resolution_id,winning_option,house_fee_bps\nm1,m1-r1,no,100\n",
      "c1,m1,u1,yes,200\nc2,m1,u2,no,100\n"
    ),
    (
      "another fee", "market_id,resolution_id,winning_option,house_fee_bps\nm1,m1-r1,yes,101\n",
      "c1,m1,u1,yes,200\nc2,m1,u2,no,1000\n"
    ),
    (
      "another resolution id", "market_id,resolution_id,winning_option,house_fee_bps\nm1,m1-r2,yes,100\n",
      "c1,m1,u1,yes,200\nc2,m1,u2,no,100\n"
    ),
  ])
  func `other facts for a settled market are a conflict, and other markets settle`(
    change: String, resolutions: String, rows: String
  ) throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let first = workspace.runs()
    let before = try workspace.rows(
      "SELECT name, balance FROM accounts WHERE name LIKE '%u1' OR name LIKE '%m1' ORDER BY name")
    workspace.write("resolutions.csv", resolutions + "new,new-r1,yes,0\n")
    workspace.write(
      "commitments.csv", "commitment_id,market_id,user_id,position,amount\n" + rows + "n1,new,u7,yes,40\n")
    let result = workspace.settle("run")
    #expect(result.exitCode == 5, "\(change)")
    let second = try #require(workspace.runs().first { !first.contains($0) })
    #expect(
      Table(workspace.text("outputs/\(second)/markets.csv")).brief("market_id", "status", "hold_reason")
        == "m1 held already_settled_otherwise, new settled ", "\(change)")
    #expect(result.output.contains(first[0]), "the earlier run is named")
    #expect(try workspace.cell("SELECT count(*) FROM entries WHERE market_id = 'm1' AND run_id = '\(second)'") == "0")
    #expect(
      try workspace.rows("SELECT name, balance FROM accounts WHERE name LIKE '%u1' OR name LIKE '%m1' ORDER BY name")
        == before)
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'user:u7'") == "40")
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts") == "0")
  }

  @Test func `a held market is settled by a later batch, the others stay as they are`() throws {
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option\ngood,r1,x\nbad,r2,x\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\ng1,good,u1,x,10\nb1,bad,u1,x,ten\n")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 3)
    workspace.write(
      "commitments.csv", "commitment_id,market_id,user_id,option_id,amount\ng1,good,u1,x,10\nb1,bad,u1,x,11\n")
    let result = workspace.settle("run", "--json")
    #expect(result.exitCode == 0)
    #expect(try result.json["counts"]?["settled"]?.integer == 1)
    #expect(try result.json["counts"]?["already_settled"]?.integer == 1)
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'user:u1'") == "21")
  }

  @Test func `the held batch itself again: the earlier run is named, and nothing is posted`() throws {
    let workspace = Workspace(night: "08-bad-rows")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 3)
    let entries = try workspace.cell("SELECT count(*) FROM entries")
    let again = workspace.settle("run", "--json")
    #expect(again.exitCode == 3)
    #expect(try again.json["generation"]?.integer == 1)
    #expect(try again.json["status"]?.text == "already_applied")
    #expect(try workspace.cell("SELECT count(*) FROM runs") == "1")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == entries)
    // Settling the rest of the same files is another batch: the flag is part of the configuration.
    let rest = workspace.settle("run", "--settle-with-rejects", "--json")
    #expect(rest.exitCode == 3)
    #expect(try rest.json["counts"]?["settled"]?.integer == 4)
    #expect(try rest.json["counts"]?["already_settled"]?.integer == 1)
  }

  @Test func `only one market at a time: the rest of the batch is settled later, each once`() throws {
    let workspace = Workspace(night: "01-binary")
    #expect(workspace.settle("run", "--init-ledger", "--only", "coin-toss").exitCode == 0)
    let result = workspace.settle("run", "--json")
    #expect(result.exitCode == 0)
    #expect(try result.json["counts"]?["settled"]?.integer == 1)
    #expect(try result.json["counts"]?["already_settled"]?.integer == 1)
    let whole = Workspace(night: "01-binary")
    #expect(whole.settle("run", "--init-ledger").exitCode == 0)
    let sql = "SELECT name, balance FROM accounts ORDER BY name"
    #expect(try workspace.rows(sql) == whole.rows(sql))
  }
}
