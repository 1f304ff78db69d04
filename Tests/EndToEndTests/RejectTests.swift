// What does a bad row do to its market, to the other markets, and to the night?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct RejectTests {
  private static let twoMarkets = "market_id,resolution_id,winning_option\ngood,r1,x\nbad,r2,x\n"
  private static let header = "commitment_id,market_id,user_id,option_id,amount\n"
  private static let goodRows = "g1,good,u1,x,10\ng2,good,u2,y,5\n"

  private func workspace(_ rows: String) -> Workspace {
    Workspace(resolutions: RejectTests.twoMarkets, commitments: RejectTests.header + RejectTests.goodRows + rows)
  }

  @Test func `a rejected row holds its market, the others settle, exit 3`() throws {
    let workspace = workspace("b1,bad,u1,x,10\nb2,bad,u2,y,ten\n")
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 3)
    #expect(
      Table(try workspace.runFile("markets.csv")).brief("market_id", "status", "gross_pool", "hold_reason")
        == "bad held  invalid_amount, good settled 15 ")
    #expect(Table(try workspace.runFile("commitments.csv")).brief("commitment_id", "payout") == "g1 15, g2 0")
    #expect(
      Table(try workspace.runFile("rejects.csv")).brief("table", "file", "line", "market_id", "row_id", "code", "field")
        == "commitments commitments-1 5 bad b2 invalid_amount amount")
    #expect(try workspace.cell("SELECT count(*) FROM accounts WHERE name = 'escrow:bad'") == "0")
    #expect(result.errors.contains("commitments.csv:5: amount: invalid_amount"))
    #expect(!result.output.contains("invalid_amount: "), "problems go to standard error")
  }

  @Test func `the same night without the bad row exits 0`() throws {
    let workspace = workspace("b1,bad,u1,x,10\n")
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 0)
    #expect(result.notices == ["settle: made a new ledger at outputs/ledger.db"])
    #expect(Table(try workspace.runFile("markets.csv")).brief("market_id", "status") == "bad settled, good settled")
    #expect(try workspace.runFile("rejects.csv") == "table,file,line,market_id,row_id,code,field,message\n")
  }

  @Test(arguments: [
    "b1,bad,u1,x,\n", "b1,bad,u1,,10\n", "b1,bad,=cmd,x,10\n", "b1,bad,a@b.example,x,10\n",
    "b1,bad,u1,x,10\nb1,bad,u1,x,10\n",
    "b1,bad,u1,x,9223372036854775807\nb2,bad,u1,x,1\n", ",bad,u1,x,10\n", "b1,bad,u1,x,-1\n",
  ])
  func `a held market never changes another market's rows`(rows: String) throws {
    let without = workspace("")
    #expect(without.settle("run", "--init-ledger").exitCode == 0)
    let held = workspace(rows + "b9,bad,u9,x,99\n")
    #expect(held.settle("run", "--init-ledger").exitCode == 3)
    for file in dataFiles {
      let good = try held.runFile(file).split(separator: "\n").filter { !$0.hasPrefix("bad,") }
      #expect(try good == without.runFile(file).split(separator: "\n").filter { !$0.hasPrefix("bad,") }, "\(file)")
    }
    let sql = "SELECT name, balance FROM accounts WHERE name <> 'escrow:bad' ORDER BY name"
    #expect(try held.rows(sql) == without.rows(sql))
  }

  @Test func `strict refuses the whole night, and still writes the rejects where asked`() throws {
    let workspace = workspace("b2,bad,u2,y,ten\n")
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let before = workspace.read("outputs/ledger.db")
    let result = workspace.settle("run", "--strict", "--rejects", "rejects.csv", "--json")
    #expect(result.exitCode == 4)
    #expect(result.errorCode == "invalid_input")
    #expect(try result.json["rejection_count"]?.integer == 1)
    #expect(workspace.runs() == [])
    #expect(workspace.read("outputs/ledger.db") == before)
    #expect(Table(workspace.text("rejects.csv")).brief("line", "code") == "4 invalid_amount")
    // Without a bad row strict refuses nothing.
    let fine = self.workspace("")
    #expect(fine.settle("run", "--strict", "--init-ledger").exitCode == 0)
  }

  @Test func `strict also sees what shows only between rows`() {
    let workspace = workspace("b1,bad,u1,x,10\nb1,bad,u2,x,10\n")
    let result = workspace.settle("run", "--strict", "--init-ledger", "--json")
    #expect(result.exitCode == 4)
    #expect(workspace.runs() == [])
  }

  @Test func `settle-with-rejects settles without the bad rows and says so in the manifest`() throws {
    let workspace = workspace("b1,bad,u1,x,10\nb2,bad,u2,y,ten\nb3,bad,u3,y,4\n")
    let result = workspace.settle("run", "--init-ledger", "--settle-with-rejects", "--json")
    #expect(result.exitCode == 0)
    #expect(
      Table(try workspace.runFile("commitments.csv")).brief("commitment_id", "payout") == "b1 14, b3 0, g1 15, g2 0")
    let manifest = try JSONValue(parsing: Array(try workspace.runFile("manifest.json").utf8))
    #expect(manifest["configuration"]?["settle_with_rejects"]?.flag == true)
    let input = manifest["inputs"]?.elements?.first { $0["name"]?.text == "commitments-1" }
    #expect(input?["rejected"]?.integer == 1)
    #expect(input?["accepted"]?.integer == 4)
  }

  @Test func `a market whose resolution is rejected stays held under any flag`() throws {
    let workspace = Workspace(
      resolutions: "market_id,resolution_id,winning_option,house_fee_bps\nbad,r1,x,10001\ngood,r2,x,0\n",
      commitments: RejectTests.header + RejectTests.goodRows + "b1,bad,u1,x,10\n")
    #expect(workspace.settle("run", "--init-ledger", "--settle-with-rejects").exitCode == 3)
    #expect(
      Table(try workspace.runFile("markets.csv")).brief("market_id", "status", "hold_reason")
        == "bad held invalid_bps, good settled ")
  }

  @Test func `strict and settle-with-rejects contradict each other`() {
    let workspace = workspace("")
    let result = workspace.settle("run", "--strict", "--settle-with-rejects", "--init-ledger", "--json")
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "usage")
  }

  @Test(arguments: [
    ("a cell too many", "b1,bad,u1,x,10,\n"), ("a cell too few", "b1,bad,u1,x\n"), ("no market", "b1,,u1,x,10\n"),
    ("a market that is no id", "b1,=bad,u1,x,10\n"), ("a quote inside", "b1,bad,u\"1,x,10\n"),
    ("an open quote", "b1,bad,\"u1,x,10\n"), ("a NUL byte", "b1,bad,u1\0,x,10\n"),
  ])
  func `a row whose market cannot be told refuses the night under any flag`(fault: String, row: String) throws {
    for flags in [[], ["--settle-with-rejects"], ["--strict"]] {
      let workspace = workspace(row)
      let result = workspace.settle(["run", "--init-ledger", "--json"] + flags)
      #expect(result.exitCode == 4, "\(fault)")
      #expect(result.errorCode == "invalid_input", "\(fault)")
      #expect(workspace.runs() == [])
      #expect(try workspace.cell("SELECT count(*) FROM entries") == "0")
    }
  }

  @Test func `all problems of all files are told in one pass`() throws {
    let workspace = Workspace()
    workspace.write("r.csv", "market_id,resolution_id,winning_option,house_fee_bps\nm1,r1,x,ten\nm2,r2,,\n=m3,r3,x,\n")
    workspace.write("a.csv", "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,0\nc2,m1,,x,1.5\nc3,m1\n")
    workspace.write(
      "b.ndjson", "{\"id\":\"c4\",\"marketId\":\"m1\",\"userId\":\"u\",\"position\":\"maybe\",\"amount\":1}\n{\"id\":\n"
    )
    let result = workspace.settle(
      "check", "--resolutions", "r.csv", "--commitments", "a.csv", "--commitments", "b.ndjson", "--json", "--rejects",
      "rejects.csv")
    #expect(result.exitCode == 4)
    let expected = [
      "commitments-1:2 amount_out_of_range amount", "commitments-1:3 invalid_amount amount",
      "commitments-1:3 missing_field user_id", "commitments-1:4 malformed_row ",
      "commitments-2:1 invalid_position position",
      "commitments-2:2 malformed_row ", "resolutions-1:2 invalid_bps house_fee_bps",
      "resolutions-1:3 missing_field winning_option", "resolutions-1:4 invalid_id market_id",
    ]
    let told = (try result.json["rejections"]?.elements ?? []).map { rejection in
      "\(rejection["file"]?.text ?? ""):\(rejection["line"]?.integer ?? 0) \(rejection["code"]?.text ?? "") \(rejection["field"]?.text ?? "")"
    }
    #expect(told == expected)
    let rows = workspace.text("rejects.csv").split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      return "\(cells[1]):\(cells[2]) \(cells[5]) \(cells[6])"
    }
    #expect(rows == expected)
    // The plain answer names the files as they were given.
    let plain = workspace.settle(
      "check", "--resolutions", "r.csv", "--commitments", "a.csv", "--commitments", "b.ndjson")
    #expect(plain.exitCode == 4)
    for place in [
      "r.csv:2: house_fee_bps: invalid_bps", "a.csv:4: malformed_row", "b.ndjson:1: position: invalid_position",
    ] {
      #expect(plain.errors.contains(place), "\(place)\n\(plain.errors)")
    }
  }

  @Test func `only settles the markets it names, and holds none of the others`() throws {
    let workspace = workspace("b2,bad,u2,y,ten\n")
    #expect(workspace.settle("run", "--init-ledger", "--only", "good").exitCode == 0)
    #expect(Table(try workspace.runFile("markets.csv")).brief("market_id", "status") == "good settled")
  }

  @Test func `raw input is never echoed`() throws {
    let workspace = workspace("b1,bad,jane@example.com,x,10\n=HYPERLINK(1),bad,u1,x,10\nb3,bad,u3,Secret|Option,10\n")
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 3)
    let run = try #require(workspace.runs().first)
    let texts =
      workspace.names("outputs/\(run)").map { workspace.text("outputs/\(run)/\($0)") } + [result.output, result.errors]
    for text in texts {
      for word in ["jane", "HYPERLINK", "Secret"] { #expect(!text.contains(word)) }
    }
    #expect(
      Table(try workspace.runFile("rejects.csv")).row(["line": "5"])["row_id"] == "", "an invalid id is left empty")
  }

  // MARK: Hostile files

  private static let hostileFolder = "\(Workspace.packagePath)/Tests/EndToEndTests/Fixtures/hostile"
  private static let hostileFiles: [JSONValue] = {
    let bytes = FileManager.default.contents(atPath: "\(hostileFolder)/index.json") ?? Data()
    return (try? JSONValue(parsing: Array(bytes)))?["files"]?.elements ?? []
  }()

  @Test func `the hostile samples are there`() {
    #expect(RejectTests.hostileFiles.count == 68)
  }

  @Test(arguments: hostileFiles.indices)
  func `a hostile file gets the verdict that its index says`(number: Int) throws {
    let sample = RejectTests.hostileFiles[number]
    let name = try #require(sample["file"]?.text)
    let table = try #require(sample["kind"]?.text)
    let workspace = Workspace()
    workspace.write(name, try #require(workspace.read("\(RejectTests.hostileFolder)/\(name)")))
    let accepts = sample["verdict"]?.text == "accept"
    let result = workspace.settle("check", "--\(table)", name, "--json")
    #expect(result.exitCode == (accepts ? 0 : 4), "\(name): \(result.output)\(result.errors)")
    let json = try result.json
    if accepts, let rows = sample["rows"]?.integer {
      #expect(json["inputs"]?.elements?.first?["accepted"]?.integer == rows, "\(name)")
    }
    if !accepts {
      let first = json["rejections"]?.elements?.first
      #expect(first?["code"]?.text != nil && first?["line"]?.integer != nil, "\(name): \(result.output)")
    }
    // What is shown to people cannot steer their terminal.
    let plain = workspace.settle("check", "--\(table)", name)
    #expect(plain.exitCode == result.exitCode)
    for text in [plain.output, plain.errors, result.errors] {
      let odd = text.unicodeScalars.filter { ($0.value < 0x20 && $0 != "\n") || $0.value > 0x7E }
      #expect(odd.isEmpty, "\(name): \(odd.map { String($0.value, radix: 16) }) in \(text)")
    }
    // JSON may hold what the ids hold, escaped where it is no plain character.
    #expect(
      result.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    #expect(workspace.names("").filter { !$0.hasPrefix(".") } == [name], "check writes nothing")
  }
}
