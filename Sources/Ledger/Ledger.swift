// Which book do all amounts go to?
internal import Glibc
package import Interchange

/// A double-entry ledger in one SQLite file: append-only, hash-chained, in minor units.
@safe
package final class Ledger {
  package let path: String
  /// 32 hexadecimal digits drawn when the ledger was made: outputs and manifests name it.
  package let identity: String
  /// For rooms that keep tables of their own in this file.
  package let database: Database
  private let isWriter: Bool

  package enum Access: Sendable {
    case readOnly, readWrite
  }

  /// Opens a ledger. It must exist: a mistyped path must not pay a night twice.
  /// - Throws: `missing`, `foreign`, `busy`, `database`.
  package init(_ path: String, _ access: Access) throws(LedgerError) {
    self.path = path
    isWriter = access == .readWrite
    guard FileSystem.exists(path) else { throw LedgerError(.missing, "\(path): there is no ledger") }
    guard !FileSystem.isDirectory(path) else { throw LedgerError(.foreign, "\(path) is a directory") }
    database = try access == .readOnly ? Ledger.openReadOnly(path) : Database(path, .readWrite)
    guard try database.integer("PRAGMA application_id") == LedgerSchema.applicationID else {
      throw LedgerError(.foreign, "\(path) is not a ledger of settle")
    }
    let version = try database.integer("PRAGMA user_version") ?? 0
    guard version <= LedgerSchema.version else {
      throw LedgerError(
        .newer, "\(path) has schema version \(version); this settle knows versions up to \(LedgerSchema.version)")
    }
    switch access {
    case .readWrite:
      try Ledger.configure(database)
      try Ledger.migrate(database)
    case .readOnly:
      guard version == LedgerSchema.version else {
        throw LedgerError(
          .older, "\(path) has schema version \(version); this settle reads version \(LedgerSchema.version)")
      }
    }
    identity = try database.text("SELECT value FROM meta WHERE key = 'ledger_id'") ?? ""
  }

  deinit {
    // Somebody committed often: whoever leaves last makes it one file.
    if isWriter, (try? database.text("PRAGMA journal_mode")) == "wal" { _ = database.putJournal(in: .delete) }
  }

  /// Opens a file for reading. What a crash left half written is taken back first, which nobody but a writer can.
  private static func openReadOnly(_ path: String) throws(LedgerError) -> Database {
    let database = try Database(path, .readOnly)
    guard FileSystem.exists("\(path)-journal") || FileSystem.exists("\(path)-wal") else { return database }
    do throws(LedgerError) {
      _ = try database.integer("PRAGMA application_id")
      return database
    } catch {
      guard error.code == .database else { throw error }
      guard (try? Database(path, .readWrite).integer("PRAGMA application_id")) != nil else {
        throw LedgerError(
          .database, "\(path): an interrupted write must be taken back before it can be read; it cannot be written here"
        )
      }
      return try Database(path, .readOnly)
    }
  }

  /// Makes a new ledger; `operator` becomes its first admin.
  /// - Throws: `exists` where a file is there already, `full`, `database`.
  package static func create(_ path: String, operatorID: String) throws(LedgerError) {
    guard !FileSystem.exists(path) else { throw LedgerError(.exists, "\(path): there is a file already") }
    // Made aside and moved into place: a ledger is whole or not there.
    let aside = "\(path).new-\(getpid())"
    defer { for suffix in ["", "-journal"] { _ = try? FileSystem.removeFile(aside + suffix) } }
    do throws(FileError) {
      try FileSystem.createDirectories(FileSystem.parentDirectory(of: path))
      try FileSystem.removeFile(aside)
    } catch {
      throw LedgerError(
        error.isTransient ? .full : .database, "\(error.path): cannot \(error.operation): \(error.reason)")
    }
    let database = try Database(aside, .create)
    try configure(database)
    let identity = (0..<16).map { _ in UInt8.random(in: .min ... .max) }.hex
    let now = Clock.now()
    try database.transaction { () throws(LedgerError) in
      for migration in LedgerSchema.migrations { try database.execute(migration) }
      try database.execute("PRAGMA application_id = \(LedgerSchema.applicationID)")
      try database.execute("PRAGMA user_version = \(LedgerSchema.version)")
      let meta = try database.prepare("INSERT INTO meta VALUES (?, ?)")
      for (key, value) in [("ledger_id", identity), ("created_at", now)] {
        meta.bind(1, key)
        meta.bind(2, value)
        try meta.run()
      }
      let first = try database.prepare("INSERT INTO operators VALUES (?, 'admin', NULL, ?)")
      first.bind(1, operatorID)
      first.bind(2, now)
      try first.run()
      let action = ActionRecord(
        id: 1, operatorID: operatorID, action: "ledger init", subject: identity, reason: nil, result: "done",
        detail: OperatorRole.admin.rawValue, at: now)
      try insert(action, chain: action.link(behind: genesis), database)
    }
    do throws(FileError) {
      // link() refuses to replace what another process may have made meanwhile.
      guard unsafe link(aside, path) == 0 else { throw FileError("create", path) }
      try FileSystem.flushDirectory(FileSystem.parentDirectory(of: path))
    } catch {
      throw LedgerError(
        error.number == EEXIST ? .exists : .database, "\(error.path): cannot \(error.operation): \(error.reason)")
    }
  }

  /// Settings that survived every simulated power cut (docs/ARCHITECTURE.md), read back after they are set.
  private static func configure(_ database: Database) throws(LedgerError) {
    // Where another process commits often now, its mode stays, and each commit goes on to the file itself.
    _ = database.putJournal(in: .delete)
    try database.execute(
      "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 1")
    let mode = try database.text("PRAGMA journal_mode")
    guard mode == "delete" || mode == "wal", try database.integer("PRAGMA synchronous") == 3 else {
      throw LedgerError(.database, "\(database.path): the database does not take the durable settings")
    }
  }

  /// From now on a commit flushes once instead of five times: for whoever commits often. Meanwhile the newest part of the
  /// book may stand in a file beside it (`-wal`); after a crash the next who writes puts it back.
  /// - Returns: false where another process is in the middle of something, or the file system cannot do it: all is as it
  ///   was, and may be tried again.
  package func beginManyCommits() -> Bool {
    guard database.putJournal(in: .wal) else { return false }
    _ = try? database.execute("PRAGMA wal_autocheckpoint = 1000")
    // Whoever has looked into the book holds it in this mode; before that another may have turned it back.
    _ = try? sequence()
    return (try? database.text("PRAGMA journal_mode")) == "wal"
  }

  /// The book is whole in its own file again, and no other is beside it, unless others have it open still: then the last
  /// of them who may write takes it away, or the next who writes.
  /// - Returns: false where somebody reads an earlier state still, and a part of the book stays in the file beside it.
  package func endManyCommits() -> Bool {
    for _ in 0..<20 {
      if database.putJournal(in: .delete) { return true }
      usleep(50_000)
    }
    return database.emptyLog()
  }

  /// Brings a ledger of an earlier version to this one, in one database transaction.
  static func migrate(_ database: Database, to target: Int = Int(LedgerSchema.version)) throws(LedgerError) {
    guard try database.integer("PRAGMA user_version") ?? 0 < target else { return }
    try database.transaction { () throws(LedgerError) in
      // Asked again inside: another process may have done it meanwhile.
      let version = Int(try database.integer("PRAGMA user_version") ?? 0)
      for (index, migration) in LedgerSchema.migrations.prefix(target).enumerated().dropFirst(version) {
        try database.execute(migration)
        if index + 1 == LedgerSchema.firstVersionWithChainedActions { try chainEarlierActions(database) }
      }
      try database.execute("PRAGMA user_version = \(target)")
    }
  }

  // MARK: Where the book stands

  /// The number of the last entry; 0 in an empty book.
  package func sequence() throws(LedgerError) -> Int64 {
    try database.integer("SELECT coalesce(max(id), 0) FROM entries") ?? 0
  }

  /// The last entry's link of the hash chain; 64 zeros in an empty book.
  package func head() throws(LedgerError) -> Digest {
    let statement = try database.prepare("SELECT chain FROM entries ORDER BY id DESC LIMIT 1")
    return try statement.step() ? Digest(bytes: statement.blob(0)) : Ledger.genesis
  }

  package static let genesis = Digest(bytes: [UInt8](repeating: 0, count: 32))

  /// The balance of an account in minor units; nil where there is no such account.
  package func balance(of account: String, currency: String) throws(LedgerError) -> Int64? {
    let statement = try database.prepare("SELECT balance FROM accounts WHERE name = ? AND currency = ?")
    statement.bind(1, account)
    statement.bind(2, currency)
    return try statement.step() ? statement.integer(0) : nil
  }

  /// Sum of all postings that an entry of this run made on accounts with this prefix, by market: for `verify`.
  package func forEachPosting(
    ofRun runID: String, _ body: (_ market: String, _ kind: String, _ account: String, _ amount: Int64) -> Void
  ) throws(LedgerError) {
    let statement = try database.prepare(
      """
      SELECT entries.market_id, entries.kind, accounts.name, postings.amount
      FROM entries JOIN postings ON postings.entry_id = entries.id JOIN accounts ON accounts.id = postings.account_id
      WHERE entries.run_id = ? ORDER BY postings.id
      """)
    statement.bind(1, runID)
    while try statement.step() {
      body(statement.text(0) ?? "", statement.text(1) ?? "", statement.text(2) ?? "", statement.integer(3))
    }
  }
}
