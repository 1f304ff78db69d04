// How is SQLite spoken to?
internal import CSQLite
internal import Glibc
internal import Interchange

/// One connection to a SQLite file, used by one thread at a time.
@safe
package final class Database {
  package enum Access {
    case readOnly, readWrite, create
  }

  package let path: String
  private let handle: OpaquePointer

  /// How often a call tries again while another process holds the database, and the longest pause between, in
  /// microseconds: some ten seconds in all. The pauses are drawn at random, so that two processes do not meet again.
  private static let busyRetries: Int32 = 400
  private static let busyPauseMax: UInt32 = 50_000

  private static let isConfigured = settle_sqlite_configure() == SQLITE_OK

  package init(_ path: String, _ access: Access) throws(LedgerError) {
    self.path = path
    // Where the library is in use already, as beside other code in tests, it stays as it is.
    _ = Database.isConfigured
    if access == .readOnly { Database.finishInterrupted(path) }
    var handle: OpaquePointer?
    let flags =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    let status = unsafe sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK, let handle = unsafe handle else {
      let message = unsafe handle.map { unsafe String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      unsafe sqlite3_close_v2(handle)
      throw LedgerError(.database, "\(path): \(message)")
    }
    unsafe self.handle = unsafe handle
    waitWhenBusy()
    _ = unsafe settle_sqlite_enable_defensive(handle)
  }

  private func waitWhenBusy() {
    unsafe sqlite3_busy_handler(
      handle,
      { _, retries in
        guard retries < Database.busyRetries else { return 0 }
        let longest = min(Database.busyPauseMax, 500 << UInt32(min(retries, 7)))
        usleep(UInt32.random(in: longest / 4...longest))
        return 1
      }, nil)
  }

  /// Puts the journal in another mode where nobody else is in the way; it is not waited for.
  /// - Returns: whether it is in that mode.
  func putJournal(in mode: JournalMode) -> Bool {
    unsafe sqlite3_busy_handler(handle, nil, nil)
    defer { waitWhenBusy() }
    return (try? text("PRAGMA journal_mode = \(mode)")) == "\(mode)"
  }

  /// Brings all that is in a write-ahead log to the file itself, and empties the log; nobody is waited for.
  /// - Returns: false where somebody reads an earlier state still, and a part stays in the log.
  func emptyLog() -> Bool {
    unsafe sqlite3_busy_handler(handle, nil, nil)
    defer { waitWhenBusy() }
    return (try? integer("PRAGMA wal_checkpoint(TRUNCATE)")) == 0
  }

  enum JournalMode { case delete, wal }

  deinit {
    unsafe idle.values.forEach { unsafe sqlite3_finalize($0) }
    unsafe sqlite3_close_v2(handle)
  }

  /// A transaction that a crash cut off is undone when the file is next opened for writing; a connection that only reads
  /// could not read at all before that.
  private static func finishInterrupted(_ path: String) {
    guard let size = FileSystem.size(of: "\(path)-journal"), size > 0 else { return }
    _ = try? Database(path, .readWrite).integer("SELECT count(*) FROM sqlite_schema")
  }

  /// Whether this connection runs triggers and looks after foreign keys. They guard rows against every other program; one
  /// that only appends rows that rise, and knows it, spares their time: without them a statement of many rows need not be
  /// able to take back its first ones, and no page is copied for that.
  func keepGuards(_ are: Bool) { _ = unsafe settle_sqlite_enable_guards(handle, are ? 1 : 0) }

  /// Runs statements that give no rows.
  package func execute(_ sql: String) throws(LedgerError) {
    let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw error(status) }
  }

  /// Statements that nobody uses now, by their text: to compile one takes longer than to run it.
  private var idle: [String: OpaquePointer] = unsafe [:]
  private static let idleMax = 64

  package func prepare(_ sql: String) throws(LedgerError) -> Statement {
    if let known = unsafe idle.removeValue(forKey: sql) { return unsafe Statement(self, sql, known) }
    var statement: OpaquePointer?
    let status = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard status == SQLITE_OK, let statement = unsafe statement else { throw error(status) }
    return unsafe Statement(self, sql, statement)
  }

  /// Keeps a statement for the next who needs it.
  fileprivate func giveBack(_ sql: String, _ statement: OpaquePointer) {
    unsafe sqlite3_reset(statement)
    unsafe sqlite3_clear_bindings(statement)
    guard unsafe idle.count < Database.idleMax, unsafe idle[sql] == nil else {
      unsafe sqlite3_finalize(statement)
      return
    }
    unsafe idle[sql] = unsafe statement
  }

  /// The first integer of the first row, or nil.
  package func integer(_ sql: String) throws(LedgerError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  package func text(_ sql: String) throws(LedgerError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.text(0) : nil
  }

  /// What a statement of many rows would take back if it failed is kept in memory, whatever else goes to a temporary file:
  /// that is decided when a transaction starts.
  private func begin() throws(LedgerError) {
    defer { _ = try? execute("PRAGMA temp_store = DEFAULT") }
    try execute("PRAGMA temp_store = MEMORY; BEGIN IMMEDIATE")
  }

  /// All or nothing: a failure of `body` or of the commit leaves the database as it was.
  package func transaction<Failure: Error>(
    mapping: (LedgerError) -> Failure, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    do throws(LedgerError) { try begin() } catch { throw mapping(error) }
    do throws(Failure) {
      try body()
    } catch {
      _ = try? execute("ROLLBACK")
      throw error
    }
    do throws(LedgerError) {
      try execute("COMMIT")
    } catch {
      _ = try? execute("ROLLBACK")
      throw mapping(error)
    }
  }

  package func transaction(_ body: () throws(LedgerError) -> Void) throws(LedgerError) {
    try transaction(mapping: { $0 }, body)
  }

  /// Many look-ups that see the same state, and lock the file once for all of them.
  package func reading<Value>(_ body: () throws(LedgerError) -> Value) throws(LedgerError) -> Value {
    guard unsafe sqlite3_get_autocommit(handle) != 0 else { return try body() }
    try execute("BEGIN")
    defer { _ = try? execute("COMMIT") }
    return try body()
  }

  func error(_ status: Int32) -> LedgerError {
    let message = unsafe "\(path): \(String(cString: sqlite3_errmsg(handle)))"
    switch status & 0xFF {
    case SQLITE_BUSY, SQLITE_LOCKED: return LedgerError(.busy, message)
    case SQLITE_FULL: return LedgerError(.full, message)
    case SQLITE_NOTADB: return LedgerError(.foreign, message)
    default: return LedgerError(.database, message)
    }
  }
}

/// A prepared statement.
@safe
package final class Statement {
  private let database: Database
  private let sql: String
  private let handle: OpaquePointer

  init(_ database: Database, _ sql: String, _ handle: OpaquePointer) {
    self.database = database
    self.sql = sql
    unsafe self.handle = unsafe handle
  }

  deinit { unsafe database.giveBack(sql, handle) }

  // MARK: Parameters, from 1

  @inline(__always)
  package func bind(_ index: Int32, _ value: Int64) { unsafe sqlite3_bind_int64(handle, index, value) }

  package func bind(_ index: Int32, _ value: Int64?) {
    if let value { bind(index, value) } else { unsafe sqlite3_bind_null(handle, index) }
  }

  package func bind(_ index: Int32, _ value: String?) {
    guard var value else {
      unsafe sqlite3_bind_null(handle, index)
      return
    }
    value.withUTF8 { bytes in
      _ = unsafe sqlite3_bind_text(
        handle, index, UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self) ?? Statement.empty,
        Int32(bytes.count), Statement.transient)
    }
  }

  /// Text that is UTF-8 already.
  package func bind(_ index: Int32, text bytes: UnsafeBufferPointer<UInt8>) {
    _ = unsafe sqlite3_bind_text(
      handle, index, UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self) ?? Statement.empty,
      Int32(bytes.count), Statement.transient)
  }

  package func bind(_ index: Int32, blob value: [UInt8]) {
    unsafe value.withUnsafeBytes { bytes in
      _ = unsafe sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), Statement.transient)
    }
  }

  func bindNull(_ index: Int32) { unsafe sqlite3_bind_null(handle, index) }

  /// Text that stays where it is until the statement has run or is bound anew; it is not copied.
  func bind(_ index: Int32, keptText start: UnsafePointer<UInt8>, _ count: Int) {
    unsafe sqlite3_bind_text(
      handle, index, UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), Int32(count), nil)
  }

  /// Bytes that stay where they are until the statement has run or is bound anew; they are not copied.
  func bind(_ index: Int32, keptBlob start: UnsafePointer<UInt8>, _ count: Int) {
    unsafe sqlite3_bind_blob(handle, index, start, Int32(count), nil)
  }

  /// SQLite copies what it is given.
  nonisolated(unsafe) private static let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  nonisolated(unsafe) private static let empty: UnsafePointer<CChar> = {
    let empty = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    unsafe empty.pointee = 0
    return unsafe UnsafePointer(empty)
  }()

  // MARK: Rows

  /// True for a row, false behind the last.
  @inline(__always)
  package func step() throws(LedgerError) -> Bool {
    let status = unsafe sqlite3_step(handle)
    if status == SQLITE_ROW { return true }
    guard status == SQLITE_DONE else { throw database.error(status) }
    return false
  }

  /// Runs a statement that gives no row, and makes it ready to run again.
  @inline(__always)
  package func run() throws(LedgerError) {
    defer { unsafe sqlite3_reset(handle) }
    _ = try step()
  }

  package func reset() { unsafe sqlite3_reset(handle) }

  // MARK: Columns, from 0

  package var columnCount: Int32 { unsafe sqlite3_column_count(handle) }
  package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }
  package func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }
  package func isInteger(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER }

  package func text(_ column: Int32) -> String? {
    guard let start = unsafe sqlite3_column_text(handle, column) else { return nil }
    return unsafe String(
      decoding: UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }

  package func blob(_ column: Int32) -> [UInt8] {
    guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
}
