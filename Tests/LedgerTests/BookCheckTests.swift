// Is every change of the book found, and drift told and mended?
import Ledger
import TestSupport
import Testing

@Suite struct BookCheckTests {
  /// Money in, moved, set aside, posted and let go; an account with overdraft; a second operator.
  private func book() throws -> Book {
    let book = try Book()
    _ = try book.ledger.open("user:b", currency: "TOKEN", overdraft: 50, by: "ann", reason: nil)
    for line in [
      "credit user:a 100 key=k1 reason=gift", "transfer user:a user:b 30", "reserve user:a 20", "capture #3 5",
      "reserve user:a 7", "void #5", "reserve user:a 1", "debit user:b 10",
    ] {
      try book.apply(line)
    }
    return book
  }

  @Test func `an untouched book is sound`() throws {
    let report = try book().ledger.check()
    #expect(report.isSound)
    #expect(report.entries == 8)
  }

  @Test(
    arguments: [
      ("UPDATE entries SET kind = 'debit' WHERE id = 2", "entry", 2),
      ("UPDATE entries SET key = 'k2' WHERE id = 1", "entry", 1),
      ("UPDATE entries SET reason = 'gifu' WHERE id = 1", "entry", 1),
      ("UPDATE entries SET metadata = 'x' WHERE id = 1", "entry", 1),
      ("UPDATE entries SET currency = 'TOKEM' WHERE id = 2", "entry", 2),
      ("UPDATE entries SET content = zeroblob(32) WHERE id = 2", "entry", 2),
      ("UPDATE entries SET chain = zeroblob(32) WHERE id = 2", "entry", 2),
      ("DELETE FROM entries WHERE id = 2", "entry", 3),
      ("UPDATE entries SET id = 20 WHERE id = 2", "entry", nil),
      ("UPDATE postings SET amount = amount + 1 WHERE id = 3", "entry", 2),
      ("UPDATE postings SET account_id = 1 WHERE id = 3", "entry", 2),
      ("UPDATE postings SET entry_id = 1 WHERE id = 3", "entry", nil),
      ("UPDATE postings SET balance_after = 0 WHERE id = 3", "entry", 2),
      ("UPDATE postings SET previous = NULL WHERE id = 3", "entry", 2),
      ("DELETE FROM postings WHERE id = 4", "entry", 2),
      ("INSERT INTO postings VALUES (99, 2, 1, 5, 5, NULL)", "entry", nil),
      ("UPDATE accounts SET balance = balance + 1 WHERE name = 'user:a'", "account", nil),
      ("UPDATE accounts SET reserved = 0 WHERE name = 'user:a'", "account", nil),
      ("UPDATE accounts SET last_posting = 1 WHERE name = 'user:a'", "account", nil),
      ("UPDATE accounts SET overdraft = 500 WHERE name = 'user:b'", "account", nil),
      ("UPDATE accounts SET overdraft = NULL WHERE name = 'user:a'", "account", nil),
      ("UPDATE accounts SET name = 'user:z' WHERE name = 'user:a'", "entry", 1),
      ("UPDATE accounts SET currency = 'X' WHERE name = 'user:b'", "entry", 2),
      ("UPDATE reservations SET amount = 19 WHERE entry_id = 3", "reservation", nil),
      ("UPDATE reservations SET state = 'pending' WHERE entry_id = 3", "reservation", nil),
      ("UPDATE reservations SET counterpart = 'user:b' WHERE entry_id = 5", "reservation", nil),
      ("DELETE FROM reservations WHERE entry_id = 7", "reservation", nil),
      ("UPDATE operators SET role = 'analyst'", "operator", nil),
      ("INSERT INTO operators VALUES ('eve', 'admin', 'ann', '2026')", "operator", nil),
      ("DELETE FROM operators", "operator", nil),
      ("UPDATE actions SET operator = 'bob' WHERE id = 2", "action", nil),
      ("UPDATE actions SET reason = 'x' WHERE id = 3", "action", nil),
      ("UPDATE actions SET at = '2020' WHERE id = 3", "action", nil),
      ("DELETE FROM actions WHERE id = 3", "action", nil),
      ("UPDATE meta SET value = 'another' WHERE key = 'ledger_id'", "file", nil),
    ] as [(String, String, Int64?)])
  func `a change in any kind of row is found`(sql: String, object: String, entry: Int64?) throws {
    let book = try book()
    book.forge("PRAGMA foreign_keys = OFF; " + sql)
    let report = try Ledger("\(book.work.path)/ledger.db", .readOnly).check()
    #expect(report.faults.contains { $0.object == object }, "\(report.faults)")
    #expect(entry == nil || report.firstBrokenEntry == entry, "\(report.faults)")
  }

  @Test(arguments: ["DROP TRIGGER entries_stay", "DROP INDEX settled_subjects", "CREATE TABLE more (x)"])
  func `a changed schema is found`(sql: String) throws {
    let book = try book()
    #expect(
      book.work.run(
        "/usr/bin/env", ["python3", "-c", "import sqlite3; sqlite3.connect('ledger.db').execute('\(sql)')"]
      ).exitCode == 0)
    #expect(try book.ledger.check().faults.contains { $0.object == "schema" })
  }

  @Test(arguments: [(true, true), (false, false)])
  func `a book that was cut cannot have the head that was noted`(isWhole: Bool, isSound: Bool) throws {
    let book = try book()
    let head = try book.ledger.head()
    if !isWhole {
      // The last entry taken out without a trace: no chain can tell, a noted head can.
      book.forge(
        """
        DELETE FROM postings WHERE entry_id = 8; DELETE FROM entries WHERE id = 8; DELETE FROM actions WHERE id = 10;
        UPDATE accounts SET balance = 30, last_posting = (SELECT max(id) FROM postings WHERE account_id = accounts.id)
        WHERE name = 'user:b';
        UPDATE accounts SET balance = -95, last_posting = (SELECT max(id) FROM postings WHERE account_id = accounts.id)
        WHERE name = 'external';
        """)
    }
    #expect(try book.ledger.check().isSound)
    #expect(try book.ledger.check(noted: (head, nil)).isSound == isSound)
  }

  @Test(
    arguments: [
      "INSERT OR REPLACE INTO entries SELECT id, key, 'debit', run_id, market_id, currency, reverses, reason, metadata, content, chain, at FROM entries WHERE id = 1",
      "INSERT OR REPLACE INTO entries SELECT 99, key, 'debit', run_id, market_id, currency, reverses, reason, metadata, content, chain, at FROM entries WHERE id = 1",
      "INSERT OR REPLACE INTO postings SELECT id, entry_id, account_id, 5, 5, previous FROM postings WHERE id = 1",
      "INSERT OR REPLACE INTO actions (id, operator, action, result, at) VALUES (1, 'x', 'x', 'x', 'x')",
      "UPDATE entries SET reason = NULL", "UPDATE postings SET amount = NULL", "DELETE FROM entries",
      "UPDATE actions SET reason = NULL", "DELETE FROM actions",
    ])
  func `nothing that is written can be replaced`(sql: String) throws {
    let book = try book()
    let result = book.work.run(
      "/usr/bin/env",
      [
        "python3", "-c", "import sqlite3, sys; b = sqlite3.connect('ledger.db'); b.execute(sys.argv[1]); b.commit()",
        sql,
      ])
    #expect(result.errors.contains("immutable"), "\(result.errors)")
    #expect(try book.ledger.check().isSound)
  }

  @Test func `drift is told, mended once, and recorded`() throws {
    let book = try book()
    #expect(try book.ledger.drift() == [])
    book.forge("UPDATE accounts SET balance = balance + 5 WHERE name = 'user:b'")
    let drift = try book.ledger.drift()
    #expect(drift.map(\.account) == ["user:b"])
    #expect(drift.map { [$0.cachedBalance, $0.balance] } == [[25, 20]])
    #expect(try book.balance("user:b") == 25)
    #expect(try book.ledger.recalculate(by: "ann") == drift)
    #expect(try book.balance("user:b") == 20)
    #expect(try book.ledger.recalculate(by: "ann") == [])
    #expect(try book.ledger.check().isSound)
  }

  @Test func `history is newest first, in pages, and empty for a wallet that is not there`() throws {
    let book = try Book()
    for amount in 1...7 { try book.apply("credit user:a \(amount)") }
    let all = try book.ledger.history(of: "user:a", currency: "TOKEN", limit: 50)
    #expect(all.map(\.amount) == [7, 6, 5, 4, 3, 2, 1])
    #expect(all.map(\.balanceAfter) == [28, 21, 15, 10, 6, 3, 1])
    let page = try book.ledger.history(of: "user:a", currency: "TOKEN", limit: 3, offset: 2)
    #expect(page.map(\.amount) == [5, 4, 3])
    #expect(try book.ledger.history(of: "user:a", currency: "TOKEN", limit: 3, offset: 7) == [])
    #expect(try book.ledger.history(of: "user:nobody", currency: "TOKEN", limit: 3) == [])
    #expect(try book.balance("user:nobody") == 0)
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.entryID > $1.entryID && $0.at >= $1.at })
  }
}
