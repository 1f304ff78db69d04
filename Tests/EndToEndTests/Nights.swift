// What do the end-to-end tests share: nights to settle, and ways to look at what the program left behind?
import CSQLite
import Foundation
import Interchange
import TestSupport
import Testing

/// The data files that are the same for the same rows, whatever their order and format.
let dataFiles = ["markets.csv", "commitments.csv", "distributions.csv"]

/// A night of one market without anything special: 300 staked, 3 for the house, 297 for c1.
enum PlainNight {
  static let resolutions = "market_id,resolution_id,winning_option,house_fee_bps\nm1,m1-r1,yes,100\n"
  static let commitments = """
    commitment_id,market_id,user_id,position,amount
    c1,m1,u1,yes,200
    c2,m1,u2,no,100

    """
  static let distributions = """
    market_id,user_id,total_committed,total_payout,total_profit,total_lost,winning_commitments,losing_commitments,\
    refunded_commitments
    m1,u1,200,297,97,0,1,0,0
    m1,u2,100,0,0,100,0,1,0

    """
}

extension Workspace {
  /// A workspace with these two tables as CSV.
  convenience init(resolutions: String, commitments: String) {
    self.init()
    write("resolutions.csv", resolutions)
    write("commitments.csv", commitments)
  }

  static var plainNight: Workspace {
    Workspace(resolutions: PlainNight.resolutions, commitments: PlainNight.commitments)
  }

  /// A workspace with the inputs of a worked night; its expected files stay where they are.
  convenience init(night: String) {
    self.init()
    let folder = "\(Workspace.packagePath)/inputs/\(night)"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where !["README.md", "expected"].contains(name) {
      write(name, read("\(folder)/\(name)") ?? Data())
    }
  }

  /// Names of the runs below an outputs directory, sorted.
  func runs(in outputs: String = "outputs") -> [String] {
    names(outputs).filter { name in
      FileManager.default.fileExists(atPath: "\(path)/\(outputs)/\(name)/manifest.json")
    }
  }

  /// A file of the only run below an outputs directory.
  func runFile(_ name: String, in outputs: String = "outputs") throws -> String {
    let runs = runs(in: outputs)
    try #require(runs.count == 1, "runs in \(outputs): \(runs)")
    return try #require(read("\(outputs)/\(runs[0])/\(name)").map { String(decoding: $0, as: UTF8.self) })
  }

  /// The rows of a query on a ledger, each cell as text.
  func rows(_ sql: String, of ledger: String = "outputs/ledger.db") throws -> [[String]] {
    var database: OpaquePointer?
    let opened = unsafe sqlite3_open_v2("\(path)/\(ledger)", &database, SQLITE_OPEN_READONLY, nil)
    defer { unsafe sqlite3_close_v2(database) }
    try #require(opened == SQLITE_OK)
    var statement: OpaquePointer?
    let prepared = unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil)
    defer { unsafe sqlite3_finalize(statement) }
    try #require(prepared == SQLITE_OK, "\(unsafe String(cString: sqlite3_errmsg(database)))")
    var rows: [[String]] = []
    while unsafe sqlite3_step(statement) == SQLITE_ROW {
      let cells = unsafe (0..<sqlite3_column_count(statement)).map { column in
        unsafe sqlite3_column_text(statement, column).map { unsafe String(cString: $0) } ?? ""
      }
      rows.append(cells)
    }
    return rows
  }

  /// Changes a ledger behind the program's back.
  func execute(_ sql: String, on ledger: String = "outputs/ledger.db") throws {
    var database: OpaquePointer?
    let opened = unsafe sqlite3_open_v2("\(path)/\(ledger)", &database, SQLITE_OPEN_READWRITE, nil)
    defer { unsafe sqlite3_close_v2(database) }
    try #require(opened == SQLITE_OK)
    guard unsafe sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
      throw RefusedSQL(message: unsafe String(cString: sqlite3_errmsg(database)))
    }
  }

  /// Keeps others from writing to a ledger as long as `body` runs.
  func withBusyLedger<Result>(_ ledger: String = "outputs/ledger.db", _ body: () throws -> Result) throws -> Result {
    var database: OpaquePointer?
    let opened = unsafe sqlite3_open_v2("\(path)/\(ledger)", &database, SQLITE_OPEN_READWRITE, nil)
    defer { unsafe sqlite3_close_v2(database) }
    try #require(opened == SQLITE_OK)
    try #require(unsafe sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK)
    return try body()
  }

  /// The one cell of a query.
  func cell(_ sql: String, of ledger: String = "outputs/ledger.db") throws -> String {
    try #require(try rows(sql, of: ledger).first?.first)
  }
}

extension ToolResult {
  /// Standard output as the one JSON object it has to be.
  var json: JSONValue {
    get throws {
      let value = try JSONValue(parsing: Array(output.utf8))
      _ = try #require(value.members, "not an object: \(output)")
      return value
    }
  }

  /// What standard error says beside the summary line, which tells how long it took.
  var notices: [String] {
    errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("settle: summary: ") }
  }

  /// `error.code` of a failure told as JSON.
  var errorCode: String? { (try? json)?["error"]?["code"]?.text }
}

/// SQL that the database does not carry out.
struct RefusedSQL: Error {
  let message: String
}

/// A table as the program writes it: no cell of these tests needs quotes.
struct Table {
  let columns: [String]
  let rows: [[String: String]]

  init(_ text: String) {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    columns = lines.first ?? []
    let columns = columns
    rows = lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
  }

  /// The row whose cells are these.
  func row(_ cells: [String: String]) -> [String: String] {
    rows.first { row in cells.allSatisfy { row[$0.key] == $0.value } } ?? [:]
  }

  /// Some columns of every row, like `c1 won 297`.
  func brief(_ columns: String...) -> String {
    rows.map { row in columns.map { row[$0] ?? "?" }.joined(separator: " ") }.joined(separator: ", ")
  }
}
