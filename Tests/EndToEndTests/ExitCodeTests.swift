// What does each way to end look like: exit code, standard output against standard error, and JSON?
import Batch
import Foundation
import Interchange
import Ledger
import Markets
import TestSupport
import Testing

@Suite struct ExitCodeTests {
  // MARK: One line for each

  @Test(
    arguments: [
      ("version", 0), ("help", 0), ("help run", 0), ("help exit-codes", 0), ("--help", 0), ("--version", 0),
      ("run --help", 0),
      ("", 2), ("runn", 2), ("help nothing", 2), ("run --strickt", 2), ("run --house-fee-bps", 2), ("run extra", 2),
      ("run --threads 0", 2), ("run --threads 1.0", 2), ("run --audit-format xml", 2), ("run --strict=yes", 2),
      ("run --ledger a --ledger b", 2), ("apply", 2), ("apply nowhere", 2), ("demo", 2), ("ledger balance", 2),
      ("run --resolutions missing.csv --commitments commitments.csv", 4), ("run --resolutions resolutions.csv", 2),
      ("run --as-of yesterday --init-ledger", 2), ("run", 4), ("ledger balance house", 4),
      ("run --remainder nobody", 2), ("run --house-fee-bps 10001 --init-ledger", 4),
      ("run --house-fee-bps 6000 --creator-fee-bps 6000 --init-ledger", 4), ("run --currency eur --init-ledger", 4),
      ("run --config missing.json --init-ledger", 2),
      ("check", 0), ("plan", 0), ("run --init-ledger", 0), ("ledger init", 0), ("demo night", 0),
    ] as [(String, Int32)])
  func `a command line ends with its exit code`(line: String, exit: Int32) throws {
    let words = line.split(separator: " ").map(String.init)
    let workspace = Workspace.plainNight
    let result = workspace.settle(words)
    #expect(result.exitCode == exit, "\(line): \(result.output)\(result.errors)")
    if exit != 0, !words.isEmpty {
      #expect(result.output == "", "\(line): a failure has no answer")
      let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("settle: made") }
      #expect(
        lines.count == 2 && lines[0].hasPrefix("settle: error: ") && lines[1].hasPrefix("settle: hint: "),
        "\(line): \(result.errors)")
    }
    // The same told as JSON: one object, nothing else, the same exit code.
    guard !words.isEmpty, !line.hasPrefix("-"), !line.hasPrefix("help"), !line.hasSuffix("--help") else { return }
    let fresh = Workspace.plainNight
    let place = words.firstIndex { $0.hasPrefix("--") } ?? words.count
    let told = fresh.settle(words[..<place] + ["--json"] + words[place...])
    #expect(told.exitCode == exit, "\(line) --json")
    let json = try told.json
    #expect((json["error"] != nil) == (exit != 0), "\(line): \(told.output)")
    if exit != 0 {
      #expect(json["error"]?["exit"]?.integer == Int64(exit))
      for member in ["code", "message", "hint"] {
        #expect(json["error"]?[member]?.text?.isEmpty == false, "\(line): \(member)")
      }
      #expect(!told.errors.contains("error:"), "\(line): told once")
    }
  }

  @Test(arguments: [
    ("runn", "did you mean `settle run`?"), ("chekc", "did you mean `settle check`?"),
    ("run --outptus", "did you mean --outputs?"), ("ledger blance", "did you mean `settle ledger balance`?"),
    ("help fromats", "did you mean formats?"),
  ])
  func `a typo gets a suggestion`(line: String, suggestion: String) {
    let result = Workspace().settle(line.split(separator: " ").map(String.init))
    #expect(result.exitCode == 2)
    #expect(result.errors.contains(suggestion), "\(result.errors)")
  }

  @Test func `a word without likeness gets none`() {
    let result = Workspace().settle("xylophone")
    #expect(result.exitCode == 2)
    #expect(!result.errors.contains("did you mean"))
  }

  // MARK: Place and ledger

  @Test func `a missing ledger is never made by accident`() {
    let workspace = Workspace.plainNight
    let result = workspace.settle("run", "--json")
    #expect(result.exitCode == 4)
    #expect(result.errorCode == "ledger_missing")
    #expect(workspace.names("outputs") == [])
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
  }

  @Test func `ledger init never overwrites`() {
    let workspace = Workspace()
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    let result = workspace.settle("ledger", "init", "--json")
    #expect(result.exitCode == 4)
    #expect(result.errorCode == "ledger_exists")
    #expect(workspace.read("outputs/ledger.db") == before)
  }

  @Test(arguments: ["not a database", ""])
  func `a file that is no ledger is refused and left as it is`(content: String) {
    let workspace = Workspace.plainNight
    workspace.write("other.db", content)
    let result = workspace.settle("run", "--ledger", "other.db", "--json")
    #expect(result.exitCode == 4, "\(result.output)")
    #expect(result.errorCode == "ledger_foreign", "\(result.output)")
    #expect(workspace.text("other.db") == content)
  }

  @Test func `outputs of another ledger are refused`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    #expect(workspace.settle("ledger", "init", "--ledger", "second.db").exitCode == 0)
    let result = workspace.settle("run", "--ledger", "second.db", "--json")
    #expect(result.exitCode == 5)
    #expect(result.errorCode == "ledger_mismatch")
    #expect(try workspace.cell("SELECT count(*) FROM entries", of: "second.db") == "0")
  }

  // MARK: Who

  @Test func `an unknown operator is refused, and nothing is written`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init", "--operator", "alice").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    let cases: [([String], [String: String])] = [
      (["--operator", "mallory"], [:]), ([], ["SETTLE_OPERATOR": "mallory"]), ([], [:]),
      (["--operator", "mallory"], ["SETTLE_OPERATOR": "alice"]),
    ]
    for (flags, environment) in cases {
      let result = workspace.settle(["run", "--json"] + flags, environment: environment)
      #expect(result.exitCode == 8)
      #expect(result.errorCode == "unauthenticated")
    }
    #expect(workspace.read("outputs/ledger.db") == before)
    #expect(workspace.runs() == [])
    #expect(workspace.settle(["run"], environment: ["SETTLE_OPERATOR": "alice"]).exitCode == 0)
    #expect(
      try workspace.rows("SELECT operator, action, result FROM actions ORDER BY id")
        == [["alice", "ledger init", "done"], ["alice", "run", "applied"]])
  }

  @Test(arguments: ["analyst", "organizer"])
  func `an operator without the role is refused`(role: String) throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    try workspace.execute("INSERT INTO operators VALUES ('ana', '\(role)', NULL, '2026-01-01T00:00:00Z')")
    let result = workspace.settle("run", "--operator", "ana", "--json")
    #expect(result.exitCode == 8)
    #expect(result.errorCode == "forbidden")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    // Looking needs no role.
    #expect(workspace.settle("plan", "--operator", "ana").exitCode == 0)
    #expect(workspace.settle(["ledger", "balance", "house"], environment: ["SETTLE_OPERATOR": "ana"]).exitCode == 0)
  }

  // MARK: Busy, locked, full

  @Test func `a locked ledger is left with exit 6, or waited for`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let descriptor = unsafe open("\(workspace.path)/outputs/ledger.db.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o660)
    try #require(descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
    for arguments in [["run"], ["run", "--lock-timeout", "1"]] {
      let result = workspace.settle(arguments + ["--json"])
      #expect(result.exitCode == 6)
      #expect(result.errorCode == "locked")
    }
    #expect(workspace.settle("plan").exitCode == 0, "a plan needs no lock")
    #expect(workspace.runs() == [])
    Thread.detachNewThread {
      usleep(300_000)
      close(descriptor)
    }
    #expect(workspace.settle("run", "--lock-timeout", "30").exitCode == 0)
  }

  @Test func `a lock file that nobody holds locks nothing`() {
    let workspace = Workspace.plainNight
    workspace.write("outputs/ledger.db.lock", "")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
  }

  @Test func `a busy ledger is transient, and the next run works`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let result = try workspace.withBusyLedger { workspace.settle("run", "--json") }
    #expect(result.exitCode == 7)
    #expect(result.errorCode == "ledger_busy")
    #expect(workspace.runs() == [])
    #expect(workspace.names("outputs/.staging") == [])
    #expect(workspace.settle("run").exitCode == 0)
  }

  @Test(arguments: [0, 1, 2, 3, 4, 8, 12, 16])
  func `a disk that fills up at any point applies all or nothing, and the next run works`(blocks: Int) throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    // Files may not grow beyond so many blocks of 1024 bytes; the signal for it is ignored, so that writes fail.
    let command = "trap '' XFSZ; ulimit -f \(blocks); exec \"$0\" run --json"
    let result = workspace.run("/bin/bash", ["-c", command, Workspace.binary])
    if result.exitCode != 0 {
      #expect(result.exitCode == 7 || result.exitCode == 2, "\(result.output)\(result.errors)")
      #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
      #expect(workspace.runs() == [])
    }
    #expect(workspace.settle("run").exitCode == 0)
    #expect(try workspace.cell("SELECT count(*) FROM runs") == "1")
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'user:u1'") == "297")
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
  }

  @Test func `an answer that nobody takes is not a success`() {
    let workspace = Workspace.plainNight
    let result = workspace.run("/bin/bash", ["-c", "exec \"$0\" plan > /dev/full", Workspace.binary])
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("standard output is closed or full"))
  }

  // MARK: An invariant that fails

  @Test func `a market that fails is left out and reported, the others are applied, exit 70`() throws {
    let workspace = Workspace(night: "01-binary")
    #expect(workspace.settle("ledger", "init", "--operator", "me").exitCode == 0)
    var request = NightRequest()
    request.inputs = [
      InputFile(table: .resolutions, path: "\(workspace.path)/resolutions.csv", format: .csv),
      InputFile(table: .commitments, path: "\(workspace.path)/commitments.csv", format: .csv),
    ]
    request.sabotage = { $0 == ID("coin-toss") }
    var place = NightPlace()
    place.ledgerPath = "\(workspace.path)/outputs/ledger.db"
    place.outputsPath = "\(workspace.path)/outputs"
    place.operatorID = "me"
    let answer = try Night(request, at: place).run(try Ledger(place.ledgerPath, .readWrite))
    #expect(answer.status == .invariant)
    #expect(answer.status.rawValue == 70)
    #expect(
      Table(try workspace.runFile("markets.csv")).brief("market_id", "status", "hold_reason")
        == "coin-toss failed not_conserved, rain-on-sunday settled ")
    #expect(try workspace.cell("SELECT count(*) FROM accounts WHERE name = 'escrow:coin-toss'") == "0")
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts") == "0")
    // Mended, the market is settled, and only that.
    let next = workspace.settle("run", "--operator", "me", "--json")
    #expect(next.exitCode == 0)
    #expect(try next.json["counts"]?["settled"]?.integer == 1)
  }

  @Test func `totals beyond a balance refuse the run before anything is written`() throws {
    let most = "9223372036854775807"
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option\nm1,r1,x\nm2,r2,x\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\na,m1,u1,x,\(most)\nb,m2,u2,x,2\n")
    let result = workspace.settle("run", "--init-ledger", "--json")
    #expect(result.exitCode == 4)
    #expect(result.errorCode == "total_out_of_range")
    #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    #expect(workspace.runs() == [])
    // One market alone fits to the unit.
    #expect(workspace.settle("run", "--only", "m1").exitCode == 0)
    #expect(workspace.settle("ledger", "balance", "user:u1").output == most + "\n")
    // The next two do not fit the account of stakes.
    let more = workspace.settle("run", "--only", "m2", "--json")
    #expect(more.exitCode == 4)
    #expect(more.errorCode == "total_out_of_range")
    #expect(workspace.runs().count == 1)
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts") == "0")
  }

  @Test func `where several apply: conflict before held markets`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    workspace.write("resolutions.csv", PlainNight.resolutions + "m2,r2,yes,ten\n")
    workspace.write("commitments.csv", PlainNight.commitments.split(separator: "\n")[..<2].joined(separator: "\n"))
    #expect(workspace.settle("run").exitCode == 5)
  }

  // MARK: Quiet, progress, colour

  @Test func `quiet says nothing on standard error where all is well`() {
    let workspace = Workspace(
      resolutions: PlainNight.resolutions,
      commitments: "commitment_id,market_id,user_id,position,amount,note\nc1,m1,u1,yes,200,x\n")
    workspace.write("settle.json", "{}")
    let loud = workspace.settle("plan")
    #expect(loud.notices.count == 3, "\(loud.errors)")
    #expect(workspace.settle("plan", "-q").errors == "")
    #expect(workspace.settle(["plan"], environment: ["SETTLE_QUIET": "1"]).errors == "")
    #expect(workspace.settle(["plan"], environment: ["SETTLE_QUIET": "0"]).notices == loud.notices)
    #expect(workspace.settle("run", "--init-ledger", "--quiet").errors == "")
    #expect(workspace.settle("run", "-q", "--json").errors == "")
    // A failure is told even then.
    #expect(workspace.settle("run", "-q", "--ledger", "missing.db").errors.contains("ledger_missing"))
  }

  @Test func `progress is shown on a terminal, and only there`() {
    let workspace = Workspace(night: "replication-markets")
    let file = workspace.settle("plan")
    #expect(!(file.output + file.errors).contains("\u{1B}") && !(file.output + file.errors).contains("\r"))
    func onTerminal(_ arguments: String, _ environment: [String: String] = [:]) -> String {
      workspace.run(
        "/usr/bin/script", ["-qec", "\(Workspace.binary) \(arguments)", "/dev/null"], environment: environment
      ).output
    }
    #expect(onTerminal("plan").contains("\r\u{1B}[Kread commitments-1"))
    #expect(!onTerminal("plan -q").contains("\u{1B}"))
    #expect(!onTerminal("plan --json").contains("\u{1B}"))
  }

  @Test(arguments: [["version"], ["plan"], ["check"], ["help"], ["plan", "--ledger", "missing.db"]])
  func `NO_COLOR is honoured`(arguments: [String]) {
    let workspace = Workspace.plainNight
    let result = workspace.settle(arguments, environment: ["NO_COLOR": "1", "TERM": "xterm-256color"])
    #expect(!(result.output + result.errors).contains("\u{1B}"))
  }

  // MARK: Environment

  @Test func `every option is read from the environment too`() throws {
    let workspace = Workspace()
    workspace.write("r.csv", PlainNight.resolutions)
    workspace.write("c.txt", PlainNight.commitments)
    let environment = [
      "SETTLE_RESOLUTIONS": "r.csv", "SETTLE_COMMITMENTS": "c.txt", "SETTLE_COMMITMENTS_FORMAT": "csv",
      "SETTLE_OUTPUTS": "out", "SETTLE_LEDGER": "books/l.db", "SETTLE_INIT_LEDGER": "true", "SETTLE_OPERATOR": "cron",
      "SETTLE_AS_OF": "2026-02-01", "SETTLE_AUDIT_FORMAT": "both", "SETTLE_JSON": "1", "SETTLE_THREADS": "2",
    ]
    let result = workspace.settle(["run"], environment: environment)
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try result.json["status"]?.text == "applied")
    #expect(try workspace.runFile("distributions.csv", in: "out") == PlainNight.distributions)
    #expect(try workspace.runFile("distributions.jsonl", in: "out").split(separator: "\n").count == 2)
    #expect(try workspace.cell("SELECT operator || as_of FROM runs", of: "books/l.db") == "cron2026-02-01")
    // A flag wins.
    let flag = workspace.settle(["ledger", "balance", "house", "--ledger", "other.db"], environment: environment)
    #expect(flag.exitCode == 4)
  }

  @Test func `a failure told as JSON by the environment is JSON too`() {
    let result = Workspace().settle(["run"], environment: ["SETTLE_JSON": "1"])
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "usage", "\(result.output)\(result.errors)")
    let typo = Workspace().settle(["run", "--nothing"], environment: ["SETTLE_JSON": "1"])
    #expect(typo.errorCode == "usage", "\(typo.output)\(typo.errors)")
  }
}
