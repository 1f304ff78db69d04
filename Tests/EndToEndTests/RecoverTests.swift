// Is what a crash or a restored backup leaves put right, or named?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct RecoverTests {
  private func settled() throws -> (Workspace, String) {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    return (workspace, try #require(workspace.runs().first))
  }

  private func move(_ workspace: Workspace, _ old: String, _ new: String) throws {
    try FileManager.default.moveItem(atPath: "\(workspace.path)/\(old)", toPath: "\(workspace.path)/\(new)")
  }

  @Test(arguments: ["recover", "run", "rollback", "credit", "operators", "schedule"])
  func `a run that was applied is published by the next command that writes`(command: String) throws {
    let (workspace, run) = try settled()
    try move(workspace, "outputs/\(run)", "outputs/.staging/\(run)")
    workspace.write("outputs/.staging/0123456789abcdef-1/markets.csv", "half")
    let words = [
      "recover": ["recover"], "run": ["run"], "rollback": ["rollback", run, "--reason", "x"],
      "credit": ["ledger", "credit", "user:zoe", "5", "--reason", "x"],
      "operators": ["operators", "add", "cat", "--role", "admin"], "schedule": ["payouts", "schedule"],
    ][command]!
    let result = workspace.settle(words)
    // Nobody told where to send the money: the transfer is held.
    #expect(result.exitCode == (command == "schedule" ? 3 : 0), "\(result.output)\(result.errors)")
    #expect((result.output + result.errors).contains("run \(run) was applied before an interruption"))
    #expect(workspace.names("outputs/.staging") == [])
    #expect(workspace.settle("verify", run).exitCode == 0)
    #expect(workspace.settle("recover").output == "nothing to recover\n")
  }

  @Test func `an older ledger under newer runs is recognised, and they are moved aside`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let old = try #require(workspace.read("outputs/ledger.db"))
    #expect(workspace.settle("run").exitCode == 0)
    let run = try #require(workspace.runs().first)
    workspace.write("outputs/ledger.db", old)
    let refused = workspace.settle("run", "--json")
    #expect(refused.exitCode == 5)
    #expect(refused.errorCode == "ledger_behind")
    let recovered = workspace.settle("recover", "--json")
    #expect(recovered.exitCode == 1)
    #expect(try recovered.json["findings"]?.elements?.first?["code"]?.text == "ledger_behind")
    #expect(workspace.names("outputs/.quarantine") == [run])
    #expect(workspace.settle("recover").exitCode == 0)
    #expect(workspace.settle("run").exitCode == 0)
    #expect(workspace.runs() == [run])
  }

  @Test func `runs of the ledger whose directory is gone or changed are named`() throws {
    let (workspace, run) = try settled()
    try move(workspace, "outputs/\(run)", "elsewhere")
    let gone = workspace.settle("recover", "--json")
    #expect(gone.exitCode == 1)
    #expect(try gone.json["findings"]?.elements?.first?["code"]?.text == "directory_missing")
    try move(workspace, "elsewhere", "outputs/\(run)")
    workspace.write("outputs/\(run)/manifest.json", workspace.text("outputs/\(run)/manifest.json") + "\n")
    let changed = workspace.settle("recover", "--json")
    #expect(changed.exitCode == 1)
    #expect(try changed.json["findings"]?.elements?.first?["code"]?.text == "manifest_mismatch")
  }

  @Test(arguments: ["gone", "cut off"])
  func `a run of which a restored backup lacks a part is named`(what: String) throws {
    let (workspace, run) = try settled()
    let path = "outputs/\(run)/distributions.csv"
    if what == "gone" {
      try move(workspace, path, "elsewhere")
    } else {
      workspace.write(path, String(workspace.text(path).dropLast()))
    }
    let result = workspace.settle("recover", "--json")
    #expect(result.exitCode == 1)
    #expect(try result.json["findings"]?.elements?.first?["code"]?.text == "output_changed")
    #expect(try result.json["findings"]?.elements?.first?["message"]?.text?.contains(path) == true)
  }

  @Test func `what another ledger's run left aside is not cleared away`() throws {
    let (workspace, run) = try settled()
    try move(workspace, "outputs/\(run)", "outputs/.staging/\(run)")
    #expect(workspace.settle("ledger", "init", "--ledger", "other.db").exitCode == 0)
    for words in [
      ["run"], ["rollback", "x", "--reason", "x"], ["ledger", "credit", "user:zoe", "5", "--reason", "x"],
    ] {
      let result = workspace.settle(words + ["--ledger", "other.db", "--outputs", "outputs", "--json"])
      #expect(words[0] == "ledger" || result.exitCode == 5 && result.errorCode == "ledger_mismatch", "\(words)")
      #expect(workspace.names("outputs/.staging") == [run])
    }
    let named = workspace.settle("recover", "--ledger", "other.db", "--outputs", "outputs", "--json")
    #expect(named.exitCode == 1)
    #expect(try named.json["findings"]?.elements?.first?["code"]?.text == "ledger_mismatch")
    // The ledger whose run it is publishes it.
    #expect(workspace.settle("recover").exitCode == 0)
    #expect(workspace.settle("verify", run).exitCode == 0)
  }

  @Test func `an older ledger does not clear away what a later state of it may have applied`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let old = try #require(workspace.read("outputs/ledger.db"))
    #expect(workspace.settle("run").exitCode == 0)
    let first = try #require(workspace.runs().first)
    workspace.write("resolutions.csv", workspace.text("resolutions.csv").replacingOccurrences(of: "m1", with: "n1"))
    workspace.write("commitments.csv", workspace.text("commitments.csv").replacingOccurrences(of: "m1", with: "n1"))
    #expect(workspace.settle("run").exitCode == 0)
    let second = try #require(workspace.runs().first { $0 != first })
    try move(workspace, "outputs/\(second)", "outputs/.staging/\(second)")
    try move(workspace, "outputs/\(first)", "elsewhere")
    workspace.write("outputs/ledger.db", old)
    #expect(workspace.settle("run", "--json").errorCode == "ledger_behind")
    #expect(workspace.names("outputs/.staging") == [second])
    #expect(workspace.settle("recover").exitCode == 1)
    #expect(workspace.names("outputs/.quarantine") == [second])
  }

  @Test func `nothing is paid out from a ledger that is older than its outputs, and doctor says so`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let old = try #require(workspace.read("outputs/ledger.db"))
    #expect(workspace.settle("run").exitCode == 0)
    workspace.write("outputs/ledger.db", old)
    for words in [["payouts", "schedule"], ["payouts", "process", "--rail", "file"]] {
      let refused = workspace.settle(words + ["--json"])
      #expect(refused.exitCode == 5)
      #expect(refused.errorCode == "ledger_behind")
    }
    let doctor = workspace.settle("doctor")
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("restored from an older copy"))
  }

  @Test func `saved plans and other folders stay where they are`() throws {
    let (workspace, _) = try settled()
    workspace.write("resolutions.csv", "market_id,resolution_id,winning_option\nm2,r2,yes\n")
    #expect(workspace.settle("plan", "--out", "outputs/tomorrow").exitCode == 0)
    workspace.write("outputs/notes/readme.txt", "mine")
    #expect(workspace.settle("recover").output == "nothing to recover\n")
    #expect(workspace.names("outputs").contains("tomorrow"))
    #expect(workspace.settle("run").exitCode == 0)
  }

  @Test func `two that make the ledger at once make one`() throws {
    let workspace = Workspace.plainNight
    let script =
      "\"$0\" run --init-ledger --lock-timeout 30 & \"$0\" run --init-ledger --lock-timeout 30 & wait -n; a=$?; wait -n; exit $((a + $?))"
    let result = workspace.run("/bin/bash", ["-c", script, Workspace.binary])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(workspace.runs().count == 1)
    #expect(workspace.names("outputs").filter { $0.contains(".new-") } == [])
  }
}
