// Is a ledger of every earlier version brought up to date with all it holds, and is every other file refused?
import Foundation
import Interchange
import TestSupport
import Testing

@testable import Ledger

@Suite struct MigrationTests {
  /// A ledger as this version of the schema kept it: the book of version 1, and the steps up to there.
  private func ledger(ofVersion version: Int, in work: Workspace) throws -> String {
    let path = "\(work.path)/ledger.db"
    let database = try Database(path, .create)
    try database.execute(
      String(contentsOfFile: "\(Workspace.packagePath)/Tests/LedgerTests/Fixtures/ledger-v1.sql", encoding: .utf8))
    try Ledger.migrate(database, to: version)
    return path
  }

  private func rows(_ sql: String, _ path: String) throws -> [[String]] {
    let statement = try Database(path, .readOnly).prepare(sql)
    var rows: [[String]] = []
    while try statement.step() {
      rows.append((0..<statement.columnCount).map { statement.isNull($0) ? "NULL" : statement.blob($0).hex })
    }
    return rows
  }

  private func texts(_ sql: String, _ path: String) throws -> [String] {
    try rows(sql, path).map { row in
      row.map { cell in
        cell == "NULL"
          ? cell
          : String(
            decoding: stride(from: 0, to: cell.count, by: 2).compactMap { index in
              UInt8(cell.dropFirst(index).prefix(2), radix: 16)
            }, as: UTF8.self)
      }.joined(separator: " ")
    }
  }

  /// What the tables of version 1 hold, in the columns of version 1.
  private func content(_ path: String, _ columns: [String: String]) throws -> [String: [[String]]] {
    try columns.reduce(into: [:]) { content, table in
      content[table.key] = try rows("SELECT \(table.value) FROM \(table.key) ORDER BY 1, 2", path)
    }
  }

  private func columns(_ path: String) throws -> [String: String] {
    try texts("SELECT name FROM sqlite_schema WHERE type = 'table'", path).reduce(into: [:]) { columns, table in
      columns[table] = try texts("SELECT name FROM pragma_table_info('\(table)')", path).joined(separator: ", ")
    }
  }

  /// Tables with their columns, indexes, triggers and views, however they came about.
  private func schema(_ path: String) throws -> [String] {
    let things = try texts("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name", path)
    return try things + columns(path).map { "\($0.key): \($0.value)" }.sorted()
  }

  @Test(arguments: 1...Int(LedgerSchema.version))
  func `a ledger of any version is brought up to date and says what it said`(version: Int) throws {
    let work = Workspace()
    let path = try ledger(ofVersion: version, in: work)
    let oldest = Workspace()
    let columns = try columns(try ledger(ofVersion: 1, in: oldest))
    let before = try content("\(oldest.path)/ledger.db", columns)
    #expect(before["entries"]?.count == 11 && before["postings"]?.count == 28 && before["runs"]?.count == 1)
    #expect(try content(path, columns) == before)

    if version < Int(LedgerSchema.version) {
      // Reading alone changes no file.
      let bytes = work.read("ledger.db")
      let refusal = #expect(throws: LedgerError.self) { try Ledger(path, .readOnly) }
      #expect(refusal?.code == .older)
      #expect(work.read("ledger.db") == bytes)
    }
    let sequence = try Ledger(path, .readWrite).sequence()
    #expect(sequence == 11)
    #expect(try content(path, columns) == before)
    #expect(try texts("PRAGMA user_version", path) == ["\(LedgerSchema.version)"])
    #expect(try texts("PRAGMA integrity_check", path) == ["ok"])
    #expect(try texts("PRAGMA foreign_key_check", path) == [])

    let ledger = try Ledger(path, .readOnly)
    #expect(ledger.identity == "9e8ab22d501129e51b622c9e14def4a5")
    let reader = try EntryReader(ledger, after: 0, through: sequence, head: Ledger.genesis)
    var faults: [String] = []
    while try reader.next() {
      while try reader.nextPosting() != nil {}
      faults += reader.faults
    }
    #expect(try faults + reader.finish() == [])
    #expect(try reader.head == ledger.head())
    let report = try ledger.check()
    #expect(report.faults.isEmpty, "\(report)")

    // The same tables, indexes, triggers and views as in a ledger made today.
    try Ledger.create("\(work.path)/new.db", operatorID: "ann")
    #expect(try schema(path) == schema("\(work.path)/new.db"))
    // Once is enough.
    let bytes = work.read("ledger.db")
    _ = try Ledger(path, .readWrite)
    #expect(work.read("ledger.db") == bytes)
    #expect(work.names() == ["ledger.db", "new.db"])
  }

  @Test func `a step that fails leaves the ledger at its version`() throws {
    let work = Workspace()
    let path = try ledger(ofVersion: 1, in: work)
    // In the way of a later step.
    try Database(path, .readWrite).execute("CREATE TABLE market_totals (x)")
    let before = try rows("SELECT type, name, sql FROM sqlite_schema", path)
    #expect(throws: LedgerError.self) { try Ledger(path, .readWrite) }
    #expect(try texts("PRAGMA user_version", path) == ["1"])
    #expect(try rows("SELECT type, name, sql FROM sqlite_schema", path) == before)
  }

  /// Steps that ledgers in use have gone: what they say may not change any more; a change is another step.
  @Test func `the first step is what it was`() {
    let digest = SHA256.digest(of: Array(LedgerSchema.migrations[0].utf8)).hex
    #expect(digest.hasPrefix("519efb1b80f5d6ab"), "\(digest)")
  }

  @Test(
    arguments: [Ledger.Access.readOnly, .readWrite],
    [
      ("PRAGMA user_version = 99", .newer), ("PRAGMA application_id = 7", .foreign),
      ("PRAGMA application_id = 0", .foreign),
    ] as [(String, LedgerError.Code)])
  func `a newer or foreign database is refused and not touched`(
    access: Ledger.Access, change: (sql: String, code: LedgerError.Code)
  ) throws {
    let work = Workspace()
    let path = try ledger(ofVersion: Int(LedgerSchema.version), in: work)
    try Database(path, .readWrite).execute(change.sql)
    let bytes = work.read("ledger.db")
    let refusal = #expect(throws: LedgerError.self) { try Ledger(path, access) }
    #expect(refusal?.code == change.code)
    #expect(work.read("ledger.db") == bytes)
    #expect(work.names() == ["ledger.db"])
  }

  @Test(
    arguments: [Ledger.Access.readOnly, .readWrite], ["", "id,amount\n1,2\n", String(repeating: "x", count: 5000)])
  func `a file that is no database is refused and not touched`(access: Ledger.Access, text: String) throws {
    let work = Workspace()
    let path = work.write("ledger.db", text)
    let refusal = #expect(throws: LedgerError.self) { try Ledger(path, access) }
    #expect(refusal?.code == .foreign)
    #expect(work.text("ledger.db") == text)
    #expect(work.names() == ["ledger.db"])
  }
}
