// Does `prizes verify` find what was not paid, wrongly paid, paid twice or failed, against any ledger?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct PrizeVerifyTests {
  /// The night is paid, then the ledger is changed behind the program's back.
  private func paid() throws -> Workspace {
    let workspace = Workspace(events: PrizeNight.events)
    _ = try workspace.prizes("pay", "--init-ledger")
    return workspace
  }

  private func drop(_ trigger: String, _ workspace: Workspace) throws {
    try workspace.execute("DROP TRIGGER \(trigger)")
  }

  @Test func `what was paid as it should be is found right, without the run's directory`() throws {
    let workspace = try paid()
    let directory = try #require(workspace.runs().first)
    try FileManager.default.removeItem(atPath: "\(workspace.path)/outputs/\(directory)")
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 0 && answer["ok"] == .bool(true))
    #expect(answer["events"]?.integer == 2 && answer["not_due"]?.integer == 1)
    let details = try #require(answer["details"])
    #expect(
      details["expected"]?["cup"] == .object(["1": .int(100), "2": .int(50), "3": .int(25)]), "\(details)")
    #expect(details["actual"] == details["expected"])
    for list in ["missing", "amount_mismatches", "duplicates", "failed_transactions"] {
      #expect(details[list] == .array([]))
    }
    #expect(workspace.settle("prizes", "verify").output.contains("verified: nothing found"))
  }

  @Test func `a payout that is not there is missing`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    _ = workspace.settle("ledger", "init")
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 1 && answer["ok"] == .bool(false))
    let missing = try #require(answer["details"]?["missing"]?.elements)
    #expect(missing.map { $0["registration_id"]?.text } == ["c-a", "c-b", "c-c", "d-a", "d-b"])
    #expect(missing.map { $0["placement"]?.integer } == [1, 2, 3, 3, 1])
    #expect(missing.map { $0["expected"]?.integer } == [100, 50, 25, 20, 51])
  }

  @Test func `other results than those that were paid are mismatched and missing`() throws {
    let workspace = try paid()
    workspace.write("placements.csv", PrizeNight.placements.replacingOccurrences(of: "cup,3,c-c", with: "cup,2,c-c"))
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 1)
    let mismatches = try #require(answer["details"]?["amount_mismatches"]?.elements)
    #expect(mismatches.map { $0["registration_id"]?.text } == ["c-b", "c-c"])
    #expect(mismatches.map { $0["expected"]?.integer } == [38, 37])
    #expect(mismatches.map { $0["actual"]?.integer } == [50, 25])
    // One who was paid and is not placed any more.
    workspace.write("placements.csv", PrizeNight.placements.replacingOccurrences(of: "cup,3,c-c\n", with: ""))
    let (again, _) = try workspace.prizes("verify")
    let unplaced = try #require(again["details"]?["amount_mismatches"]?.elements)
    #expect(unplaced.map { $0["registration_id"]?.text } == ["c-c"] && unplaced[0]["expected"]?.integer == 0)
  }

  @Test func `a changed amount in the ledger is found`() throws {
    let workspace = try paid()
    try drop("postings_stay", workspace)
    try workspace.execute(
      """
      UPDATE postings SET amount = amount * 9 / 10 WHERE entry_id =
      (SELECT id FROM entries WHERE kind = 'payouts' AND key LIKE '%c-b')
      """)
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 1)
    let mismatch = try #require(answer["details"]?["amount_mismatches"]?.elements?.first)
    #expect(mismatch["registration_id"]?.text == "c-b" && mismatch["placement"]?.integer == 2)
    #expect(mismatch["expected"]?.integer == 50 && mismatch["actual"]?.integer == 45)
    #expect(answer["details"]?["damaged_entries"]?.elements?.isEmpty == false)
  }

  @Test func `a payout that stands twice is a duplicate, and may come to more than the pool`() throws {
    let workspace = try paid()
    // The book as two nights without a memory would have left it.
    try drop("entries_stay", workspace)
    try workspace.execute(
      """
      UPDATE entries SET key = (SELECT key || '' FROM entries AS other WHERE other.key LIKE '%cup:prize:c-a') || ':c-a'
      WHERE key LIKE '%cup:prize:c-c'
      """)
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 1)
    let duplicates = try #require(answer["details"]?["duplicates"]?.elements)
    #expect(duplicates.map { $0["registration_id"]?.text } == ["c-a"])
    #expect(duplicates[0]["entry_ids"]?.elements?.count == 2)
    #expect(answer["details"]?["missing"]?.elements?.map { $0["registration_id"]?.text } == ["c-c"])
    workspace.write("paid.csv", "event_id,place,amount\ncup,1,100\ncup,1,100\ncup,2,50\ncup,3,25\n")
    let (file, _) = try workspace.prizes("verify", "--actual", "paid.csv", "--only", "cup")
    #expect(file["details"]?["duplicates"]?.elements?.count == 1)
    #expect(file["details"]?["over_pool"]?.elements?.first?["over"]?.integer == 100)
  }

  @Test func `a payout that failed is told as such`() throws {
    let workspace = try paid()
    workspace.write(
      "paid.ndjson",
      """
      {"eventId":"cup","registrationId":"c-a","amount":100}
      {"eventId":"cup","registrationId":"c-b","amount":"50","status":"failed"}
      {"eventId":"cup","placement":"third","amount":25}
      """)
    let (answer, exit) = try workspace.prizes("verify", "--actual", "paid.ndjson", "--only", "cup")
    #expect(exit == 1)
    let failed = try #require(answer["details"]?["failed_transactions"]?.elements)
    #expect(failed.map { $0["registration_id"]?.text } == ["c-b"])
    #expect(answer["details"]?["missing"] == .array([]) && answer["finding_count"]?.integer == 1)
  }

  @Test func `refunds are compared too`() throws {
    let workspace = Workspace(events: PrizeNight.cancelled, placements: nil)
    _ = try workspace.prizes("refund", "--init-ledger")
    #expect(try workspace.prizes("verify", "--refunds").exit == 0)
    workspace.write(
      "registrations.csv", PrizeNight.registrations.replacingOccurrences(of: "waitlisted", with: "confirmed"))
    let (answer, exit) = try workspace.prizes("verify", "--refunds")
    #expect(exit == 1)
    #expect(answer["details"]?["missing"]?.elements?.map { $0["registration_id"]?.text } == ["d-c"])
  }

  @Test func `what was announced of the real event is told figure by figure, and 205 dollars over the pool`() throws {
    let workspace = Workspace(night: "public-event")
    let (answer, exit) = try workspace.prizes("verify", "--actual", "announced.csv")
    #expect(exit == 1)
    let mismatches = try #require(answer["details"]?["amount_mismatches"]?.elements)
    #expect(mismatches.count == 18)
    #expect(mismatches[0]["expected"]?.integer == 1_820_827_878 && mismatches[0]["actual"]?.integer == 1_820_830_000)
    #expect(
      answer["details"]?["over_pool"]
        == .array([
          .object([
            "event_id": .string("ti-10"), "pool": .int(4_001_819_500), "paid": .int(4_001_840_000),
            "over": .int(20_500),
          ])
        ]))
    // Against the ledger in which the event is paid, nothing is found.
    _ = try workspace.prizes("pay", "--init-ledger")
    #expect(try workspace.prizes("verify").exit == 0)
  }

  @Test func `events that cannot be compared are told, and bad payments are refused`() throws {
    let workspace = try paid()
    workspace.write("placements.csv", PrizeNight.placements + "derby,1,nobody\n")
    let (answer, exit) = try workspace.prizes("verify")
    #expect(exit == 1)
    #expect(answer["not_verified"]?.elements?.first?["hold_reason"]?.text == "unknown_registration")
    workspace.write("paid.csv", "event_id,registration_id,amount\ncup,c-a,1.5\n")
    #expect(workspace.settle("prizes", "verify", "--actual", "paid.csv").exitCode == 4)
  }

  @Test func `settle verify proves a run of prizes, its books and its arithmetic, and finds one changed figure`() throws
  {
    let workspace = try paid()
    let answer = try workspace.settle("verify", "--json").json
    #expect(answer["ok"] == .bool(true) && answer["details"]?["actual"]?.integer == 5)
    #expect(answer["stages"]?["recompute"]?.text == "ok")
    let run = try #require(workspace.runs().first)
    let file = "outputs/\(run)/prizes.csv"
    let text = workspace.text(file)
    for (old, new, stages) in [
      ("50,0,0,50,paid", "51,0,0,51,paid", ["books", "files"]),
      // Which payments failed the files alone tell: with a false one, settling again gives other bytes.
      ("25,paid", "25,failed", ["books", "files", "recompute"]),
      ("cup,c-b,", "cup,c-bb,", ["books", "files"]),
    ] {
      workspace.write(file, text.replacingOccurrences(of: old, with: new))
      let found = workspace.settle("verify", "--json")
      #expect(found.exitCode == 1)
      let findings = try #require(try found.json["findings"]?.elements)
      #expect(Set(findings.compactMap { $0["stage"]?.text }).sorted() == stages, "\(old): \(findings)")
    }
    workspace.write(file, text)
    #expect(workspace.settle("verify").exitCode == 0)
    workspace.write("placements.csv", "event_id,place,registration_id\n")
    #expect(workspace.settle("verify").output.contains("input_changed"))
  }

  @Test func `prizes, refunds and settlements share one rollback`() throws {
    let workspace = try paid()
    let run = try #require(workspace.runs().first)
    #expect(workspace.settle("rollback", run, "--reason", "wrong", "--market", "cup").exitCode == 0)
    #expect(workspace.balance("user:ben") == "0" && workspace.balance("registration:d-b") == "51")
    let (missing, exit) = try workspace.prizes("verify")
    #expect(exit == 1 && missing["details"]?["missing"]?.elements?.count == 3)
    // Corrected, the event is paid again by a new generation of the batch, and the others are left alone.
    workspace.write("placements.csv", PrizeNight.placements.replacingOccurrences(of: "cup,3,c-c", with: "cup,2,c-c"))
    let (answer, _) = try workspace.prizes("pay")
    #expect(answer["events"]?.elements?.map { $0["status"]?.text } == ["settled", "already_settled", "held"])
    #expect(workspace.balance("user:ben") == "38" && workspace.balance("user:cyd") == "37")
    #expect(try workspace.prizes("verify").exit == 0)
    let corrected = try #require(answer["run_id"]?.text)
    #expect(workspace.text("outputs/\(corrected)/manifest.json").contains("\"corrects\": [\n    \"\(run)\"\n  ]"))
    #expect(workspace.settle("verify", corrected).exitCode == 0)
    #expect(workspace.settle("diff", run, corrected).exitCode == 1)
  }

  @Test func `show and explain tell an event and a registration of the run`() throws {
    let workspace = try paid()
    let summary = workspace.settle("show", "latest")
    #expect(summary.output.contains("gala") && summary.output.contains("event_not_completed"))
    let lines = workspace.settle("show", "latest", "--market", "derby").output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("unallocated ") && $0.hasSuffix(" 30") }, "\(lines)")
    let shown = try workspace.settle("show", "latest", "--commitment", "d-b", "--json").json
    #expect(shown["payments"]?.elements?.map { $0["prize"]?.integer } == [51])
    #expect(workspace.settle("show", "latest", "--market", "nothing").exitCode == 1)
    let event = workspace.settle("explain", "latest", "derby")
    #expect(
      event.exitCode == 0 && event.output.contains("101 × 5000 ÷ 10000 = 50.5, rounded down: 50"), "\(event.output)")
    #expect(event.output.contains("30 (events.csv, unallocated)"))
    let prize = workspace.settle("explain", "latest", "d-b")
    #expect(prize.exitCode == 0 && prize.output.contains("51 (prizes.csv, prize)"), "\(prize.output)")
    #expect(workspace.settle("explain", "latest", "nobody").exitCode == 1)
  }
}
