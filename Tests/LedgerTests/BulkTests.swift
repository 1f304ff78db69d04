// Do many entries, written many at once, say what they say one by one, and is the book guarded as before?
import Ledger
import TestSupport
import Testing

@testable import Ledger

@Suite struct BulkTests {
  /// More than one full batch of entries, and a rest.
  private static let count = 3 * RowBatch.rowsMax + 7

  private static func lines(_ count: Int) -> [String] {
    ["credit user:a \(count + 1) key=open", "credit user:b 1 key=open-b"]
      + (0..<count).map { "transfer user:a user:\($0 % 2 == 0 ? "b" : "a2") 1 key=t\($0)" }
  }

  private func prepared() throws -> Book {
    let book = try Book()
    try book.apply("credit user:a2 1 key=open-a2")
    return book
  }

  @Test(arguments: [0, 1, RowBatch.rowsMax - 2, RowBatch.rowsMax - 1, RowBatch.rowsMax, count])
  func `many at once make the book that one by one make`(count: Int) throws {
    let lines = BulkTests.lines(count)
    let (together, alone) = (try prepared(), try prepared())
    let results = try together.ledger.apply(lines.map(Book.operation), by: "ann", isAtomic: true)
    let receipts = try lines.map(alone.apply)
    #expect(results.map(\.receipt) == receipts)
    #expect(try together.ledger.head() == alone.ledger.head())
    #expect(try together.ledger.check().faults == [])
    let rows = "SELECT * FROM postings ORDER BY id"
    #expect(try BulkTests.rows(together, rows) == BulkTests.rows(alone, rows))
    let accounts = "SELECT id, name, currency, balance, overdraft, last_posting, reserved FROM accounts ORDER BY id"
    #expect(try BulkTests.rows(together, accounts) == BulkTests.rows(alone, accounts))
  }

  private static func rows(_ book: Book, _ sql: String) throws -> [[String?]] {
    let statement = try book.ledger.database.prepare(sql)
    var rows: [[String?]] = []
    while try statement.step() { rows.append((0..<statement.columnCount).map { statement.text($0) }) }
    return rows
  }

  /// The key was used as many operations before, in the same call.
  @Test(arguments: [1, RowBatch.rowsMax - 1, RowBatch.rowsMax, RowBatch.rowsMax + 1, count])
  func `a key is known however long ago it was used`(distance: Int) throws {
    let book = try prepared()
    var operations = BulkTests.lines(distance).map(Book.operation)
    operations.append(operations[operations.count - distance])
    var other = operations[operations.count - 1 - distance]
    other.amount = 2
    operations.append(other)
    let results = try book.ledger.apply(operations, by: "ann", isAtomic: false)
    let first = results[operations.count - 2 - distance].receipt
    var replay = results[operations.count - 2].receipt
    #expect(replay?.isReplay == true)
    replay?.isReplay = false
    #expect(replay == first)
    #expect(results.last?.error?.code == .conflict)
    #expect(try book.ledger.check().faults == [])
  }

  @Test func `keys that differ in bytes alone are two keys`() throws {
    let book = try Book()
    var operations = ["credit user:a 1 key=m\u{E9}", "credit user:a 1 key=me\u{301}"].map(Book.operation)
    operations += operations
    let results = try book.ledger.apply(operations, by: "ann", isAtomic: false)
    #expect(results.map { $0.receipt?.isReplay } == [false, false, true, true])
    #expect(results.map { $0.receipt?.entryID } == [1, 2, 1, 2])
  }

  @Test(arguments: [(false, true), (true, false)])
  func `guards are left out only where the caller changes nothing that they guard`(
    leavesOut: Bool, isRefused: Bool
  ) throws {
    let book = try prepared()
    let taken = LedgerError(.invariant, "the end of the test")
    var message = ""
    #expect(throws: taken) {
      try book.ledger.database.transaction { () throws(LedgerError) in
        let writer = try EntryWriter(book.ledger, leavesOutGuards: leavesOut)
        for _ in 0..<BulkTests.count {
          writer.begin(EntryWriter.Entry(key: nil, kind: "credit", runID: nil, marketID: nil, currency: "TOKEN"))
          try writer.post(-1, to: "external")
          try writer.post(1, to: "user:a2")
          try writer.end()
        }
        do throws(LedgerError) {
          try book.ledger.database.execute("UPDATE entries SET kind = 'x' WHERE id = 1")
        } catch {
          message = error.message
        }
        try writer.finish()
        throw taken
      }
    }
    #expect(message.contains("immutable") == isRefused, "\(message)")
    #expect(try book.ledger.sequence() == 1)
    #expect(try book.ledger.check().faults == [])
  }

  @Test(arguments: [(1, true), (0, false), (-1, false), (2, false), (1_000, false)] as [(Int64, Bool)])
  func `an entry takes back one before it`(reverses: Int64, isTaken: Bool) throws {
    let book = try prepared()
    let before = try book.ledger.head()
    var code: LedgerError.Code?
    do throws(LedgerError) {
      try book.ledger.database.transaction { () throws(LedgerError) in
        let writer = try EntryWriter(book.ledger)
        var entry = EntryWriter.Entry(key: nil, kind: "reversal", runID: nil, marketID: nil, currency: "TOKEN")
        entry.reverses = reverses
        writer.begin(entry)
        try writer.post(-1, to: "user:a2")
        try writer.post(1, to: "external")
        try writer.end()
        try writer.finish()
      }
    } catch {
      code = error.code
    }
    #expect(code == (isTaken ? nil : .invariant))
    #expect(try book.ledger.head() == before || isTaken)
    #expect(try book.ledger.check().faults == [])
  }

  @Test(arguments: [
    (true, "UPDATE entries SET kind = 'x'"),
    (true, "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE id = 3"),
    (true, "INSERT OR REPLACE INTO postings SELECT * FROM postings WHERE id = 3"), (false, "DELETE FROM postings"),
    (false, "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE id = 1"),
  ])
  func `the connection that wrote many rows guards them again`(isApplied: Bool, sql: String) throws {
    let book = try prepared()
    var operations = BulkTests.lines(BulkTests.count).map(Book.operation)
    if !isApplied { operations.append(Book.operation("debit user:nobody 1")) }
    let results = try book.ledger.apply(operations, by: "ann", isAtomic: true)
    #expect(results.contains { $0.error != nil } == !isApplied)
    #expect(try book.ledger.sequence() == (isApplied ? Int64(operations.count) + 1 : 1))
    #expect {
      try book.ledger.database.execute(sql)
    } throws: { error in
      (error as? LedgerError)?.message.contains("immutable") ?? false
    }
    // And foreign keys.
    #expect {
      try book.ledger.database.execute("INSERT INTO reservations VALUES (999999, 1, 'house', 1, 'pending', NULL)")
    } throws: { error in
      (error as? LedgerError)?.message.contains("FOREIGN KEY") ?? false
    }
    #expect(try book.ledger.check().faults == [])
  }
}
