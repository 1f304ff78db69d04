// What does each operation do, and which error does a wrong one get?
import Ledger
import TestSupport
import Testing

@Suite struct OperationTests {
  @Test func `an operation tells account, entry, balance after and key`() throws {
    let book = try Book()
    let receipt = try book.apply("credit user:a 100 key=k1")
    #expect(
      [receipt.account, receipt.counterpart, receipt.currency, receipt.key] == ["user:a", "external", "TOKEN", "k1"])
    #expect(
      [receipt.entryID, receipt.amount, receipt.balanceAfter, receipt.counterpartBalanceAfter] == [1, 100, 100, -100])
    #expect(!receipt.isReplay)
    #expect(try book.apply("debit user:a 30").balanceAfter == 70)
    #expect(try book.balance("external") == -70)
  }

  /// Each row begins with a holding 100 (key `first`), b opened, c with overdraft 50, and reservation #3 of 20 on a.
  @Test(
    arguments: [
      ("credit user:new 1", "created"), ("credit user:a 0", "invalid_amount"), ("credit user:a -5", "invalid_amount"),
      ("debit user:a 0", "invalid_amount"), ("transfer user:a user:b -1", "invalid_amount"),
      ("credit user:a", "invalid_amount"), ("debit user:a 80", "created"), ("debit user:a 81", "insufficient_funds"),
      ("debit user:b 2", "insufficient_funds"), ("debit user:c 50", "created"),
      ("debit user:c 51", "insufficient_funds"), ("debit house 1", "insufficient_funds"),
      ("credit house 1", "created"), ("transfer user:a user:b 80", "created"),
      ("transfer user:a user:a 1", "invalid_account"), ("transfer user:a user:nobody 1", "invalid_account"),
      ("transfer user:nobody user:a 1", "invalid_account"), ("debit user:nobody 1", "invalid_account"),
      ("credit wallet 1", "invalid_account"), ("credit user: 1", "invalid_account"),
      ("credit user:a:b 1", "invalid_account"), ("credit user:a%3Ab 1", "created"),
      ("credit user:a%3ab 1", "invalid_account"), ("transfer user:a user:b 1 currency=USD", "invalid_account"),
      ("credit user:a 1 key=settle:x", "invalid_key"), ("credit user:a 1 key=rollback:1", "invalid_key"),
      ("credit user:a 1 key=", "invalid_key"),
      ("credit user:a 9223372036854775807", "total_out_of_range"),
      ("credit user:b 9223372036854775807", "total_out_of_range"),
      ("reserve user:a 80", "created"), ("reserve user:a 81", "insufficient_funds"),
      ("capture #3 20", "created"), ("capture #3 5", "created"), ("capture #3", "created"),
      ("capture #3 21", "invalid_amount"), ("capture #3 0", "invalid_amount"),
      ("capture #1", "unknown_reservation"), ("void #99", "unknown_reservation"), ("void #3", "created"),
      ("capture #3 currency=USD", "invalid_account"),
    ])
  func `an operation is applied or refused`(line: String, outcome: String) throws {
    let book = try prepared()
    let before = try book.ledger.sequence()
    #expect(try book.outcome(line) == outcome)
    #expect(try book.ledger.sequence() == before + (outcome == "created" ? 1 : 0))
    #expect(try book.ledger.check().faults == [])
  }

  private func prepared() throws -> Book {
    let book = try Book()
    try book.apply("credit user:a 100 key=first reason=because metadata=m")
    _ = try book.ledger.open("user:b", currency: "TOKEN", overdraft: nil, by: "ann", reason: nil)
    _ = try book.ledger.open("user:c", currency: "TOKEN", overdraft: 50, by: "ann", reason: "credit line")
    try book.apply("credit user:b 1 key=second")
    try book.apply("reserve user:a 20 to=user:b key=third")
    return book
  }

  /// The first error in the list of precedence wins: key's form, earlier use, amount, account, funds.
  @Test(
    arguments: [
      ("transfer user:a user:a 0 key=settle:1", "invalid_key"),
      ("transfer user:x user:x 0 key=first", "idempotency_conflict"),
      ("transfer user:x user:x 0", "invalid_amount"), ("debit wallet 1000", "invalid_account"),
      ("transfer user:a user:nobody 1000", "invalid_account"), ("debit user:a 1000", "insufficient_funds"),
    ])
  func `of several errors the first in the list is told`(line: String, outcome: String) throws {
    #expect(try prepared().outcome(line) == outcome)
  }

  @Test(
    arguments: [
      ("credit user:a 100 key=first reason=because metadata=m", nil), ("debit user:a 100 key=first", "operation"),
      ("credit user:b 100 key=first reason=because metadata=m", "account"),
      ("credit user:a 100 from=house key=first reason=because metadata=m", "counterpart"),
      ("credit user:a 101 key=first reason=because metadata=m", "amount"),
      ("credit user:a 100 currency=USD key=first reason=because metadata=m", "currency"),
      ("credit user:a 100 key=first reason=other metadata=m", "reason"),
      ("credit user:a 100 key=first reason=because", "metadata"), ("reserve user:a 20 to=user:b key=third", nil),
      ("reserve user:a 21 to=user:b key=third", "amount"), ("reserve user:a 20 to=house key=third", "counterpart"),
    ] as [(String, String?)])
  func `the same key with other content is a conflict that names the field`(line: String, field: String?) throws {
    let book = try prepared()
    let sequence = try book.ledger.sequence()
    do throws(LedgerError) {
      let receipt = try book.ledger.apply(Book.operation(line), by: "ann")
      #expect(field == nil)
      #expect(receipt.isReplay)
    } catch {
      #expect(error.code == .conflict)
      #expect(field.map { error.message.contains("another \($0)") } ?? false, "\(error.message)")
    }
    #expect(try book.ledger.sequence() == sequence)
  }

  @Test func `a replay gives the first answer, whatever came since`() throws {
    let book = try prepared()
    let first = try book.apply("transfer user:a user:b 10 key=t")
    try book.apply("debit user:a 5")
    try book.apply("credit user:b 7")
    var replay = try book.apply("transfer user:a user:b 10 key=t")
    #expect(replay.isReplay)
    replay.isReplay = false
    #expect(replay == first)
    var reserved = try book.apply("reserve user:a 20 to=user:b key=third")
    #expect(reserved.isReplay && reserved.entryID == 3 && reserved.balanceAfter == 100)
    let captured = try book.apply("capture #3 15 key=c")
    reserved = try book.apply("capture #3 15 key=c")
    #expect(reserved.isReplay && reserved.entryID == captured.entryID && reserved.balanceAfter == captured.balanceAfter)
  }

  @Test func `operations without a key each count`() throws {
    let book = try Book()
    for _ in 0..<3 { try book.apply("credit user:a 10") }
    #expect(try book.balance("user:a") == 30)
  }

  @Test func `a key of a run's entry is not replayed`() throws {
    let book = try Book()
    try book.apply("credit user:a 10 key=mine")
    book.forge("UPDATE entries SET run_id = 'r-1' WHERE id = 1")
    #expect(try book.outcome("credit user:a 10 key=mine") == "idempotency_conflict")
  }

  @Test func `a reservation is posted or let go once, and counts until then`() throws {
    let book = try prepared()
    #expect(try book.ledger.account("user:a", currency: "TOKEN")?.available == 80)
    #expect(try book.outcome("debit user:a 81") == "insufficient_funds")
    try book.apply("capture #3 5")
    #expect(try book.ledger.account("user:a", currency: "TOKEN")?.available == 95)
    #expect(try book.balance("user:b") == 6)
    #expect(try book.outcome("capture #3 5") == "reservation_closed")
    #expect(try book.outcome("void #3") == "reservation_closed")
    let other = try book.apply("reserve user:a 95")
    #expect(try book.outcome("debit user:a 1") == "insufficient_funds")
    try book.apply("void #\(other.entryID)")
    #expect(try book.ledger.account("user:a", currency: "TOKEN")?.available == 95)
  }

  @Test(
    arguments: [
      (true, ["created", "insufficient_funds", "created"], 0, 0),
      (false, ["created", "insufficient_funds", "created"], 2, 107),
    ])
  func `many operations: all or nothing, or each by itself`(
    isAtomic: Bool, outcomes: [String], entries: Int64, balance: Int64
  ) throws {
    let book = try Book()
    let lines = ["credit user:a 100 key=1", "debit user:a 200 key=2", "credit user:a 7 key=3"]
    let results = try book.ledger.apply(lines.map(Book.operation), by: "ann", isAtomic: isAtomic)
    #expect(results.map { $0.error?.code.rawValue ?? "created" } == outcomes)
    #expect(try book.ledger.sequence() == entries)
    #expect(try book.balance("user:a") == balance)
    // Keys of what was taken back, or refused, are free again.
    #expect(try book.outcome("debit user:a 200 key=2") == (isAtomic ? "invalid_account" : "insufficient_funds"))
    #expect(try book.ledger.check().faults == [])
  }

  @Test func `the same key twice in one call is applied once`() throws {
    let book = try Book()
    let lines = ["credit user:a 5 key=1", "credit user:a 5 key=1", "credit user:a 6 key=1"]
    let results = try book.ledger.apply(lines.map(Book.operation), by: "ann", isAtomic: false)
    #expect(results.map { $0.receipt?.isReplay } == [false, true, nil])
    #expect(results[2].error?.code == .conflict)
    #expect(try book.balance("user:a") == 5)
  }

  @Test func `no entry mixes currencies, and accounts are per currency`() throws {
    let book = try Book()
    try book.apply("credit user:a 5")
    try book.apply("credit user:a 9 currency=USD")
    #expect(try book.balance("user:a") == 5)
    #expect(try book.balance("user:a", "USD") == 9)
    #expect(try book.outcome("debit user:a 6") == "insufficient_funds")
  }

  @Test(arguments: [("nobody", "unauthenticated"), ("carl", "forbidden"), ("ann", nil)] as [(String, String?)])
  func `only an admin writes`(operatorID: String, code: String?) throws {
    let book = try Book()
    book.forge("INSERT INTO operators VALUES ('carl', 'analyst', 'ann', '2026')")
    var found: String?
    do throws(LedgerError) {
      _ = try book.ledger.apply(Book.operation("credit user:a 1"), by: operatorID)
    } catch {
      found = error.code.rawValue
    }
    #expect(found == code)
    #expect(try book.balance("user:a") == (code == nil ? 1 : 0))
  }

  @Test func `a transfer that fails in its second half leaves nothing`() throws {
    let book = try prepared()
    // The database refuses what user:b would get, once what user:a gives is written.
    let sql =
      "CREATE TRIGGER no_gift BEFORE INSERT ON postings WHEN NEW.amount = 33 BEGIN SELECT RAISE(ABORT, 'no'); END"
    let program = "import sqlite3, sys; sqlite3.connect('ledger.db').execute(sys.argv[1])"
    #expect(book.work.run("/usr/bin/env", ["python3", "-c", program, sql]).exitCode == 0)
    #expect(try book.outcome("transfer user:a user:b 33") == "ledger_error")
    #expect(try book.balance("user:a") == 100)
    #expect(try book.ledger.sequence() == 3)
    #expect(try book.outcome("transfer user:a user:b 32") == "created")
  }

  @Test func `times never go backwards`() throws {
    let book = try Book()
    try book.apply("credit user:a 1")
    book.forge("UPDATE entries SET at = '2999-01-01T00:00:00.000Z'")
    try book.apply("credit user:a 2")
    let times = try book.ledger.history(of: "user:a", currency: "TOKEN", limit: 9).map(\.at)
    #expect(times == ["2999-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"])
  }
}
