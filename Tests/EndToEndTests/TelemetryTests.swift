// What is told beside the answer: events, metrics, the summary line; and does a failure of these change nothing?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct TelemetryTests {
  // MARK: Events

  @Test func `the events of a night: start, stages, result, end, each a JSON object a line`() throws {
    let workspace = Workspace(night: "08-bad-rows")
    let result = workspace.settle("run", "--init-ledger", "--events", "night.ndjson", "--json")
    #expect(result.exitCode == 3)
    let events = try workspace.events("night.ndjson")
    #expect(events.first?["event"]?.text == "start")
    #expect(events.first?["schema"]?.text == "settle-events/1")
    #expect(events.first?["command"]?.text == "run")
    #expect(events.last?["event"]?.text == "end")
    #expect(events.last?["exit"]?.integer == 3)
    let names = events.filter { $0["event"]?.text == "stage" }.compactMap { $0["stage"]?.text }
    #expect(names == ["read resolutions-1", "read commitments-1", "settle", "post"])
    #expect(events.filter { $0["event"]?.text == "stage_end" }.compactMap { $0["stage"]?.text } == names)
    #expect(Set(events.compactMap { $0["call"]?.text }).count == 1)
    // Counts and totals are those of the answer, to the digit.
    let told = try #require(events.first { $0["event"]?.text == "result" })
    let answer = try result.json
    for key in ["counts", "totals", "run_id", "status", "postings"] { #expect(told[key] == answer[key], "\(key)") }
    // Each held market and each rejected row is a problem of its own.
    let problems = events.filter { $0["event"]?.text == "problem" }
    #expect(
      problems.filter { $0["kind"]?.text == "market" }.count == answer["counts"]?["held"]?.integer.map { Int($0) })
    #expect(
      problems.filter { $0["kind"]?.text == "row" }.compactMap { $0["code"]?.text }
        == answer["rejections"]?.elements?.compactMap { $0["code"]?.text })
  }

  @Test func `a second night is added to the file, a refused one too`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger", "--events", "e").exitCode == 0)
    let first = workspace.text("e")
    #expect(workspace.settle(["run", "-q"], environment: ["SETTLE_EVENTS": "e"]).exitCode == 0)
    workspace.write("commitments.csv", "commitment_id,market_id,user_id,position,amount\nc1,m1\n")
    #expect(workspace.settle("run", "--events", "e").exitCode == 4)
    #expect(workspace.text("e").hasPrefix(first))
    let events = try workspace.events("e")
    let ends = events.filter { $0["event"]?.text == "end" }
    #expect(ends.compactMap { $0["exit"]?.integer } == [0, 0, 4])
    let last = ends.last?["call"]
    #expect(
      events.filter { $0["call"] == last && $0["event"]?.text == "problem" }.compactMap { $0["code"]?.text }
        == ["malformed_row"])
    #expect(events.first { $0["call"] == last && $0["event"]?.text == "error" }?["code"]?.text == "invalid_input")
  }

  // MARK: Metrics

  @Test func `metrics are the text format of Prometheus, and hold the night's figures`() throws {
    let workspace = Workspace(night: "07-currencies")
    let result = workspace.settle("run", "--init-ledger", "--metrics", "settle.prom", "--json")
    #expect(result.exitCode == 0)
    let samples = try PrometheusText(workspace.text("settle.prom")).samples
    let json = try result.json
    for (currency, totals) in json["totals"]?.members ?? [:] {
      #expect(
        samples["settle_amount_minor_units{currency=\"\(currency)\",kind=\"stakes\"}"]
          == totals["gross_pool"]?.integer.map(String.init))
    }
    #expect(samples["settle_exit_code"] == "0")
    #expect(samples["settle_markets{status=\"settled\"}"] == json["counts"]?["settled"]?.integer.map(String.init))
    #expect(samples["settle_last_success_timestamp_seconds"] == samples["settle_end_timestamp_seconds"])
    #expect(workspace.names().filter { $0.contains("partial") } == [])
  }

  @Test func `a failed night keeps the time of the last success and drops figures that are not its own`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger", "--metrics", "m.prom").exitCode == 0)
    let success = try PrometheusText(workspace.text("m.prom")).samples["settle_last_success_timestamp_seconds"]
    #expect(success != nil)
    workspace.write("commitments.csv", "commitment_id,market_id,user_id,position,amount\nc1,m1\n")
    #expect(workspace.settle("run", "--metrics", "m.prom").exitCode == 4)
    let samples = try PrometheusText(workspace.text("m.prom")).samples
    #expect(samples["settle_exit_code"] == "4")
    #expect(samples["settle_last_success_timestamp_seconds"] == success)
    #expect(samples.keys.allSatisfy { !$0.hasPrefix("settle_amount") })
  }

  @Test func `the file of metrics keeps its permissions`() throws {
    let workspace = Workspace.plainNight
    let path = workspace.write("m.prom", "")
    #expect(unsafe chmod(path, 0o644) == 0)
    #expect(workspace.settle("check", "--metrics", "m.prom").exitCode == 0)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    #expect(workspace.text("m.prom").hasPrefix("# HELP settle_"))
  }

  @Test func `the reference parser of Prometheus reads the metrics`() throws {
    let workspace = Workspace(night: "08-bad-rows")
    _ = workspace.settle("run", "--init-ledger", "--metrics", "m.prom")
    let ours = try PrometheusText(workspace.text("m.prom")).samples
    let program = """
      from prometheus_client.parser import text_string_to_metric_families
      for family in text_string_to_metric_families(open('m.prom').read()):
          assert family.type == 'gauge', family
          for sample in family.samples: print(sample.name, len(sample.labels), sample.value)
      """
    guard let result = workspace.python(program, needs: "prometheus_client") else { return }
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").count == ours.count)
  }

  // MARK: Commands beside those of a night

  @Test func `a rollback, a recovery and a payout are told as a night is`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "-q", "--init-ledger").exitCode == 0)
    workspace.write("d.csv", "user_id,account\nu1,acct_1\n")
    #expect(workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    // A command, what its summary line says, and a sample of its metrics.
    let run = try #require(workspace.runs().first)
    let cases: [(words: [String], exit: Int32, summary: String, sample: String, value: String)] = [
      (
        ["payouts", "schedule"], 0, "run=\(run) created=true picked_up=0 transfers=1 pending=1 held=0",
        #"settle_transfers{state="pending"}"#, "1"
      ),
      (
        ["payouts", "process", "--rail", "command", "--", "false"], 7, "", "settle_rail_reachable", "0"
      ),
      (
        ["payouts", "process", "--rail", "file", "--rail-name", "bank"], 0, "rail=bank calls=0",
        "settle_rail_calls{rail=\"bank\"}", "0"
      ),
      (["recover"], 0, "recovered=0 findings=0", "settle_recover_findings", "0"),
      (
        ["rollback", run, "--reason", "x", "--dry-run"], 0,
        "run=- reverses=\(run) status=planned markets=1 rolled_back=1",
        #"settle_rollback_markets{status="rolled_back"}"#, "1"
      ),
      (["rollback", run, "--reason", "x"], 0, "reverses=\(run) status=applied", "settle_postings", "6"),
    ]
    for (number, item) in cases.enumerated() {
      let (words, rest) = (item.words.prefix { $0 != "--" }, item.words.drop { $0 != "--" })
      let files = ["--events", "e\(number)", "--metrics", "m\(number)"]
      let result = workspace.settle(Array(words) + files + Array(rest))
      #expect(result.exitCode == item.exit, "\(item.words): \(result.output)\(result.errors)")
      let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("settle: summary: ") }
      #expect(lines.count == (item.summary.isEmpty ? 0 : 1), "\(item.words): \(result.errors)")
      #expect(item.summary.isEmpty || lines.first?.contains(" \(item.summary)") == true, "\(lines)")
      let events = try workspace.events("e\(number)")
      #expect(events.first?["event"]?.text == "start")
      #expect(events.last?["exit"]?.integer == Int64(item.exit))
      #expect(events.contains { $0["event"]?.text == "result" })
      let samples = try PrometheusText(workspace.text("m\(number)")).samples
      #expect(samples["settle_exit_code"] == String(item.exit))
      #expect(samples[item.sample] == item.value, "\(item.words): \(samples)")
    }
  }

  @Test func `a scheduler tells of each pass, and of the rail, while it goes on`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "-q", "--init-ledger").exitCode == 0)
    workspace.write("d.csv", "user_id,account\nu1,acct_1\n")
    #expect(workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    #expect(workspace.settle("payouts", "schedule", "-q").exitCode == 0)
    let program = """
      '\(Workspace.binary)' payouts process -q --rail file --watch 1 --events e --metrics m.prom & worker=$!
      for n in $(seq 100); do
        grep -qs '"event":"pass"' e && grep -qs 'rail_calls{rail="file"} 1' m.prom && break
        sleep 0.1
      done
      cp m.prom seen.prom; kill -TERM $worker; wait $worker
      """
    let result = workspace.run("/bin/bash", ["-c", program])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    let samples = try PrometheusText(workspace.text("seen.prom")).samples
    #expect(samples[#"settle_rail_calls{rail="file"}"#] == "1")
    #expect(samples["settle_exit_code"] == "0")
    let passes = try workspace.events("e").filter { $0["event"]?.text == "pass" }
    #expect(passes.count == 1)
    #expect(passes.first?["calls"]?.integer == 1)
  }

  // MARK: Failures of telling

  /// A path that cannot be written, and how to make it so.
  struct Obstacle: CustomTestStringConvertible {
    let testDescription: String
    let path: String
    var prepare: @Sendable (Workspace) -> Void = { _ in }
  }

  static let obstacles = [
    Obstacle(testDescription: "a directory that is not there", path: "nowhere/x"),
    Obstacle(testDescription: "a directory", path: "folder") { $0.write("folder/x", "") },
    Obstacle(testDescription: "a full device", path: "/dev/full"),
    Obstacle(testDescription: "an input", path: "resolutions.csv"),
    Obstacle(testDescription: "the ledger", path: "outputs/ledger.db"),
    Obstacle(testDescription: "a file of another program", path: "other.prom") { $0.write("other.prom", "up 1\n") },
    Obstacle(testDescription: "a pipe that nobody reads", path: "pipe") {
      #expect(unsafe mkfifo("\($0.path)/pipe", 0o600) == 0)
    },
  ]

  @Test(arguments: obstacles.indices, ["--events", "--metrics"])
  func `what cannot be told changes nothing that is applied, and is said`(number: Int, option: String) throws {
    let obstacle = TelemetryTests.obstacles[number]
    let workspace = Workspace.plainNight
    obstacle.prepare(workspace)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let before = workspace.read(obstacle.path)
    let result = workspace.settle("run", "-q", "--json", option, obstacle.path)
    #expect(result.exitCode == 0, "\(obstacle): \(result.output)\(result.errors)")
    #expect(try result.json["status"]?.text == "applied")
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
    #expect(result.errors.hasPrefix("settle: warning: \(option): "), "\(obstacle): \(result.errors)")
    let warnings = try result.json["warnings"]?.elements ?? []
    #expect(warnings.count == 1 && warnings[0].text?.hasPrefix("\(option): ") == true)
    if obstacle.path != "outputs/ledger.db", !obstacle.path.hasPrefix("/dev") {
      #expect(workspace.read(obstacle.path) == before)
    }
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'user:u1'") == "297")
    #expect(workspace.settle("verify", "-q").exitCode == 0)
    // Metrics say that the events are not whole.
    if option == "--events" {
      _ = workspace.settle("check", "--events", obstacle.path, "--metrics", "seen.prom")
      #expect(try PrometheusText(workspace.text("seen.prom")).samples["settle_events_complete"] == "0")
    }
  }

  @Test func `a disk that fills up while events are written changes nothing that is applied`() throws {
    let workspace = Workspace(night: "01-binary")
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    // Room for the first lines only: /dev/full takes none, a small file system takes some.
    let result = workspace.settle("run", "--events", "/dev/full")
    #expect(result.exitCode == 0)
    #expect(result.errors.contains("settle: warning: --events: /dev/full: cannot write: No space left on device"))
  }

  // MARK: The summary line

  @Test func `one line for logs, where no terminal reads it`() throws {
    let workspace = Workspace.plainNight
    let result = workspace.settle("run", "--init-ledger")
    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("settle: summary: ") }
    let run = try #require(workspace.runs().first)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("settle: summary: command=run exit=0 seconds=") == true)
    #expect(
      lines.first?.hasSuffix(
        " run=\(run) status=applied markets=1 settled=1 already_settled=0 held=0 failed=0 commitments=2 rejected=0 postings=6"
      ) == true, "\(lines)")
    let terminal = workspace.run("/usr/bin/script", ["-qec", "\(Workspace.binary) plan", "/dev/null"])
    #expect(!terminal.output.contains("summary:"))
  }

  @Test func `verbose tells how long each stage took`() {
    let result = Workspace.plainNight.settle("plan", "-v")
    #expect(result.errors.contains("settle: read commitments-1: 0."), "\(result.errors)")
    #expect(!Workspace.plainNight.settle("plan").errors.contains("read commitments-1"))
  }
}

/// The text format, read by its grammar: help, type, samples; a name's lines stand together.
struct PrometheusText {
  /// `name{labels}` to value.
  private(set) var samples: [String: String] = [:]

  init(_ text: String) throws {
    try #require(text.hasSuffix("\n"))
    var family = ""
    var seen: Set<String> = []
    let sample = try Regex(
      #"^([a-z_]+)(\{[a-z_]+="(?:[^"\\]|\\.)*"(?:,[a-z_]+="(?:[^"\\]|\\.)*")*\})? (-?[0-9]+(?:\.[0-9]+)?)$"#,
      as: (Substring, Substring, Substring?, Substring).self)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ")
      if line.hasPrefix("# HELP ") {
        family = String(words[2])
        #expect(seen.insert(family).inserted, "\(family) stands in two places")
      } else if line.hasPrefix("# TYPE ") {
        #expect(line == "# TYPE \(family) gauge")
      } else {
        let match = try #require(line.wholeMatch(of: sample), "not a sample: \(line)")
        #expect(match.1 == family)
        #expect(samples.updateValue(String(match.3), forKey: String(match.1) + (match.2 ?? "")) == nil)
      }
    }
  }
}

extension Workspace {
  /// The lines of an event file, each an object.
  func events(_ name: String) throws -> [JSONValue] {
    let text = text(name)
    try #require(text.hasSuffix("\n"))
    return try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// Runs a Python program where its package is installed; nil, with a notice, where it is not.
  func python(_ program: String, _ arguments: String..., needs package: String) -> ToolResult? {
    guard run("/usr/bin/env", ["python3", "-c", "import \(package)"]).exitCode == 0 else {
      print("notice: python3 has no \(package) here: not tried")
      return nil
    }
    return run("/usr/bin/env", ["python3", "-c", program] + arguments)
  }
}
