// Does a plan show what run would do, and is a saved plan applied only if nothing has changed?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct PlanApplyTests {
  @Test func `plan tells the same as run, and moves nothing`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    let plan = workspace.settle("plan", "--json")
    #expect(plan.exitCode == 0)
    #expect(workspace.read("outputs/ledger.db") == before)
    #expect(workspace.names("outputs").filter { !$0.hasPrefix("ledger.db") } == [])
    let run = workspace.settle("run", "--json")
    let (planned, applied) = (try plan.json, try run.json)
    for key in ["run_id", "generation", "batch_key", "counts", "totals", "not_settled", "rejections"] {
      #expect(planned[key] == applied[key], "\(key)")
    }
    #expect(planned["status"]?.text == "planned")
    #expect(applied["status"]?.text == "applied")
  }

  @Test func `plan works without a ledger, and says so`() {
    let workspace = Workspace.plainNight
    let result = workspace.settle("plan")
    #expect(result.exitCode == 0)
    #expect(result.notices == ["settle: no ledger at outputs/ledger.db: what was settled before is not known"])
    #expect(workspace.names("outputs") == [])
    // A ledger that is named must be there: a mistyped path would make the plan say too much.
    let named = workspace.settle("plan", "--ledger", "other.db", "--json")
    #expect(named.exitCode == 4)
    #expect(named.errorCode == "ledger_missing")
  }

  /// A ledger and a plan of the plain night in `plan`.
  private func planned() -> Workspace {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let result = workspace.settle("plan", "--out", "plan", "--as-of", "2026-01-31")
    #expect(result.exitCode == 0, "\(result.errors)")
    return workspace
  }

  @Test func `a saved plan is applied as it was shown`() throws {
    let workspace = planned()
    let result = workspace.settle("apply", "plan")
    #expect(result.exitCode == 0, "\(result.errors)")
    for file in dataFiles + ["rejects.csv", "datapackage.json"] {
      #expect(try workspace.runFile(file) == workspace.text("plan/\(file)"), "\(file)")
    }
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
    #expect(try workspace.runFile("manifest.json").contains("\"as_of\": \"2026-01-31\""))
    // The same as if it had been run.
    let direct = Workspace.plainNight
    #expect(direct.settle("run", "--init-ledger", "--as-of", "2026-01-31").exitCode == 0)
    #expect(try direct.runFile("distributions.csv") == workspace.runFile("distributions.csv"))
  }

  @Test func `a used plan is refused and moves nothing`() throws {
    let workspace = planned()
    #expect(workspace.settle("apply", "plan").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    let again = workspace.settle("apply", "plan", "--json")
    #expect(again.exitCode == 5)
    #expect(again.errorCode == "plan_used")
    #expect(workspace.read("outputs/ledger.db") == before)
  }

  @Test(arguments: ["resolutions.csv", "commitments.csv"])
  func `a changed input makes a plan stale`(file: String) throws {
    let workspace = planned()
    workspace.write(file, workspace.text(file) + "\n")
    let result = workspace.settle("apply", "plan", "--json")
    #expect(result.exitCode == 5)
    #expect(result.errorCode == "plan_stale")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    #expect(workspace.runs() == [])
  }

  @Test func `another run in between makes a plan stale`() throws {
    let workspace = planned()
    let other = Workspace(
      resolutions: "market_id,resolution_id,winning_option\nother,r,x\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc,other,u,x,5\n")
    #expect(other.settle("run", "--outputs", "\(workspace.path)/outputs").exitCode == 0)
    let entries = try workspace.cell("SELECT count(*) FROM entries")
    let result = workspace.settle("apply", "plan", "--json")
    #expect(result.exitCode == 5)
    #expect(result.errorCode == "plan_stale")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == entries)
    // Made anew, it is applied.
    #expect(workspace.settle("plan", "--out", "plan2").exitCode == 0)
    #expect(workspace.settle("apply", "plan2").exitCode == 0)
  }

  @Test func `a plan for another ledger, or for none, is stale`() {
    let workspace = planned()
    #expect(workspace.settle("ledger", "init", "--outputs", "elsewhere").exitCode == 0)
    let other = workspace.settle("apply", "plan", "--outputs", "elsewhere", "--json")
    #expect(other.exitCode == 5)
    #expect(other.errorCode == "plan_stale")
    let without = Workspace.plainNight
    #expect(without.settle("plan", "--out", "plan").exitCode == 0)
    #expect(without.settle("ledger", "init").exitCode == 0)
    let result = without.settle("apply", "plan", "--json")
    #expect(result.exitCode == 5)
    #expect(result.errorCode == "plan_stale")
  }

  @Test func `an input that is gone is named, and nothing is applied`() throws {
    let workspace = planned()
    try FileManager.default.removeItem(atPath: workspace.path + "/commitments.csv")
    let result = workspace.settle("apply", "plan", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "file_missing")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
  }

  @Test(arguments: [
    "markets.csv", "commitments.csv", "distributions.csv", "rejects.csv", "manifest.json", "SHA256SUMS",
  ])
  func `a plan whose files were changed is refused`(file: String) throws {
    let workspace = planned()
    var bytes = try #require(workspace.read("plan/\(file)"))
    bytes[bytes.count / 2] ^= 1
    workspace.write("plan/\(file)", bytes)
    let result = workspace.settle("apply", "plan", "--json")
    #expect(result.exitCode == 5, "\(result.output)")
    #expect(["plan_damaged", "manifest_damaged"].contains(result.errorCode))
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
  }

  @Test func `a run is no plan`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let result = workspace.settle("apply", "outputs/\(workspace.runs()[0])", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "not_a_plan")
  }

  @Test func `a plan is never written over something`() {
    let workspace = planned()
    let result = workspace.settle("plan", "--out", "plan", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "output_exists")
  }

  @Test func `a plan from standard input cannot be applied`() {
    let workspace = Workspace()
    workspace.write("resolutions.csv", PlainNight.resolutions)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let plan = workspace.settle(
      "plan", "--resolutions", "resolutions.csv", "--commitments", "-", "--commitments-format", "csv", "--out", "plan",
      input: PlainNight.commitments)
    #expect(plan.exitCode == 0, "\(plan.errors)")
    let result = workspace.settle("apply", "plan", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "plan_unprovable")
  }

  @Test func `a plan keeps its configuration, whatever the environment says later`() throws {
    let workspace = Workspace.plainNight
    workspace.write("settle.json", "{\"no_winner\": \"house\"}")
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    #expect(workspace.settle("plan", "--out", "plan", "--remainder", "first").exitCode == 0)
    workspace.write("settle.json", "{}")
    let result = workspace.settle(["apply", "plan"], environment: ["SETTLE_REMAINDER": "house"])
    #expect(result.exitCode == 0, "\(result.errors)")
    let manifest = try workspace.runFile("manifest.json")
    #expect(manifest.contains("\"remainder\": \"first\"") && manifest.contains("\"no_winner\": \"house\""))
  }
}
