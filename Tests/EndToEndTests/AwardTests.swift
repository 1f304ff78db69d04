// Are awards given once for each registration, whatever is asked how often?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct AwardTests {
  /// A paid night's files, and a house that has 1,000 tokens.
  private func funded(_ balance: Int = 1_000) throws -> Workspace {
    let workspace = Workspace(events: PrizeNight.events)
    workspace.write("resolutions.csv", "market_id,resolution_id,winning_option,no_winner\nfund,r,x,house\n")
    workspace.write(
      "commitments.csv", "commitment_id,market_id,user_id,option_id,amount\nc,fund,sponsor,y,\(balance)\n")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    #expect(workspace.balance("house", "TOKEN") == "\(balance)")
    return workspace
  }

  private let participation = ["--kind", "participation", "--amount", "50"]
  private let placement = ["--kind", "placement", "--amounts", #"{"first": 100, "2": "60", "3-4": 20}"#]

  private func award(_ workspace: Workspace, _ arguments: [String]) throws -> (json: JSONValue, exit: Int32) {
    let result = workspace.settle(["prizes", "award"] + arguments + ["--json"])
    return (try result.json, result.exitCode)
  }

  @Test func `everyone who took part gets the award once, under a key of the registration alone`() throws {
    let workspace = try funded()
    let (first, exit) = try award(workspace, participation)
    #expect(exit == 3, "gala is not over")
    #expect(first["given"]?.integer == 5 && first["awarded"]?.integer == 250)
    let keys = try workspace.rows("SELECT key FROM entries WHERE kind = 'awards' ORDER BY id").map { $0[0] }
    #expect(keys == ["c-a", "c-b", "c-c", "d-a", "d-b"].map { "participation:reg:\($0)" })
    #expect(workspace.balance("user:ann", "TOKEN") == "100" && workspace.balance("registration:d-b", "TOKEN") == "50")
    #expect(workspace.balance("house", "TOKEN") == "750")
    let (second, _) = try award(workspace, participation)
    #expect(second["idempotent"] == .bool(true) && second["given"]?.integer == 0)
    #expect(second["created_transaction_ids"] == first["created_transaction_ids"])
    #expect(workspace.balance("house", "TOKEN") == "750" && workspace.runs().count == 2)
    #expect(workspace.settle("verify").exitCode == 0)
  }

  @Test func `a winner who is picked again is not paid again`() throws {
    let workspace = try funded()
    let (first, _) = try award(workspace, placement)
    #expect(first["given"]?.integer == 5 && first["awarded"]?.integer == 100 + 60 + 20 + 100 + 20)
    let keys = try workspace.rows("SELECT key FROM entries WHERE kind = 'awards' ORDER BY id").map { $0[0] }
    #expect(keys[0] == "placement:event:cup:reg:c-a")
    // c-a is second now: another amount for the same registration is a conflict, and moves nothing.
    workspace.write(
      "placements.csv",
      PrizeNight.placements.replacingOccurrences(of: "cup,2,c-b", with: "cup,1,c-b").replacingOccurrences(
        of: "cup,1,c-a", with: "cup,2,c-a"))
    let (second, exit) = try award(workspace, placement)
    #expect(exit == 5 && second["given"]?.integer == 0 && second["given_otherwise"]?.integer == 2)
    #expect(workspace.balance("house", "TOKEN") == "700")
  }

  @Test func `backfill gives only what is missing`() throws {
    let workspace = try funded()
    workspace.write(
      "registrations.csv",
      PrizeNight.registrations.replacingOccurrences(of: "c-b,cup,confirmed", with: "c-b,cup,pending"))
    let (first, _) = try award(workspace, participation)
    #expect(first["given"]?.integer == 4)
    workspace.write("registrations.csv", PrizeNight.registrations)
    workspace.write("events.csv", PrizeNight.events.replacingOccurrences(of: "gala,live", with: "gala,completed"))
    let (second, exit) = try award(workspace, ["--kind", "participation", "--amount", "70", "--backfill"])
    #expect(exit == 0)
    #expect(second["given"]?.integer == 2 && second["already_given"]?.integer == 4 && second["awarded"]?.integer == 140)
    #expect(
      try workspace.text("outputs/" + #require(second["run_id"]?.text) + "/awards.csv") == """
        event_id,registration_id,place,currency,amount,status
        cup,c-a,,TOKEN,70,already_given
        cup,c-b,,TOKEN,70,given
        cup,c-c,,TOKEN,70,already_given
        derby,d-a,,TOKEN,70,already_given
        derby,d-b,,TOKEN,70,already_given
        gala,g-a,,TOKEN,70,given

        """)
    #expect(workspace.balance("house", "TOKEN") == "660")
  }

  @Test func `what the house has not enough for fails, and a later call gives it`() throws {
    let workspace = try funded(120)
    let (first, exit) = try award(workspace, participation)
    #expect(exit == 3 && first["given"]?.integer == 2 && first["failed"]?.integer == 3)
    #expect(workspace.balance("house", "TOKEN") == "20")
    workspace.write("resolutions.csv", "market_id,resolution_id,winning_option,no_winner\nfund2,r,x,house\n")
    workspace.write("commitments.csv", "commitment_id,market_id,user_id,option_id,amount\nc,fund2,sponsor,y,500\n")
    #expect(workspace.settle("run").exitCode == 0)
    let (second, _) = try award(workspace, participation)
    #expect(second["given"]?.integer == 3 && second["already_given"]?.integer == 2 && second["failed"]?.integer == 0)
    #expect(workspace.balance("house", "TOKEN") == "370")
  }

  @Test func `awards are rolled back like any run, and can be given again`() throws {
    let workspace = try funded()
    let (first, _) = try award(workspace, participation)
    let run = try #require(first["run_id"]?.text)
    #expect(workspace.settle("rollback", run, "--reason", "test").exitCode == 0)
    #expect(workspace.balance("house", "TOKEN") == "1000" && workspace.balance("user:ann", "TOKEN") == "0")
    let (second, _) = try award(workspace, participation)
    #expect(second["given"]?.integer == 5)
    let keys = try workspace.rows("SELECT key FROM entries WHERE kind = 'awards' ORDER BY id DESC LIMIT 1")
    #expect(keys == [["participation:reg:d-b:g2"]])
  }

  @Test(
    arguments: [
      (["--kind", "participation"], 2), (["--kind", "placement", "--amount", "5"], 2), ([], 2),
      (["--kind", "participation", "--amount", "0"], 2), (["--kind", "participation", "--amount", "1.5"], 2),
      (["--kind", "placement", "--amounts", #"{"1": "50%"}"#], 2), (["--kind", "gift", "--amount", "5"], 2),
      (["--kind", "participation", "--amount", "5", "--operator", "nobody"], 8),
      (["--kind", "participation", "--amount", "5", "--dry-run"], 3),
    ] as [([String], Int32)])
  func `awards need a kind, amounts above 0, and an admin`(arguments: [String], exit: Int32) throws {
    let workspace = Workspace(events: PrizeNight.events)
    _ = workspace.settle("ledger", "init")
    #expect(workspace.settle(["prizes", "award"] + arguments).exitCode == exit)
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
  }
}
