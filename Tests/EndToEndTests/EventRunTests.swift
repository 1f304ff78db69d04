// Are runs of prizes, refunds and awards explained, verified, watched and compared like any run?
import Foundation
import Interchange
import TestSupport
import Testing

/// A batch whose events are partly paid, partly refunded, and awards of a house that has 1,000 USD.
enum EventSeason {
  static let events = """
    event_id,status,currency,prize_pool,entry_fee,refund_bps,withholding_bps,withholding_above,tie,distribution
    cup,completed,USD,175,10,,,,,"{""1"": 100, ""2"": 50, ""3"": 25}"
    derby,completed,EUR,101,10,,1000,40,split,"{""1"": ""50%"", ""2"": ""30%"", ""3"": ""20%""}"
    gala,cancelled,USD,500,15,3333,,,,"{""1"": 500}"
    open,live,USD,,,,,,,

    """
  static let registrations = """
    registration_id,event_id,status,user_id
    c-a,cup,confirmed,ann
    c-b,cup,confirmed,ben
    d-a,derby,confirmed,ann
    d-b,derby,confirmed,ben
    d-c,derby,confirmed,cyd
    g-a,gala,confirmed,ann

    """
  static let placements = """
    event_id,registration_id,place
    cup,c-a,1
    cup,c-b,2
    derby,d-a,2
    derby,d-b,1
    derby,d-c,2

    """

  /// Prizes, then refunds, then both kinds of awards: all applied.
  static func settled() throws -> Workspace {
    let workspace = Workspace(events: events, registrations: registrations, placements: placements)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    #expect(
      workspace.settle("ledger", "credit", "house", "1000", "--currency", "USD", "--reason", "fund").exitCode == 0)
    #expect(workspace.settle("prizes", "refund").exitCode == 3)
    #expect(workspace.settle("prizes", "pay").exitCode == 3)
    #expect(
      workspace.settle("prizes", "award", "--kind", "participation", "--amount", "3", "--currency", "USD").exitCode == 3
    )
    let amounts = #"{"1": 20, "2-3": 10}"#
    #expect(
      workspace.settle("prizes", "award", "--kind", "placement", "--amounts", amounts, "--currency", "USD").exitCode
        == 3)
    return workspace
  }
}

extension Workspace {
  /// Ids of the runs in the order they were applied.
  func appliedRuns() throws -> [String] { try rows("SELECT run_id FROM runs ORDER BY id").map { $0[0] } }
}

@Suite struct EventRunTests {
  // MARK: States

  /// The same files serve `pay` and `refund` every night: what the other one settled is no conflict of this one.
  @Test func `a cancelled event that is refunded is not completed, and no conflict, when prizes are paid`() throws {
    let workspace = Workspace(
      events: EventSeason.events, registrations: EventSeason.registrations, placements: EventSeason.placements)
    #expect(try workspace.prizes("refund", "--init-ledger").exit == 3)
    let (paid, exit) = try workspace.prizes("pay")
    #expect(exit == 3)
    #expect(
      paid["events"]?.elements?.map { $0["hold_reason"]?.text } == [
        nil, nil, "event_not_completed", "event_not_completed",
      ])
    let (refunded, second) = try workspace.prizes("refund")
    #expect(second == 3)
    #expect(
      refunded["events"]?.elements?.map { $0["hold_reason"]?.text } == [
        "event_not_cancelled", "event_not_cancelled", nil, "event_not_cancelled",
      ])
    // An event that was paid and is called off afterwards is one.
    workspace.write("events.csv", EventSeason.events.replacingOccurrences(of: "cup,completed", with: "cup,cancelled"))
    let (late, third) = try workspace.prizes("refund")
    #expect(third == 5)
    #expect(late["events"]?.elements?[0]["hold_reason"]?.text == "already_settled_otherwise")
  }

  // MARK: Distributions

  static let distributions: [(text: String, pool: String, reason: String?)] = [
    (#"{"1": "100%"}"#, "9223372036854775807", nil),
    (#"{"1": "100.01%"}"#, "100", "distribution_exceeds_pool"),
    (#"{"1": "150%"}"#, "100", "distribution_exceeds_pool"),
    (#"{"1": "1000000%"}"#, "100", "distribution_exceeds_pool"),
    (#"{"1": "60%", "2": "40.01%"}"#, "100", "distribution_exceeds_pool"),
    (#"{"1-999999999": "0.01%"}"#, "100", "distribution_exceeds_pool"),
    (#"{"1-999999999": 9223372036854775807}"#, "9223372036854775807", "distribution_exceeds_pool"),
    (#"{"1": 9223372036854775807}"#, "9223372036854775806", "distribution_exceeds_pool"),
    (#"{"1": 9223372036854775807}"#, "9223372036854775807", nil),
    (#"{"1": 9223372036854775808}"#, "9223372036854775807", "amount_out_of_range"),
    (#"{"1": "-5%"}"#, "100", "invalid_distribution"),
    (#"{"1": -5}"#, "100", "invalid_distribution"),
    (#"{"1": "NaN%"}"#, "100", "invalid_distribution"),
    (#"{"1": NaN}"#, "100", "invalid_distribution"),
    (#"{"1": "33.333%"}"#, "100", "invalid_distribution"),
    (#"{"1": "1e1%"}"#, "100", "invalid_distribution"),
    (#"{"1": 1e2}"#, "100", "invalid_distribution"),
    (#"{"1": 50.5}"#, "100", "invalid_distribution"),
    (#"{"1": -5}"#, "100000000", "invalid_distribution"),
    (#"{"1": 1e2}"#, "100000000", "invalid_distribution"),
    (#"{"1": 5x}"#, "100000000", "invalid_distribution"),
    (#"{"1": "+5"}"#, "100000000", "invalid_distribution"),
    (#"{"1": ":"}"#, "100000000", "invalid_distribution"),
    (#"{"1": "0%", "2": "100%"}"#, "100", "invalid_distribution"),
    (#"{"1": "50%", "first": "20%"}"#, "100", "invalid_distribution"),
    (#"{"1": "50%", "1": "20%"}"#, "100", "invalid_distribution"),
    (#"{"1-3": "20%", "2": "20%"}"#, "100", "invalid_distribution"),
    (#"{"8-5": "20%"}"#, "100", "invalid_distribution"),
    (#"{"0": "20%"}"#, "100", "invalid_distribution"),
    (#"{"winner": "20%"}"#, "100", "invalid_distribution"),
    (#"{"1": null}"#, "100", "invalid_distribution"),
    (#"{"1": {"2": 3}}"#, "100", "invalid_distribution"),
    ("{}", "100", "invalid_distribution"),
    ("[]", "100", "invalid_distribution"),
    (#"{"1": 50, "2": "20%"}"#, "100", "mixed_distribution"),
    ("", "100", "missing_field"),
    (#"{"1": "50%"}"#, "", "missing_field"),
    (#"{"1": "50%"}"#, "9223372036854775808", "amount_out_of_range"),
    (#"{"1": "50%"}"#, "1.5", "invalid_amount"),
    (#"{"1": "50%"}"#, "0", nil),
  ]

  @Test func `hostile distributions and pools hold their own event, with a code that fits`() throws {
    var events = "event_id,status,currency,prize_pool,distribution\n"
    var registrations = "registration_id,event_id,status\n"
    var placements = "event_id,registration_id,place\n"
    for (number, one) in EventRunTests.distributions.enumerated() {
      let id = "e\(100 + number)"
      let quoted = one.text.replacingOccurrences(of: "\"", with: "\"\"")
      // Each in a currency of its own: two whole pools would not fit one.
      events += "\(id),completed,C\(number),\(one.pool),\"\(quoted)\"\n"
      registrations += "\(id)-r,\(id),confirmed\n"
      placements += "\(id),\(id)-r,1\n"
    }
    let workspace = Workspace(events: events, registrations: registrations, placements: placements)
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 3)
    let found = answer["events"]?.elements?.map { $0["hold_reason"]?.text } ?? []
    #expect(found.count == EventRunTests.distributions.count)
    for (one, reason) in zip(EventRunTests.distributions, found) {
      #expect(reason == one.reason, "\(one.text) of \(one.pool)")
    }
    #expect(workspace.settle("verify").exitCode == 0)
  }

  // MARK: Verify

  @Test func `verify settles refunds, prizes and awards again, to the byte, whatever came later`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    #expect(runs.count == 4)
    #expect(workspace.settle("rollback", runs[2], "--reason", "wrong").exitCode == 0)
    for run in runs {
      let answer = try workspace.settle("verify", run, "--json").json
      #expect(answer["ok"] == .bool(true), "\(run): \(answer)")
      #expect(answer["summaries"]?["recompute"]?.text?.contains("the same to the byte") == true, "\(run): \(answer)")
    }
    // Awards again: what is given already stands in the run, and the recomputation knows it from the ledger.
    workspace.write(
      "placements.csv", EventSeason.placements.replacingOccurrences(of: "derby,d-c,2", with: "derby,d-c,2\ncup,c-c,3"))
    workspace.write("registrations.csv", EventSeason.registrations + "c-c,cup,confirmed,cyd\n")
    let amounts = #"{"1": 20, "2-3": 10}"#
    let again = workspace.settle(
      "prizes", "award", "--kind", "placement", "--amounts", amounts, "--currency", "USD", "--json")
    #expect(try again.json["already_given"]?.integer == 5)
    #expect(workspace.settle("verify", "latest", "--require-recompute").exitCode == 0)
  }

  @Test func `a run whose manifest was made up is found by recomputing, of prizes and of awards`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    for (run, file, old, new) in [
      (runs[1], "prizes.csv", "c-a,1,1,100,0,0,100", "c-a,1,1,101,0,0,101"),
      (runs[3], "awards.csv", "c-a,1,USD,20", "c-a,1,USD,21"),
    ] {
      let path = "outputs/\(run)/\(file)"
      let changed = workspace.text(path).replacingOccurrences(of: old, with: new)
      #expect(changed != workspace.text(path))
      workspace.write(path, changed)
      // The forger also signs: manifest and sums name the forged file.
      let manifest = "outputs/\(run)/manifest.json"
      let value = try JSONValue(parsing: Array(workspace.text(manifest).utf8))
      let digest = value["outputs"]?.elements?.first { $0["name"]?.text == file }?["sha256"]?.text ?? ""
      let forged = SHA256.digest(of: Array(changed.utf8)).hex
      workspace.write(manifest, workspace.text(manifest).replacingOccurrences(of: digest, with: forged))
      let findings = try workspace.settle("verify", run, "--json").json["findings"]?.elements ?? []
      let found = findings.filter { $0["stage"]?.text == "recompute" && $0["file"]?.text == file }
      #expect(found.first?["code"]?.text == "differs", "\(findings)")
    }
  }

  // MARK: Explain

  @Test func `explain tells how the totals of a run of prizes, refunds and awards come about`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    for (run, lines) in [
      (
        runs[0],
        [
          "the sum of refunds.csv, fee = 15 (manifest.json, totals, USD, pool)",
          "USD: paid 4 + failed 0 + retained 11 = 15, every unit of the pools",
        ]
      ),
      (
        runs[1],
        [
          "events.csv has 4 rows, one for each event: settled 2 (manifest.json, counts, settled), held 2",
          "EUR: paid 96 + withheld 5 + failed 0 + breakage 0 + unallocated 0 = 101, every unit of the pools",
          "2 events not settled for event_not_completed (events.csv, hold_reason)",
        ]
      ),
      (runs[2], ["the sum of awards.csv, amount, where status is given = 15 (manifest.json, totals, USD, awarded)"]),
      (runs[3], ["awards.csv has 5 rows that are given: 5 (manifest.json, counts, given)"]),
    ] {
      let told = workspace.settle("explain", run)
      #expect(told.exitCode == 0, "\(told.errors)")
      for line in lines { #expect(told.output.contains(line), "\(line) in \(told.output)") }
      let json = try workspace.settle("explain", run, "--json").json
      #expect(json["ok"] == .bool(true) && json["explanations"]?.elements?.count == 1)
    }
    // A total that the files do not give is told as such.
    let manifest = "outputs/\(runs[1])/manifest.json"
    workspace.write(manifest, workspace.text(manifest).replacingOccurrences(of: "\"paid\": 96", with: "\"paid\": 97"))
    let told = workspace.settle("explain", runs[1])
    #expect(told.exitCode == 1 && told.output.contains("96, but manifest.json, totals, EUR, paid says 97"))
  }

  @Test func `explain tells where each figure of an event, a registration and a user's prizes comes from`() throws {
    let workspace = try EventSeason.settled()
    let runs = try workspace.appliedRuns()
    for (words, lines) in [
      (
        [runs[1], "derby"],
        [
          "101 (events.csv, prize_pool) EUR (events-1 line 3, prize_pool)",
          "101 × 3000 ÷ 10000 = 30.3, rounded down: 30 (events-1 line 3, distribution)",
          "1 left over, by remainder first (manifest.json, configuration)",
        ]
      ),
      (
        [runs[1], "d-c"],
        [
          "2, shared by 2 (placements-1 line 6, place)",
          "the prizes of places 2 to 3 are shared by 2: floor 25 (events-1 line 3, tie)", "25 (prizes.csv, prize)",
        ]
      ),
      (
        [runs[1], "d-b"],
        ["51 × 1000 ÷ 10000 = 5.1, rounded down: 5 (prizes.csv, withheld) (events-1 line 3, withholding_bps"]
      ),
      (
        [runs[0], "g-a"],
        ["15 × 3333 ÷ 10000 = 4.9995, rounded down: 4 (refunds.csv, refund)", "registrations-1 line 7"]
      ),
      ([runs[2], "c-a"], ["3 (awards.csv, amount) USD for taking part (manifest.json, configuration, amounts)"]),
      ([runs[3], "d-a"], ["10 (awards.csv, amount) USD for place 2", "placements-1 line 4"]),
      ([runs[1], "--user", "ann"], [#"registration "c-a" in event "cup""#, #"registration "d-a" in event "derby""#]),
      ([runs[1], "derby", "--user", "ann"], [#"registration "d-a" in event "derby""#]),
      ([runs[1], "gala"], ["held: event_not_completed (events.csv, hold_reason)"]),
    ] {
      let told = workspace.settle(["explain"] + words)
      #expect(told.exitCode == 0, "\(words): \(told.errors)")
      for line in lines { #expect(told.output.contains(line), "\(line) in \(told.output)") }
    }
    let json = try workspace.settle("explain", runs[1], "d-b", "--json").json
    let steps = json["explanations"]?.elements?.first?["steps"]?.elements ?? []
    #expect(steps.first { $0["step"]?.text == "withheld" }?["values"]?["withheld"]?.integer == 5)
    #expect(workspace.settle("explain", runs[1], "--user", "nobody").exitCode == 1)
    // Users stand in the inputs alone.
    workspace.write("registrations.csv", "registration_id,event_id,status\n")
    let gone = workspace.settle("explain", runs[1], "--user", "ann")
    #expect(gone.exitCode == 2 && gone.errors.contains("inputs_needed"))
    #expect(workspace.settle("explain", runs[1], "d-b").output.contains("note: registrations-1 is not where it was"))
  }

  // MARK: Watching

  @Test func `events, metrics and the summary line tell of prizes as of any night`() throws {
    let workspace = Workspace(
      events: EventSeason.events, registrations: EventSeason.registrations, placements: EventSeason.placements)
    let result = workspace.settle(
      "prizes", "pay", "--init-ledger", "--stream", "night.ndjson", "--metrics", "night.prom")
    #expect(
      result.errors.contains(#"settle: summary: command="prizes pay" exit=3 "#)
        && result.errors.contains("status=applied events=4 settled=2 already_settled=0 held=2"), "\(result.errors)")
    let lines = try workspace.text("night.ndjson").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    #expect(lines.first?["event"]?.text == "start" && lines.last?["exit"]?.integer == 3)
    #expect(
      lines.filter { $0["event"]?.text == "problem" }.map { $0["event_id"]?.text } == ["gala", "open"])
    #expect(lines.first { $0["event"]?.text == "result" }?["totals"]?["EUR"]?["withheld"]?.integer == 5)
    let metrics = workspace.text("night.prom")
    for sample in [
      #"settle_prize_events{status="held"} 2"#, #"settle_prize_payments{status="paid"} 5"#,
      #"settle_amount_minor_units{currency="USD",kind="unallocated"} 25"#, "settle_applied 1",
    ] { #expect(metrics.contains(sample + "\n"), "\(sample)") }
    // The variable that every other command reads is read here too, and never taken for inputs.
    #expect(workspace.settle(["prizes", "verify"], environment: ["SETTLE_EVENTS": "verify.ndjson"]).exitCode == 0)
    #expect(workspace.text("verify.ndjson").contains(#""findings":0"#))
    let award = workspace.settle(
      "prizes", "award", "--kind", "participation", "--amount", "1", "--stream", "award.ndjson", "--metrics", "a.prom")
    #expect(award.exitCode == 3 && award.errors.contains("status=nothing_to_give"))
    #expect(workspace.text("a.prom").contains(#"settle_prize_payments{status="failed"} 5"#))
    // A file that holds something else stays as it is.
    let warned = workspace.settle("prizes", "pay", "--stream", "events.csv")
    #expect(warned.errors.contains("warning: --stream: events.csv holds something else"))
    #expect(workspace.text("events.csv") == EventSeason.events)
  }
}
