// How do runs and the book become one database for dashboards?
internal import Interchange
package import Ledger

/// Writes a SQLite file of its own: markets, commitments and distributions of runs as they stand now, and transactions.
///
/// It is written aside in one database transaction, and takes its name when it is whole. Rows go from file to file: memory
/// does not grow with their number. The ledger is read in pieces, so that nobody who writes to it has to wait.
package struct DashboardExport {
  /// The kind of runs whose files are read: those that settle markets.
  package static let loadedKind = "settlement"

  private let ledger: Ledger
  private let runs: [Source]

  /// A run, and where its files are.
  package struct Source: Sendable {
    package let record: RunRecord
    /// Nil where there are none to read.
    package let files: RunFiles?

    package init(_ record: RunRecord, _ files: RunFiles?) {
      self.record = record
      self.files = files
    }
  }

  package struct Counts: Sendable {
    package var runs = 0
    package var markets = 0
    package var commitments = 0
    package var distributions = 0
    package var transactions = 0
  }

  package init(_ ledger: Ledger, _ runs: [Source]) {
    self.ledger = ledger
    self.runs = runs
  }

  /// - Parameter replaces: whether an earlier export at `path` gives way. Any other file stays.
  package func write(to path: String, replaces: Bool) throws(BatchError) -> Counts {
    if replaces { try DashboardExport.requireReplaceable(path) }
    let target = try AsideFile(path, replaces: replaces)
    do throws(BatchError) {
      let counts = try fill(target.aside)
      do throws(FileError) { try FileSystem.flushFile(target.aside) } catch { throw BatchError.file(error) }
      try target.publish(replacing: replaces)
      return counts
    } catch {
      target.discard()
      throw error
    }
  }

  /// Only an export gives way to an export: a mistyped path must not cost a ledger.
  private static func requireReplaceable(_ path: String) throws(BatchError) {
    guard FileSystem.exists(path) else { return }
    let isInUse = ["-journal", "-wal"].contains { FileSystem.exists(path + $0) }
    let mark = try? Database(path, .readOnly).integer("PRAGMA application_id")
    guard mark == DashboardSchema.applicationID, !isInUse else {
      throw BatchError(
        "output_exists", .usage,
        "\(Terminal.safe(path)) is \(isInUse ? "in use" : "no export of settle"), and is not replaced",
        hint: "name another file")
    }
  }

  private func fill(_ path: String) throws(BatchError) -> Counts {
    let database: Database
    do throws(LedgerError) {
      database = try Database(path, .create)
      // The file is flushed when it is whole; before that nobody reads it.
      _ = try database.text("PRAGMA journal_mode = MEMORY")
      try database.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")
    } catch {
      throw BatchError.ledger(error)
    }
    var counts = Counts()
    try database.transaction(mapping: BatchError.ledger) { () throws(BatchError) in
      counts = try DashboardLoader(ledger, database).load(runs)
    }
    return counts
  }
}
