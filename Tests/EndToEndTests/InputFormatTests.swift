// Do the same rows give the same bytes, whatever their format, order, spelling and number of files?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct InputFormatTests {
  typealias Row = [(key: String, value: String)]

  // MARK: One night in many shapes

  /// How a night is written down.
  struct Shape: CustomTestStringConvertible {
    var format = "csv"
    /// Rows and columns in another order.
    var isShuffled = false
    var files = 1
    var isCamelCase = false
    var usesAliases = false
    /// CRLF and a BOM in CSV; the table under its key in JSON.
    var isDressed = false
    var isOnStandardInput = false

    var testDescription: String { "\(self)" }
  }

  static let shapes = [
    Shape(isShuffled: true), Shape(files: 3), Shape(isCamelCase: true), Shape(usesAliases: true),
    Shape(isDressed: true),
    Shape(isOnStandardInput: true),
    Shape(isShuffled: true, files: 4, isCamelCase: true, usesAliases: true, isDressed: true),
    Shape(format: "json"), Shape(format: "json", isShuffled: true, files: 2, isCamelCase: true),
    Shape(format: "json", usesAliases: true, isDressed: true),
    Shape(format: "json", isDressed: true, isOnStandardInput: true),
    Shape(format: "ndjson"), Shape(format: "ndjson", isShuffled: true, files: 3),
    Shape(format: "ndjson", isCamelCase: true, usesAliases: true, isDressed: true),
    Shape(format: "ndjson", isOnStandardInput: true),
  ]

  @Test(arguments: shapes.indices)
  func `the same rows give the same bytes in every shape`(number: Int) throws {
    let shape = InputFormatTests.shapes[number]
    for round in 0..<4 {
      let seed = UInt64(1_000 * number + round)
      var random = SeededGenerator(seed: seed)
      let (resolutions, commitments) = InputFormatTests.night(&random)
      let plain = Workspace(
        resolutions: InputFormatTests.csv(resolutions), commitments: InputFormatTests.csv(commitments))
      #expect(plain.settle("run", "--init-ledger").exitCode == 0, "seed \(seed)")
      let workspace = Workspace()
      let (arguments, input) = InputFormatTests.write(resolutions, commitments, shape, workspace, &random)
      let result = workspace.settle(["run", "--init-ledger"] + arguments, input: input)
      #expect(result.exitCode == 0, "seed \(seed): \(result.errors)")
      for file in dataFiles {
        #expect(try workspace.runFile(file) == plain.runFile(file), "seed \(seed), \(shape): \(file)")
      }
    }
  }

  /// Markets and commitments of all kinds, from the seed.
  private static func night(_ random: inout SeededGenerator) -> ([Row], [Row]) {
    let options = ["red", "blue", "green", "yes", "no", "Ünï"]
    var resolutions: [Row] = []
    var commitments: [Row] = []
    for market in 0..<Int.random(in: 1...5, using: &random) {
      let isVoid = Int.random(in: 0..<5, using: &random) == 0
      resolutions.append([
        ("market_id", "m-\(market)"), ("resolution_id", "r\(market)"),
        ("outcome", isVoid ? "void" : ["", "winner"].randomElement(using: &random)!),
        ("winning_option", isVoid ? "" : options.randomElement(using: &random)!),
        ("house_fee_bps", ["", "0", "250", "1000"].randomElement(using: &random)!),
        ("creator_fee_bps", "100"), ("creator_id", "u\(market)"),
        ("remainder", ["", "largest", "house", "first"].randomElement(using: &random)!),
        ("no_winner", ["", "refund", "refund_net", "house"].randomElement(using: &random)!),
        ("position_check", "ignore"), ("title", "What, \"really\"?"),
      ])
    }
    for number in 0..<Int.random(in: 0...60, using: &random) {
      let hasOption = Bool.random(using: &random)
      let hasPosition = !hasOption || Bool.random(using: &random)
      commitments.append([
        ("commitment_id", "c, \(number)"), ("market_id", "m-\(Int.random(in: 0...5, using: &random))"),
        ("user_id", "u\(Int.random(in: 0...9, using: &random))"),
        ("amount", String(Int64.random(in: 1...1_000_000, using: &random))),
        ("option_id", hasOption ? options.randomElement(using: &random)! : ""),
        ("position", hasPosition ? ["yes", "NO", "Yes"].randomElement(using: &random)! : ""),
        ("committed_at", "2026-01-31T18:00:00Z"),
        ("status", ["", "", "active", "cancelled"].randomElement(using: &random)!),
      ])
    }
    return (resolutions, commitments)
  }

  private static func write(
    _ resolutions: [Row], _ commitments: [Row], _ shape: Shape, _ workspace: Workspace, _ random: inout SeededGenerator
  ) -> (arguments: [String], input: String?) {
    var arguments: [String] = []
    var input: String?
    for (table, rows) in [("resolutions", resolutions), ("commitments", commitments)] {
      var rows = rows.map { spelt($0, shape) }
      if shape.isShuffled {
        rows.shuffle(using: &random)
        // In JSON each object may have an order of its own; CSV has one for all.
        var order = Array(rows.first?.indices ?? 0..<0)
        order.shuffle(using: &random)
        rows = rows.map { row in order.map { row[$0] } }
      }
      for file in 0..<shape.files {
        let part = rows.enumerated().filter { $0.offset % shape.files == file }.map(\.element)
        let text = text(part, of: table, shape)
        if shape.isOnStandardInput && table == "commitments" {
          arguments += ["--commitments", "-", "--commitments-format", shape.format]
          input = text
        } else {
          workspace.write("\(table)-\(file).\(shape.format)", text)
          arguments += ["--\(table)", "\(table)-\(file).\(shape.format)"]
        }
      }
    }
    return (arguments, input)
  }

  private static func spelt(_ row: Row, _ shape: Shape) -> Row {
    let aliases = ["commitment_id": "id", "amount": "tokens_committed", "committed_at": "created_at"]
    return row.map { cell in
      var key = shape.usesAliases ? aliases[cell.key] ?? cell.key : cell.key
      if shape.isCamelCase { key = Schema.camelCase(key) }
      return (key, cell.value)
    }
  }

  private static func text(_ rows: [Row], of table: String, _ shape: Shape) -> String {
    switch shape.format {
    case "csv":
      // A shard without rows still has its header: the one of the required columns.
      let columns =
        table == "resolutions"
        ? "market_id,resolution_id,winning_option\n" : "commitment_id,market_id,user_id,amount,position\n"
      let text = rows.isEmpty ? columns : csv(rows)
      return shape.isDressed ? "\u{FEFF}" + text.split(separator: "\n").joined(separator: "\r\n") : text
    case "json":
      let array = "[\n" + rows.map(json).joined(separator: ",\n") + "]"
      return shape.isDressed ? "{\"made_by\": {\"x\": [1, 2]}, \"\(table)\": \(array)}" : array
    default:
      return rows.map { json($0) + "\n" }.joined(separator: shape.isDressed ? "\n" : "")
    }
  }

  static func csv(_ rows: [Row]) -> String {
    func field(_ text: String) -> String {
      text.contains { "\",\n".contains($0) }
        ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
    guard let first = rows.first else { return "commitment_id,market_id,user_id,amount,position\n" }
    return ([first.map(\.key)] + rows.map { $0.map(\.value) })
      .map { $0.map(field).joined(separator: ",") + "\n" }.joined()
  }

  /// Amounts as numbers, empty cells in the three ways to give nothing.
  private static func json(_ row: Row) -> String {
    var parts: [String] = []
    for (index, cell) in row.enumerated() {
      var key = ""
      JSONValue.writeString(cell.key, to: &key)
      if cell.value.isEmpty {
        if index % 3 == 0 { continue }
        parts.append("\(key): \(index % 3 == 1 ? "null" : "\"\"")")
      } else if Int64(cell.value) != nil, index % 2 == 0 {
        parts.append("\(key):\(cell.value)")
      } else {
        var value = ""
        JSONValue.writeString(cell.value, to: &value)
        parts.append("\(key) : \(value)")
      }
    }
    return "{\(parts.joined(separator: ", "))}"
  }

  // MARK: One file, spelled in many ways

  @Test(
    arguments: [
      ("LF", "csv", "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,200\nc2,m1,u2,no,100\n"),
      ("CRLF", "csv", "commitment_id,market_id,user_id,position,amount\r\nc1,m1,u1,yes,200\r\nc2,m1,u2,no,100\r\n"),
      ("BOM", "csv", "\u{FEFF}commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,200\nc2,m1,u2,no,100\n"),
      (
        "no last line feed", "csv", "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,200\nc2,m1,u2,no,100"
      ),
      (
        "blank lines", "csv",
        "\n\ncommitment_id,market_id,user_id,position,amount\n\nc1,m1,u1,yes,200\n\nc2,m1,u2,no,100\n\n"
      ),
      (
        "quotes", "csv",
        "\"commitment_id\",market_id,user_id,position,amount\n\"c1\",\"m1\",u1,\"yes\",\"200\"\nc2,m1,u2,no,100\n"
      ),
      (
        "columns in another order", "csv",
        "amount,position,user_id,market_id,commitment_id\n200,yes,u1,m1,c1\n100,no,u2,m1,c2\n"
      ),
      ("camelCase", "csv", "commitmentId,marketId,userId,position,amount\nc1,m1,u1,yes,200\nc2,m1,u2,no,100\n"),
      ("aliases", "csv", "id,market_id,user_id,position,tokens_committed\nc1,m1,u1,yes,200\nc2,m1,u2,no,100\n"),
      ("camelCase aliases", "csv", "id,marketId,userId,position,tokensCommitted\nc1,m1,u1,yes,200\nc2,m1,u2,no,100\n"),
      ("any case of a position", "csv", "id,market_id,user_id,position,amount\nc1,m1,u1,YES,200\nc2,m1,u2,No,100\n"),
      (
        "a table in an array", "json",
        #"[{"id":"c1","market_id":"m1","user_id":"u1","position":"yes","amount":200},{"id":"c2","market_id":"m1","user_id":"u2","position":"no","amount":"100"}]"#
      ),
      (
        "a table under its key", "json",
        #"{"x":1,"commitments":[{"id":"c1","marketId":"m1","userId":"u1","position":"yes","amount":200},{"id":"c2","marketId":"m1","userId":"u2","position":"no","amount":100}]}"#
      ),
      (
        "escapes", "json",
        #"[{"\u0069d":"\u0063\u0031","market_id":"m1","user_id":"u1","position":"\u0079es","amount":"\u0032\u0030\u0030"},{"id":"c2","market_id":"m1","user_id":"u2","position":"no","amount":100}]"#
      ),
      (
        "lines", "ndjson",
        "{\"id\":\"c1\",\"market_id\":\"m1\",\"user_id\":\"u1\",\"position\":\"yes\",\"amount\":200}\r\n\n{\"id\":\"c2\",\"market_id\":\"m1\",\"user_id\":\"u2\",\"position\":\"no\",\"amount\":100}"
      ),
    ] as [(String, String, String)])
  func `one table in every spelling`(spelling: String, format: String, text: String) throws {
    let workspace = Workspace()
    workspace.write("resolutions.csv", PlainNight.resolutions)
    workspace.write("commitments.\(format)", text)
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 0, "\(spelling): \(result.errors)")
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions, "\(spelling)")
  }

  @Test(arguments: [
    (#"[{"market_id":"m1","resolution_id":"m1-r1","winning_option":"yes","house_fee_bps":100}]"#, "json"),
    (
      #"{"resolutions":[{"marketId":"m1","resolutionId":"m1-r1","winningOption":["yes"],"houseFeeBps":"100"}]}"#, "json"
    ),
    (
      #"{"marketId":"m1","resolutionId":"m1-r1","winningOption":"yes","houseFeeBps":100,"options":[],"creatorId":null}"#,
      "ndjson"
    ),
    ("marketId,resolutionId,winningOption,houseFeeBps,options\nm1,m1-r1,\"[\"\"yes\"\"]\",100,\n", "csv"),
    ("winning_option,house_fee_bps,market_id,resolution_id,outcome\nyes,100,m1,m1-r1,winner\n", "csv"),
  ])
  func `resolutions in every spelling`(text: String, format: String) throws {
    let workspace = Workspace()
    workspace.write("resolutions.\(format)", text)
    workspace.write("commitments.csv", PlainNight.commitments)
    let result = workspace.settle("run", "--init-ledger")
    #expect(result.exitCode == 0, "\(text): \(result.errors)")
    #expect(try workspace.runFile("distributions.csv") == PlainNight.distributions)
  }

  // MARK: What is not read

  @Test(arguments: ["csv", "json", "ndjson"])
  func `unknown columns are ignored, mentioned once, and copied nowhere`(format: String) throws {
    let workspace = Workspace()
    workspace.write("resolutions.csv", PlainNight.resolutions)
    let rows = [("c1", "u1", "yes", "200"), ("c2", "u2", "no", "100")].map { row in
      [
        ("commitment_id", row.0), ("market_id", "m1"), ("user_id", row.1), ("position", row.2), ("amount", row.3),
        ("full_name", "Jane Example"), ("e_mail", "jane@example.com"),
      ] as Row
    }
    let shape = Shape(format: format)
    workspace.write("commitments.\(format)", InputFormatTests.text(rows, of: "commitments", shape))
    let result = workspace.settle("run", "--init-ledger", "--audit-format", "both")
    #expect(result.exitCode == 0)
    let notices = result.errors.split(separator: "\n").filter { $0.contains("full_name") }
    #expect(notices.count == 1 && notices[0].contains("e_mail"), "\(result.errors)")
    let run = workspace.runs()[0]
    for name in workspace.names("outputs/\(run)") {
      let text = workspace.text("outputs/\(run)/\(name)")
      #expect(!text.contains("Jane") && !text.contains("jane@"), "\(name)")
    }
    #expect(!String(decoding: workspace.read("outputs/ledger.db") ?? Data(), as: UTF8.self).contains("Jane"))
    #expect(!(result.output + result.errors).contains("Jane"))
  }

  @Test func `a title, a resolver and a reason may be personal: they are copied nowhere`() throws {
    let workspace = Workspace(
      resolutions: """
        market_id,resolution_id,winning_option,house_fee_bps,title,resolved_by,reason
        m1,m1-r1,yes,100,Will Jane win?,jane@example.com,Jane said so

        """, commitments: PlainNight.commitments)
    let result = workspace.settle("run", "--init-ledger", "--audit-format", "both")
    #expect(result.exitCode == 0, "\(result.errors)")
    let run = workspace.runs()[0]
    for name in workspace.names("outputs/\(run)") {
      #expect(!workspace.text("outputs/\(run)/\(name)").lowercased().contains("jane"), "\(name)")
    }
  }

  // MARK: Which file, which format

  @Test func `a format that a name does not tell has to be given`() throws {
    let workspace = Workspace()
    workspace.write("r.csv", PlainNight.resolutions)
    workspace.write("commitments.txt", PlainNight.commitments)
    let unknown = workspace.settle("plan", "--resolutions", "r.csv", "--commitments", "commitments.txt", "--json")
    #expect(unknown.exitCode == 2)
    #expect(unknown.errorCode == "unknown_format")
    let told = workspace.settle(
      "plan", "--resolutions", "r.csv", "--commitments", "commitments.txt", "--commitments-format", "csv")
    #expect(told.exitCode == 0)
  }

  @Test func `standard input stands for one file only`() {
    let workspace = Workspace()
    let result = workspace.settle(
      "plan", "--resolutions", "-", "--resolutions-format", "csv", "--commitments", "-", "--commitments-format", "csv",
      "--json", input: PlainNight.resolutions)
    #expect(result.exitCode == 2)
    #expect(result.errorCode == "usage")
  }

  @Test func `a JSON object without the key of the table is refused`() {
    let workspace = Workspace()
    workspace.write("c.json", #"{"rows": []}"#)
    let result = workspace.settle("check", "--commitments", "c.json", "--json")
    #expect(result.exitCode == 4)
    #expect((try? result.json["rejections"]?.elements?.first?["code"]?.text) == "missing_field")
  }
}
