// Can another program post over a pipe, and rely on what it was told?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct FollowTests {
  private func work() -> Workspace {
    let work = Workspace()
    #expect(work.settle("ledger", "init", "--ledger", "l.db").exitCode == 0)
    return work
  }

  private func follow(_ work: Workspace, _ words: String...) -> Conversation {
    work.start(Workspace.binary, ["ledger", "post", "-", "--follow", "--ledger", "l.db"] + words)
  }

  private func balance(_ work: Workspace, _ account: String) -> Int64? {
    SettledNight.json(work.settle("ledger", "balance", account, "--ledger", "l.db", "--json").output)?["balance"]?
      .integer
  }

  /// Waits until its log stands beside the book.
  private func waitForLog(_ work: Workspace) {
    for _ in 0..<2_000 where !work.names().contains("l.db-wal") { usleep(10_000) }
    #expect(work.names().contains("l.db-wal"))
  }

  @Test func `a line is told when it is durable, before the next is sent`() {
    let work = work()
    let posting = follow(work, "--format", "csv")
    posting.send("operation,account,amount,key,to\n")
    for (line, sent, told, standing) in [
      (2, "credit,user:ann,50,k1,", "created,1,50,k1,", 50),
      (3, "transfer,user:ann,20,k2,house", "created,2,30,k2,", 30),
      (4, "debit,user:ann,31,k3,", "insufficient_funds,,,,", 30),
      (5, "credit,user:ann,50,k1,", "replayed,1,50,k1,", 30),
      (6, "mint,user:ann,1,,", "invalid_operation,,,,", 30),
      // Half a line waits for its other half.
      (7, "credit,user:ann,\u{0}5,,", "created,3,35,,", 35),
    ] as [(Int, String, String, Int64)] {
      let halves = sent.components(separatedBy: "\u{0}")
      posting.send(halves[0])
      if halves.count > 1 {
        usleep(50_000)
        posting.send(halves[1])
      }
      posting.send("\n")
      if line == 2 { #expect(posting.line() == "line,result,entry_id,balance_after,key,message") }
      #expect(posting.line()?.hasPrefix("\(line),\(told)") ?? false)
      // Another process sees it, while more is to come.
      #expect(balance(work, "user:ann") == standing)
    }
    let result = posting.end()
    #expect(result.exitCode == 3)
    #expect(result.output == "" && result.errors.contains("3 created, 1 replayed, 2 failed"))
    #expect(work.settle("ledger", "check", "--ledger", "l.db").exitCode == 0)
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
  }

  /// The writer died in the middle of `k12` and `500`: whoever sends the line again must find it new.
  @Test(
    arguments: [
      ("csv", "operation,account,amount,key\n", "credit,user:ann,7,k1", "2\n", "malformed_row"),
      ("csv", "operation,account,key,amount\n", "credit,user:ann,k12,7", "\n", "malformed_row"),
      ("csv", "operation,account,key,amount\n", "credit,user:ann,\"k12\",\"7\"", "\n", "malformed_row"),
      (
        "ndjson", "", #"{"operation": "credit", "account": "user:ann", "key": "k12", "amount": 7"#, "}\n",
        "malformed_row"
      ),
      // Whole without a line's end.
      ("ndjson", "", #"{"operation": "credit", "account": "user:ann", "key": "k12", "amount": 7}"#, "\n", "created"),
    ])
  func `a line that the end cuts off is not posted`(
    format: String, header: String, half: String, rest: String, result: String
  ) {
    let work = work()
    for (text, expected) in [(half, result), (half + rest, result == "created" ? "replayed" : "created")] {
      let posting = follow(work, "--format", format, "--json")
      posting.send(header + text)
      let told = posting.end().output
      #expect(told.contains("\"\(expected)\""), "\(told)")
    }
    #expect(balance(work, "user:ann") == 7)
  }

  @Test(arguments: ["csv", "ndjson"])
  func `with --json a line is a JSON object, and the last one sums up`(format: String) throws {
    let work = work()
    let posting = follow(work, "--format", format, "--json")
    if format == "csv" { posting.send("operation,account,amount,key\n") }
    posting.send(
      format == "csv"
        ? "credit,user:a,7,k1\n" : #"{"operation": "credit", "account": "user:a", "amount": 7, "key": "k1"}"# + "\n")
    let told = try #require(SettledNight.json(posting.line() ?? ""))
    #expect(told["result"]?.text == "created" && told["balance_after"]?.integer == 7 && told["key"]?.text == "k1")
    let result = posting.end()
    let sum = try #require(SettledNight.json(result.output))
    #expect(result.exitCode == 0 && sum["created"]?.integer == 1 && sum["ok"] == .bool(true))
    #expect(sum["results"] == nil)
  }

  @Test func `what was told outlives the process, and the rest can be sent again`() {
    let work = work()
    let lines = (1...40).map { "credit,user:a,1,k\($0)\n" }
    let posting = follow(work, "--format", "csv", "--json")
    posting.send("operation,account,amount,key\n" + lines.joined())
    var told = 0
    while told < 7, posting.line() != nil { told += 1 }
    posting.stop(by: SIGKILL)
    _ = posting.end()
    #expect(told == 7)
    let standing = balance(work, "user:a") ?? 0
    #expect((7...40).contains(standing))
    let again = follow(work, "--format", "csv", "--json")
    again.send("operation,account,amount,key\n" + lines.joined())
    let results = again.end().output.split(separator: "\n").compactMap { SettledNight.json(String($0)) }
    #expect(results.last?["replayed"]?.integer == standing)
    #expect(results.last?["created"]?.integer == 40 - standing)
    #expect(balance(work, "user:a") == 40)
    #expect(work.settle("ledger", "check", "--ledger", "l.db").exitCode == 0)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal ends it between two transactions, and the book is one file`(signal: Int32) {
    let work = work()
    let posting = follow(work, "--format", "csv")
    posting.send("operation,account,amount\ncredit,user:a,5\n")
    _ = posting.line()
    #expect(posting.line() == "2,created,1,5,,")
    #expect(work.names().contains("l.db-wal"))
    posting.stop(by: signal)
    // It ends although its input does not.
    while posting.line() != nil {}
    let result = posting.end()
    #expect(result.exitCode == 0 && result.errors.contains("1 created"))
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
    #expect(balance(work, "user:a") == 5)
  }

  /// Somebody has the book open at the end: its own file is whole all the same, unless he reads an earlier state.
  @Test(arguments: [("ro", "", true), ("rw", "", true), ("ro", "BEGIN", false)])
  func `what is posted beside others is whole in the book's own file`(
    mode: String, start: String, isWhole: Bool
  ) throws {
    let work = work()
    let posting = follow(work, "--format", "csv", "--json")
    posting.send("operation,account,amount\ncredit,user:a,5\n")
    #expect(posting.line()?.contains("created") ?? false)
    let other = work.start(
      "/usr/bin/env",
      [
        "python3", "-c",
        "import sqlite3, sys; b = sqlite3.connect('file:l.db?mode=\(mode)', uri=True, isolation_level=None); "
          + "b.execute('\(start)'); print(b.execute('SELECT count(*) FROM entries').fetchone(), flush=True); "
          + "sys.stdin.read(); b.close()",
      ])
    #expect(other.line() == "(1,)")
    posting.send("credit,user:a,6\n")
    #expect(posting.line()?.contains("created") ?? false)
    let result = posting.end()
    #expect(result.exitCode == 0)
    #expect(result.errors.contains("another process has the ledger open") == !isWhole, "\(result.errors)")
    #expect((SettledNight.json(result.output)?["warnings"] == nil) == isWhole)
    #expect(work.settle("ledger", "credit", "user:a", "7", "--ledger", "l.db").exitCode == 0)
    if isWhole {
      work.write("copy.db", work.read("l.db") ?? Data())
      #expect(work.settle("ledger", "balance", "user:a", "--ledger", "copy.db").output.contains("18"))
    }
    #expect(other.end().exitCode == 0)
    #expect(work.settle("ledger", "credit", "user:a", "1", "--ledger", "l.db").exitCode == 0)
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
    #expect(balance(work, "user:a") == 19)
  }

  @Test func `nobody turns it back before its first operation`() {
    let work = work()
    let posting = follow(work, "--format", "csv", "--json")
    posting.send("operation,account,amount\n")
    waitForLog(work)
    #expect(work.settle("ledger", "credit", "user:a", "1", "--ledger", "l.db").exitCode == 0)
    #expect(work.names().contains("l.db-wal"))
    posting.send("credit,user:a,1\n")
    #expect(posting.line()?.contains("created") ?? false)
    #expect(posting.end().exitCode == 0)
    #expect(balance(work, "user:a") == 2)
  }

  /// Longer than any other command waits: one who writes, and one who reads and so keeps the commit from the file.
  @Test(arguments: [(true, "BEGIN IMMEDIATE"), (false, "BEGIN; SELECT * FROM meta")])
  func `it waits as long as another holds the book`(isBegun: Bool, sql: String) {
    let work = work()
    let posting = follow(work, "--format", "csv", "--json")
    posting.send("operation,account,amount\n")
    if isBegun { waitForLog(work) }
    let other = work.start(
      "/usr/bin/env",
      [
        "python3", "-c",
        "import sqlite3, time; b = sqlite3.connect('l.db', isolation_level=None); "
          + "[b.execute(part).fetchone() for part in '\(sql)'.split(';')]; "
          + "print('held', flush=True); time.sleep(14); b.execute('COMMIT'); b.close()",
      ])
    #expect(other.line() == "held")
    posting.send("credit,user:a,2\n")
    #expect(posting.line()?.contains("created") ?? false)
    #expect(other.end().exitCode == 0)
    #expect(posting.end().exitCode == 0)
    #expect(balance(work, "user:a") == 2)
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
  }

  @Test(arguments: [["--ledger", "no.db"], []])
  func `with --json a failure is one line, too`(words: [String]) throws {
    let work = work()
    let posting = work.start(
      Workspace.binary,
      ["ledger", "post", "-", "--follow", "--format", "csv", "--json"] + (words.isEmpty ? ["--ledger", "l.db"] : words))
    if words.isEmpty { posting.send("operation,account,amount\ncredit,\"user:a,1\n") }
    let result = posting.end()
    let error = try #require(SettledNight.json(result.output))
    #expect(result.exitCode == 4)
    #expect(error["error"]?["code"]?.text == (words.isEmpty ? "malformed_row" : "ledger_missing"))
    #expect(!result.output.contains("\n"))
  }

  @Test func `a signal is heard although nobody reads, and what was not told can be sent again`() throws {
    let work = work()
    let posting = follow(work, "--format", "csv", "--json")
    let lines = (1...3_000).map { "credit,user:a,1,a-key-that-fills-the-pipe-\($0)\n" }
    posting.send("operation,account,amount,key\n" + lines.joined())
    waitForLog(work)
    usleep(300_000)
    posting.stop(by: SIGTERM)
    // It ends before its answers are read; the last of them may be cut off.
    let isEnded = posting.hasEnded(within: 20)
    #expect(isEnded)
    let told = posting.end().output.split(separator: "\n").compactMap { SettledNight.json(String($0)) }
      .count { $0["result"]?.text == "created" }
    let standing = balance(work, "user:a") ?? 0
    #expect(0 < told && Int64(told) <= standing && standing <= 3_000)
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
    work.write("again.csv", "operation,account,amount,key\n" + lines.joined())
    let again = SettledNight.json(work.settle("ledger", "post", "again.csv", "--ledger", "l.db", "--json").output)
    #expect(again?["replayed"]?.integer == standing && again?["created"]?.integer == 3_000 - standing)
    #expect(balance(work, "user:a") == 3_000)
  }

  @Test func `two pipes and a command post to one book at once`() {
    let work = work()
    let posters = [follow(work, "--format", "csv", "--json"), follow(work, "--format", "csv", "--json")]
    for poster in posters { poster.send("operation,account,amount,key\n") }
    for round in 1...10 {
      for (number, poster) in posters.enumerated() {
        poster.send("credit,user:\(number),1,s\(number)-\(round)\ncredit,user:both,1,b\(round)\n")
      }
      #expect(work.settle("ledger", "credit", "user:both", "100", "--ledger", "l.db").exitCode == 0)
    }
    for poster in posters { #expect(poster.end().exitCode == 0) }
    #expect(["user:0", "user:1", "user:both"].map { balance(work, $0) } == [10, 10, 1_010])
    #expect(work.settle("ledger", "check", "--ledger", "l.db").exitCode == 0)
    #expect(work.names().filter { $0.hasPrefix("l.db-") } == [])
  }

  @Test(
    arguments: [
      (["--follow", "--atomic"], 2, "exclude each other"), (["--follow", "--ledger", "no.db"], 4, "no ledger"),
      (["--follow", "--operator", "nobody"], 8, "nobody"), (["--follow"], 4, "not closed"),
    ] as [([String], Int32, String)])
  func `what cannot be followed is told with its reason`(words: [String], exit: Int32, message: String) {
    let work = work()
    let input = "operation,account,amount\ncredit,user:a,1\n" + (words.count == 1 ? "credit,\"user:b,1\n" : "")
    let words = words.contains("--ledger") ? words : words + ["--ledger", "l.db"]
    let result = work.settle(["ledger", "post", "-", "--format", "csv"] + words, input: input)
    #expect(result.exitCode == exit)
    #expect(result.errors.contains(message), "\(result.errors)")
    // Of an input that breaks off what was told before stands.
    #expect(balance(work, "user:a") == (exit == 4 && message == "not closed" ? 1 : 0))
  }

  @Test func `a file of many lines tells each by its number`() {
    let work = work()
    let lines = (2...10_001).map { $0 % 1_000 == 7 ? "debit,user:nobody,1" : "credit,user:a,1" }
    work.write("many.csv", "operation,account,amount\n" + lines.joined(separator: "\n") + "\n")
    let result = work.settle("ledger", "post", "many.csv", "--ledger", "l.db")
    #expect(result.exitCode == 3)
    let told = result.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",")[0...1].joined(separator: " ")
    }
    #expect(told == (2...10_001).map { "\($0) \($0 % 1_000 == 7 ? "invalid_account" : "created")" })
    #expect(balance(work, "user:a") == 9_990)
  }
}
