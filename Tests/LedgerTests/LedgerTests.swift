// Does the book balance, remember, and refuse to be changed?
import Foundation
import Interchange
import Ledger
import TestSupport
import Testing

@Suite struct LedgerTests {
  private func ledger(_ work: Workspace) throws -> Ledger {
    try Ledger.create("\(work.path)/ledger.db", operatorID: "ann")
    return try Ledger("\(work.path)/ledger.db", .readWrite)
  }

  private func run(_ id: String, _ ledger: Ledger, sequence: Int64, head: Digest) -> RunRecord {
    RunRecord(
      runID: id, batchKey: id, generation: 1, kind: "settlement", manifestSHA256: "0", sequenceBefore: 0,
      sequenceAfter: sequence, headBefore: Ledger.genesis.hex, headAfter: head.hex, operatorID: "ann", asOf: nil,
      at: Clock.now())
  }

  private func post(
    _ ledger: Ledger, run id: String, settles markets: [String] = [],
    _ entries: (EntryWriter) throws(LedgerError) -> Void
  ) throws {
    try ledger.post(
      mapping: { $0 }, entries: entries,
      seal: { (_, after) throws(LedgerError) in
        RunSeal(
          run: run(id, ledger, sequence: after.sequence, head: after.head),
          settlements: markets.map {
            SettlementRecord(runID: id, marketID: $0, resolutionID: "r", facts: Ledger.genesis)
          }, action: "run")
      })
  }

  private func entry(_ key: String, _ currency: String = "TOKEN") -> EntryWriter.Entry {
    EntryWriter.Entry(key: key, kind: "stakes", runID: "run", marketID: "m1", currency: currency)
  }

  @Test func `an entry moves money and both balances follow`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    try post(ledger, run: "run") { (writer) throws(LedgerError) in
      writer.begin(entry("k1"))
      try writer.post(-70, to: "stakes")
      try writer.post(70, to: "escrow:m1")
      try writer.end()
    }
    #expect(try ledger.balance(of: "stakes", currency: "TOKEN") == -70)
    #expect(try ledger.balance(of: "escrow:m1", currency: "TOKEN") == 70)
    #expect(try ledger.balance(of: "escrow:m1", currency: "USD") == nil)
    #expect(try ledger.sequence() == 1)
    #expect(try ledger.run("run")?.headAfter == ledger.head().hex)
  }

  @Test func `an entry that does not sum to zero is refused and leaves nothing`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    let error = #expect(throws: LedgerError.self) {
      try post(ledger, run: "run") { (writer) throws(LedgerError) in
        writer.begin(entry("k1"))
        try writer.post(-70, to: "stakes")
        try writer.post(69, to: "escrow:m1")
        try writer.end()
      }
    }
    #expect(error?.code == .invariant)
    #expect(try ledger.sequence() == 0)
    #expect(try ledger.balance(of: "stakes", currency: "TOKEN") == nil)
    #expect(try ledger.run("run") == nil)
  }

  @Test func `a balance beyond 64 bits is refused`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    let error = #expect(throws: LedgerError.self) {
      try post(ledger, run: "run") { (writer) throws(LedgerError) in
        for key in ["k1", "k2"] {
          writer.begin(entry(key))
          try writer.post(-Int64.max, to: "stakes")
          try writer.post(Int64.max, to: "house")
          try writer.end()
        }
      }
    }
    #expect(error?.code == .outOfRange)
    #expect(try ledger.sequence() == 0)
  }

  @Test func `the same key is written once`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    func postOnce(_ run: String) throws {
      try post(ledger, run: run) { (writer) throws(LedgerError) in
        writer.begin(entry("k1"))
        try writer.post(-1, to: "stakes")
        try writer.post(1, to: "house")
        try writer.end()
      }
    }
    try postOnce("run")
    #expect(throws: LedgerError.self) { try postOnce("run-2") }
    #expect(try ledger.balance(of: "house", currency: "TOKEN") == 1)
  }

  @Test func `a market is settled once at a time`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    try post(ledger, run: "run", settles: ["m1"]) { _ in }
    #expect(throws: LedgerError.self) { try post(ledger, run: "run-2", settles: ["m1"]) { _ in } }
    #expect(try ledger.settlements(ofMarkets: ["m1", "m2"]).map(\.marketID) == ["m1"])
    #expect(try ledger.runs().map(\.runID) == ["run"])
  }

  @Test func `market ids that differ in bytes alone are two markets`() throws {
    let work = Workspace()
    let ledger = try ledger(work)
    let ids = ["m\u{E9}", "me\u{301}"]
    try post(ledger, run: "run", settles: ids) { _ in }
    #expect(try ledger.settlements(ofMarkets: ids).map { Array($0.marketID.utf8) } == ids.map { Array($0.utf8) })
  }

  @Test(arguments: [
    "UPDATE entries SET kind = 'x'", "UPDATE entries SET market_id = NULL", "DELETE FROM entries",
    "UPDATE postings SET amount = 1", "UPDATE postings SET previous = NULL", "DELETE FROM postings",
    "UPDATE runs SET as_of = 'x'", "DELETE FROM runs", "UPDATE actions SET reason = 'x'", "DELETE FROM actions",
  ])
  func `what is written cannot be changed`(sql: String) throws {
    let work = Workspace()
    do {
      let ledger = try ledger(work)
      try post(ledger, run: "run") { (writer) throws(LedgerError) in
        writer.begin(entry("k1"))
        try writer.post(-1, to: "stakes")
        try writer.post(1, to: "house")
        try writer.end()
      }
    }
    let script = """
      import sqlite3, sys
      book = sqlite3.connect("ledger.db")
      try:
          book.execute(sys.argv[1]); book.commit(); print("changed")
      except sqlite3.DatabaseError as error:
          print(error)
      """
    let result = work.run("/usr/bin/env", ["python3", "-c", script, sql])
    #expect(result.output.contains("immutable"), "\(result.output)\(result.errors)")
  }

  @Test func `ids cannot spell another account or key`() {
    #expect(AccountName.user(Array("a:b".utf8)) == "user:a%3Ab")
    #expect(AccountName.user(Array("a%3Ab".utf8)) == "user:a%253Ab")
    #expect(AccountName.escrow(Array("house".utf8)) == "escrow:house")
  }

  @Test func `a ledger is made once, and a missing or foreign one is named`() throws {
    let work = Workspace()
    let path = "\(work.path)/ledger.db"
    #expect(throws: LedgerError(.missing, "\(path): there is no ledger")) { try Ledger(path, .readOnly) }
    try Ledger.create(path, operatorID: "ann")
    #expect(throws: LedgerError(.exists, "\(path): there is a file already")) {
      try Ledger.create(path, operatorID: "bob")
    }
    work.write(
      "text.db", "not a database, but longer than the header of one, so that it is read and refused ............")
    let error = #expect(throws: LedgerError.self) { try Ledger("\(work.path)/text.db", .readOnly) }
    #expect(error?.code == .foreign)
    #expect(work.names() == ["ledger.db", "text.db"])
  }

  @Test func `a statement that is used again has nothing of its last use`() throws {
    let database = try ledger(Workspace()).database
    let sql = "SELECT ?1, key FROM meta"
    do {
      let first = try database.prepare(sql)
      first.bind(1, 5)
      #expect(try first.step() && first.integer(0) == 5)
      // In use: the same text is another statement.
      let second = try database.prepare(sql)
      second.bind(1, 6)
      #expect(try second.step() && second.integer(0) == 6)
      #expect(first.integer(0) == 5)
    }
    let third = try database.prepare(sql)
    #expect(try third.step() && third.isNull(0))
    // One that failed, too.
    try database.execute("CREATE TEMP TABLE words (word TEXT PRIMARY KEY); INSERT INTO words VALUES ('old')")
    for (key, isTaken) in [("old", false), ("new", true), ("old", false)] {
      let statement = try database.prepare("INSERT INTO words VALUES (?)")
      statement.bind(1, key)
      #expect(((try? statement.run()) != nil) == isTaken)
    }
  }

  @Test(arguments: [("ann", nil), ("bob", .unauthenticated)] as [(String, LedgerError.Code?)])
  func `whoever makes a ledger is its first admin`(operatorID: String, refusal: LedgerError.Code?) throws {
    let work = Workspace()
    let ledger = try ledger(work)
    var code: LedgerError.Code?
    do { try ledger.require(.admin, of: operatorID) } catch { code = error.code }
    #expect(code == refusal)
  }
}
