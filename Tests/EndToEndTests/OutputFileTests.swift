// Are the files of a run complete, typed, provable by other tools, and free of clocks, paths and persons?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct OutputFileTests {
  /// A run of a night, and the name of its directory.
  private func run(_ night: String, _ flags: String...) throws -> (workspace: Workspace, directory: String) {
    let workspace = Workspace(night: night)
    let result = workspace.settle(["run", "--init-ledger"] + flags)
    #expect([0, 3].contains(result.exitCode), "\(result.errors)")
    return (workspace, "outputs/\(try #require(workspace.runs().first))")
  }

  private func json(_ workspace: Workspace, _ path: String) throws -> JSONValue {
    try JSONValue(parsing: Array(try #require(workspace.read(path))))
  }

  @Test func `a run has its files, and no others`() throws {
    let (workspace, directory) = try run("01-binary")
    let names = [
      "SHA256SUMS", "commitments.csv", "datapackage.json", "distributions.csv", "manifest.json", "markets.csv",
      "rejects.csv", "run-info.json",
    ]
    #expect(workspace.names(directory) == names)
    #expect(workspace.names("outputs").filter { !$0.hasPrefix(".") && !$0.hasPrefix("ledger.db") } == workspace.runs())
    #expect(workspace.names("outputs/.staging") == [])
    let (both, lines) = try run("01-binary", "--audit-format", "both")
    #expect(both.names(lines) == (names + ["distributions.jsonl"]).sorted())
    let (only, jsonl) = try run("01-binary", "--audit-format", "jsonl")
    #expect(only.names(jsonl) == (names.filter { $0 != "distributions.csv" } + ["distributions.jsonl"]).sorted())
  }

  @Test func `the run id is 16 digits of the batch key and a generation`() throws {
    let (workspace, directory) = try run("01-binary")
    let manifest = try json(workspace, "\(directory)/manifest.json")
    let key = try #require(manifest["batch_key"]?.text)
    #expect(key.count == 64)
    #expect(manifest["run_id"]?.text == "\(key.prefix(16))-1")
    #expect(directory == "outputs/\(key.prefix(16))-1")
  }

  // MARK: Headers and cells

  private static let headers = [
    "markets.csv": """
    market_id,resolution_id,status,outcome,winning_options,currency,commitments,users,gross_pool,winning_stake,\
    house_fee,creator_fee,creator_id,net_pool,total_payout,total_refund,retained,breakage,winners,losers,minus_pool,\
    no_winner,hold_reason
    """,
    "commitments.csv": """
    market_id,commitment_id,user_id,option_id,position,match_method,amount,result,win_share,extra_units,payout,profit
    """,
    "distributions.csv": """
    market_id,user_id,total_committed,total_payout,total_profit,total_lost,winning_commitments,losing_commitments,\
    refunded_commitments
    """,
    "rejects.csv": "table,file,line,market_id,row_id,code,field,message",
  ]

  @Test(arguments: NightTests.nights)
  func `tables have their header, LF, and rows sorted by key as bytes`(night: String, exit: Int32) throws {
    let (workspace, directory) = try run(night)
    for (file, header) in OutputFileTests.headers {
      let text = workspace.text("\(directory)/\(file)")
      #expect(text.hasPrefix(header + "\n") && text.hasSuffix("\n") && !text.contains("\r"), "\(file)")
      let keys = text.split(separator: "\n").dropFirst().map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).prefix(file == "markets.csv" ? 1 : 2).map {
          Array($0.utf8)
        }
      }
      guard file != "rejects.csv" else { continue }
      for (left, right) in zip(keys, keys.dropFirst()) {
        #expect(
          left.lexicographicallyPrecedes(right) { $0.lexicographicallyPrecedes($1) }, "\(file): \(left) before \(right)"
        )
      }
    }
  }

  @Test func `keys are sorted unquoted, column by column, and quoted only where they must be`() throws {
    let ids = ["a", "a,b", "a-b", "a\"b", "a b", "A", "Z", "_", "0", "é", "e\u{301}", "zz"]
    func quoted(_ id: String) -> String {
      id.contains(",") || id.contains("\"")
        ? "\"" + id.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : id
    }
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option\n" + ids.map { "\(quoted($0)),r,x\n" }.joined(),
      commitments: "commitment_id,market_id,user_id,option_id,amount\n"
        + ids.flatMap { market in ids.map { "\(quoted($0)),\(quoted(market)),\(quoted($0)),x,1\n" } }.joined())
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let sorted = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(
      try workspace.runFile("commitments.csv").split(separator: "\n").dropFirst()
        .map { String($0.prefix { _ in true }) }
        == sorted.flatMap { market in
          sorted.map { "\(quoted(market)),\(quoted($0)),\(quoted($0)),x,,option,1,won,0.083333333333,0,1,0" }
        })
    #expect(try workspace.cell("SELECT count(*) FROM accounts WHERE name LIKE 'user:%'") == "\(ids.count)")
  }

  @Test(arguments: [
    ("1", "1", "0.500000000000"), ("1", "2", "0.333333333333"), ("2", "1", "0.666666666666"),
    ("5", "0", "1.000000000000"), ("9223372036854775806", "1", "0.999999999999"),
    ("1", "999999999999", "0.000000000001"),
    ("1", "1000000000000", "0.000000000000"),
  ])
  func `a win share is truncated to 12 digits`(stake: String, other: String, share: String) throws {
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option\nm,r,x\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\na,m,u1,x,\(stake)\n"
        + (other == "0" ? "" : "b,m,u2,x,\(other)\n"))
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    #expect(Table(try workspace.runFile("commitments.csv")).row(["commitment_id": "a"])["win_share"] == share)
  }

  @Test(arguments: NightTests.nights)
  func `every market adds up from its own row, and rows add up to their market`(night: String, exit: Int32) throws {
    let (workspace, directory) = try run(night)
    func number(_ row: [String: String], _ column: String) -> Int { Int(row[column] ?? "") ?? 0 }
    let commitments = Table(workspace.text("\(directory)/commitments.csv")).rows
    let distributions = Table(workspace.text("\(directory)/distributions.csv")).rows
    for market in Table(workspace.text("\(directory)/markets.csv")).rows {
      let parts = ["total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage"]
      #expect(parts.reduce(0) { $0 + number(market, $1) } == number(market, "gross_pool"))
      let own = commitments.filter { $0["market_id"] == market["market_id"] }
      #expect(own.count == number(market, "commitments"))
      #expect(own.reduce(0) { $0 + number($1, "amount") } == number(market, "gross_pool"))
      #expect(
        own.reduce(0) { $0 + number($1, "payout") } == number(market, "total_payout") + number(market, "total_refund"))
      #expect(own.allSatisfy { number($0, "profit") == number($0, "payout") - number($0, "amount") })
      #expect(own.filter { $0["result"] == "won" }.count == number(market, "winners"))
      #expect(own.filter { $0["result"] == "lost" }.count == number(market, "losers"))
      #expect(own.allSatisfy { ($0["win_share"] != "") == ($0["result"] == "won") })
      let users = distributions.filter { $0["market_id"] == market["market_id"] }
      #expect(users.count == number(market, "users"))
      #expect(users.reduce(0) { $0 + number($1, "total_payout") } == own.reduce(0) { $0 + number($1, "payout") })
      #expect(users.reduce(0) { $0 + number($1, "total_committed") } == number(market, "gross_pool"))
      #expect(
        users.reduce(0) { $0 + number($1, "total_profit") }
          == own.filter { $0["result"] == "won" }.reduce(0) { $0 + number($1, "profit") })
      #expect(
        users.reduce(0) { $0 + number($1, "total_lost") }
          == own.filter { $0["result"] == "lost" }.reduce(0) { $0 + number($1, "amount") })
    }
  }

  // MARK: Lines of JSON

  @Test func `a distribution line holds winning and losing commitments and how each was worked out`() throws {
    let (workspace, directory) = try run("02-multi-option", "--audit-format", "both")
    let lines = try workspace.text("\(directory)/distributions.jsonl").split(separator: "\n").map {
      try JSONValue(parsing: Array($0.utf8))
    }
    let table = Table(workspace.text("\(directory)/distributions.csv"))
    #expect(lines.count == table.rows.count)
    for (line, row) in zip(lines, table.rows) {
      for column in ["market_id", "user_id"] { #expect(line[Schema.camelCase(column)]?.text == row[column]) }
      for column in ["total_committed", "total_payout", "total_profit", "total_lost"] {
        #expect(line[Schema.camelCase(column)]?.integer == row[column].flatMap { Int64($0) })
      }
      #expect(line["winningCommitments"]?.elements?.count == row["winning_commitments"].flatMap { Int($0) })
      #expect(line["losingCommitments"]?.elements?.count == row["losing_commitments"].flatMap { Int($0) })
      #expect(line["status"]?.text == "completed")
    }
    // u-mia's c-3 by hand: 250 of 700 of a net pool of 2472 is 882, and one left-over unit.
    let mia = try #require(lines.first { $0["userId"]?.text == "u-mia" })
    let c3 = try #require(mia["winningCommitments"]?.elements?.first { $0["commitmentId"]?.text == "c-3" })
    #expect(c3["tokensCommitted"]?.integer == 250)
    #expect(c3["payoutAmount"]?.integer == 883)
    #expect(c3["profit"]?.integer == 633)
    #expect(c3["winShare"] == .number("0.357142857142"))
    let trail = try #require(c3["auditTrail"])
    for (key, value) in [("pool", 2605), ("winningStake", 700), ("netPool", 2472), ("floor", 882), ("extraUnits", 1)]
      as [(String, Int64)]
    {
      #expect(trail[key]?.integer == value, "\(key)")
    }
    #expect(trail["method"]?.text == "option")
    // 2472 · 250 = 882 · 700 + 600
    #expect(trail["remainder"]?.integer == 600)
    #expect(trail["remainderPolicy"]?.text == "largest")
    let red = try #require(mia["losingCommitments"]?.elements?.first)
    #expect(red["lostAmount"]?.integer == 400)
  }

  // MARK: Files about the files

  @Test(arguments: NightTests.nights)
  func `sha256sum proves every file`(night: String, exit: Int32) throws {
    let (workspace, directory) = try run(night, "--audit-format", "both")
    let listed = workspace.text("\(directory)/SHA256SUMS").split(separator: "\n").map { String($0.dropFirst(66)) }
    #expect(listed == workspace.names(directory).filter { $0 != "SHA256SUMS" && $0 != "run-info.json" })
    let check = "cd '\(directory)' && sha256sum --strict -c SHA256SUMS"
    let whole = workspace.run("/bin/sh", ["-c", check])
    #expect(whole.exitCode == 0, "\(whole.output)\(whole.errors)")
    workspace.write("\(directory)/markets.csv", workspace.text("\(directory)/markets.csv") + " ")
    #expect(workspace.run("/bin/sh", ["-c", check]).exitCode == 1)
  }

  @Test func `the manifest says what was settled, from what, how, and where the book stood`() throws {
    let (workspace, directory) = try run("07-currencies", "--as-of", "2026-05-31T22:00:00Z")
    let manifest = try json(workspace, "\(directory)/manifest.json")
    #expect(manifest["kind"]?.text == "settlement")
    #expect(manifest["as_of"]?.text == "2026-05-31T22:00:00Z")
    #expect(manifest["tool"]?["name"]?.text == "settle")
    #expect(manifest["schema_version"]?.integer == 1)
    #expect(manifest["generation"]?.integer == 1)
    #expect(manifest["reverses"] == .null && manifest["corrects"] == .array([]))
    #expect(manifest["previous_manifest_sha256"] == .null)
    #expect(manifest["configuration"]?["amount_unit"]?.text == "major")
    #expect(manifest["configuration"]?["currencies"]?["POINTS"]?.integer == 1)
    #expect(manifest["totals"]?.members?.keys.sorted() == ["JPY", "KWD", "POINTS", "USD"])
    let inputs = try #require(manifest["inputs"]?.elements)
    #expect(inputs.map { $0["name"]?.text } == ["resolutions-1", "commitments-1"])
    #expect(inputs.map { $0["rows"]?.integer } == [4, 12])
    for (input, file) in zip(inputs, ["resolutions.csv", "commitments.csv"]) {
      let sum = workspace.run("/usr/bin/sha256sum", [file]).output.prefix(64)
      #expect(input["sha256"]?.text == String(sum))
      #expect(input["bytes"]?.integer == Int64(workspace.read(file)?.count ?? 0))
    }
    let ledger = try #require(manifest["ledger"])
    #expect(ledger["id"]?.text == (try workspace.cell("SELECT value FROM meta WHERE key = 'ledger_id'")))
    #expect(ledger["sequence_before"]?.integer == 0)
    #expect(ledger["head_before"]?.text == String(repeating: "0", count: 64))
    #expect(ledger["sequence_after"]?.integer.map(String.init) == (try workspace.cell("SELECT max(id) FROM entries")))
    #expect(
      ledger["head_after"]?.text
        == (try workspace.cell("SELECT lower(hex(chain)) FROM entries ORDER BY id DESC LIMIT 1")))
    for output in try #require(manifest["outputs"]?.elements) {
      let bytes = try #require(workspace.read("\(directory)/\(output["name"]?.text ?? "")"))
      #expect(output["bytes"]?.integer == Int64(bytes.count))
      if let rows = output["rows"]?.integer { #expect(Int(rows) == bytes.count { $0 == 0x0A } - 1) }
    }
    // The ledger knows the manifest by its digest, and the next run knows this one.
    let digest = workspace.run("/usr/bin/sha256sum", ["\(directory)/manifest.json"]).output.prefix(64)
    #expect(try workspace.cell("SELECT manifest_sha256 FROM runs") == digest)
    workspace.write("next/r.csv", PlainNight.resolutions)
    workspace.write("next/c.csv", PlainNight.commitments)
    let next = workspace.settle(
      "run", "--resolutions", "next/r.csv", "--commitments", "next/c.csv", "--amount-unit", "minor")
    #expect(next.exitCode == 0, "\(next.errors)")
    let second = try #require(workspace.runs().first { "outputs/\($0)" != directory })
    #expect(try json(workspace, "outputs/\(second)/manifest.json")["previous_manifest_sha256"]?.text == String(digest))
  }

  @Test func `the same run on the same book gives the same bytes, run-info aside`() throws {
    let first = Workspace(night: "06-minus-pool-and-remainders")
    #expect(first.settle("ledger", "init").exitCode == 0)
    let second = Workspace(night: "06-minus-pool-and-remainders")
    second.write("outputs/ledger.db", try #require(first.read("outputs/ledger.db")))
    #expect(first.settle("run", "--threads", "1").exitCode == 0)
    #expect(second.settle("run", "--threads", "2").exitCode == 0)
    let run = try #require(first.runs().first)
    #expect(second.runs() == [run])
    for name in first.names("outputs/\(run)") where name != "run-info.json" {
      #expect(first.read("outputs/\(run)/\(name)") == second.read("outputs/\(run)/\(name)"), "\(name)")
    }
  }

  @Test func `datapackage types every column as its header has it`() throws {
    let (workspace, directory) = try run("01-binary")
    let package = try json(workspace, "\(directory)/datapackage.json")
    #expect(package["profile"]?.text == "tabular-data-package")
    let resources = try #require(package["resources"]?.elements)
    #expect(
      resources.map { $0["path"]?.text } == ["commitments.csv", "distributions.csv", "markets.csv", "rejects.csv"])
    for resource in resources {
      let file = try #require(resource["path"]?.text)
      let fields = try #require(resource["schema"]?["fields"]?.elements)
      #expect(fields.compactMap { $0["name"]?.text }.joined(separator: ",") == OutputFileTests.headers[file])
      #expect(resource["bytes"]?.integer == Int64(workspace.read("\(directory)/\(file)")?.count ?? 0))
      for row in Table(workspace.text("\(directory)/\(file)")).rows {
        for field in fields {
          let cell = row[field["name"]?.text ?? ""] ?? ""
          switch field["type"]?.text {
          case "integer": #expect(cell.isEmpty || Int(cell) != nil, "\(file): \(cell)")
          case "number": #expect(cell.isEmpty || Double(cell) != nil, "\(file): \(cell)")
          case "boolean": #expect(["", "true", "false"].contains(cell), "\(file): \(cell)")
          default: #expect(field["type"]?.text == "string")
          }
        }
      }
    }
  }

  @Test func `only run-info holds clocks, paths, the operator and the command line`() throws {
    let workspace = Workspace(night: "01-binary")
    #expect(
      workspace.settle("run", "--init-ledger", "--operator", "night-watch", "--audit-format", "both").exitCode == 0)
    let directory = "outputs/\(workspace.runs()[0])"
    let info = try json(workspace, "\(directory)/run-info.json")
    #expect(info["operator"]?.text == "night-watch")
    #expect(info["command_line"]?.elements?.first?.text == "settle")
    #expect(info["inputs"]?.elements?.allSatisfy { $0["path"]?.text?.hasPrefix("/") == true } == true)
    let year = try #require(info["started_at"]?.text?.prefix(11))
    for name in workspace.names(directory) where name != "run-info.json" {
      let text = workspace.text("\(directory)/\(name)")
      for word in [workspace.path, "night-watch", "--init-ledger", String(year)] {
        #expect(!text.contains(word), "\(name) holds \(word)")
      }
    }
  }

  // MARK: Older dashboards

  @Test func `the view of transactions has a row for each movement of a wallet`() throws {
    let (workspace, _) = try run("04-void-and-no-winner")
    let rows = try workspace.rows(
      """
      SELECT user_id, type, amount, balance_after - balance_before, status FROM transactions
      WHERE market_id = 'horse-race' ORDER BY id
      """)
    #expect(
      rows == [
        ["u-ana", "win", "469", "469", "completed"], ["u-ben", "win", "313", "313", "completed"],
        ["u-cho", "refund", "150", "150", "completed"], ["u-dan", "refund", "400", "400", "completed"],
        ["house", "fee", "20", "20", "completed"], ["creator:u-kim", "fee", "8", "8", "completed"],
      ])
    let wallets = try workspace.rows(
      "SELECT substr(name, 6) FROM accounts WHERE name LIKE 'user:%' AND balance <> (SELECT sum(amount) FROM transactions WHERE user_id = substr(name, 6))"
    )
    #expect(wallets == [])
  }

  @Test(arguments: ["entries", "postings", "runs", "actions"], ["UPDATE %@ SET id = id", "DELETE FROM %@"])
  func `what is written in the ledger stays`(table: String, change: String) throws {
    let (workspace, _) = try run("01-binary")
    let before = try workspace.rows("SELECT * FROM \(table)")
    let sql = change.split(separator: "%@", omittingEmptySubsequences: false).joined(separator: table)
    let refusal = #expect(throws: RefusedSQL.self) { try workspace.execute(sql) }
    #expect(refusal?.message == "\(table) are immutable")
    #expect(try workspace.rows("SELECT * FROM \(table)") == before)
  }

  // MARK: Ids that would like to be more

  @Test(arguments: [
    "../../etc/passwd", "CON", "x'; DROP TABLE entries; --", "javascript:alert(1)", "m:payouts", "m%3Apayouts",
    "<script>alert(1)</script>", "a\\..\\b", "house", "escrow:m",
  ])
  func `an id is only an id`(id: String) throws {
    let isValid = id.first.map { $0.isLetter } ?? false
    let workspace = Workspace(
      resolutions:
        "market_id,resolution_id,winning_option,creator_fee_bps,creator_id\n\"\(id)\",\"\(id)\",\"\(id)\",1000,\"\(id)\"\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\n\"\(id)\",\"\(id)\",\"\(id)\",\"\(id)\",100\n")
    let result = workspace.settle("run", "--init-ledger")
    guard isValid else {
      #expect(result.exitCode == 4)
      return
    }
    #expect(result.exitCode == 0, "\(result.errors)")
    let name = id.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%25")
      .split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
    #expect(
      try workspace.rows("SELECT name FROM accounts ORDER BY id").map { $0[0] }
        == ["stakes", "escrow:\(name)", "user:\(name)", "creator:\(name)"])
    #expect(workspace.settle("ledger", "balance", "user:\(name)").output == "90\n")
    #expect(workspace.names(".").filter { !$0.hasPrefix(".") } == ["commitments.csv", "outputs", "resolutions.csv"])
  }
}
