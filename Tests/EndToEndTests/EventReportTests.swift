// Does the page of a run of prizes, refunds, awards or of a rollback answer the questions, with the files' figures?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct EventReportTests {
  private static func page(_ workspace: Workspace, _ run: String) -> String {
    let result = workspace.settle("report", run, "--out", "\(run).html")
    #expect(result.exitCode == 0, "\(result.errors)")
    return workspace.text("\(run).html")
  }

  @Test func `the page of prizes, refunds and awards says whether it is fine and where the money went`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    let pages = runs.map { EventReportTests.page(workspace, $0) }
    for (page, lines) in zip(
      pages,
      [
        ["Look: 3 events are held", "Sum check USD:", "wallets 0.04 + retained 0.11 = 0.15, exactly the fees."],
        [
          "Look: 2 events are held", "wallets 0.96 + withheld 0.05 = 1.01, exactly the pools.",
          "wallets 1.50 + unallocated 0.25 = 1.75, exactly the pools.", "Prizes by place", "event_not_completed",
        ],
        ["Look: 2 events are held", "the awards that were given come to 0.15, what left the house."],
        ["Awards by place", "the awards that were given come to 0.70, what left the house."],
      ])
    {
      for line in lines { #expect(page.contains(line), "\(line)") }
      #expect(page.contains("Where did the money go?") && page.contains("What was rejected or held, and why?"))
      // Registrations are named, users never.
      #expect(!page.contains(">ann<") && !page.contains("user:"))
    }
    #expect(pages[1].contains(">c-a</bdi>"))
  }

  @Test func `a failed prize stands first, and forged files are not fine`() throws {
    let workspace = Workspace(
      events:
        "event_id,status,currency,prize_pool,distribution\nold,completed,USD,9223372036854775800,\"{\"\"1\"\": \"\"100%\"\"}\"\n",
      registrations: "registration_id,event_id,status,user_id\no-b,old,confirmed,ben\n",
      placements: "event_id,registration_id,place\nold,o-b,1\n")
    #expect(workspace.settle("prizes", "pay", "--init-ledger").exitCode == 0)
    #expect(EventReportTests.page(workspace, "latest").contains("All is well"))
    try workspace.execute("UPDATE accounts SET balance = 0 WHERE name = 'stakes'")
    workspace.write("events.csv", EventSeason.events)
    workspace.write("registrations.csv", EventSeason.registrations)
    workspace.write("placements.csv", EventSeason.placements)
    #expect(workspace.settle("prizes", "pay", "--only", "cup").exitCode == 3)
    let page = EventReportTests.page(workspace, "latest")
    #expect(page.contains("Look: 1 prize failed") && page.contains("Prizes that failed"))
    #expect(page.contains("wallets 1.00 + failed 0.50 + unallocated 0.25 = 1.75, exactly the pools."))
    let run = try #require(try workspace.appliedRuns().last)
    let file = "outputs/\(run)/prizes.csv"
    workspace.write(file, workspace.text(file).replacingOccurrences(of: "100,0,0,100", with: "99,0,0,99"))
    let forged = EventReportTests.page(workspace, run)
    #expect(forged.contains("verdict bad") && forged.contains("not the pools of 1.75"))
  }

  @Test func `the page of a rollback says what was taken back, from whom, and what was not`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    #expect(workspace.settle("rollback", runs[1], "--market", "derby", "--reason", "a <b>mistake</b>").exitCode == 0)
    let page = EventReportTests.page(workspace, "latest")
    #expect(page.contains("All is taken back") && page.contains("every unit accounted for"))
    #expect(page.contains("a &lt;b&gt;mistake&lt;/b&gt;") && page.contains("withheld parts"))
    // Ann has spent what cup gave her.
    let blockedNight = try EventSeason.settled()
    let paid = try blockedNight.appliedRuns()[1]
    #expect(
      blockedNight.settle("ledger", "debit", "user:ann", "100", "--currency", "USD", "--reason", "spent").exitCode == 0)
    #expect(blockedNight.settle("rollback", paid, "--reason", "again").exitCode == 3)
    let blocked = EventReportTests.page(blockedNight, "latest")
    #expect(blocked.contains("Look: 1 of 2 markets, events or awards is not taken back"), "\(blocked.prefix(4_000))")
    #expect(blocked.contains("Accounts that do not hold enough") && blocked.contains("blocked"))
    // The prizes' own page tells that something of them does not stand any more.
    #expect(EventReportTests.page(workspace, runs[1]).contains("Rolled back: 1 event of this run"))
  }

  @Test func `two runs of events are compared at every level`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    #expect(workspace.settle("rollback", runs[1], "--reason", "wrong").exitCode == 0)
    workspace.write(
      "events.csv", EventSeason.events.replacingOccurrences(of: #"""1"": 100"#, with: #"""1"": 90"#))
    #expect(workspace.settle("prizes", "pay").exitCode == 3)
    let again = try #require(try workspace.appliedRuns().last)
    let text = workspace.settle("diff", runs[1], again)
    #expect(text.exitCode == 1)
    for word in ["cup", "c-a", "100", "90", "unallocated"] { #expect(text.output.contains(word), "\(text.output)") }
    let json = try workspace.settle("diff", runs[1], again, "--format", "json").json
    #expect(json["money"]?.elements?.first?["totals"]?["total_prize"] != nil, "\(json)")
    let levels = ["--level", "market", "--level", "commitment", "--summary"]
    #expect(workspace.settle(["diff", runs[1], again] + levels).output.contains("prizes"))
    let csv = workspace.settle("diff", runs[1], again, "--format", "csv").output
    #expect(csv.contains("prizes,changed,cup,c-a"), "\(csv)")
    #expect(csv.contains("events,changed,cup"), "\(csv)")
    #expect(csv.hasPrefix("table,change,key_1") && csv.contains("money,"), "\(csv)")
    let same = workspace.settle("diff", runs[1], runs[1])
    #expect(same.exitCode == 0)
    #expect(same.output.contains("no difference: 4 rows of events.csv, "), "\(same.output)")
    #expect(same.output.contains(" rows of prizes.csv, all the same"), "\(same.output)")
  }
}
