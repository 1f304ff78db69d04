// What do the tests of payouts share: a settled night whose users are to be paid, rails, and a stand-in for Stripe?
import Foundation
import Interchange
import TestSupport
import Testing

/// A night of one void market: every user gets back what they staked. User `u1` 100 minor units, `u2` 200, …
struct PayoutNight {
  let workspace = Workspace()
  let runID: String

  init(users: Int, currency: String = "USD", destinations: Bool = true) {
    workspace.write(
      "night/resolutions.csv", "market_id,resolution_id,outcome,currency\nm1,r1,void,\(currency)\n")
    let rows = (1...users).map { "c\($0),m1,u\($0),x,\($0 * 100)\n" }
    workspace.write("night/commitments.csv", "commitment_id,market_id,user_id,option_id,amount\n" + rows.joined())
    runID = SettledNight.run(workspace, [])
    if destinations {
      workspace.write(
        "d.csv", "user_id,account\n" + (1...users).map { "u\($0),acct_\($0)\n" }.joined())
      precondition(workspace.settle("destinations", "import", "d.csv").exitCode == 0, "no destinations")
    }
  }

  static let rails = "\(Workspace.packagePath)/scripts/rails"

  /// Σ of all stakes: what there is to be paid.
  static func total(_ users: Int) -> Int { users * (users + 1) / 2 * 100 }

  func schedule() -> ToolResult { workspace.settle("payouts", "schedule", "--json") }

  /// `settle payouts process` over a program. What is not done at once is not tried again by itself: see `hurry`.
  func process(_ options: [String] = [], backoff: Int = 600_000, _ program: [String]) -> ToolResult {
    workspace.settle(
      ["payouts", "process", "--json", "--rail", "command", "--rail-name", "test", "--backoff", "\(backoff)"] + options
        + ["--"]
        + program)
  }

  /// Over `pay.py`, which keeps its book in `book`.
  func payByBook(_ options: String...) -> ToolResult { process(options, ["\(PayoutNight.rails)/pay.py", "book"]) }

  /// Whatever waits for its time is due now.
  func hurry() throws {
    try workspace.execute("UPDATE payout_transfers SET due_at = 0 WHERE due_at < 9223372036854775807")
  }

  /// `completed 3, held 1`, sorted by state.
  func states() throws -> String {
    try workspace.rows("SELECT state, count(*) FROM payout_transfers GROUP BY state ORDER BY state").map {
      "\($0[0]) \($0[1])"
    }.joined(separator: ", ")
  }

  func state(_ user: String) throws -> String {
    let row = try #require(
      try workspace.rows("SELECT state, coalesce(reason, '') FROM payout_transfers WHERE user_id = '\(user)'").first)
    return row[1].isEmpty ? row[0] : "\(row[0]) \(row[1])"
  }

  func balance(_ account: String, _ currency: String = "USD") throws -> Int {
    try Int(
      workspace.rows(
        "SELECT coalesce(sum(balance), 0) FROM accounts WHERE name = '\(account)' AND currency = '\(currency)'")[0][0])
      ?? -1
  }

  /// Transfers that the rail of `pay.py` executed, by transfer id.
  func executions() -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in workspace.text("book").split(separator: "\n") {
      let id = (try? JSONValue(parsing: Array(line.utf8)))?["transfer_id"]?.text ?? "?"
      counts[id, default: 0] += 1
    }
    return counts
  }

  /// Every call that ended has its entry, and the book is whole.
  func expectWholeBook() throws {
    let missing = try workspace.cell(
      """
      SELECT count(*) FROM payout_attempts WHERE result IS NULL OR NOT EXISTS (
        SELECT 1 FROM entries WHERE key = 'ledger:payout:' || transfer_id || ':' || attempt)
      """)
    #expect(missing == "0")
    let attempts = try workspace.cell(
      """
      SELECT count(*) FROM payout_transfers WHERE attempt_count <>
        (SELECT count(*) FROM payout_attempts WHERE transfer_id = payout_transfers.id)
      """)
    #expect(attempts == "0", "each attempt is counted once")
    let check = workspace.settle("ledger", "check")
    #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
    let verify = workspace.settle("verify")
    #expect(verify.exitCode == 0, "\(verify.output)\(verify.errors)")
  }
}

/// The stand-in for Stripe, running as long as this object lives.
final class FakeStripe: @unchecked Sendable {
  let url: String
  private let process = Process()
  private let input = Pipe()

  init() throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "\(PayoutNight.rails)/fake_stripe.py"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let data = output.fileHandleForReading.readData(ofLength: 1)
      try #require(!data.isEmpty, "the stand-in for Stripe did not start")
      line += String(decoding: data, as: UTF8.self)
    }
    url = line.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.terminate()
  }

  /// Posts to a control; gives the answer.
  @discardableResult
  func control(_ what: String, _ body: String? = nil) throws -> JSONValue {
    let program = """
      import sys, urllib.request
      data = sys.argv[2].encode() if len(sys.argv) > 2 else None
      print(urllib.request.urlopen(sys.argv[1], data, timeout=10).read().decode())
      """
    let workspace = Workspace()
    let result = workspace.run(
      "/usr/bin/env", ["python3", "-c", program, "\(url)/control/\(what)"] + (body.map { [$0] } ?? []))
    return try JSONValue(parsing: Array(result.output.utf8))
  }

  func script(_ destination: String, _ replies: String...) throws {
    let list = replies.map { "\"\($0)\"" }.joined(separator: ",")
    try control("script", "{\"destination\":\"\(destination)\",\"replies\":[\(list)]}")
  }
}

extension PayoutNight {
  static let secret = "sk_test_51H8secret"

  /// `settle payouts process --rail stripe` against the stand-in.
  func payByStripe(_ stripe: FakeStripe, key: String = secret, mode: Int = 0o600, _ options: String...) -> ToolResult {
    let path = workspace.write("stripe.key", key + "\n")
    try? FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return workspace.settle(
      ["payouts", "process", "--json", "--rail", "stripe", "--rate", "1000", "--backoff", "600000"] + options,
      environment: [
        "SETTLE_STRIPE_BASE_URL": stripe.url, "SETTLE_STRIPE_KEY_FILE": path, "SETTLE_STRIPE_TIMEOUT": "1",
      ])
  }
}
