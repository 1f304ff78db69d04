// Does the database for dashboards say what the files say, and how all of it stands by now?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct DashboardExportTests {
  private static let nights =
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(Workspace.packagePath)/inputs")) ?? [])
    .filter { $0.first?.isNumber == true }.sorted()

  private func settled(_ night: String, _ more: String...) -> Workspace {
    let work = Workspace(night: night)
    let result = work.settle(["run", "--init-ledger", "-q", "--operator", "ann"] + more)
    #expect([0, 3].contains(result.exitCode), "\(result.errors)")
    return work
  }

  private func export(_ work: Workspace, _ words: String...) throws {
    let result = work.settle(["export", "--sqlite", "dash.db", "--overwrite"] + words)
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// Rows of a table of the export, as the file has them.
  private func rows(_ work: Workspace, _ columns: [String], _ table: String, _ condition: String = "1") throws -> Set<
    [String]
  > {
    let cells = columns.map { column in
      ["minus_pool", "no_winner"].contains(column)
        ? "CASE \(column) WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE '' END" : "coalesce(\(column), '')"
    }
    return Set(try work.rows("SELECT \(cells.joined(separator: ", ")) FROM \(table) WHERE \(condition)", of: "dash.db"))
  }

  @Test(arguments: nights)
  func `markets, commitments and distributions are those of the run's files, with their status`(night: String) throws {
    let work = settled(night)
    try export(work)
    for (name, condition) in [("markets", "1"), ("commitments", "result IS NOT NULL"), ("distributions", "1")] {
      let table = Table(try work.runFile("\(name).csv"))
      let expected = table.rows.map { row in table.columns.map { row[$0] ?? "" } }
      #expect(try rows(work, table.columns, name, condition) == Set(expected), "\(name)")
      #expect(try work.cell("SELECT count(*) FROM \(name) WHERE \(condition)", of: "dash.db") == String(expected.count))
    }
    #expect(
      try work.rows("SELECT 1 FROM commitments WHERE result IS NOT NULL AND status <> result", of: "dash.db") == [])
    #expect(
      try work.rows("SELECT 1 FROM commitments WHERE result IS NOT NULL AND payout_amount <> payout", of: "dash.db")
        == [])
    #expect(try work.rows("SELECT DISTINCT status FROM distributions", of: "dash.db") == [["completed"]])
    #expect(try work.rows("SELECT 1 FROM markets WHERE state <> status", of: "dash.db") == [])
    #expect(try work.rows("PRAGMA integrity_check", of: "dash.db") == [["ok"]])
    // A row that was rejected is a commitment that is active.
    let rejected = Table(try work.runFile("rejects.csv")).rows.filter {
      $0["table"] == "commitments" && $0["row_id"] != "" && $0["market_id"] != ""
    }
    #expect(
      try rows(work, ["market_id", "commitment_id"], "commitments", "status = 'active'")
        == Set(rejected.map { [$0["market_id"] ?? "", $0["row_id"] ?? ""] }))
  }

  @Test(arguments: nights)
  func `transactions are the movements of the book, and the losses of the run`(night: String) throws {
    let work = settled(night)
    try export(work)
    let columns = "id, user_id, type, amount, balance_before, balance_after, market_id, currency, run_id, entry_id"
    #expect(
      try work.rows("SELECT \(columns) FROM transactions WHERE type <> 'loss' ORDER BY id", of: "dash.db")
        == work.rows("SELECT \(columns) FROM transactions ORDER BY id"))
    let losses = Table(try work.runFile("distributions.csv")).rows.filter { $0["total_lost"] != "0" }
    #expect(
      Set(try work.rows("SELECT user_id, market_id, amount FROM transactions WHERE type = 'loss'", of: "dash.db"))
        == Set(losses.map { [$0["user_id"] ?? "", $0["market_id"] ?? "", $0["total_lost"] ?? ""] }))
    // One run only: the wallet after it is the wallet now.
    for row in try work.rows(
      "SELECT account, currency, balance_before, balance_after FROM transactions WHERE type = 'loss'", of: "dash.db")
    {
      let balance =
        try work.rows(
          "SELECT balance FROM accounts WHERE name = '\(row[0])' AND currency = '\(row[1])'"
        ).first?.first ?? "0"
      #expect(row[2] == balance && row[3] == balance)
    }
  }

  @Test func `distributions kept as JSON lines alone are worked out from the commitments`() throws {
    let (csv, jsonl) = (settled("03-mixed"), settled("03-mixed", "--audit-format", "jsonl"))
    try export(csv)
    try export(jsonl)
    let all = "SELECT * FROM distributions ORDER BY market_id, user_id"
    #expect(try csv.rows(all, of: "dash.db") == jsonl.rows(all, of: "dash.db"))
  }

  @Test func `what is rolled back says so, and what is settled again stands`() throws {
    let work = settled("01-binary")
    let first = try #require(work.runs().first)
    let rollback = work.settle("rollback", first, "--reason", "wrong winner", "--operator", "ann")
    #expect(rollback.exitCode == 0, "\(rollback.errors)")
    try export(work)
    #expect(
      try work.rows("SELECT DISTINCT status, payout_amount FROM commitments", of: "dash.db") == [["rolled_back", "0"]])
    #expect(try work.rows("SELECT DISTINCT status FROM distributions", of: "dash.db") == [["rolled_back"]])
    let runs = try work.rows("SELECT number, kind, settled, rolled_back, has_files FROM runs ORDER BY 1", of: "dash.db")
    #expect(runs.map { $0[1] } == ["settlement", "rollback"] && runs[0][2] == runs[0][3])
    let states = try work.rows("SELECT DISTINCT state, rolled_back_by IS NOT NULL FROM markets", of: "dash.db")
    #expect(states == [["rolled_back", "1"]])
    // The book's own totals are those of nothing.
    #expect(try work.rows("SELECT sum(staked), sum(paid), sum(fees) FROM run_totals") == [["0", "0", "0"]])
    #expect(try work.rows("SELECT * FROM market_totals") == [])
    #expect(try work.rows("SELECT DISTINCT won + rolled_back, balance FROM user_totals") == [["0", "0"]])
    #expect(try work.rows("SELECT fees + rolled_back, balance FROM house_totals") == [["0", "0"]])

    #expect(work.settle("run", "-q", "--operator", "ann").exitCode == 0)
    try export(work)
    #expect(
      try work.rows("SELECT run, status FROM commitments GROUP BY 1, 2 ORDER BY 1", of: "dash.db").map { $0[0] }.last
        == "3")
    #expect(
      try work.rows("SELECT 1 FROM current_commitments WHERE run <> 3 OR status = 'rolled_back'", of: "dash.db") == [])
    #expect(
      try work.cell("SELECT count(*) FROM current_commitments", of: "dash.db")
        == work.cell("SELECT count(*) FROM commitments WHERE run = 1", of: "dash.db"))
    // Only the runs that are named.
    try export(work, first)
    #expect(try work.rows("SELECT run_id FROM runs", of: "dash.db") == [[first]])
    try export(work, "latest", "latest", first)
    #expect(try work.cell("SELECT count(*) FROM runs", of: "dash.db") == "2")
  }

  @Test func `an export is whole or not there, and replaces nothing but an export`() throws {
    let work = settled("01-binary")
    func refused(_ words: String...) -> String? {
      let result = work.settle(["export", "--json"] + words)
      #expect(result.exitCode != 0)
      return result.errorCode
    }
    let ledger = work.read("outputs/ledger.db")
    #expect(refused() == "usage")
    #expect(refused("--sqlite", "outputs/ledger.db") == "output_exists")
    #expect(refused("--sqlite", "outputs/ledger.db", "--overwrite") == "output_exists")
    #expect(refused("--sqlite", "resolutions.csv", "--overwrite") == "output_exists")
    #expect(work.read("outputs/ledger.db") == ledger)
    #expect(work.settle("export", "--sqlite", "dash.db").exitCode == 0)
    #expect(refused("--sqlite", "dash.db") == "output_exists")
    #expect(work.settle("export", "--sqlite", "dash.db", "--overwrite").exitCode == 0)
    let first = work.read("dash.db")
    #expect(work.settle("export", "--sqlite", "again.db").exitCode == 0)
    #expect(work.read("again.db") == first)
    // Files that are not as they were written do not become figures on a dashboard.
    let run = try #require(work.runs().first)
    let text = work.text("outputs/\(run)/commitments.csv")
    work.write("outputs/\(run)/commitments.csv", text.replacing("won", with: "lost"))
    #expect(refused("--sqlite", "dash.db", "--overwrite") == "run_damaged")
    #expect(work.read("dash.db") == first)
    // A directory that is gone is told, and its run stays in the list.
    #expect(work.run("/bin/rm", ["-r", "outputs/\(run)"]).exitCode == 0)
    let result = work.settle("export", "--sqlite", "dash.db", "--overwrite", "--json")
    #expect(try result.json["runs_without_files"]?.elements?.compactMap(\.text) == [run])
    #expect(try work.rows("SELECT run_id, has_files FROM runs", of: "dash.db") == [[run, "0"]])
    #expect(work.names().filter { $0.contains("partial") } == [])
  }
}
