// What do the ledger's commands tell, and do they hold when many are called at once?
import Foundation
import Interchange
import Ledger
import TestSupport
import Testing

@Suite struct LedgerCommandTests {
  private func work() -> Workspace {
    let work = Workspace()
    #expect(work.settle("ledger", "init", "--operator", "ann").exitCode == 0)
    return work
  }

  private func ask(_ work: Workspace, _ words: String) -> (exit: Int32, answer: JSONValue) {
    let result = work.settle(
      words.split(separator: " ").map(String.init) + ["--json"], environment: ["SETTLE_OPERATOR": "ann"])
    return (result.exitCode, (try? JSONValue(parsing: Array(result.output.utf8))) ?? .null)
  }

  @Test(
    arguments: [
      ("ledger credit user:a 5 --key k", 0, nil), ("ledger credit user:a 0", 4, "invalid_amount"),
      ("ledger credit user:a 1.5", 4, "invalid_amount"), ("ledger debit user:a 999", 4, "insufficient_funds"),
      ("ledger transfer user:a user:a 1", 4, "invalid_account"),
      ("ledger credit user:a 6 --key first", 5, "idempotency_conflict"),
      ("ledger credit user:a 1 --key settle:1", 4, "invalid_key"), ("ledger capture 1", 4, "unknown_reservation"),
      ("ledger credit user:a 1 --currency usd", 4, "invalid_currency"),
      ("ledger credit user:a 1 --operator eve", 8, "unauthenticated"),
      ("ledger credit user:a 1 --ledger no.db", 4, "ledger_missing"),
    ] as [(String, Int32, String?)])
  func `an operation ends with its exit code`(words: String, exit: Int32, code: String?) {
    let work = work()
    #expect(ask(work, "ledger credit user:a 100 --key first").exit == 0)
    let (status, answer) = ask(work, words)
    #expect(status == exit)
    #expect(answer["error"]?["code"]?.text == code)
    #expect(ask(work, "ledger check").exit == 0)
  }

  @Test func `an answer is told by names, and again for a replay`() {
    let work = work()
    let (_, first) = ask(work, "ledger credit user:a 100 --key k1 --reason gift")
    #expect(
      [first["result"]?.text, first["account"]?.text, first["idempotency_key"]?.text] == ["created", "user:a", "k1"])
    #expect([first["entry_id"]?.integer, first["balance_after"]?.integer] == [1, 100])
    #expect(ask(work, "ledger debit user:a 30").exit == 0)
    let (_, again) = ask(work, "ledger credit user:a 100 --key k1 --reason gift")
    #expect([again["result"]?.text] == ["replayed"])
    #expect([again["entry_id"]?.integer, again["balance_after"]?.integer] == [1, 100])
    #expect(ask(work, "ledger balance user:a").answer["balance"]?.integer == 70)
    #expect(ask(work, "ledger balance user:nobody").answer["balance"]?.integer == 0)
  }

  private static let operations = """
    operation,account,amount,key,to
    credit,user:zed,50,a,
    transfer,user:zed,20,b,house
    debit,user:zed,100,c,
    credit,user:zed,50,a,
    mint,user:zed,1,,

    """

  @Test(
    arguments: [
      (
        ["ledger", "post", "ops.csv"], 3, 30,
        ["created", "created", "insufficient_funds", "replayed", "invalid_operation"]
      ),
      (
        ["ledger", "post", "ops.csv", "--atomic"], 4, 0,
        ["not_applied", "not_applied", "insufficient_funds", "replayed", "invalid_operation"]
      ),
    ] as [([String], Int32, Int64, [String])])
  func `a file of operations tells a result for each line`(
    words: [String], exit: Int32, balance: Int64, results: [String]
  ) throws {
    let work = work()
    work.write("ops.csv", LedgerCommandTests.operations)
    let (status, answer) = ask(work, words.joined(separator: " "))
    #expect(status == exit)
    #expect(answer["results"]?.elements?.compactMap { $0["result"]?.text } == results)
    #expect(answer["results"]?.elements?.compactMap { $0["line"]?.integer } == [2, 3, 4, 5, 6])
    #expect(ask(work, "ledger balance user:zed").answer["balance"]?.integer == balance)
  }

  @Test func `the same operations in CSV, JSON and NDJSON do the same`() {
    let ndjson = """
      {"operation":"credit","account":"user:z","amount":5,"metadata":{"order":[1,2]}}
      {"op":"transfer","from":"user:z","to":"house","amount":"2","idempotencyKey":"k"}

      """
    let json = "[" + ndjson.split(separator: "\n").joined(separator: ",") + "]"
    let csv = """
      operation,from,to,amount,key,metadata
      credit,,user:z,5,,"{""order"":[1,2]}"
      transfer,user:z,house,2,k,

      """
    var heads: [String?] = []
    for (name, text) in [("o.ndjson", ndjson), ("o.json", json), ("o.csv", csv)] {
      let work = work()
      work.write(name, text)
      #expect(ask(work, "ledger post \(name)").exit == 0)
      heads.append(ask(work, "ledger check").answer["head"]?.text)
    }
    #expect(Set(heads).count == 1 && heads[0] != nil)
  }

  @Test(arguments: [("operation,amount\ncredit,\"5\n", 4), ("amount\n5\n", 4)] as [(String, Int32)])
  func `a file that cannot be read to its end applies nothing`(text: String, exit: Int32) {
    let work = work()
    work.write("ops.csv", "" + text)
    #expect(ask(work, "ledger post ops.csv").exit == exit)
    #expect(ask(work, "ledger check").answer["entries"]?.integer == 0)
  }

  @Test(
    arguments: [
      ("", "--dry-run", 0), ("UPDATE accounts SET balance = balance + 5 WHERE name = 'user:a'", "--dry-run", 1),
      ("UPDATE accounts SET balance = balance + 5 WHERE name = 'user:a'", "--quiet", 1), (nil, "--dry-run", 2),
    ] as [(String?, String, Int32)])
  func `recalc ends with 0, 1 or 2, and names accounts alone`(sql: String?, option: String, exit: Int32) {
    let work = work()
    #expect(ask(work, "ledger credit user:a 100 --reason private-note").exit == 0)
    if let sql, !sql.isEmpty {
      let program = "import sqlite3, sys; b = sqlite3.connect('outputs/ledger.db'); b.execute(sys.argv[1]); b.commit()"
      #expect(work.run("/usr/bin/env", ["python3", "-c", program, sql]).exitCode == 0)
    } else if sql == nil {
      work.write("outputs/ledger.db", "this is no database, and longer than a header of one would have to be ........")
    }
    let (status, answer) = ask(work, "ledger recalc \(option)")
    #expect(status == exit)
    #expect(!answer.pretty.contains("private-note"))
    if exit < 2 { #expect(ask(work, "ledger recalc --dry-run").exit == (option == "--quiet" ? 0 : exit)) }
  }

  // MARK: Many at once

  /// Runs the calls in processes of their own, all at once.
  private func atOnce(_ work: Workspace, _ calls: [[String]]) -> [Int32] {
    let results = Monitor([Int32](repeating: -1, count: calls.count))
    for (index, call) in calls.enumerated() {
      Thread.detachNewThread {
        let result = work.settle(call + ["--operator", "ann"])
        results.update { $0[index] = result.exitCode }
      }
    }
    while results.update({ $0.contains(-1) }) { Thread.sleep(forTimeInterval: 0.01) }
    return results.update { $0 }
  }

  @Test func `five processes with one key apply it once`() {
    let work = work()
    let exits = atOnce(work, Array(repeating: ["ledger", "credit", "user:a", "7", "--key", "one"], count: 5))
    #expect(exits == [0, 0, 0, 0, 0])
    #expect(ask(work, "ledger balance user:a").answer["balance"]?.integer == 7)
  }

  @Test func `an operation waits for a busy ledger`() throws {
    let work = work()
    let program = """
      import sqlite3, sys, time
      book = sqlite3.connect('outputs/ledger.db', isolation_level=None)
      book.execute('BEGIN IMMEDIATE'); open('held', 'w'); time.sleep(1.5); book.execute('COMMIT')
      """
    Thread.detachNewThread { _ = work.run("/usr/bin/env", ["python3", "-c", program]) }
    while work.read("held") == nil { Thread.sleep(forTimeInterval: 0.01) }
    #expect(ask(work, "ledger credit user:a 5").exit == 0)
    #expect(ask(work, "ledger balance user:a").answer["balance"]?.integer == 5)
  }

  @Test func `transfers in opposite directions all go through`() {
    let work = work()
    for user in ["user:a", "user:b"] { #expect(ask(work, "ledger credit \(user) 1000").exit == 0) }
    let calls = (0..<20).map { number in
      ["ledger", "transfer"] + (number.isMultiple(of: 2) ? ["user:a", "user:b"] : ["user:b", "user:a"]) + [
        "\(number + 1)"
      ]
    }
    #expect(Set(atOnce(work, calls)) == [0])
    // 1 + 3 + … + 19 went one way, 2 + 4 + … + 20 the other.
    #expect(ask(work, "ledger balance user:a").answer["balance"]?.integer == 1010)
  }

  @Test func `a bank's money stays the same while many move it`() throws {
    let work = work()
    let users = (0..<8).map { "user:u\($0)" }
    for user in users { #expect(ask(work, "ledger credit \(user) 100").exit == 0) }
    let path = "\(work.path)/outputs/ledger.db"
    let isDone = Monitor(false)
    Thread.detachNewThread { [self] in
      var random = SeededGenerator(seed: 7)
      let calls = (0..<40).map { _ in
        [
          "ledger", "transfer", users.randomElement(using: &random)!, users.randomElement(using: &random)!,
          "\(Int.random(in: 1...150, using: &random))",
        ]
      }
      for start in stride(from: 0, to: calls.count, by: 8) { _ = atOnce(work, Array(calls[start..<(start + 8)])) }
      isDone.update { $0 = true }
    }
    var sums = Set<Int64>()
    while !isDone.update({ $0 }) {
      let ledger = try Ledger(path, .readOnly)
      var sum: Int64 = 0
      try ledger.forEachAccount(prefix: "user:", limit: nil, offset: 0) { sum += $0.balance }
      sums.insert(sum)
      Thread.sleep(forTimeInterval: 0.005)
    }
    #expect(sums == [800])
    #expect(ask(work, "ledger check").exit == 0)
    #expect(ask(work, "ledger recalc --dry-run").exit == 0)
  }
}
