// Does money leave once, and only once, whatever the rail answers and whoever dies?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct PayoutTests {
  // MARK: Jobs

  @Test func `one job for each run, with all its transfers, and again the same`() throws {
    let night = PayoutNight(users: 5)
    let first = night.schedule()
    #expect(first.exitCode == 0)
    #expect(try first.json["created"]?.flag == true)
    #expect(try first.json["counts"]?["pending"]?.integer == 5)
    let ids = try night.workspace.rows("SELECT id, amount FROM payout_transfers ORDER BY user_id")
    #expect(ids.map { $0[1] } == ["100", "200", "300", "400", "500"])
    let second = night.schedule()
    #expect(second.exitCode == 0)
    #expect(try second.json["created"]?.flag == false)
    #expect(try night.workspace.rows("SELECT id, amount FROM payout_transfers ORDER BY user_id") == ids)
    #expect(try night.workspace.cell("SELECT count(*) FROM payout_jobs") == "1")
  }

  @Test(arguments: [
    "INSERT INTO payout_jobs SELECT * FROM payout_jobs",
    "INSERT INTO payout_transfers (id, run_id, user_id, currency, amount, destination, state) "
      + "SELECT 'other', run_id, user_id, currency, amount, destination, 'pending' FROM payout_transfers",
    "DELETE FROM payout_transfers", "UPDATE payout_transfers SET amount = amount + 1",
    "UPDATE payout_transfers SET user_id = 'u9' WHERE user_id = 'u1'",
    "UPDATE payout_transfers SET state = 'pending', external_id = NULL WHERE state = 'completed'",
    "DELETE FROM payout_attempts", "UPDATE payout_attempts SET result = 'transient'",
    "INSERT INTO payout_attempts SELECT * FROM payout_attempts",
  ])
  func `duplicates and changes of what was promised are impossible`(sql: String) throws {
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    #expect(night.payByBook().exitCode == 0)
    #expect(throws: RefusedSQL.self) { try night.workspace.execute(sql) }
  }

  @Test func `a user without an active destination is held alone, and picked up later`() throws {
    let night = PayoutNight(users: 4, destinations: false)
    night.workspace.write(
      "d.csv",
      "user_id,account,currency,status\nu1,acct_1,,\nu2,acct_2,,inactive\nu3,acct_eur,EUR,\nu4,acct_any,,\nu4,acct_usd,USD,active\n"
    )
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    #expect(night.schedule().exitCode == 3)
    #expect(try night.state("u1") == "pending")
    #expect(try night.state("u2") == "held destination_inactive")
    #expect(try night.state("u3") == "held no_destination")
    #expect(try night.workspace.cell("SELECT destination FROM payout_transfers WHERE user_id = 'u4'") == "acct_usd")
    #expect(night.payByBook().exitCode == 3)
    #expect(try night.states() == "completed 2, held 2")
    night.workspace.write("d.csv", "user_id,account\nu2,acct_2\nu3,acct_3\n")
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    #expect(try night.schedule().json["picked_up"]?.integer == 2)
    #expect(night.payByBook().exitCode == 0)
    #expect(try night.states() == "completed 4")
    #expect(night.executions().values.allSatisfy { $0 == 1 })
    try night.expectWholeBook()
  }

  @Test func `destinations are listed, replaced and removed, and a bad row imports none`() throws {
    let night = PayoutNight(users: 1)
    night.workspace.write(
      "more.ndjson", #"{"userId":"u2","destination":"DE89370400440532013000","currency":"EUR"}"# + "\n")
    #expect(night.workspace.settle("destinations", "import", "more.ndjson").exitCode == 0)
    let list = try night.workspace.settle("destinations", "list", "--json").json
    #expect(list["destinations"]?.elements?.compactMap { $0["account"]?.text } == ["acct_1", "DE89370400440532013000"])
    for row in ["u1,=cmd", "u1,a b", "jo@example.com,x", ",x", "u1,", "u3,x,usd", "u3,x,,gone", "u3,x\nu3,y"] {
      night.workspace.write("bad.csv", "user_id,account,currency,status\nu7,acct_7,,\n\(row)\n")
      let result = night.workspace.settle("destinations", "import", "bad.csv", "--json")
      #expect(result.exitCode == 4, "\(row)")
      #expect(result.errorCode == "invalid_destinations", "\(row): \(result.output)")
    }
    #expect(try night.workspace.cell("SELECT count(*) FROM destinations WHERE user_id = 'u7'") == "0")
    #expect(night.workspace.settle("destinations", "remove", "u2").exitCode == 0)
    #expect(try night.workspace.cell("SELECT count(*) FROM destinations") == "1")
  }

  @Test func `what is disputed or rolled back waits, also when that happens behind the schedule`() throws {
    let night = PayoutNight(users: 4)
    let run = night.runID
    try night.workspace.execute(
      "INSERT INTO disputes (run_id, market_id, user_id, reason, opened_by, opened_at) "
        + "VALUES ('\(run)', 'm1', 'u2', 'x', 'me', 'now')")
    #expect(night.schedule().exitCode == 3)
    #expect(try night.state("u2") == "held disputed")
    try night.workspace.execute(
      "INSERT INTO distribution_states VALUES ('\(run)', 'm1', 'u3', 'rolled_back', 'me', 'now')")
    #expect(night.payByBook().exitCode == 3)
    #expect(try night.state("u3") == "held rolled_back")
    #expect(try night.states() == "completed 2, held 2")
    try night.workspace.execute("UPDATE disputes SET state = 'released'")
    _ = night.schedule()
    #expect(try night.state("u3") == "cancelled rolled_back")
    #expect(night.payByBook().exitCode == 0)
    #expect(try night.states() == "cancelled 1, completed 3")
    #expect(try night.workspace.cell("SELECT state FROM payout_jobs") == "complete")
  }

  // MARK: Outcomes

  @Test func `a success stores the rail's id and moves the money out`() throws {
    let night = PayoutNight(users: 3)
    _ = night.schedule()
    let result = night.payByBook()
    #expect(result.exitCode == 0)
    #expect(try result.json["outcomes"]?["completed"]?.integer == 3)
    #expect(
      try night.workspace.rows("SELECT external_id FROM payout_transfers ORDER BY external_id").map { $0[0] }
        == ["py-1", "py-2", "py-3"])
    #expect(try night.workspace.cell("SELECT state FROM payout_jobs") == "complete")
    #expect(try night.balance("external") == 600)
    #expect(try night.balance("in_flight") == 0)
    #expect(try night.balance("user:u3") == 0)
    try night.expectWholeBook()
    let again = night.payByBook()
    #expect(again.exitCode == 0)
    #expect(try again.json["calls"]?.integer == 0)
    #expect(night.executions().count == 3)
  }

  /// What Stripe may answer, and where the transfer stands behind one attempt, and behind some more.
  static let answers: [(replies: [String], first: String, last: String, executions: Int)] = [
    (["ok"], "completed", "completed", 1),
    (["429"], "retryable rate_limit", "completed", 1),
    (["409"], "unknown lock_conflict", "completed", 1),
    (["500"], "unknown http_500", "completed", 1),
    (["500-executed"], "unknown http_500", "completed", 1),
    (["502"], "unknown http_502", "completed", 1),
    (["503"], "unknown http_503", "completed", 1),
    (["504-executed"], "unknown http_504", "completed", 1),
    (["drop-before"], "unknown", "completed", 1),
    (["drop-after"], "unknown", "completed", 1),
    (["delay:1.5"], "unknown timeout", "completed", 1),
    (["400:account_invalid"], "failed_terminal account_invalid", "failed_terminal account_invalid", 0),
    (["400:parameter_unknown"], "failed_terminal parameter_unknown", "failed_terminal parameter_unknown", 0),
    (["402:x"], "completed", "completed", 1),
    (["429", "429", "429", "429", "429"], "retryable rate_limit", "failed_terminal rate_limit", 0),
    (["503", "503", "503"], "unknown http_503", "completed", 1),
  ]

  @Test func `the adapter hands answers over at once, while other calls wait for theirs`() throws {
    let stripe = try FakeStripe()
    let night = PayoutNight(users: 60)
    _ = night.schedule()
    // With two processors and a thread pool that its own callers fill, this takes half a minute.
    let took = ContinuousClock().measure { #expect(night.payByStripe(stripe).exitCode == 0) }
    #expect(took < .seconds(20))
    #expect(try night.states() == "completed 60")
  }

  @Test func `every class of answers once, at a stand-in for Stripe`() throws {
    let stripe = try FakeStripe()
    let night = PayoutNight(users: PayoutTests.answers.count)
    _ = night.schedule()
    for (index, row) in PayoutTests.answers.enumerated() {
      let list = row.replies.map { "\"\($0)\"" }.joined(separator: ",")
      try stripe.control("script", "{\"destination\":\"acct_\(index + 1)\",\"replies\":[\(list)]}")
    }
    #expect(night.payByStripe(stripe).exitCode == 3)
    for (index, row) in PayoutTests.answers.enumerated() {
      let state = try night.state("u\(index + 1)")
      #expect(state.hasPrefix(row.first), "\(row.replies): \(state)")
    }
    #expect(try night.balance("in_flight") > 0)
    // Nobody waits for `Retry-After` here: the pauses are taken out of the book.
    for _ in 0..<10 where try night.workspace.cell("SELECT state FROM payout_jobs") != "complete" {
      try night.hurry()
      _ = night.payByStripe(stripe)
    }
    for (index, row) in PayoutTests.answers.enumerated() {
      let state = try night.state("u\(index + 1)")
      #expect(state.hasPrefix(row.last), "\(row.replies): \(state)")
    }
    let count = try stripe.control("count")
    #expect(count["twice"]?.elements?.isEmpty == true)
    #expect(count["transfers"]?.integer == Int64(PayoutTests.answers.reduce(0) { $0 + $1.executions }))
    let paid = PayoutTests.answers.enumerated().reduce(0) { $0 + $1.element.executions * ($1.offset + 1) * 100 }
    #expect(count["amount"]?.integer == Int64(paid))
    #expect(try night.balance("external") == paid)
    #expect(try night.balance("in_flight") == 0)
    #expect(try night.workspace.cell("SELECT state FROM payout_jobs") == "complete")
    // A stored fault was given up for another key, behind the proof that nothing was executed.
    #expect(try night.workspace.cell("SELECT generation FROM payout_transfers WHERE user_id = 'u4'") == "2")
    #expect(
      try night.workspace.cell("SELECT max(generation) FROM payout_transfers WHERE user_id IN ('u5','u8','u10')") == "1"
    )
    try night.expectWholeBook()
  }

  @Test func `attempts are counted, an unknown outcome never fails, one that was surely not executed does`() throws {
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    let rail = night.workspace.write(
      "rail.py",
      """
      import json, sys
      for line in sys.stdin:
          call = json.loads(line)
          result = "transient" if call["destination"] == "acct_1" else "unknown"
          print(json.dumps({"transfer_id": call["transfer_id"], "result": result, "code": "no"}), flush=True)

      """)
    for _ in 0..<8 {
      try night.hurry()
      #expect(night.process(["--max-attempts", "3"], ["python3", rail]).exitCode == 3)
    }
    #expect(
      try night.workspace.rows("SELECT state, attempt_count, failure_count FROM payout_transfers ORDER BY user_id")
        == [["failed_terminal", "3", "3"], ["unknown", "8", "0"]])
    #expect(try night.balance("in_flight") == 200)
    #expect(try night.balance("user:u1") == 100)
    try night.expectWholeBook()
  }

  @Test func `credentials and an empty balance pause the job, and it goes on when told to`() throws {
    let stripe = try FakeStripe()
    let night = PayoutNight(users: 3)
    _ = night.schedule()
    for (key, reason) in [
      ("sk_test_restricted", "http_403"), ("not-a-key", "http_401"), ("sk_test_expired", "api_key_expired"),
    ] {
      #expect(night.payByStripe(stripe, key: key).exitCode == 3)
      #expect(try night.workspace.cell("SELECT state || ' ' || pause_reason FROM payout_jobs") == "paused \(reason)")
      #expect(try night.balance("in_flight") == 0)
      // Paused: nothing is sent.
      #expect(try night.payByStripe(stripe).json["calls"]?.integer == 0)
      #expect(night.workspace.settle("payouts", "resume", night.runID).exitCode == 0)
    }
    try stripe.control("balance", #"{"amount":250}"#)
    #expect(night.payByStripe(stripe, "--batch-size", "1").exitCode == 3)
    #expect(try night.workspace.cell("SELECT pause_reason FROM payout_jobs") == "balance_insufficient")
    try stripe.control("balance", #"{"amount":null}"#)
    #expect(night.workspace.settle("payouts", "resume", night.runID).exitCode == 0)
    #expect(night.payByStripe(stripe).exitCode == 0)
    #expect(try night.states() == "completed 3")
    #expect(try stripe.control("count")["twice"]?.elements?.isEmpty == true)
    #expect(
      try night.workspace.cell("SELECT count(*) FROM actions WHERE action = 'payouts pause' AND result = 'by the rail'")
        == "4")
    try night.expectWholeBook()
  }

  @Test func `an old key is looked up before it is used again`() throws {
    let stripe = try FakeStripe()
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    try stripe.script("acct_1", "drop-after")
    try stripe.script("acct_2", "drop-before")
    #expect(night.payByStripe(stripe).exitCode == 3)
    #expect(try night.states() == "unknown 2")
    // A day later the rail has forgotten its keys: sent again, the first would be paid twice.
    try stripe.control("clock", #"{"advance":90000}"#)
    try night.workspace.execute(
      "UPDATE payout_transfers SET first_sent_at = first_sent_at - 90000000, must_look_up = 0")
    try night.hurry()
    #expect(night.payByStripe(stripe).exitCode == 0)
    #expect(try night.states() == "completed 2")
    #expect(try stripe.control("count")["twice"]?.elements?.isEmpty == true)
    #expect(try stripe.control("count")["transfers"]?.integer == 2)
  }

  // MARK: Crashes and company

  /// A rail that kills settle itself: before it executes, or between execution and answer.
  static let killer = """
    import json, os, signal, sys
    book, when, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    done = {}
    if os.path.exists(book):
        for line in open(book):
            record = json.loads(line)
            done[record["key"]] = done[record["transfer_id"]] = record
    count = 0
    for line in sys.stdin:
        call = json.loads(line)
        count += 1
        def die():
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(1)
        if count == number and when == "before":
            die()
        reply = {"transfer_id": call["transfer_id"], "result": "ok", "external_id": "x-" + call["transfer_id"]}
        if call["op"] == "lookup":
            if call["transfer_id"] not in done:
                reply = {"transfer_id": call["transfer_id"], "result": "permanent", "code": "not_found"}
        elif call["idempotency_key"] not in done:
            record = {"key": call["idempotency_key"], "transfer_id": call["transfer_id"]}
            with open(book, "a") as file:
                file.write(json.dumps(record) + "\\n")
            done[record["key"]] = done[record["transfer_id"]] = record
        if count == number and when == "after":
            die()
        print(json.dumps(reply), flush=True)

    """

  @Test(arguments: ["before", "after"])
  func `a crash between call and record never pays twice and never forgets`(when: String) throws {
    let night = PayoutNight(users: 12)
    _ = night.schedule()
    let rail = night.workspace.write("killer.py", PayoutTests.killer)
    var kills = 0
    for number in [1, 5, 3, 12, 2] {
      let result = night.process(["--batch-size", "4"], ["python3", rail, "book", when, "\(number)"])
      if result.exitCode == 9 { kills += 1 }
    }
    #expect(kills >= 3)
    let last = night.process(["--wait", "5"], backoff: 1, ["python3", rail, "book", when, "0"])
    #expect(last.exitCode == 0, "\(last.output)\(last.errors)")
    #expect(try night.states() == "completed 12")
    #expect(night.executions().count == 12)
    #expect(night.executions().values.allSatisfy { $0 == 1 })
    #expect(try night.balance("external") == PayoutNight.total(12))
    #expect(try night.balance("in_flight") == 0)
    try night.expectWholeBook()
  }

  @Test func `several processes share the work, and each transfer is sent once`() throws {
    let night = PayoutNight(users: 240)
    _ = night.schedule()
    // No keys are kept here: a call that is made twice is seen.
    let rail = night.workspace.write(
      "rail.py",
      """
      import json, os, sys
      book = os.open("book", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
      for line in sys.stdin:
          call = json.loads(line)
          os.write(book, (json.dumps({"transfer_id": call["transfer_id"]}) + "\\n").encode())
          print(json.dumps({"transfer_id": call["transfer_id"], "result": "ok", "external_id": "x"}), flush=True)

      """)
    let script = """
      for n in 1 2 3; do
        "$SETTLE" payouts process --rail command --rail-name test --batch-size 10 -- python3 \(rail) &
      done
      wait
      """
    let result = night.workspace.run("/bin/bash", ["-c", script], environment: ["SETTLE": Workspace.binary])
    #expect(!result.errors.contains("error"), "\(result.errors)")
    #expect(try night.states() == "completed 240")
    #expect(night.executions().count == 240)
    #expect(night.executions().values.allSatisfy { $0 == 1 })
    #expect(try Int(night.workspace.cell("SELECT count(DISTINCT worker) FROM payout_attempts")) ?? 0 > 1)
    #expect(try night.workspace.cell("SELECT count(*) FROM payout_workers") == "0")
    #expect(try night.balance("external") == PayoutNight.total(240))
    try night.expectWholeBook()
  }

  @Test func `a run that works on the ledger is let by`() throws {
    let night = PayoutNight(users: 3)
    _ = night.schedule()
    let script = """
      flock outputs/ledger.db.lock sh -c 'touch held; sleep 1; touch released' &
      while [ ! -e held ]; do sleep 0.05; done
      "$SETTLE" payouts process --rail command --rail-name test -- \(PayoutNight.rails)/pay.py book
      [ -e released ]
      """
    let result = night.workspace.run("/bin/bash", ["-c", script], environment: ["SETTLE": Workspace.binary])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(try night.states() == "completed 3")
  }

  // MARK: Scheduler

  @Test func `batches have their size, all open jobs are processed, and mixed results complete a job`() throws {
    let night = PayoutNight(users: 10)
    night.workspace.write("more/resolutions.csv", "market_id,resolution_id,outcome,currency\nm2,r2,void,USD\n")
    night.workspace.write(
      "more/commitments.csv", "commitment_id,market_id,user_id,option_id,amount\nc1,m2,u1,x,7\nc2,m2,u2,x,8\n")
    #expect(
      night.workspace.settle(
        "run", "--resolutions", "more/resolutions.csv", "--commitments", "more/commitments.csv"
      ).exitCode == 0)
    #expect(night.workspace.settle("payouts", "schedule", "--run", night.runID).exitCode == 0)
    night.workspace.write("d.csv", "user_id,account\nu2,closed_2\n")
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    #expect(night.workspace.settle("payouts", "schedule", "--run", "latest").exitCode == 0)
    let result = night.payByBook("--batch-size", "4")
    #expect(result.exitCode == 3)
    #expect(try result.json["batches"]?.integer == 3)
    #expect(try night.states() == "completed 11, failed_terminal 1")
    #expect(try night.workspace.cell("SELECT group_concat(DISTINCT state) FROM payout_jobs") == "complete")
    let status = try night.workspace.settle("payouts", "status", "--json").json
    let counts = status["jobs"]?.elements?.compactMap { $0["counts"] } ?? []
    #expect(counts.map { $0["completed"]?.integer } == [10, 1])
    #expect(counts.map { $0["failed_terminal"]?.integer } == [0, 1])
  }

  @Test func `the scheduler finds new work, and stops cleanly when told to`() throws {
    let night = PayoutNight(users: 3)
    let script = """
      "$SETTLE" payouts process --json --watch 1 --rail command --rail-name test -- \(PayoutNight.rails)/pay.py book >out &
      pid=$!
      sleep 1
      "$SETTLE" payouts schedule >/dev/null
      for n in $(seq 100); do [ "$(wc -l <book)" -eq 3 ] && break; sleep 0.1; done
      sleep 0.5
      kill -TERM $pid
      wait $pid
      """
    let result = night.workspace.run("/bin/bash", ["-c", script], environment: ["SETTLE": Workspace.binary])
    #expect(result.exitCode == 0, "\(result.errors)")
    let answer = try JSONValue(parsing: Array(night.workspace.text("out").utf8))
    #expect(answer["stopped"]?.flag == true)
    #expect(answer["outcomes"]?["completed"]?.integer == 3)
    #expect(try night.states() == "completed 3")
    #expect(try night.workspace.cell("SELECT count(*) FROM payout_workers") == "0")
  }

  @Test func `a stop finishes the calls in hand and makes no other`() throws {
    let night = PayoutNight(users: 40)
    _ = night.schedule()
    let rail = night.workspace.write(
      "slow.py",
      """
      import json, sys, time
      for line in sys.stdin:
          call = json.loads(line)
          with open("book", "a") as book:
              book.write(json.dumps({"transfer_id": call["transfer_id"]}) + "\\n")
          time.sleep(0.15)
          print(json.dumps({"transfer_id": call["transfer_id"], "result": "ok", "external_id": "x"}), flush=True)

      """)
    let script = """
      "$SETTLE" payouts process --rail command --rail-name test --in-flight 1 -- python3 \(rail) &
      pid=$!
      for n in $(seq 100); do [ -s book ] && break; sleep 0.1; done
      kill -TERM $pid
      wait $pid
      """
    let result = night.workspace.run("/bin/bash", ["-c", script], environment: ["SETTLE": Workspace.binary])
    #expect(result.exitCode == 0, "\(result.errors)")
    let sent = night.executions().count
    #expect(sent > 0 && sent < 40)
    #expect(try night.states() == "completed \(sent), pending \(40 - sent)")
    #expect(try night.balance("in_flight") == 0)
    try night.expectWholeBook()
  }

  // MARK: Admins

  @Test func `retry, pause, resume, reverse and decisions are an admin's, and each is recorded`() throws {
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    func ask(_ words: String...) -> ToolResult { night.workspace.settle(["payouts"] + words + ["--json"]) }
    func id(_ user: String) throws -> String {
      try night.workspace.cell("SELECT id FROM payout_transfers WHERE user_id = '\(user)'")
    }
    #expect(ask("pause", night.runID).errorCode == "usage")
    #expect(ask("pause", night.runID, "--reason", "a question from the bank").exitCode == 0)
    #expect(try night.payByBook().json["calls"]?.integer == 0)
    #expect(ask("resume", night.runID, "--reason", "answered").exitCode == 0)
    night.workspace.write("d.csv", "user_id,account\nu2,closed_2\n")
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    try night.workspace.execute("UPDATE payout_transfers SET destination = 'closed_2' WHERE user_id = 'u2'")
    #expect(night.payByBook().exitCode == 3)
    #expect(try night.state("u2") == "failed_terminal account_closed")
    // Another account, and another key.
    night.workspace.write("d.csv", "user_id,account\nu2,acct_2\n")
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    #expect(ask("retry", try id("u2"), "--reason", "new account").exitCode == 0)
    #expect(night.payByBook().exitCode == 0)
    #expect(try night.states() == "completed 2")
    let two = try id("u2")
    #expect(night.workspace.text("book").contains("payout:\(two):g2"))
    #expect(ask("retry", two).errorCode == "transfer_state")
    #expect(ask("retry", "t0").errorCode == "unknown_transfer")
    #expect(ask("retry", two, "--decision", "not-executed", "--reason", "x").errorCode == "transfer_state")
    // The money comes back.
    let reversed = night.workspace.settle(
      "payouts", "reverse", two, "--reason", "wrong user", "--json", "--rail", "command", "--rail-name", "test", "--",
      "\(PayoutNight.rails)/pay.py", "book")
    #expect(reversed.exitCode == 0, "\(reversed.output)\(reversed.errors)")
    #expect(ask("reverse", try id("u1"), "--returned", "--reason", "bounced").exitCode == 0)
    #expect(try night.states() == "reversed 2")
    #expect(try night.balance("external") == 0)
    #expect(try night.balance("user:u2") == 200)
    #expect(
      try night.workspace.rows(
        "SELECT action, coalesce(reason, '') FROM actions WHERE action LIKE 'payouts %' ORDER BY id")
        == [
          ["payouts schedule", ""], ["payouts pause", "a question from the bank"], ["payouts resume", "answered"],
          ["payouts retry", "new account"], ["payouts reverse", "wrong user"], ["payouts reverse", "bounced"],
        ])
    try night.expectWholeBook()
    let stranger = night.workspace.settle(
      ["payouts", "pause", night.runID, "--reason", "x", "--json"], environment: ["SETTLE_OPERATOR": "mallory"])
    #expect(stranger.exitCode == 8)
    #expect(stranger.errorCode == "unauthenticated")
  }

  @Test func `an admin's decision frees an unknown transfer, and nothing else does`() throws {
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    let rail = night.workspace.write(
      "rail.sh",
      "while IFS= read -r line; do id=${line##*transfer_id\\\":\\\"}; id=${id%%\\\"*}; "
        + "printf '{\"transfer_id\":\"%s\",\"result\":\"unknown\"}\\n' \"$id\"; done\n")
    #expect(night.process([], ["/bin/sh", rail]).exitCode == 3)
    #expect(try night.states() == "unknown 2")
    let ids = try night.workspace.rows("SELECT id FROM payout_transfers ORDER BY user_id").map { $0[0] }
    let executed = night.workspace.settle(
      "payouts", "retry", ids[0], "--decision", "executed", "--external-id", "bank-7", "--reason", "on the statement")
    #expect(executed.exitCode == 0, "\(executed.errors)")
    let not = night.workspace.settle(
      "payouts", "retry", ids[1], "--decision", "not-executed", "--reason", "the bank never saw it")
    #expect(not.exitCode == 0, "\(not.errors)")
    #expect(try night.state("u1") == "completed")
    #expect(try night.balance("external") == 100)
    #expect(try night.balance("user:u2") == 200)
    #expect(night.payByBook().exitCode == 0)
    #expect(night.workspace.text("book").contains("payout:\(ids[1]):g2"))
    #expect(try night.states() == "completed 2")
    try night.expectWholeBook()
  }

  @Test func `a job stays on its rail, and a rail that is not there is told as such`() throws {
    let night = PayoutNight(users: 2)
    _ = night.schedule()
    let gone = night.process([], ["./no-such-program"])
    #expect(gone.exitCode == 7)
    #expect(gone.errorCode == "rail_unreachable")
    #expect(try night.states() == "pending 2")
    #expect(try night.balance("in_flight") == 0)
    #expect(night.payByBook().exitCode == 0)
    let other = night.workspace.settle(
      "payouts", "process", "--json", "--job", night.runID, "--rail", "file")
    #expect(other.exitCode == 5)
    #expect(other.errorCode == "rail_differs")
  }

  // MARK: Rails

  @Test func `from a settled night over a rail and back into the ledger, and again without a second effect`() throws {
    let night = SettledNight("replication-markets")
    let workspace = night.workspace
    let users = try workspace.rows(
      "SELECT DISTINCT substr(name, 6), currency FROM accounts WHERE name LIKE 'user:%' AND balance > 0")
    workspace.write("d.csv", "user_id,account\n" + users.map { "\($0[0]),acct_\($0[0])\n" }.joined())
    let owed = try workspace.cell("SELECT sum(balance) FROM accounts WHERE name LIKE 'user:%'")
    #expect(workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    for round in 1...2 {
      #expect(
        workspace.settle("run", "--resolutions", "night/resolutions.csv", "--commitments", "night/commitments.csv")
          .exitCode == 0)
      #expect(workspace.settle("payouts", "schedule").exitCode == 0)
      let result = workspace.settle(
        "payouts", "process", "--json", "--rail", "command", "--", "\(PayoutNight.rails)/pay.py", "book")
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(try result.json["calls"]?.integer == (round == 1 ? Int64(users.count) : 0))
    }
    let lines = workspace.text("book").split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
    #expect(lines.count == users.count)
    #expect(lines.reduce(0) { $0 + ($1["amount"]?.integer ?? 0) } == Int64(owed))
    #expect(try workspace.cell("SELECT balance FROM accounts WHERE name = 'external'") == owed)
    #expect(try workspace.cell("SELECT sum(balance) FROM accounts WHERE name LIKE 'user:%'") == "0")
    #expect(try workspace.cell("SELECT sum(amount) FROM postings") == "0")
    #expect(workspace.settle("verify").exitCode == 0)
  }

  @Test(arguments: ["csv", "pain.001"])
  func `a file for the bank holds every payment once, with its control sums`(format: String) throws {
    let night = PayoutNight(users: 7, currency: "EUR", destinations: false)
    night.workspace.write(
      "d.csv",
      "user_id,account\n"
        + (1...7).map { "u\($0),\($0 == 7 ? "DE00370400440532013000" : "DE89370400440532013000")\n" }.joined())
    #expect(night.workspace.settle("destinations", "import", "d.csv").exitCode == 0)
    _ = night.schedule()
    func process() -> ToolResult {
      night.workspace.settle(
        "payouts", "process", "--json", "--rail", "file", "--file-format", format, "--rail-dir", "bank", "--batch-size",
        "4",
        "--debtor-name", "House", "--debtor-account", "DE89370400440532013000", "--execution-date", "2026-02-01")
    }
    #expect(process().exitCode == 3)
    #expect(try night.states() == "completed 6, failed_terminal 1")
    #expect(try night.state("u7") == "failed_terminal account_invalid")
    let names = night.workspace.names("bank").filter { !$0.hasPrefix(".") }
    #expect(names.count == 4)
    var sum = 0
    for name in names where !name.hasSuffix(".control.json") {
      let control = try JSONValue(parsing: Array(night.workspace.text("bank/\(name).control.json").utf8))
      let text = night.workspace.text("bank/\(name)")
      #expect(control["sha256"]?.text == SHA256.digest(of: Array(text.utf8)).hex)
      let total = control["control_sum"]?.text ?? ""
      sum += Int(total.filter { $0 != "." }) ?? 0
      if format == "csv" {
        #expect(text.split(separator: "\n").count - 1 == Int(control["transfers"]?.integer ?? 0))
      } else {
        let check = night.workspace.run(
          "/usr/bin/env", ["python3", "\(PayoutNight.rails)/check_pain001.py", "bank/\(name)"])
        #expect(check.exitCode == 0, "\(check.errors)")
        #expect(check.output == "\(control["transfers"]?.integer ?? 0) transactions, control sum \(total)\n")
      }
    }
    #expect(sum == PayoutNight.total(6))
    #expect(try night.balance("external", "EUR") == PayoutNight.total(6))
    #expect(process().exitCode == 0)
    #expect(night.workspace.names("bank").filter { !$0.hasPrefix(".") } == names)
    try night.expectWholeBook()
  }

  @Test func `the shell example pays each transfer once`() throws {
    let night = PayoutNight(users: 3)
    _ = night.schedule()
    let result = night.process([], ["\(PayoutNight.rails)/pay.sh", "paid.csv"])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(night.workspace.text("paid.csv").split(separator: "\n").count == 3)
    let id = try night.workspace.cell("SELECT id FROM payout_transfers WHERE user_id = 'u2'")
    #expect(night.workspace.text("paid.csv").contains("\(id),200,USD,acct_2\n"))
  }

  @Test func `the secret is read from a safe file, and stands nowhere else`() throws {
    let stripe = try FakeStripe()
    let night = PayoutNight(users: 1)
    _ = night.schedule()
    let unsafe = night.payByStripe(stripe, mode: 0o644)
    #expect(unsafe.exitCode == 3)
    #expect(try night.workspace.cell("SELECT pause_reason FROM payout_jobs") == "secret_unsafe")
    #expect(night.workspace.settle("payouts", "resume", night.runID).exitCode == 0)
    let good = night.payByStripe(stripe)
    #expect(good.exitCode == 0, "\(good.errors)")
    for result in [unsafe, good] {
      #expect(!(result.output + result.errors).contains("51H8secret"))
    }
    let strings = night.workspace.run("/bin/bash", ["-c", "grep -c 51H8secret -a outputs/ledger.db"])
    #expect(strings.output == "0\n")
    // Reversal, and the questions that the rail answers without sending.
    let id = try night.workspace.cell("SELECT id FROM payout_transfers")
    let reversed = night.workspace.settle(
      ["payouts", "reverse", id, "--reason", "x", "--json", "--rail", "stripe"],
      environment: [
        "SETTLE_STRIPE_BASE_URL": stripe.url, "SETTLE_STRIPE_KEY_FILE": "\(night.workspace.path)/stripe.key",
      ])
    #expect(reversed.exitCode == 0, "\(reversed.output)\(reversed.errors)")
    #expect(try night.states() == "reversed 1")
    #expect(try night.balance("user:u1") == 100)
  }

  /// Calls straight to the adapter.
  @Test func `the adapter sends nothing without a key, and amounts as Stripe counts them`() throws {
    let stripe = try FakeStripe()
    let workspace = Workspace()
    let path = workspace.write("stripe.key", PayoutNight.secret)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let adapter = URL(fileURLWithPath: Workspace.binary).deletingLastPathComponent()
      .appendingPathComponent("settle-rail-stripe").path
    func ask(_ key: String, _ amount: Int64, _ currency: String, url: String = stripe.url) throws -> String {
      let line =
        "{\"v\":1,\"op\":\"transfer\",\"transfer_id\":\"t1\",\"idempotency_key\":\"\(key)\",\"amount\":\(amount),"
        + "\"currency\":\"\(currency)\",\"destination\":\"acct_1\",\"group\":\"g\"}\n"
      let result = workspace.run(
        adapter, [], input: line, environment: ["SETTLE_STRIPE_BASE_URL": url, "SETTLE_STRIPE_KEY_FILE": path])
      let reply = try JSONValue(parsing: Array(result.output.utf8))
      return "\(reply["result"]?.text ?? "") \(reply["code"]?.text ?? "")"
    }
    #expect(try ask("", 100, "USD") == "permanent idempotency_key_missing")
    #expect(try ask("k1", 100, "TOKEN") == "permanent currency_unsupported")
    #expect(try ask("k1", 1_005, "KWD") == "permanent amount_not_representable")
    #expect(try stripe.control("count")["requests"]?.integer == 0)
    #expect(try ask("k1", 100, "USD") == "ok ")
    #expect(try ask("k1", 101, "USD") == "permanent idempotency_error")
    #expect(try ask("k2", 7, "UGX") == "ok ")
    #expect(try stripe.control("count")["amount"]?.integer == 800)
    #expect(try ask("k3", 1, "USD", url: "http://127.0.0.1:1") == "transient connection_refused")
    #expect(try ask("k3", 1, "USD", url: "http://api.example.com") == "pause base_url_unsafe")
  }
}
