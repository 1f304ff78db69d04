// Does the book do in the scenarios of other ledgers what it says it does?
//
// Each is named by where it comes from: TigerBeetle (TB), Formance (FO), Blnk (BL). Where this book decides otherwise the
// row says so. Of the scenarios that are not here some are tried elsewhere: a race for one key (FO-09) and racing refunds
// (BL-03) by processes in LedgerCommandTests and scripts/torture, the hash chain (BL-11) in BookCheckTests, the exit codes
// of recalc (DR-01) in LedgerCommandTests, journals (EX-01) in BookExportTests, clamping (TB-09) in ShortfallTests.
import Ledger
import TestSupport
import Testing

@Suite struct ScenarioTests {
  struct Scenario: CustomTestStringConvertible {
    let id: String
    /// Opened before; `unlimited`, or how far below zero it may fall.
    var accounts: [(name: String, overdraft: String)] = []
    /// Operations one after the other, and what becomes of each.
    let steps: [(line: String, outcome: String)]
    /// What stands in the end, and what of it is reserved.
    let standing: [String: (balance: Int64, reserved: Int64)]
    var testDescription: String { id }
  }

  static let scenarios = [
    Scenario(
      id: "TB-01: one error each, the first of a fixed list, and nothing is written",
      accounts: [("user:a1", "0"), ("user:a3", "0")],
      steps: [
        ("transfer user:a8 user:a8 0 key=settle:1", "invalid_key"), ("transfer user:a8 user:a8 0", "invalid_amount"),
        ("transfer user:a8 user:a8 9", "invalid_account"), ("transfer user:a8 user:a9 9", "invalid_account"),
        ("transfer user:a1 user:a9 9", "invalid_account"),
        ("transfer user:a1 user:a3 1 currency=USD", "invalid_account"),
        ("transfer user:a1 user:a3 1", "insufficient_funds"),
      ], standing: ["user:a1": (0, 0), "user:a3": (0, 0)]),
    // There a key that was refused for the book's state is used up; here it is free, so that the same call may succeed
    // when the money is there.
    Scenario(
      id: "TB-03, otherwise: a refused operation does not use its key up",
      accounts: [("user:a1", "0"), ("user:a3", "0"), ("user:a4", "0")],
      steps: [
        ("transfer user:a8 user:a9 9 key=t1", "invalid_account"),
        ("transfer user:a4 user:a3 199 key=t3", "insufficient_funds"), ("credit user:a4 1000", "created"),
        ("transfer user:a4 user:a3 199 key=t3", "created"), ("transfer user:a4 user:a3 199 key=t3", "replayed"),
        ("transfer user:a4 user:a3 198 key=t3", "idempotency_conflict"),
        ("transfer user:a4 user:a1 1 key=t1", "created"),
      ], standing: ["user:a1": (1, 0), "user:a3": (199, 0), "user:a4": (800, 0)]),
    Scenario(
      id: "TB-07: reservations are posted in full, in part or let go, each once",
      accounts: [("user:a1", "unlimited"), ("user:a2", "unlimited")],
      steps: [
        ("transfer user:a1 user:a2 15 key=t1", "created"), ("reserve user:a1 15 to=user:a2 key=t2", "created"),
        ("reserve user:a1 15 to=user:a2 key=t3", "created"), ("reserve user:a1 7 to=user:a2 key=t5", "created"),
        ("reserve user:a1 1 to=user:a2 key=t6", "created"), ("reserve user:a1 1 to=user:a2 key=t7", "created"),
        ("capture #2 13 key=t101", "created"), ("capture #2 14 key=t101", "idempotency_conflict"),
        ("capture #2 13 key=t101", "replayed"), ("void #1 key=t102", "unknown_reservation"),
        ("capture #3 16 key=t103", "invalid_amount"), ("capture #2 13 key=t103", "reservation_closed"),
        ("void #3 key=t103", "created"), ("capture #3 13 key=t104", "reservation_closed"),
        ("capture #4 8 key=t105", "invalid_amount"), ("capture #4 key=t105", "created"),
        ("capture #5 key=t106", "created"),
        // There 0 posts nothing and lets the rest go; here that is what void is for.
        ("capture #6 0 key=t107", "invalid_amount"), ("void #6 key=t107", "created"),
      ], standing: ["user:a1": (-36, 0), "user:a2": (36, 0)]),
    Scenario(
      id: "FO-07: one key for two different calls",
      steps: [
        ("credit user:a 10", "created"), ("reserve user:a 4", "created"), ("reserve user:a 5", "created"),
        ("void #2 key=reuse", "created"), ("void #3 key=reuse", "idempotency_conflict"),
      ], standing: ["user:a": (10, 5)]),
    Scenario(
      id: "BL-07: a reservation that was refused cannot be posted",
      steps: [
        ("credit user:w 10", "created"), ("reserve user:w 50 key=q1", "insufficient_funds"),
        ("capture #2", "unknown_reservation"),
      ], standing: ["user:w": (10, 0)]),
  ]

  @Test(arguments: scenarios)
  func `a scenario ends as it says`(scenario: Scenario) throws {
    let book = try Book()
    for (name, overdraft) in scenario.accounts {
      _ = try book.ledger.open(
        name, currency: "TOKEN", overdraft: .some(Int64(overdraft)), by: "ann", reason: nil)
    }
    for (line, outcome) in scenario.steps {
      let before = try book.ledger.sequence()
      #expect(try book.outcome(line) == outcome, "\(line)")
      #expect(try book.ledger.sequence() == before + (outcome == "created" ? 1 : 0), "\(line)")
    }
    for (name, expected) in scenario.standing {
      let account = try book.ledger.account(name, currency: "TOKEN")
      #expect(account?.balance == expected.balance && account?.reserved == expected.reserved, "\(name)")
    }
    #expect(try book.ledger.check().faults == [])
  }

  /// A call of several operations, and then some of them by themselves.
  @Test(
    arguments: [
      // The others of an atomic call tell that they were not at fault, and their keys are free.
      (
        "TB-11", true,
        ["credit user:a2 41 key=t1", "transfer user:a3 user:a2 1 key=t2", "credit user:a2 1 key=t3"],
        ["created", "insufficient_funds", "created"],
        [("credit user:a2 1 key=t1", "created"), ("credit user:a2 2 key=t2", "created")], 3
      ),
      (
        "TB-05", true, ["credit user:a2 1 key=a1", "credit user:a2 2 key=a2", "credit user:a2 3 key=a1"],
        ["created", "created", "idempotency_conflict"], [("credit user:a2 3 key=a1", "created")], 3
      ),
      (
        "FO-11, each by itself", false, ["credit user:a2 100 key=1", "debit user:a2 200 key=2"],
        ["created", "insufficient_funds"], [("credit user:a2 100 key=1", "replayed")], 100
      ),
      (
        "FO-11, all or nothing", true, ["credit user:a2 100 key=1", "debit user:a2 200 key=2"],
        ["created", "insufficient_funds"], [("debit user:a2 1 key=2", "insufficient_funds")], 0
      ),
    ] as [(String, Bool, [String], [String], [(String, String)], Int64)])
  func `a call of several operations ends as it says`(
    id: String, isAtomic: Bool, lines: [String], outcomes: [String], behind: [(String, String)], balance: Int64
  ) throws {
    let book = try Book()
    for name in ["user:a2", "user:a3"] {
      _ = try book.ledger.open(name, currency: "TOKEN", overdraft: nil, by: "ann", reason: nil)
    }
    let results = try book.ledger.apply(lines.map(Book.operation), by: "ann", isAtomic: isAtomic)
    #expect(results.map { $0.error?.code.rawValue ?? "created" } == outcomes, "\(id)")
    #expect(try book.ledger.sequence() == (isAtomic ? 0 : Int64(outcomes.count { $0 == "created" })))
    for (line, outcome) in behind { #expect(try book.outcome(line) == outcome, "\(id): \(line)") }
    #expect(try book.balance("user:a2") == balance, "\(id)")
    #expect(try book.ledger.check().faults == [])
  }
}
