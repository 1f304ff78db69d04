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
    Conversation(work, ["ledger", "post", "-", "--follow", "--ledger", "l.db"] + words)
  }

  private func balance(_ work: Workspace, _ account: String) -> Int64? {
    SettledNight.json(work.settle("ledger", "balance", account, "--ledger", "l.db", "--json").output)?["balance"]?
      .integer
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
    posting.kill()
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

  @Test func `two posters and a command post to one book at once`() {
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
