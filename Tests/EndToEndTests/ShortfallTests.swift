// What happens where somebody spent what a rollback would take?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct ShortfallTests {
  /// The rollback tests' night; ann got 296 of m1 and 118 of m2, and spent `spent` of the 414.
  private func settled(spent: Int) throws -> (Workspace, String) {
    let workspace = Workspace(resolutions: RollbackTests.resolutions, commitments: RollbackTests.commitments)
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    #expect(workspace.settle("ledger", "debit", "user:ann", "\(spent)").exitCode == 0)
    return (workspace, try #require(workspace.runs().first))
  }

  private func balance(_ workspace: Workspace, _ account: String) throws -> Int {
    try workspace.rows("SELECT balance FROM accounts WHERE name = '\(account)'").first.flatMap { Int($0[0]) } ?? 0
  }

  @Test func `strict: the market that is short stays, the others go, and the rest later`() throws {
    let (workspace, run) = try settled(spent: 200)
    let result = workspace.settle("rollback", run, "--reason", "x", "--json")
    #expect(result.exitCode == 3)
    let json = try result.json
    #expect(
      (json["markets"]?.elements ?? []).map { "\($0["market_id"]?.text ?? "") \($0["status"]?.text ?? "")" }
        == ["m1 blocked", "m2 rolled_back", "m3 rolled_back"])
    let shortfall = json["shortfalls"]?.elements?.first
    // The last market goes first: m2 took 118 of the 214 that were left.
    #expect(shortfall?["account"]?.text == "user:ann")
    #expect(shortfall?["required"]?.integer == 296)
    #expect(shortfall?["available"]?.integer == 96)
    #expect(shortfall?["shortfall"]?.integer == 200)
    #expect(try balance(workspace, "user:ann") == 96)
    let first = try #require(json["run_id"]?.text)
    #expect(
      Table(workspace.text("outputs/\(first)/shortfalls.csv")).brief("market_id", "account", "shortfall", "handling")
        == "m1 user:ann 200 blocked")
    // Nothing more can go: no run is made.
    let again = workspace.settle("rollback", run, "--reason", "x", "--json")
    #expect(again.exitCode == 3)
    #expect(try again.json["status"]?.text == "blocked")
    #expect(workspace.runs().count == 2)
    #expect(workspace.settle("ledger", "credit", "user:ann", "200").exitCode == 0)
    let rest = workspace.settle("rollback", run, "--reason", "x", "--json")
    #expect(rest.exitCode == 0)
    #expect(try rest.json["run_id"]?.text == String(first.dropLast()) + "2")
    #expect(try balance(workspace, "user:ann") == 0)
    for name in workspace.runs() { #expect(workspace.settle("verify", name).exitCode == 0) }
  }

  @Test func `clamp: what is there is taken, the rest is a receivable`() throws {
    let (workspace, run) = try settled(spent: 200)
    let result = workspace.settle("rollback", run, "--reason", "x", "--on-shortfall", "clamp", "--json")
    #expect(result.exitCode == 0)
    #expect(try balance(workspace, "user:ann") == 0)
    #expect(try balance(workspace, "receivable:ann") == -200)
    #expect(try balance(workspace, "house") == 0)
    let rollback = try #require(try result.json["run_id"]?.text)
    #expect(
      Table(workspace.text("outputs/\(rollback)/receivables.csv")).brief("market_id", "receivable", "amount")
        == "m1 receivable:ann 200")
    #expect(workspace.settle("verify", rollback).exitCode == 0)
    #expect(workspace.settle("ledger", "check").exitCode == 0)
    #expect(workspace.settle("run").exitCode == 0)
  }

  @Test func `allow-negative: the balance falls below zero`() throws {
    let (workspace, run) = try settled(spent: 200)
    let result = workspace.settle("rollback", run, "--reason", "x", "--on-shortfall", "allow-negative", "--json")
    #expect(result.exitCode == 0)
    #expect(try balance(workspace, "user:ann") == -200)
    #expect(workspace.settle("verify").exitCode == 0)
    #expect(workspace.settle("ledger", "check").exitCode == 0)
  }

  @Test func `a user's part that is spent: blocked, or owed`() throws {
    let (workspace, run) = try settled(spent: 400)
    let words = ["rollback", run, "--user", "ann", "--market", "m1", "--reason", "x", "--json"]
    #expect(workspace.settle(words).exitCode == 3)
    #expect(try balance(workspace, "suspense") == 0)
    let clamped = workspace.settle(words + ["--on-shortfall", "clamp"])
    #expect(clamped.exitCode == 0)
    #expect(try balance(workspace, "suspense") == 296)
    #expect(try balance(workspace, "receivable:ann") == -282)
    #expect(workspace.settle("verify").exitCode == 0)
    // The market as a whole takes that part from suspense; the other market is short still.
    let rest = workspace.settle("rollback", run, "--market", "m1", "--reason", "x", "--json")
    #expect(rest.exitCode == 0)
    #expect(try balance(workspace, "suspense") == 0)
    #expect(workspace.settle("verify").exitCode == 0)
  }

  @Test func `fees that the house gave away block too`() throws {
    let (workspace, run) = try settled(spent: 1)
    #expect(workspace.settle("ledger", "debit", "house", "4").exitCode == 0)
    let result = workspace.settle("rollback", run, "--market", "m1", "--reason", "x", "--json")
    #expect(result.exitCode == 3)
    #expect(try result.json["shortfalls"]?.elements?.first?["account"]?.text == "house")
    let clamped = workspace.settle("rollback", run, "--market", "m1", "--reason", "x", "--on-shortfall", "clamp")
    #expect(clamped.exitCode == 0)
    #expect(try balance(workspace, "receivable::house") == -2)
    #expect(workspace.settle("verify").exitCode == 0)
  }
}
