// Does every error have a code, a smallest input that causes it, and an entry in docs/ERRORS.md that tells the same?
import Batch
import Foundation
import Interchange
import Ledger
import Payouts
import TestSupport
import Testing

@Suite struct ErrorCatalogueTests {
  /// The smallest files that cause a row code, the flags that it needs, and where it is found.
  struct Entry: CustomTestStringConvertible {
    let code: String
    var resolutions: String?
    var commitments: String?
    var format = "csv"
    var flags: [String] = []
    let place: String

    var testDescription: String { code }

    init(
      _ code: String, resolutions: String? = nil, commitments: String? = nil, format: String = "csv",
      flags: [String] = [], _ place: String
    ) {
      self.code = code
      self.resolutions = resolutions
      self.commitments = commitments
      self.format = format
      self.flags = flags
      self.place = place
    }
  }

  static let entries: [Entry] = [
    Entry(
      "malformed_row",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x\n",
      "commitments-1:2 "),
    Entry(
      "invalid_utf8",
      commitments: #"[{"commitment_id":"c1","market_id":"m1","user_id":"\ud800","option_id":"x","amount":1}]"# + "\n",
      format: "json",
      "commitments-1:1 user_id"),
    Entry(
      "missing_field",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,\n",
      "commitments-1:2 amount"),
    Entry(
      "duplicate_field",
      commitments: #"[{"id":"c1","commitment_id":"c1","market_id":"m1","user_id":"u1","option_id":"x","amount":1}]"#
        + "\n", format: "json",
      "commitments-1:1 commitment_id"),
    Entry(
      "invalid_id",
      commitments: "commitment_id,market_id,user_id,option_id,amount\n=c1,m1,u1,x,1\n",
      "commitments-1:2 commitment_id"),
    Entry(
      "personal_data",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,jo@example.com,x,1\n",
      "commitments-1:2 user_id"),
    Entry(
      "invalid_time",
      resolutions: "market_id,resolution_id,winning_option,closes_at\nm1,r1,x,2026-05-03 14:00\n",
      "resolutions-1:2 closes_at"),
    Entry(
      "invalid_amount",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,12.50\n",
      "commitments-1:2 amount"),
    Entry(
      "amount_out_of_range",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,0\n",
      "commitments-1:2 amount"),
    Entry(
      "invalid_position",
      commitments: "commitment_id,market_id,user_id,position,amount\nc1,m1,u1,maybe,1\n",
      "commitments-1:2 position"),
    Entry(
      "position_conflict",
      resolutions: "market_id,resolution_id,winning_option\nm1,r1,x\n",
      commitments: "commitment_id,market_id,user_id,option_id,position,amount\nc1,m1,u1,x,no,1\n",
      "commitments-1:2 position"),
    Entry(
      "unknown_option",
      resolutions: "market_id,resolution_id,winning_option,options\nm1,r1,x,x|y\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,z,1\n",
      "commitments-1:2 option_id"),
    Entry(
      "invalid_status",
      commitments: "commitment_id,market_id,user_id,option_id,amount,status\nc1,m1,u1,x,1,paid\n",
      "commitments-1:2 status"),
    Entry(
      "invalid_currency",
      resolutions: "market_id,resolution_id,winning_option,currency\nm1,r1,x,usd\n",
      "resolutions-1:2 currency"),
    Entry(
      "currency_mismatch",
      resolutions: "market_id,resolution_id,winning_option,currency\nm1,r1,x,USD\n",
      commitments: "commitment_id,market_id,user_id,option_id,amount,currency\nc1,m1,u1,x,1,EUR\n",
      "commitments-1:2 currency"),
    Entry(
      "unknown_currency_exponent",
      resolutions: "market_id,resolution_id,winning_option,currency\nm1,r1,x,GOLD\n",
      flags: ["--amount-unit", "major"],
      "resolutions-1:2 currency"),
    Entry(
      "duplicate_commitment",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,1\nc1,m1,u1,x,1\n",
      "commitments-1:2 commitment_id, commitments-1:3 commitment_id"),
    Entry(
      "duplicate_resolution",
      resolutions: "market_id,resolution_id,winning_option\nm1,r1,x\nm1,r1,x\n",
      "resolutions-1:2 market_id, resolutions-1:3 market_id"),
    Entry(
      "invalid_bps",
      resolutions: "market_id,resolution_id,winning_option,house_fee_bps\nm1,r1,x,2.5\n",
      "resolutions-1:2 house_fee_bps"),
    Entry(
      "missing_creator",
      resolutions: "market_id,resolution_id,winning_option,creator_fee_bps\nm1,r1,x,100\n",
      "resolutions-1:2 creator_id"),
    Entry(
      "invalid_outcome",
      resolutions: "market_id,resolution_id,outcome,winning_option\nm1,r1,void,x\n",
      "resolutions-1:2 winning_option"),
    Entry(
      "unknown_winning_option",
      resolutions: "market_id,resolution_id,winning_option,options\nm1,r1,z,x|y\n",
      "resolutions-1:2 winning_option"),
    Entry(
      "weights_mismatch",
      resolutions: "market_id,resolution_id,winning_option,winning_weights\nm1,r1,x|y,3\n",
      "resolutions-1:2 winning_weights"),
    Entry(
      "invalid_policy",
      resolutions: "market_id,resolution_id,winning_option,remainder\nm1,r1,x,charity\n",
      "resolutions-1:2 remainder"),
    Entry(
      "pool_out_of_range",
      commitments: "commitment_id,market_id,user_id,option_id,amount\nc1,m1,u1,x,9223372036854775807\nc2,m1,u1,x,1\n",
      "commitments: amount"),
  ]

  @Test func `every row code has its smallest input`() {
    let codes = RowCode.allCases.filter { !RowCode.ofEvents.contains($0) }
    #expect(ErrorCatalogueTests.entries.map(\.code).sorted() == codes.map(\.rawValue).sorted())
  }

  @Test(arguments: entries.indices)
  func `the smallest input causes its code and no other`(number: Int) throws {
    let entry = ErrorCatalogueTests.entries[number]
    let workspace = Workspace()
    if let text = entry.resolutions { workspace.write("resolutions.\(entry.format)", text) }
    if let text = entry.commitments { workspace.write("commitments.\(entry.format)", text) }
    let result = workspace.settle(["check", "--json"] + entry.flags)
    #expect(result.exitCode == 4, "\(entry.code): \(result.output)")
    let rejections = try #require(try result.json["rejections"]?.elements)
    #expect(Set(rejections.compactMap { $0["code"]?.text }) == [entry.code])
    let places = rejections.map { rejection in
      let file = rejection["file"]?.text ?? ""
      let line = rejection["line"]?.integer.map { "\(file):\($0) " } ?? "\(rejection["table"]?.text ?? ""): "
      return line + (rejection["field"]?.text ?? "")
    }
    #expect(places.joined(separator: ", ") == entry.place, "\(entry.code)")
    #expect(rejections.allSatisfy { $0["message"]?.text?.isEmpty == false })
    // The plain answer: the same exit code, the problems on standard error with the file's own name.
    let plain = workspace.settle(["check"] + entry.flags)
    #expect(plain.exitCode == 4)
    #expect(plain.output.contains(/\n[0-9]+ problems?\n$/))
    #expect(
      plain.errors.split(separator: "\n").filter {
        $0.hasPrefix("settle: rejected: ") && $0.contains(" \(entry.code): ")
      }.count == rejections.count)
  }

  /// One sound file beside each bad one: what makes it good again.
  @Test(arguments: entries.indices)
  func `without the fault the same columns are accepted`(number: Int) throws {
    let entry = ErrorCatalogueTests.entries[number]
    let mended = [
      "malformed_row": ("u1,x\n", "u1,x,1\n"), "invalid_utf8": (#"\ud800"#, "u1"), "missing_field": ("x,\n", "x,1\n"),
      "duplicate_field": (#""id":"c1","#, ""), "invalid_id": ("=c1", "c1"), "personal_data": ("jo@example.com", "jo"),
      "invalid_time": ("2026-05-03 14:00", "2026-05-03T14:00:00Z"), "invalid_amount": ("12.50", "1250"),
      "amount_out_of_range": ("x,0", "x,1"), "invalid_position": ("maybe", "yes"),
      "position_conflict": ("x,no", "x,yes"),
      "unknown_option": ("u1,z", "u1,y"), "invalid_status": ("paid", "active"), "invalid_currency": ("usd", "USD"),
      "currency_mismatch": ("EUR", "USD"), "unknown_currency_exponent": ("GOLD", "USD"),
      "duplicate_commitment": ("x,1\nc1", "x,1\nc2"),
      "duplicate_resolution": ("x\nm1", "x\nm2"), "invalid_bps": ("2.5", "250"), "missing_creator": ("100", "0"),
      "invalid_outcome": ("void,x", "winner,x"), "unknown_winning_option": ("r1,z", "r1,x"),
      "weights_mismatch": ("y,3", "y,3|1"),
      "invalid_policy": ("charity", "house"), "pool_out_of_range": ("807", "806"),
    ]
    let (fault, sound) = try #require(mended[entry.code])
    func mend(_ text: String) -> String {
      text.range(of: fault).map { text.replacingCharacters(in: $0, with: sound) } ?? text
    }
    let workspace = Workspace()
    if let text = entry.resolutions { workspace.write("resolutions.\(entry.format)", mend(text)) }
    if let text = entry.commitments { workspace.write("commitments.\(entry.format)", mend(text)) }
    let result = workspace.settle(["check"] + entry.flags)
    #expect(result.exitCode == 0, "\(entry.code): \(result.errors)")
    #expect(result.output.hasSuffix("no problems\n"))
  }

  // MARK: The page

  private static let page =
    (try? String(contentsOfFile: "\(Workspace.packagePath)/docs/ERRORS.md", encoding: .utf8)) ?? ""

  /// What stands below the heading of a code.
  private func section(_ code: String) throws -> String {
    let start = try #require(ErrorCatalogueTests.page.range(of: "### `\(code)`\n"), "docs/ERRORS.md has no \(code)")
    let rest = ErrorCatalogueTests.page[start.upperBound...]
    return String(rest[..<(rest.range(of: "\n### ")?.lowerBound ?? rest.endIndex)])
  }

  @Test(arguments: entries.indices)
  func `the page shows the smallest input of every row code`(number: Int) throws {
    let entry = ErrorCatalogueTests.entries[number]
    let section = try section(entry.code)
    for text in [entry.resolutions, entry.commitments].compactMap(\.self) {
      #expect(section.contains("```\(entry.format)\n\(text)```"), "\(entry.code)")
    }
    for flag in entry.flags { #expect(section.contains(flag)) }
    if let field = entry.place.split(separator: " ").last, !entry.place.hasSuffix(" ") {
      #expect(section.contains("`\(field)`"), "\(entry.code) is found in \(field)")
    }
  }

  @Test func `the page names every code that the sources use, with its exit code`() throws {
    // "code", .status of each BatchError that is made in the sources.
    var codes: [String: String] = [:]
    let sources = "\(Workspace.packagePath)/Sources"
    let exits = [
      "found": "1", "usage": "2", "partial": "3", "refused": "4", "conflict": "5", "locked": "6", "transient": "7",
      "notPermitted": "8", "invariant": "70",
    ]
    let pattern = try Regex(#"BatchError\(\s*"([a-z_]+)",\s*\.([a-zA-Z]+)"#, as: (Substring, Substring, Substring).self)
    for path in FileManager.default.enumerator(atPath: sources)?.compactMap({ $0 as? String }) ?? []
    where path.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(sources)/\(path)", encoding: .utf8)
      for match in text.matches(of: pattern) { codes[String(match.1)] = exits[String(match.2)] }
    }
    #expect(codes.count > 15)
    for (code, exit) in codes.sorted(by: { $0.key < $1.key }) {
      #expect(try section(code).contains("Exit \(exit)"), "\(code) ends with \(exit)")
    }
    for code in PayoutError.Code.allCases where code != .ledger {
      #expect(try section(code.rawValue).contains("Exit "), "\(code)")
    }
    for code in LedgerError.Code.allCases {
      let error = BatchError.ledger(LedgerError(code, "x"))
      #expect(try section(error.code).contains("Exit \(error.status.rawValue)"), "\(error.code)")
    }
  }

  @Test func `the commands that the page shows cause their code`() throws {
    let commands = ErrorCatalogueTests.page.components(separatedBy: "## Command codes").last ?? ""
    var shown = 0
    for part in commands.components(separatedBy: "\n### `").dropFirst() {
      let code = String(part.prefix { $0 != "`" })
      guard let start = part.range(of: "```sh\n"),
        let end = part.range(of: "\n```", range: start.upperBound..<part.endIndex)
      else {
        continue
      }
      let command = String(part[start.upperBound..<end.lowerBound])
      if command.contains("sqlite3 "), !FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3") {
        print("notice: no sqlite3 here: \(code) is not tried")
        continue
      }
      shown += 1
      let exit = try #require(part.range(of: "Exit ").flatMap { Int32(part[$0.upperBound...].prefix { $0.isNumber }) })
      let workspace = Workspace.plainNight
      let folder = URL(fileURLWithPath: Workspace.binary).deletingLastPathComponent().path
      let path = folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
      let result = workspace.run("/bin/bash", ["-c", command], environment: ["PATH": path])
      #expect(result.exitCode == exit, "\(command): \(result.output)\(result.errors)")
      // One bad line of many is a result of its own, on standard output.
      #expect(
        result.errors.contains("settle: error: \(code): ") || result.output.contains(",\(code),"),
        "\(command): \(result.errors)")
    }
    #expect(shown >= 70)
  }

  @Test func `the page tells every code once`() {
    let headings = ErrorCatalogueTests.page.split(separator: "\n").filter { $0.hasPrefix("### ") }
    #expect(Set(headings).count == headings.count)
  }

  @Test func `the page tells every reason to hold a market that is no row code`() throws {
    for reason in ["already_settled_otherwise", "not_conserved"] { _ = try section(reason) }
  }
}
