// Are runs listed, and found by every way to name one?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct RunsTests {
  @Test func `a long list is cut with a count, the last runs stay`() {
    let night = SettledNight("01-binary")
    _ = night.workspace.settle(
      ["run"]
        + ["resolutions", "commitments"].flatMap {
          ["--\($0)", "\(Workspace.packagePath)/inputs/02-multi-option/\($0).json"]
        })
    let text = night.workspace.settle("runs", "--limit", "1").output
    #expect(text.hasPrefix("… 1 before these"))
    #expect(!text.contains(night.runID))
    #expect(night.workspace.settle("runs").output.contains(night.runID))
  }

  /// Settles a night of one market behind this one.
  private static func settleAnother(_ night: SettledNight, _ options: String...) -> String {
    night.workspace.write("night/commitments.csv", "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,5\n")
    night.workspace.write("night/resolutions.csv", "market_id,resolution_id,winning_option\nm1,r1,yes\n")
    return SettledNight.run(night.workspace, options)
  }

  @Test func `runs are listed in the order they were applied`() throws {
    let night = SettledNight("01-binary", "--operator", "kim")
    let second = RunsTests.settleAnother(night, "--operator", "kim")
    let runs = try #require(night.ask("runs").json["runs"]?.elements)
    #expect(runs.map { $0["run_id"]?.text } == [night.runID, second])
    #expect(runs.map { $0["markets_settled"]?.integer } == [2, 1])
    #expect(runs.map { $0["entries"]?.integer } == [5, 2])
    #expect(
      runs.allSatisfy {
        $0["operator"]?.text == "kim" && $0["is_published"] == .bool(true) && $0["kind"]?.text == "settlement"
      })
    let text = night.workspace.settle("runs").output
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.contains(second))
  }

  @Test func `a ledger without runs, and none at all`() {
    let workspace = Workspace()
    #expect(workspace.settle("runs").exitCode == 4)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let result = workspace.settle("runs")
    #expect(result.exitCode == 0)
    #expect(result.output == "no runs yet\n")
    #expect(SettledNight.json(workspace.settle("runs", "--json").output)?["runs"] == .array([]))
  }

  @Test func `a run whose directory is gone is said to be missing`() {
    let night = SettledNight("01-binary")
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/\(night.directory)")
    #expect(night.ask("runs").json["runs"]?.elements?.first?["state"]?.text == "missing")
  }

  // MARK: Ways to name a run

  @Test func `a run is found by id, prefix, directory, manifest and latest`() {
    let night = SettledNight("01-binary")
    let absolute = "\(night.workspace.path)/\(night.directory)"
    for name in [
      night.runID, String(night.runID.prefix(4)), String(night.runID.dropLast()), night.directory,
      "\(night.directory)/",
      "\(night.directory)/manifest.json", absolute, "latest",
    ] {
      let (exit, answer) = night.ask("show", name)
      #expect(exit == 0)
      #expect(answer["run_id"]?.text == night.runID, "\(name)")
    }
  }

  @Test func `without a ledger latest is the run that finished last`() {
    let night = SettledNight("01-binary")
    let second = RunsTests.settleAnother(night)
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/outputs/ledger.db")
    #expect(night.ask("show", "latest").json["run_id"]?.text == second)
  }

  @Test(arguments: [
    ("nonsense", "unknown_run"), ("", "unknown_run"), ("no/such/directory", "directory_missing"),
    ("night", "unknown_run"),
    ("night/commitments.csv", "unknown_run"),
  ])
  func `a run that is not there is an error that helps`(name: String, code: String) {
    let night = SettledNight("01-binary")
    let (exit, answer) = night.ask("show", name)
    #expect(exit == 2)
    #expect(answer["error"]?["code"]?.text == code)
    let hint = answer["error"]?["hint"]?.text ?? ""
    #expect(hint.count > 10)
  }

  @Test func `a mistyped id is suggested, an ambiguous prefix lists its runs`() {
    let night = SettledNight("01-binary")
    // One digit too many in the middle.
    let wrong = "\(night.runID.prefix(5))g\(night.runID.dropFirst(5))"
    let hint = night.ask("show", wrong).json["error"]?["hint"]?.text ?? ""
    #expect(hint.contains("did you mean \(night.runID)"))
    // Two generations of a batch differ in their last digit alone.
    let twin = "\(night.runID.dropLast())2"
    try? FileManager.default.copyItem(
      atPath: "\(night.workspace.path)/\(night.directory)", toPath: "\(night.workspace.path)/outputs/\(twin)")
    let answer = night.ask("show", String(night.runID.prefix(16))).json
    #expect(answer["error"]?["code"]?.text == "ambiguous_run")
    let message = answer["error"]?["message"]?.text ?? ""
    #expect(message.contains(twin))
  }
}
