// Who may work on a ledger, what happens to those who may not, and what is kept of it all?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct OperatorsTests {
  /// A ledger made by ann, with ben as analyst and org as organizer, and an unsettled night.
  private func ledger() -> Workspace {
    let work = Workspace.plainNight
    #expect(work.settle("ledger", "init", "--operator", "ann").exitCode == 0)
    for (id, role) in [("ben", "analyst"), ("org", "organizer")] {
      let result = work.settle("operators", "add", id, "--role", role, "--operator", "ann")
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    return work
  }

  private func operators(_ work: Workspace) throws -> [[String]] {
    try work.rows("SELECT id, role, coalesce(added_by, '-') FROM operators ORDER BY id")
  }

  private let made = [["ann", "admin", "-"], ["ben", "analyst", "ann"], ["org", "organizer", "ann"]]

  struct Case: CustomTestStringConvertible {
    let words: [String]
    let exit: Int32
    /// `error.code`, or `result`.
    let answer: String
    /// Operators afterwards that differ from before.
    let after: [[String]]
    var testDescription: String { words.joined(separator: " ") }

    init(_ words: String, _ exit: Int32, _ answer: String, _ after: [[String]]) {
      self.words = words.split(separator: "|").map(String.init)
      self.exit = exit
      self.answer = answer
      self.after = after
    }
  }

  static let cases = [
    Case("add|cat|--role|admin|--operator|ann", 0, "added", [["cat", "admin", "ann"]]),
    Case("add|ben|--role|admin|--operator|ann", 0, "changed", [["ben", "admin", "ann"]]),
    Case("add|ben|--role|analyst|--operator|ann", 0, "unchanged", []),
    Case("add|cat|--operator|ann", 2, "usage", []),
    Case("add|cat|--role|king|--operator|ann", 2, "usage", []),
    Case("add|=cmd|--role|analyst|--operator|ann", 4, "invalid_operator", []),
    Case("add|cat |--role|analyst|--operator|ann", 4, "invalid_operator", []),
    Case("add|cat@example.com|--role|analyst|--operator|ann", 4, "invalid_operator", []),
    Case("add|c\u{200B}at|--role|analyst|--operator|ann", 4, "invalid_operator", []),
    Case("add|\(String(repeating: "a", count: 129))|--role|analyst|--operator|ann", 4, "invalid_operator", []),
    // NFC and NFD are two ids.
    Case("add|e\u{301}va|--role|analyst|--operator|ann", 0, "added", [["e\u{301}va", "analyst", "ann"]]),
    Case("add|cat|--role|admin|--operator|nobody", 8, "unauthenticated", []),
    Case("add|ben|--role|admin|--operator|ben", 8, "forbidden", []),
    Case("remove|ann|--operator|org", 8, "forbidden", []),
    Case("remove|ann|--operator|nobody", 8, "unauthenticated", []),
    Case("remove|ben|--operator|ann", 0, "removed", [["ben"]]),
    Case("remove|bne|--operator|ann", 2, "unknown_operator", []),
    Case("remove|ann|--operator|ann", 4, "last_admin", []),
    Case("add|ann|--role|analyst|--operator|ann", 4, "last_admin", []),
  ]

  @Test(arguments: cases)
  func `operators come, change and go by an admin alone, and one admin stays`(row: Case) throws {
    let work = ledger()
    let result = work.settle(["operators"] + row.words + ["--json"])
    #expect(result.exitCode == row.exit, "\(result.output)")
    #expect(try result.json["result"]?.text ?? result.errorCode == row.answer)
    var expected = made.filter { old in !row.after.contains { Array($0[0].utf8) == Array(old[0].utf8) } }
    expected += row.after.filter { $0.count > 1 }
    let sorted = expected.sorted { $0[0].utf8.lexicographicallyPrecedes($1[0].utf8) }
    let found = try operators(work)
    #expect(found.map { $0.map { Array($0.utf8) } } == sorted.map { $0.map { Array($0.utf8) } })
  }

  @Test func `a removal that comes again changes nothing and ends with 0`() throws {
    let work = ledger()
    for answer in ["removed", "unchanged"] {
      let result = work.settle("operators", "remove", "ben", "--operator", "ann", "--json")
      #expect(result.exitCode == 0)
      #expect(try result.json["result"]?.text == answer)
    }
    #expect(try work.cell("SELECT count(*) FROM actions WHERE action = 'operators remove'") == "1")
  }

  @Test(arguments: [("nobody", "unauthenticated", false), ("ben", "forbidden", true), ("org", "forbidden", true)])
  func `without the role nothing is written but the attempt`(id: String, code: String, isRecorded: Bool) throws {
    let work = ledger()
    func book() throws -> [[[String]]] {
      try ["entries", "postings", "accounts", "runs", "settlements", "operators"].map {
        try work.rows("SELECT * FROM \($0)")
      }
    }
    let before = try book()
    let actions = try work.rows("SELECT * FROM actions")
    let result = work.settle("run", "--operator", id, "--json")
    #expect(result.exitCode == 8)
    #expect(result.errorCode == code)
    #expect(try book() == before)
    #expect(work.runs() == [])
    let added = Array(
      try work.rows("SELECT operator, action, result FROM actions ORDER BY id").dropFirst(actions.count))
    #expect(added == (isRecorded ? [[id, "run", "forbidden"]] : []))
    // The same from the environment.
    #expect(work.settle(["run"], environment: ["SETTLE_OPERATOR": id]).exitCode == 8)
    #expect(try book() == before)
  }

  @Test func `the list shows who is there`() throws {
    let work = ledger()
    let plain = work.settle("operators", "list")
    #expect(plain.exitCode == 0)
    let lines = plain.output.split(separator: "\n").map { $0.split(separator: " ").prefix(2).map(String.init) }
    #expect(lines == [["operator", "role"], ["ann", "admin"], ["ben", "analyst"], ["org", "organizer"]])
    let json = try work.settle("operators", "list", "--json").json
    #expect(json["operators"]?.elements?.map { $0["role"]?.text } == ["admin", "analyst", "organizer"])
  }

  // MARK: The audit log

  private func log(_ work: Workspace, _ words: String...) throws -> [[String]] {
    let result = work.settle(["audit-log", "--json"] + words)
    #expect(result.exitCode == 0, "\(result.output)")
    return try #require(try result.json["actions"]?.elements).map { action in
      ["operator", "action", "subject", "result", "reason"].map { action[$0]?.text ?? "-" }
    }
  }

  @Test func `every administrative action is recorded: who, what, when, why, result`() throws {
    let work = ledger()
    #expect(work.settle("run", "--operator", "ann").exitCode == 0)
    #expect(
      work.settle("operators", "add", "cat", "--role", "admin", "--operator", "ben", "--reason", "me").exitCode == 8)
    #expect(
      work.settle("operators", "remove", "ben", "--operator", "ann", "--reason", "left, the \"firm\"").exitCode == 0)
    let run = try #require(work.runs().first)
    let ledgerID = try work.cell("SELECT value FROM meta WHERE key = 'ledger_id'")
    let all = [
      ["ann", "operators remove", "ben", "removed", "left, the \"firm\""],
      ["ben", "operators add", "cat", "forbidden", "me"],
      ["ann", "run", run, "applied", "-"],
      ["ann", "operators add", "org", "added", "-"],
      ["ann", "operators add", "ben", "added", "-"],
      ["ann", "ledger init", ledgerID, "done", "-"],
    ]
    #expect(try log(work) == all)
    #expect(try log(work, "--limit", "2") == Array(all[..<2]))
    #expect(try log(work, "--limit", "2", "--offset", "4") == Array(all[4...]))
    #expect(try log(work, "--operator", "ben") == [all[1]])
    #expect(try log(work, "--action", "operators add") == [all[1], all[3], all[4]])
    #expect(try log(work, "--action", "operators add", "--operator", "ann") == [all[3], all[4]])
    #expect(try log(work, "--offset", "6") == [])
    let times = try #require(try work.settle("audit-log", "--json").json["actions"]?.elements).compactMap {
      $0["at"]?.text
    }
    #expect(times.count == 6 && times == times.sorted(by: >=))
    let plain = work.settle("audit-log")
    #expect(plain.output.split(separator: "\n").count == 7)
    #expect(work.settle("ledger", "check").exitCode == 0)
    // The operator of the night is not a filter.
    let fromEnvironment = work.settle(["audit-log", "--json"], environment: ["SETTLE_OPERATOR": "ben"])
    #expect(try fromEnvironment.json["actions"]?.elements?.count == 6)
  }

  @Test func `a page tells where the next one starts`() throws {
    let work = ledger()
    #expect(try work.settle("audit-log", "--json", "--limit", "2").json["next_offset"]?.integer == 2)
    #expect(try work.settle("audit-log", "--json", "--limit", "3").json["next_offset"] == .null)
    #expect(work.settle("audit-log", "--limit", "0").exitCode == 2)
  }

  @Test func `of two admins who remove each other at once one stays`() async throws {
    let work = ledger()
    #expect(work.settle("operators", "add", "ben", "--role", "admin", "--operator", "ann").exitCode == 0)
    async let first = Task.detached { work.settle("operators", "remove", "ben", "--operator", "ann").exitCode }.value
    async let second = Task.detached { work.settle("operators", "remove", "ann", "--operator", "ben").exitCode }.value
    let exits = await [first, second].sorted()
    #expect(exits == [0, 8] || exits == [0, 4])
    #expect(try work.cell("SELECT count(*) FROM operators WHERE role = 'admin'") == "1")
  }
}
