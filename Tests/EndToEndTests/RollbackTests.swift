// Is a run taken back exactly and once, and can its markets be settled again?
import Foundation
import Interchange
import Ledger
import TestSupport
import Testing

@Suite struct RollbackTests {
  /// Two markets with a fee, a creator, and a void one.
  static let resolutions = """
    market_id,resolution_id,winning_option,outcome,house_fee_bps,creator_fee_bps,creator_id
    m1,r1,x,,100,50,maker
    m2,r2,y,,200,,
    m3,r3,,void,,,

    """
  static let commitments = """
    commitment_id,market_id,user_id,option_id,amount
    a1,m1,ann,x,200
    a2,m1,bob,y,100
    b1,m2,ann,y,50
    b2,m2,cid,x,70
    c1,m3,bob,x,33

    """
  static let balances = "SELECT name, currency, balance FROM accounts WHERE balance <> 0 ORDER BY name, currency"

  private func settled() throws -> (Workspace, String) {
    let workspace = Workspace(resolutions: RollbackTests.resolutions, commitments: RollbackTests.commitments)
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    return (workspace, try #require(workspace.runs().first))
  }

  private func rollback(_ workspace: Workspace, _ words: String...) -> ToolResult {
    workspace.settle(["rollback"] + words + ["--reason", "wrong winner", "--json"])
  }

  @Test(arguments: ["id", "prefix", "directory", "manifest", "latest"])
  func `a run is rolled back, however it is named`(way: String) throws {
    let (workspace, run) = try settled()
    let name = [
      "id": run, "prefix": String(run.prefix(6)), "directory": "outputs/\(run)", "latest": "latest",
      "manifest": "outputs/\(run)/manifest.json",
    ][way]!
    let result = rollback(workspace, name)
    #expect(result.exitCode == 0)
    #expect(try result.json["status"]?.text == "applied")
    #expect(try workspace.rows(RollbackTests.balances) == [])
    #expect(
      try workspace.cell("SELECT count(*) FROM entries WHERE reverses IS NOT NULL")
        == workspace.cell("SELECT count(*) FROM entries WHERE reverses IS NULL"))
    #expect(workspace.settle("verify", run).exitCode == 0)
    #expect(workspace.settle("verify").exitCode == 0)
  }

  @Test func `each entry is taken back by one that is keyed by it, in reverse order`() throws {
    let (workspace, run) = try settled()
    #expect(rollback(workspace, run).exitCode == 0)
    let rows = try workspace.rows(
      "SELECT key, reverses, kind, market_id FROM entries WHERE reverses IS NOT NULL ORDER BY id")
    let originals = try workspace.rows("SELECT id, market_id FROM entries WHERE reverses IS NULL ORDER BY id DESC")
    #expect(rows == originals.map { ["rollback:\($0[0])", $0[0], "rollback", $0[1]] })
    #expect(
      try workspace.rows(
        """
        SELECT original.account_id, original.amount + mirrored.amount FROM postings AS original
        JOIN entries ON entries.reverses = original.entry_id
        JOIN postings AS mirrored ON mirrored.entry_id = entries.id AND mirrored.account_id = original.account_id
        WHERE original.amount + mirrored.amount <> 0
        """) == [])
  }

  @Test func `the same rollback again does nothing and names the earlier one`() throws {
    let (workspace, run) = try settled()
    let first = try #require(try rollback(workspace, run).json["run_id"]?.text)
    let entries = try workspace.cell("SELECT count(*) FROM entries")
    for words in [[run], [run, "--market", "m1"], [run, "--on-shortfall", "clamp"], [run, "--user", "ann"]] {
      let again = workspace.settle(["rollback"] + words + ["--reason", "twice", "--json"])
      #expect(again.exitCode == 0)
      #expect(try again.json["status"]?.text == "already_rolled_back")
      #expect(try again.json["earlier_rollbacks"]?.elements == [.string(first)])
    }
    #expect(rollback(workspace, run).exitCode == 0)
    #expect(workspace.settle("rollback", run, "--reason", "x").output.contains(first))
    #expect(try workspace.cell("SELECT count(*) FROM entries") == entries)
    #expect(workspace.runs().count == 2)
  }

  @Test func `after a rollback the same batch settles again under the next generation`() throws {
    let (workspace, run) = try settled()
    let balances = try workspace.rows(RollbackTests.balances)
    #expect(rollback(workspace, run).exitCode == 0)
    let result = workspace.settle("run", "--json")
    #expect(result.exitCode == 0)
    let json = try result.json
    #expect(json["generation"]?.integer == 2)
    #expect(try workspace.rows(RollbackTests.balances) == balances)
    let again = try #require(json["run_id"]?.text)
    let manifest = try JSONValue(parsing: Array(workspace.read("outputs/\(again)/manifest.json")!))
    #expect(manifest["corrects"]?.elements == [.string(run)])
    for name in dataFiles {
      #expect(workspace.read("outputs/\(run)/\(name)") == workspace.read("outputs/\(again)/\(name)"))
    }
    #expect(workspace.settle("verify", again, "--require-recompute").exitCode == 0)
    // And so can that one be taken back, once.
    #expect(rollback(workspace, again).exitCode == 0)
    #expect(try workspace.rows(RollbackTests.balances) == [])
  }

  @Test func `settle, roll back, settle corrected is settle corrected`() throws {
    let corrected = RollbackTests.resolutions.replacingOccurrences(of: "m1,r1,x", with: "m1,r1b,y")
    let (workspace, run) = try settled()
    workspace.write("resolutions.csv", corrected)
    #expect(workspace.settle("run").exitCode == 5, "another winner is a conflict before the rollback")
    #expect(rollback(workspace, run).exitCode == 0)
    let second = try #require(try workspace.settle("run", "--json").json["run_id"]?.text)
    let fresh = Workspace(resolutions: corrected, commitments: RollbackTests.commitments)
    #expect(fresh.settle("run", "--init-ledger").exitCode == 0)
    let only = try #require(fresh.runs().first)
    #expect(try workspace.rows(RollbackTests.balances) == fresh.rows(RollbackTests.balances))
    for name in dataFiles + ["rejects.csv"] {
      #expect(workspace.read("outputs/\(second)/\(name)") == fresh.read("outputs/\(only)/\(name)"), "\(name)")
    }
    #expect(workspace.settle("verify", second).exitCode == 0)
  }

  @Test func `one market alone is rolled back, and later the rest`() throws {
    let (workspace, run) = try settled()
    let result = rollback(workspace, run, "--market", "m2")
    #expect(result.exitCode == 0)
    let first = try #require(try result.json["run_id"]?.text)
    #expect(
      Table(workspace.text("outputs/\(first)/rolled_back.csv")).brief("market_id", "status", "entries")
        == "m2 rolled_back 3")
    #expect(
      try workspace.rows("SELECT name, balance FROM accounts WHERE name LIKE 'user:%' ORDER BY name")
        == [["user:ann", "296"], ["user:bob", "33"]])
    // The same night again settles that market alone.
    let again = try workspace.settle("run", "--json").json
    #expect(again["counts"]?["settled"]?.integer == 1)
    #expect(again["counts"]?["already_settled"]?.integer == 2)
    // What is left of the first run.
    let rest = rollback(workspace, run)
    #expect(rest.exitCode == 0)
    let second = try #require(try rest.json["run_id"]?.text)
    #expect(try rest.json["earlier_rollbacks"]?.elements == [.string(first)])
    #expect(
      Table(workspace.text("outputs/\(second)/rolled_back.csv")).brief("market_id", "status", "rolled_back_by")
        == "m1 rolled_back , m2 already_rolled_back \(first), m3 rolled_back ")
    #expect(
      try workspace.rows(RollbackTests.balances)
        == [["house", "TOKEN", "2"], ["stakes", "TOKEN", "-120"], ["user:ann", "TOKEN", "118"]])
  }

  @Test func `one user's part goes to suspense, and the whole market later takes it from there`() throws {
    let (workspace, run) = try settled()
    let result = rollback(workspace, run, "--user", "ann", "--market", "m1")
    #expect(result.exitCode == 0)
    let part = try #require(try result.json["run_id"]?.text)
    func balance(_ account: String) throws -> String {
      try workspace.cell("SELECT balance FROM accounts WHERE name = '\(account)'")
    }
    #expect(try balance("suspense") == "296")
    #expect(try balance("user:ann") == "118")
    #expect(
      try workspace.rows("SELECT market_id, user_id, status, by FROM distribution_states")
        == [["m1", "ann", "rolled_back", part]])
    // The market stays settled, and the part goes once.
    #expect(try workspace.settle("run", "--json").json["status"]?.text == "already_applied")
    let again = rollback(workspace, run, "--user", "ann", "--market", "m1")
    #expect(try again.json["status"]?.text == "already_rolled_back")
    #expect(try again.json["earlier_rollbacks"]?.elements == [.string(part)])
    #expect(try balance("suspense") == "296")
    #expect(workspace.settle("verify", part).exitCode == 0)
    let whole = rollback(workspace, run)
    #expect(whole.exitCode == 0)
    #expect(try workspace.rows(RollbackTests.balances) == [])
    #expect(workspace.settle("verify").exitCode == 0)
  }

  @Test func `a dry run lists what would move and writes nothing`() throws {
    let (workspace, run) = try settled()
    let before = workspace.read("outputs/ledger.db")
    let result = rollback(workspace, run, "--dry-run")
    #expect(result.exitCode == 0)
    let json = try result.json
    #expect(json["status"]?.text == "planned")
    #expect(json["counts"]?["rolled_back"]?.integer == 3)
    let moves = (json["movements"]?.elements ?? []).map {
      "\($0["market_id"]?.text ?? "") \($0["account"]?.text ?? "") \($0["reversed"]?.integer ?? 0)"
    }
    #expect(
      moves.sorted()
        == [
          "m1 creator:maker -1", "m1 house -3", "m1 stakes 300", "m1 user:ann -296", "m2 house -2", "m2 stakes 120",
          "m2 user:ann -118", "m3 stakes 33", "m3 user:bob -33",
        ].sorted())
    #expect(workspace.read("outputs/ledger.db") == before)
    #expect(workspace.runs() == [run])
    #expect(workspace.settle("rollback", run, "--reason", "x", "--dry-run").exitCode == 0)
  }

  @Test func `the rollback is a run with files, manifest, reason and operator`() throws {
    let (workspace, run) = try settled()
    let result = workspace.settle(
      "rollback", run, "--reason", "wrong, \"sorry\"", "--operator", NSUserName(), "--json")
    let id = try #require(try result.json["run_id"]?.text)
    #expect(
      workspace.names("outputs/\(id)") == [
        "SHA256SUMS", "datapackage.json", "manifest.json", "receivables.csv", "reversals.csv", "rolled_back.csv",
        "run-info.json", "shortfalls.csv",
      ])
    let manifest = try JSONValue(parsing: Array(workspace.read("outputs/\(id)/manifest.json")!))
    #expect(manifest["kind"]?.text == "rollback")
    #expect(manifest["reverses"]?.text == run)
    #expect(manifest["configuration"]?["reason"]?.text == "wrong, \"sorry\"")
    #expect(
      try workspace.rows("SELECT action, subject, reason, result FROM actions WHERE action = 'rollback'")
        == [["rollback", id, "wrong, \"sorry\"", "applied"]])
    let sums = workspace.run("/usr/bin/env", ["sha256sum", "-c", "--quiet", "outputs/\(id)/SHA256SUMS"])
    #expect(sums.exitCode != 127)
  }

  @Test func `what cannot be undone is refused`() throws {
    let (workspace, run) = try settled()
    #expect(workspace.settle("plan", "--out", "plan").exitCode == 0)
    func code(_ words: String...) -> String {
      let result = workspace.settle(["rollback", "--json"] + words)
      return "\(result.exitCode) \(result.errorCode ?? "")"
    }
    #expect(code(run) == "2 invalid_reason")
    #expect(code(run, "--reason", " ") == "2 invalid_reason")
    #expect(code(run, "--reason", "x", "--market", "m9") == "2 unknown_market")
    #expect(code("nothing", "--reason", "x") == "2 unknown_run")
    #expect(code("plan", "--reason", "x") == "5 manifest_unknown")
    #expect(code(run, "--reason", "x", "--operator", "eve") == "8 unauthenticated")
    #expect(code(run, "--reason", "x", "--on-shortfall", "maybe") == "2 usage")
    let undone = try #require(try rollback(workspace, run).json["run_id"]?.text)
    #expect(code(undone, "--reason", "x") == "4 rollback_of_rollback")
    #expect(workspace.runs().count == 2)
  }

  /// What somebody changed, and how the rollback answers.
  static let forgeries: [(change: String, code: String, object: String)] = [
    ("UPDATE postings SET amount = amount + 1 WHERE id = 1", "entry_changed", "entry 1"),
    ("DELETE FROM postings WHERE id = 4", "entry_changed", "entry 2"),
    ("DELETE FROM entries WHERE id = 2", "entry_changed", "entries 2 to 2"),
    ("UPDATE entries SET kind = 'refunds' WHERE id = 2", "entry_changed", "entry 2"),
    ("UPDATE accounts SET name = 'user:eve' WHERE name = 'user:ann'", "entry_changed", "entry 2"),
    ("DELETE FROM settlements WHERE market_id = 'm1'", "entry_changed", "a settlement"),
    ("UPDATE settlements SET market_id = 'm9' WHERE market_id = 'm1'", "entry_changed", "a settlement"),
    ("UPDATE runs SET manifest_sha256 = '00'", "manifest_mismatch", "manifest.json"),
    ("UPDATE runs SET sequence_after = sequence_after - 1", "manifest_mismatch", "manifest.json"),
    ("UPDATE meta SET value = '00' WHERE key = 'ledger_id'", "ledger_mismatch", "ledger"),
    ("cut markets.csv", "output_changed", "markets.csv"), ("cut SHA256SUMS", "output_changed", "SHA256SUMS"),
    ("cut manifest.json", "manifest_damaged", "manifest.json"),
    ("rm commitments.csv", "output_changed", "commitments.csv"),
    ("rm manifest.json", "manifest_missing", "manifest.json"),
    (#"sed "schema_version": 1 -> "schema_version": 2"#, "manifest_damaged", "schema version 1"),
    (#"sed "generation": 1 -> "generation": 3"#, "manifest_mismatch", "manifest.json"),
  ]

  @Test(arguments: forgeries)
  func `what is not as it was written is refused and named, and nothing is written`(
    change: String, code: String, object: String
  ) throws {
    let (workspace, run) = try settled()
    func file(_ name: String) -> String { "outputs/\(run)/\(name)" }
    if change.hasPrefix("cut ") {
      let name = file(String(change.dropFirst(4)))
      workspace.write(name, String(workspace.text(name).dropLast(20)))
    } else if change.hasPrefix("rm ") {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/\(file(String(change.dropFirst(3))))")
    } else if change.hasPrefix("sed ") {
      let words = change.dropFirst(4).components(separatedBy: " -> ")
      let text = workspace.text(file("manifest.json"))
      workspace.write(file("manifest.json"), text.replacingOccurrences(of: words[0], with: words[1]))
    } else {
      for trigger in try workspace.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
        try workspace.execute("DROP TRIGGER \"\(trigger[0])\"")
      }
      try workspace.execute(change)
    }
    let before = (workspace.read("outputs/ledger.db"), workspace.names("outputs"))
    for words in [[run], [run, "--dry-run"], [run, "--market", "m2", "--on-shortfall", "clamp"]] {
      let result = workspace.settle(["rollback", "--reason", "x", "--json"] + words)
      #expect(result.exitCode == 5, "\(words)")
      #expect(result.errorCode == code, "\(words)")
      #expect(try result.json["error"]?["message"]?.text?.contains(object) == true, "\(result.output)")
    }
    #expect(workspace.read("outputs/ledger.db") == before.0)
    #expect(workspace.names("outputs") == before.1)
  }

  @Test func `entries that something else took back are not taken back twice`() throws {
    let (workspace, run) = try settled()
    let ledger = try Ledger("\(workspace.path)/outputs/ledger.db", .readWrite)
    let original = try #require(try EntryFinder(ledger).entry(1))
    try ledger.database.transaction { () throws(LedgerError) in
      let writer = try EntryWriter(ledger)
      var entry = EntryWriter.Entry(
        key: nil, kind: "reversal", runID: nil, marketID: nil, currency: original.fields.currency)
      entry.reverses = original.id
      writer.begin(entry)
      for posting in original.postings { try writer.post(-posting.amount, to: posting.account) }
      try writer.end()
      // What it takes may be spent already; that is not the question here.
      for posting in original.postings { try writer.allowBelowLimit(posting.account) }
      try writer.finish()
    }
    let before = workspace.read("outputs/ledger.db")
    let result = workspace.settle("rollback", run, "--reason", "x", "--json")
    #expect(result.exitCode == 5)
    #expect(result.errorCode == "later_run_depends")
    let last = try #require(try workspace.rows("SELECT max(id) FROM entries").first?.first)
    #expect(try result.json["error"]?["message"]?.text?.contains("entry \(last) ") == true)
    #expect(workspace.read("outputs/ledger.db") == before)
  }

  @Test func `a manifest that was taken away alone is proved by the run's own directory`() throws {
    let (workspace, run) = try settled()
    // Beside the inputs, whose names are those of a run's files.
    workspace.write("manifest.json", workspace.text("outputs/\(run)/manifest.json"))
    #expect(rollback(workspace, "manifest.json").exitCode == 0)
    #expect(try workspace.rows(RollbackTests.balances) == [])
  }

  @Test func `a commitment that is rolled back is told as such`() throws {
    let (workspace, run) = try settled()
    let part = try #require(try rollback(workspace, run, "--user", "ann", "--market", "m1").json["run_id"]?.text)
    func status(_ id: String) throws -> String? {
      try workspace.settle("show", run, "--commitment", id, "--json").json["commitments"]?.elements?.first?["status"]?
        .text
    }
    #expect(try status("a1") == "rolled_back")
    #expect(try status("a2") == "lost")
    #expect(workspace.settle("show", run, "--commitment", "a1").output.contains(part))
    #expect(rollback(workspace, run).exitCode == 0)
    #expect(try status("a2") == "rolled_back")
  }
}
