// Are events paid and refunded as promised: files, ledger, exit codes, and again without a second effect?
import Foundation
import Interchange
import TestSupport
import Testing

/// Two completed events, one that is live, and their results.
enum PrizeNight {
  static let events = """
    event_id,status,currency,prize_pool,entry_fee,organizer_id,distribution
    cup,completed,USD,175,10,olga,"{""first"": 100, ""second"": 50, ""third"": 25}"
    derby,completed,USD,101,10,oleg,"{""1"": ""50%"", ""2nd"": ""30%"", ""3"": ""20%""}"
    gala,live,USD,500,10,olga,"{""1"": 500}"

    """
  static let registrations = """
    registration_id,event_id,status,user_id,player_name
    c-a,cup,confirmed,ann,Ann Archer
    c-b,cup,confirmed,ben,Ben Baker
    c-c,cup,confirmed,cyd,Cyd Cook
    d-a,derby,confirmed,ann,Ann Archer
    d-b,derby,confirmed,,Ben Baker
    d-c,derby,waitlisted,cyd,Cyd Cook
    g-a,gala,confirmed,ann,Ann Archer

    """
  static let placements = """
    event_id,place,registration_id
    cup,2,c-b
    cup,1,c-a
    cup,3,c-c
    derby,1st,d-b
    derby,third,d-a
    gala,1,g-a

    """
  static let cancelled = """
    event_id,status,currency,entry_fee,refund_bps,organizer_id
    cup,cancelled,USD,999,3333,olga
    derby,cancelled,USD,50,,oleg
    gala,live,USD,10,,olga

    """
}

extension Workspace {
  /// A workspace with files of events as CSV.
  convenience init(
    events: String = PrizeNight.events, registrations: String = PrizeNight.registrations,
    placements: String? = PrizeNight.placements
  ) {
    self.init()
    write("events.csv", events)
    write("registrations.csv", registrations)
    if let placements { write("placements.csv", placements) }
  }

  /// `prizes` with `--json`: the answer and the exit code.
  func prizes(_ arguments: String..., environment: [String: String] = [:]) throws -> (json: JSONValue, exit: Int32) {
    let result = settle(["prizes"] + arguments + ["--json"], environment: environment)
    return (try result.json, result.exitCode)
  }

  func balance(_ account: String, _ currency: String = "USD") -> String {
    settle("ledger", "balance", account, "--currency", currency).output.trimmingCharacters(in: .newlines)
  }
}

@Suite struct PrizeRunTests {
  @Test func `pay posts every prize, holds what is not completed, and writes the files`() throws {
    let workspace = Workspace()
    for (name, text) in [
      ("events.csv", PrizeNight.events), ("registrations.csv", PrizeNight.registrations),
      ("placements.csv", PrizeNight.placements),
    ] { workspace.write(name, text) }
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 3)
    #expect(answer["mode"] == .string("payout") && answer["idempotent"] == .bool(false))
    #expect(answer["count"]?.integer == 5)
    #expect(
      try workspace.runFile("events.csv") == """
        event_id,status,currency,prize_pool,placements,prizes,total_prize,withheld,breakage,unallocated,entry_fee,\
        refunds,total_refund,retained,failed,hold_reason
        cup,settled,USD,175,3,3,175,0,0,0,,,,,0,
        derby,settled,USD,101,2,2,71,0,0,30,,,,,0,
        gala,held,USD,,,,,,,,,,,,,event_not_completed

        """)
    #expect(
      try workspace.runFile("prizes.csv") == """
        event_id,registration_id,place,tied,prize,extra_units,withheld,net,status
        cup,c-a,1,1,100,0,0,100,paid
        cup,c-b,2,1,50,0,0,50,paid
        cup,c-c,3,1,25,0,0,25,paid
        derby,d-a,3,1,20,0,0,20,paid
        derby,d-b,1,1,51,1,0,51,paid

        """)
    #expect(workspace.balance("user:ann") == "120")
    #expect(workspace.balance("user:ben") == "50")
    #expect(workspace.balance("registration:d-b") == "51")
    #expect(workspace.balance("escrow:cup") == "0" && workspace.balance("escrow:derby") == "0")
    // What was not given away is back where it came from.
    #expect(workspace.balance("stakes") == "-246")
    let manifest = try JSONValue(parsing: Array(try workspace.runFile("manifest.json").utf8))
    #expect(manifest["kind"] == .string("prizes"))
    #expect(manifest["totals"]?["USD"]?["unallocated"]?.integer == 30)
    #expect(manifest["totals"]?["USD"]?["pool"]?.integer == 276)
    let sums = workspace.run(
      "/bin/bash",
      ["-c", "cd outputs/*-1 && sha256sum -c SHA256SUMS && test -s datapackage.json run-info.json || true"])
    #expect(sums.output.split(separator: "\n").filter { $0.hasSuffix(": OK") }.count == 5, "\(sums.output)")
  }

  @Test func `outputs name registrations only`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    let result = workspace.settle("prizes", "pay", "--init-ledger", "-v", "--operator", "root")
    for file in ["events.csv", "prizes.csv", "rejects.csv", "manifest.json", "datapackage.json", "run-info.json"] {
      let text = try workspace.runFile(file)
      for name in ["ann", "ben", "cyd", "Archer", "Baker", "olga", "oleg"] {
        #expect(
          !text.contains("\(name),") && !text.contains("\"\(name)\"") && !text.contains("Archer"), "\(file): \(name)")
      }
    }
    #expect(!result.output.contains("ann") && !result.errors.contains("Archer"))
    #expect(result.errors.contains("player_name"))
  }

  @Test func `a second call returns the same entries and moves nothing`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    let (first, _) = try workspace.prizes("pay", "--init-ledger")
    let entries = try workspace.cell("SELECT count(*) FROM entries")
    let (second, exit) = try workspace.prizes("pay")
    #expect(exit == 3)
    #expect(second["idempotent"] == .bool(true))
    #expect(second["created_transaction_ids"] == first["created_transaction_ids"])
    #expect(second["run_id"] == first["run_id"])
    #expect(try workspace.cell("SELECT count(*) FROM entries") == entries)
    #expect(workspace.runs().count == 1)
    // The same events in another batch: the same entries, whatever else is paid.
    workspace.write("events.csv", PrizeNight.events.replacingOccurrences(of: "gala,live", with: "gala,completed"))
    let (third, _) = try workspace.prizes("pay")
    let events = try #require(third["events"]?.elements)
    #expect(events.map { $0["status"]?.text } == ["already_settled", "already_settled", "settled"])
    #expect(events[0]["entry_ids"] == first["events"]?.elements?[0]["entry_ids"])
    #expect(workspace.balance("user:ann") == "620")
    // The entries that the answer names are the payments.
    let ids = (first["created_transaction_ids"]?.elements ?? []).compactMap(\.integer).map(String.init)
    let kinds = try workspace.rows("SELECT DISTINCT kind FROM entries WHERE id IN (\(ids.joined(separator: ",")))")
    #expect(kinds == [["payouts"]])
  }

  @Test func `other facts of a paid event are a conflict, other events are paid`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    _ = try workspace.prizes("pay", "--init-ledger")
    workspace.write("placements.csv", PrizeNight.placements.replacingOccurrences(of: "cup,2,c-b", with: "cup,4,c-b"))
    workspace.write("events.csv", PrizeNight.events.replacingOccurrences(of: "gala,live", with: "gala,completed"))
    let (answer, exit) = try workspace.prizes("pay")
    #expect(exit == 5)
    let events = try #require(answer["events"]?.elements)
    #expect(events.map { $0["status"]?.text } == ["held", "already_settled", "settled"])
    #expect(events[0]["hold_reason"] == .string("already_settled_otherwise"))
    // What was paid is not refunded as well.
    workspace.write("events.csv", PrizeNight.cancelled)
    let (refund, refundExit) = try workspace.prizes("refund")
    #expect(refundExit == 5)
    #expect(refund["events"]?.elements?[0]["hold_reason"] == .string("already_settled_otherwise"))
  }

  @Test func `refund returns the fee of every confirmed registration, in part where that is asked`() throws {
    let workspace = Workspace(events: PrizeNight.cancelled, placements: nil)
    let (answer, exit) = try workspace.prizes("refund", "--init-ledger")
    #expect(exit == 3 && answer["mode"] == .string("refund") && answer["count"]?.integer == 5)
    #expect(
      try workspace.runFile("refunds.csv") == """
        event_id,registration_id,fee,refund,status
        cup,c-a,999,332,paid
        cup,c-b,999,332,paid
        cup,c-c,999,332,paid
        derby,d-a,50,50,paid
        derby,d-b,50,50,paid

        """)
    #expect(
      try workspace.runFile("events.csv").split(separator: "\n").dropFirst().joined(separator: "\n") == """
        cup,settled,USD,,,,,,,,999,3,996,2001,0,
        derby,settled,USD,,,,,,,,50,2,100,0,0,
        gala,held,USD,,,,,,,,,,,,,event_not_cancelled
        """)
    #expect(workspace.balance("house") == "2001" && workspace.balance("user:ann") == "382")
    #expect(workspace.balance("user:cyd") == "332")
    let (second, _) = try workspace.prizes("refund")
    #expect(second["idempotent"] == .bool(true))
    #expect(second["created_transaction_ids"] == answer["created_transaction_ids"])
  }

  @Test(
    arguments: [
      ("pay", "cup,completed", "cup,cancelled", "event_not_completed"),
      ("pay", "cup,completed", "cup,live", "event_not_completed"),
      ("refund", "cup,completed", "cup,completed", "event_not_cancelled"),
    ])
  func `an event in another state is held, exit 3`(command: String, old: String, new: String, reason: String) throws {
    let workspace = Workspace(events: PrizeNight.events.replacingOccurrences(of: old, with: new))
    let (answer, exit) = try workspace.prizes(command, "--init-ledger", "--only", "cup")
    #expect(exit == 3)
    #expect(answer["events"]?.elements?[0]["hold_reason"] == .string(reason))
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
  }

  @Test func `an event without placements is held as no_results`() throws {
    let workspace = Workspace(placements: "event_id,place,registration_id\nderby,1,d-b\n")
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 3)
    #expect(answer["events"]?.elements?.map { $0["hold_reason"]?.text } == ["no_results", nil, "event_not_completed"])
    #expect(workspace.balance("registration:d-b") == "51")
  }

  @Test func `dry run says what would happen and writes nothing`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    _ = workspace.settle("ledger", "init")
    let before = workspace.names("outputs")
    let (answer, exit) = try workspace.prizes("pay", "--dry-run", "--notes", "try")
    #expect(exit == 3 && answer["dry_run"] == .bool(true) && answer["status"] == .string("planned"))
    #expect(answer["totals"]?["USD"]?["paid"]?.integer == 246)
    #expect(workspace.names("outputs") == before)
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    // Without a ledger too.
    let plain = Workspace(events: PrizeNight.events)
    #expect(plain.settle("prizes", "pay", "--dry-run").exitCode == 3)
    #expect(plain.names() == ["events.csv", "placements.csv", "registrations.csv"])
    #expect(plain.settle("prizes", "pay").exitCode == 4)
  }

  @Test(arguments: [(101, 0), (102, 4)] as [(Int, Int32)])
  func `dry run refuses what the program's own accounts cannot hold, as the run does`(pool: Int, exit: Int32) throws {
    func events(_ event: String, _ pool: String) -> String {
      "event_id,status,currency,prize_pool,distribution\n\(event),completed,USD,\(pool),\"{\"\"1\"\": \"\"100%\"\"}\"\n"
    }
    let workspace = Workspace(
      events: events("first", "9223372036854775707"),
      registrations: "registration_id,event_id,status,user_id\nf-b,first,confirmed,ben\n",
      placements: "event_id,place,registration_id\nfirst,1,f-b\n")
    #expect(try workspace.prizes("pay", "--init-ledger").exit == 0)
    #expect(workspace.balance("stakes") == "-9223372036854775707")
    workspace.write("events.csv", events("cup", "\(pool)"))
    workspace.write("registrations.csv", PrizeNight.registrations)
    workspace.write("placements.csv", "event_id,place,registration_id\ncup,1,c-a\n")
    let (planned, plannedExit) = try workspace.prizes("pay", "--dry-run")
    let (applied, appliedExit) = try workspace.prizes("pay")
    #expect(plannedExit == exit && appliedExit == exit, "\(planned.compact) \(applied.compact)")
    #expect(planned["error"]?["code"] == applied["error"]?["code"])
    #expect(planned["error"]?["message"] == applied["error"]?["message"])
    #expect(workspace.balance("user:ann") == (exit == 0 ? "101" : "0"))
  }

  @Test func `notes are kept with the run and in the record of actions, not in the batch`() throws {
    let workspace = Workspace(events: PrizeNight.events)
    let (first, _) = try workspace.prizes("pay", "--init-ledger", "--notes", "final, after review")
    #expect(try workspace.runFile("run-info.json").contains("\"notes\": \"final, after review\""))
    #expect(!(try workspace.runFile("manifest.json")).contains("review"))
    let action = try workspace.rows("SELECT action, reason, result FROM actions WHERE action LIKE 'prizes%'")
    #expect(action == [["prizes pay", "final, after review", "applied"]])
    let (second, _) = try workspace.prizes("pay", "--notes", "other words")
    #expect(second["run_id"] == first["run_id"])
  }

  @Test func `withholding above a threshold goes to an account of its own`() throws {
    let events = """
      event_id,status,currency,prize_pool,withholding_bps,withholding_above,distribution
      cup,completed,USD,1750,2400,500,"{""1"": 1000, ""2"": 500, ""3"": 250}"

      """
    let workspace = Workspace(events: events)
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 0)
    #expect(answer["totals"]?["USD"]?["withheld"]?.integer == 240)
    #expect(workspace.balance("withholding:c-a") == "240" && workspace.balance("user:ann") == "760")
    #expect(workspace.balance("withholding:c-b") == "0" && workspace.balance("user:ben") == "500")
    #expect(try workspace.runFile("prizes.csv").contains("cup,c-a,1,1,1000,0,240,760,paid\n"))
  }

  @Test func `a prize that its wallet cannot take fails alone, exit 3`() throws {
    let full = """
      event_id,status,currency,prize_pool,distribution
      first,completed,USD,9223372036854775707,"{""1"": ""100%""}"

      """
    let workspace = Workspace(
      events: full, registrations: "registration_id,event_id,status,user_id\nf-b,first,confirmed,ben\n",
      placements: "event_id,place,registration_id\nfirst,1,f-b\n")
    #expect(try workspace.prizes("pay", "--init-ledger").exit == 0)
    // 100 units of room are left in ben's wallet; stakes must be filled up again, or it could give no more.
    try workspace.execute("UPDATE accounts SET balance = 0 WHERE name = 'stakes'")
    workspace.write(
      "events.csv",
      PrizeNight.events.replacingOccurrences(of: "175,10", with: "275,10").replacingOccurrences(
        of: "50, ", with: "150, "))
    workspace.write("registrations.csv", PrizeNight.registrations)
    workspace.write("placements.csv", PrizeNight.placements)
    let (answer, exit) = try workspace.prizes("pay", "--only", "cup")
    #expect(exit == 3)
    let event = try #require(answer["events"]?.elements?[0])
    #expect(event["status"] == .string("settled") && event["failed"] == .array([.string("c-b")]))
    #expect(event["entry_ids"]?.elements?.count == 2)
    #expect(workspace.balance("user:ann") == "100" && workspace.balance("user:cyd") == "25")
    #expect(workspace.balance("user:ben") == "9223372036854775707")
    #expect(workspace.balance("suspense") == "150" && workspace.balance("escrow:cup") == "0")
    let states = try workspace.rows("SELECT market_id, user_id, status FROM distribution_states")
    #expect(states == [["cup", "c-b", "failed"]])
    let (verified, found) = try workspace.prizes("verify", "--only", "cup")
    #expect(found == 1 && verified["details"]?["missing"] == .array([]))
    let failed = verified["details"]?["failed_transactions"]?.elements?.first
    #expect(failed?["registration_id"]?.text == "c-b" && failed?["expected"]?.integer == 150)
    // A second call tells the same, and tries nothing behind the operator's back.
    let (second, _) = try workspace.prizes("pay", "--only", "cup")
    #expect(second["created_transaction_ids"] == answer["created_transaction_ids"])
  }

  @Test(
    arguments: [
      ("olga", "cup", 0), ("olga", "derby", 8), ("anna", "cup", 8), ("nobody", "cup", 8), ("root", "derby", 0),
    ] as [(String, String, Int32)])
  func `organizers act on their own events, admins on all, others get exit 8`(
    operatorID: String, event: String, exit: Int32
  ) throws {
    for (command, events) in [("pay", PrizeNight.events), ("refund", PrizeNight.cancelled)] {
      let workspace = Workspace(events: events)
      _ = workspace.settle("ledger", "init", "--operator", "root")
      try workspace.execute(
        """
        INSERT INTO operators VALUES ('olga', 'organizer', 'root', '2026-01-01T00:00:00Z'),
        ('anna', 'analyst', 'root', '2026-01-01T00:00:00Z')
        """)
      for mode in [["--dry-run"], []] {
        let result = workspace.settle(
          ["prizes", command, "--only", event, "--operator", operatorID, "--json"] + mode)
        #expect(result.exitCode == exit, "\(command) \(mode): \(result.output)")
        if exit == 8 {
          let code = try result.json["error"]?["code"]?.text
          #expect(code == (operatorID == "nobody" ? "unauthenticated" : "forbidden"))
          #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
          #expect(workspace.runs().isEmpty)
        }
      }
    }
  }

  @Test func `one event's bad row holds that event only, and all problems are told in one pass`() throws {
    let events = """
      event_id,status,currency,prize_pool,distribution
      a,completed,USD,100,"{""1"": ""60%"", ""2"": ""50%""}"
      b,completed,USD,100,"{""1"": 60, ""2"": ""40%""}"
      c,completed,USD,100,"{""1"": 60, ""winner"": 40}"
      d,completed,USD,100,"{""1"": 60, ""2"": 41}"
      e,completed,USD,,
      f,completed,usd,100,"{""1"": 60}"
      g,completed,USD,100,"{""1"": 60}"
      h,completed,USD,100,"{""1"": 60}"

      """
    let registrations =
      "registration_id,event_id,status\n"
      + "abcdefgh".map { "r-\($0),\($0),confirmed\n" }.joined() + "r-x,g,withdrawn\n"
    let placements =
      "event_id,place,registration_id\n"
      + "abcdefh".map { "\($0),1,r-\($0)\n" }.joined() + "g,1,r-x\ng,zeroth,r-g\nh,2,r-q\n"
    let workspace = Workspace(events: events, registrations: registrations, placements: placements)
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 3)
    #expect(
      answer["events"]?.elements?.map { $0["hold_reason"]?.text ?? "" } == [
        "distribution_exceeds_pool", "mixed_distribution", "invalid_distribution", "distribution_exceeds_pool",
        "missing_field", "invalid_currency", "invalid_place|registration_not_eligible", "unknown_registration",
      ])
    #expect(
      try workspace.runFile("rejects.csv").split(separator: "\n").dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false).prefix(7).joined(separator: ",")
      } == [
        "events,events-1,2,a,a,distribution_exceeds_pool,distribution",
        "events,events-1,3,b,b,mixed_distribution,distribution",
        "events,events-1,4,c,c,invalid_distribution,distribution",
        "events,events-1,5,d,d,distribution_exceeds_pool,distribution",
        "events,events-1,6,e,e,missing_field,distribution", "events,events-1,6,e,e,missing_field,prize_pool",
        "events,events-1,7,f,f,invalid_currency,currency",
        "placements,placements-1,9,g,r-x,registration_not_eligible,registration_id",
        "placements,placements-1,10,g,r-g,invalid_place,place",
        "placements,placements-1,11,h,r-q,unknown_registration,registration_id",
      ])
    // --strict refuses all; a row whose event cannot be told does so under any flag.
    #expect(workspace.settle("prizes", "pay", "--strict").exitCode == 4)
    workspace.write("placements.csv", placements + ",1,r-a\n")
    #expect(workspace.settle("prizes", "pay").exitCode == 4)
  }

  @Test func `the same rows in CSV, JSON and NDJSON, in any order and any number of files, give the same bytes`() throws
  {
    let expected = Workspace(events: PrizeNight.events)
    _ = try expected.prizes("pay", "--init-ledger")
    let objects = [
      #"{"eventId":"gala","status":"live","currency":"USD","prizePool":500,"distribution":{"1":500}}"#,
      #"{"id":"derby","status":"completed","currency":"USD","prize_pool":"101","distribution":{"3":"20%","1st":"50%","second":"30.00%"},"x":{"y":1}}"#,
      #"{"event_id":"cup","status":"completed","currency":"USD","prize_pool":175,"prize_distribution":"{\"1\":100,\"2\":\"50\",\"3\":25}"}"#,
    ]
    let rows = PrizeNight.registrations.split(separator: "\n")
    let placements = PrizeNight.placements.split(separator: "\n").dropFirst().map { row in
      let cells = row.split(separator: ",")
      return #"{"registrationId":"\#(cells[2])","placement":"\#(cells[1])","eventId":"\#(cells[0])"}"#
    }
    for layout in ["json", "ndjson"] {
      let workspace = Workspace()
      let isLines = layout == "ndjson"
      workspace.write(
        "e.\(layout)", isLines ? objects.joined(separator: "\n") : #"{"events":[\#(objects.joined(separator: ","))]}"#)
      workspace.write(
        "p.\(layout)",
        isLines ? placements.reversed().joined(separator: "\n") : "[\(placements.joined(separator: ","))]")
      workspace.write("r1.csv", ([rows[0]] + rows[4...]).joined(separator: "\r\n") + "\r\n")
      workspace.write("r2.csv", rows[...3].joined(separator: "\n"))
      let (answer, exit) = try workspace.prizes(
        "pay", "--init-ledger", "--events", "e.\(layout)", "--placements", "p.\(layout)", "--registrations", "r1.csv",
        "--registrations", "r2.csv")
      #expect(exit == 3, "\(answer)")
      for file in ["events.csv", "prizes.csv", "rejects.csv"] {
        #expect(try workspace.runFile(file) == expected.runFile(file), "\(layout): \(file)")
      }
    }
  }

  @Test func `the real event pays its pool to the cent`() throws {
    let workspace = Workspace(night: "public-event")
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 0)
    #expect(answer["totals"]?["USD"]?["paid"]?.integer == 4_001_819_500)
    let rows = try workspace.runFile("prizes.csv").split(separator: "\n").dropFirst()
    let prizes = rows.compactMap { Int64($0.split(separator: ",")[4]) }
    #expect(prizes.reduce(0, +) == 4_001_819_500 && prizes.count == 18 && prizes[0] == 1_820_827_878)
  }

  @Test func `many events are paid in one batch`() throws {
    var events = "event_id,status,prize_pool,distribution\n"
    var registrations = "registration_id,event_id,status\n"
    var placements = "event_id,place,registration_id\n"
    for event in 1...300 {
      events +=
        "e\(event),completed,\(event),\"{\"\"1\"\": \"\"50%\"\", \"\"2\"\": \"\"30%\"\", \"\"3\"\": \"\"20%\"\"}\"\n"
      for place in 1...3 {
        registrations += "e\(event)-\(place),e\(event),confirmed\n"
        placements += "e\(event),\(place),e\(event)-\(place)\n"
      }
    }
    let workspace = Workspace(events: events, registrations: registrations, placements: placements)
    let (answer, exit) = try workspace.prizes("pay", "--init-ledger")
    #expect(exit == 0 && answer["counts"]?["settled"]?.integer == 300)
    #expect(answer["totals"]?["TOKEN"]?["paid"]?.integer == (1...300).reduce(0, +))
    let rows = try workspace.runFile("events.csv").split(separator: "\n")
    #expect(rows.dropFirst().map { $0.prefix { $0 != "," } } == (1...300).map { "e\($0)" }.sorted().map { $0[...] })
    #expect(workspace.settle("verify").exitCode == 0)
  }
}
