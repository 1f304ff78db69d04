// Do commands that only read leave the place as it is, and work where nothing may be written?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct ReadOnlyTests {
  private static let commands = [
    "runs", "show latest", "verify", "stats", "stats --by user", "operators list", "audit-log",
    "ledger export --format hledger", "ledger export --format csv", "ledger balance house",
  ]

  private func place() throws -> Workspace {
    let work = Workspace.plainNight
    #expect(work.settle("run", "--init-ledger", "-q").exitCode == 0)
    return work
  }

  private func state(_ work: Workspace) throws -> [String] {
    try work.names("outputs").map { name in
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(work.path)/outputs/\(name)")
      return "\(name) \(attributes[.modificationDate] ?? "") \(work.read("outputs/\(name)")?.hashValue ?? 0)"
    }
  }

  /// Root may write everywhere, unless it gives that up.
  private func withoutPrivilege(_ work: Workspace, _ words: [String]) -> ToolResult {
    guard getuid() == 0 else { return work.settle(words) }
    return work.run(
      "/usr/bin/env",
      ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", Workspace.binary] + words)
  }

  @Test(arguments: commands)
  func `a command that reads works on a place where nothing may be written`(command: String) throws {
    let work = try place()
    let run = try #require(work.runs().first)
    let before = try state(work)
    #expect(
      work.run("/bin/bash", ["-c", "chmod 0440 outputs/ledger.db && chmod 0550 outputs/\(run) outputs"]).exitCode == 0)
    defer { _ = work.run("/bin/bash", ["-c", "chmod -R u+rwX outputs"]) }
    let result = withoutPrivilege(work, command.split(separator: " ").map(String.init))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(!result.output.isEmpty)
    _ = work.run("/bin/bash", ["-c", "chmod -R u+rwX outputs"])
    #expect(try state(work) == before)
  }

  @Test func `what a crash left half written is taken back before it is read`() throws {
    let work = try place()
    let before = work.settle("stats", "--by", "user").output
    // The file and its journal as a power cut leaves them, in the middle of a transaction.
    let script = """
      import sqlite3, shutil
      book = sqlite3.connect("outputs/ledger.db", isolation_level=None)
      book.execute("PRAGMA cache_size = 1")
      book.execute("BEGIN IMMEDIATE")
      book.execute("UPDATE accounts SET balance = balance + 1")
      book.execute("CREATE TABLE filler (x)")
      for number in range(300):
          book.execute("INSERT INTO filler VALUES (?)", ("x" * 4000,))
      for suffix in ["", "-journal"]:
          shutil.copy("outputs/ledger.db" + suffix, "cut.db" + suffix)
      book.execute("ROLLBACK")
      """
    let cut = work.run("/usr/bin/env", ["python3", "-c", script])
    #expect(cut.exitCode == 0, "\(cut.errors)")
    #expect(work.read("cut.db-journal")?.isEmpty == false)
    let result = work.settle("stats", "--by", "user", "--ledger", "cut.db")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output == before)
    #expect(work.read("cut.db-journal") == nil)
  }

  @Test(
    arguments: [
      (0o750, [], 0, "5"), (0o550, [], 0, "5"), (0o750, ["-shm"], 0, "5"), (0o550, ["-shm"], 2, "interrupted write"),
    ] as [(Int, [String], Int32, String)])
  func `what a pipe told is read after a crash, or told to be unreadable`(
    mode: Int, lost: [String], exit: Int32, message: String
  ) throws {
    let work = try place()
    let posting = work.start(
      Workspace.binary, ["ledger", "post", "-", "--format", "csv", "--follow", "--json"])
    posting.send("operation,account,amount\ncredit,user:zoe,5\n")
    #expect(posting.line()?.contains("created") ?? false)
    posting.stop(by: SIGKILL)
    _ = posting.end()
    #expect(work.names("outputs").contains("ledger.db-wal"))
    for suffix in lost { try FileManager.default.removeItem(atPath: "\(work.path)/outputs/ledger.db\(suffix)") }
    let guarded = mode == 0o550 ? "chmod 0440 outputs/ledger.db* && " : ""
    #expect(work.run("/bin/bash", ["-c", "\(guarded)chmod \(String(mode, radix: 8)) outputs"]).exitCode == 0)
    defer { _ = work.run("/bin/bash", ["-c", "chmod -R u+rwX outputs"]) }
    let result = withoutPrivilege(work, ["ledger", "balance", "user:zoe"])
    #expect(result.exitCode == exit, "\(result.errors)")
    #expect((exit == 0 ? result.output : result.errors).contains(message))
    _ = work.run("/bin/bash", ["-c", "chmod -R u+rwX outputs"])
    // The next who writes makes it one file again, and nothing is lost.
    #expect(work.settle("ledger", "credit", "user:zoe", "1").exitCode == 0)
    #expect(work.names("outputs").filter { $0.hasPrefix("ledger.db-") } == [])
    #expect(work.settle("ledger", "balance", "user:zoe").output.contains("6"))
    #expect(work.settle("ledger", "check").exitCode == 0)
  }

  @Test(arguments: ["runs", "stats", "audit-log", "operators list", "ledger export --format csv"])
  func `an older ledger is not brought up to date by the way`(command: String) throws {
    let work = try place()
    try work.execute("PRAGMA user_version = 1")
    let bytes = work.read("outputs/ledger.db")
    let result = work.settle(
      command.split(separator: " ").map(String.init) + (command.contains("export") ? [] : ["--json"]))
    #expect(result.exitCode == 4)
    #expect(result.output.contains("ledger_older") || result.errors.contains("ledger_older"))
    #expect(work.read("outputs/ledger.db") == bytes)
  }
}
