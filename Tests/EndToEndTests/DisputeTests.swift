// Is disputed money kept back, and does a dispute end in a rollback or in nothing?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct DisputeTests {
  private func settled() throws -> (Workspace, String) {
    let workspace = Workspace(resolutions: RollbackTests.resolutions, commitments: RollbackTests.commitments)
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    return (workspace, try #require(workspace.runs().first))
  }

  private func dispute(_ workspace: Workspace, _ words: String...) -> ToolResult {
    workspace.settle(["dispute"] + words + ["--reason", "why not", "--json"])
  }

  @Test func `a dispute of one user's part is opened once, and released`() throws {
    let (workspace, run) = try settled()
    let balances = try workspace.rows(RollbackTests.balances)
    for _ in 1...2 {
      let opened = dispute(workspace, "open", run, "--market", "m1", "--user", "ann")
      #expect(opened.exitCode == 0)
      #expect(try opened.json["name"]?.text == "dispute-1")
    }
    #expect(
      try workspace.rows("SELECT market_id, user_id, status, by FROM distribution_states")
        == [["m1", "ann", "disputed", "dispute-1"]])
    #expect(workspace.settle("dispute", "list").output.contains("dispute-1"))
    #expect(dispute(workspace, "release", "dispute-1").exitCode == 0)
    #expect(try workspace.rows("SELECT * FROM distribution_states") == [])
    #expect(workspace.settle("dispute", "list").output == "no open disputes\n")
    #expect(workspace.settle("dispute", "list", "--all").output.contains("released"))
    #expect(try workspace.rows(RollbackTests.balances) == balances)
    #expect(dispute(workspace, "release", "1").errorCode == "dispute_closed")
    #expect(
      try workspace.rows("SELECT action, subject, result FROM actions WHERE action LIKE 'dispute%' ORDER BY id")
        == [["dispute open", "dispute-1", "open"], ["dispute release", "dispute-1", "released"]])
  }

  @Test func `an upheld dispute of one user moves that part to suspense`() throws {
    let (workspace, run) = try settled()
    #expect(dispute(workspace, "open", run, "--market", "m1", "--user", "ann").exitCode == 0)
    let upheld = dispute(workspace, "uphold", "1")
    #expect(upheld.exitCode == 0)
    #expect(try upheld.json["dispute"]?["state"]?.text == "upheld")
    let rollback = try #require(try upheld.json["rollback"]?["run_id"]?.text)
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'suspense'") == "296")
    #expect(try workspace.rows("SELECT status, by FROM distribution_states") == [["rolled_back", rollback]])
    #expect(workspace.settle("verify").exitCode == 0)
    #expect(dispute(workspace, "open", run, "--market", "m1", "--user", "ann").errorCode == "not_disputable")
  }

  @Test func `an upheld dispute of a market rolls it back, and a rollback closes what was disputed`() throws {
    let (workspace, run) = try settled()
    #expect(dispute(workspace, "open", run, "--market", "m2").exitCode == 0)
    #expect(dispute(workspace, "open", run, "--market", "m3", "--user", "bob").exitCode == 0)
    #expect(dispute(workspace, "uphold", "1").exitCode == 0)
    #expect(
      try workspace.rows("SELECT market_id FROM settlements WHERE rolled_back_by IS NOT NULL") == [["m2"]])
    #expect(workspace.settle("rollback", run, "--reason", "all of it").exitCode == 0)
    #expect(try workspace.rows("SELECT state FROM disputes ORDER BY id") == [["upheld"], ["upheld"]])
    #expect(try workspace.rows(RollbackTests.balances) == [])
  }

  @Test func `what nobody can dispute is refused`() throws {
    let (workspace, run) = try settled()
    #expect(dispute(workspace, "open", run, "--market", "m9").errorCode == "unknown_market")
    #expect(dispute(workspace, "open", run, "--market", "m1", "--user", "zoe").errorCode == "unknown_user")
    #expect(dispute(workspace, "open", run).errorCode == "usage")
    #expect(dispute(workspace, "uphold", "9").errorCode == "unknown_dispute")
    #expect(workspace.settle("dispute", "open", run, "--market", "m1", "--json").errorCode == "invalid_reason")
    #expect(try workspace.cell("SELECT count(*) FROM disputes") == "0")
  }

  @Test func `the user who lost can be upheld too: nothing moves`() throws {
    let (workspace, run) = try settled()
    #expect(dispute(workspace, "open", run, "--market", "m1", "--user", "bob").exitCode == 0)
    let upheld = dispute(workspace, "uphold", "1")
    #expect(upheld.exitCode == 0)
    #expect(try upheld.json["dispute"]?["state"]?.text == "upheld")
    #expect(try workspace.cell("SELECT count(*) FROM accounts WHERE name = 'suspense' AND balance <> 0") == "0")
  }
}
