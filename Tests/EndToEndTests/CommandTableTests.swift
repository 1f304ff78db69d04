// Is everything that the program says about its commands made from the one table, and does every command keep to it?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct CommandTableTests {
  /// A command as `settle help --json` tells it.
  struct Entry: CustomTestStringConvertible {
    let name: String
    let json: JSONValue

    var words: [String] { name.split(separator: " ").map(String.init) }
    var options: [JSONValue] { json["options"]?.elements ?? [] }
    var operandMin: Int { Int(json["operand_count_min"]?.integer ?? 0) }
    var operandMax: Int { Int(json["operand_count_max"]?.integer ?? 0) }
    var testDescription: String { name }
  }

  static let table: [Entry] = {
    let json = try? JSONValue(parsing: Array(Workspace().settle("help", "--json").output.utf8))
    return json?["commands"]?.elements?.map { Entry(name: $0["name"]?.text ?? "", json: $0) } ?? []
  }()

  static let manual = Workspace().settle("man").output

  @Test func `the table holds the commands`() {
    let names = CommandTableTests.table.map(\.name)
    #expect(Set(names).count == names.count)
    for name in ["run", "plan", "apply", "check", "verify", "ledger init", "schema", "completion", "man", "doctor"] {
      #expect(names.contains(name))
    }
  }

  // MARK: Every command

  @Test(arguments: table.indices)
  func `every command explains itself, in words and as JSON`(number: Int) throws {
    let entry = CommandTableTests.table[number]
    let page = Workspace().settle(entry.words + ["--help"])
    #expect(page.exitCode == 0)
    #expect(page.errors == "")
    #expect(page.output == Workspace().settle(["help"] + entry.words).output)
    #expect(page.output.contains("Usage: settle \(entry.name) [OPTION]…"))
    for option in entry.options {
      #expect(page.output.contains(" \(option["name"]?.text ?? "?")"), "\(entry)")
      #expect(option["explanation"]?.text?.isEmpty == false)
    }
    #expect(try Workspace().settle(entry.words + ["--help", "--json"]).json == entry.json)
    #expect(page.output.split(separator: "\n").allSatisfy { $0.count <= 160 }, "\(entry): a line is too long")
  }

  @Test(arguments: table.indices)
  func `every command tells a failure as two lines, or as one JSON object, with exit 2`(number: Int) throws {
    let entry = CommandTableTests.table[number]
    let wrong = [
      entry.words + ["--no-such-option"], entry.words + Array(repeating: "x", count: entry.operandMax + 1),
    ]
    for words in wrong {
      let plain = Workspace().settle(words)
      #expect(plain.exitCode == 2, "\(words): \(plain.output)")
      #expect(plain.output == "")
      let lines = plain.errors.split(separator: "\n")
      #expect(
        lines.count == 2 && lines[0].hasPrefix("settle: error: usage: ") && lines[1].hasPrefix("settle: hint: "),
        "\(words): \(plain.errors)")
      let told = Workspace().settle(words + ["--json"])
      #expect(told.exitCode == 2)
      #expect(told.errorCode == "usage", "\(words): \(told.output)")
      #expect(told.errors == "")
    }
    guard entry.operandMin > 0 else { return }
    let lacking = Workspace().settle(entry.words + ["--json"])
    #expect(lacking.exitCode == 2)
    #expect(lacking.errorCode == "usage")
  }

  @Test(arguments: table.indices)
  func `every command stands in the manual with its options, and in the completions`(number: Int) {
    let entry = CommandTableTests.table[number]
    let roff = { (text: String) in text.replacingOccurrences(of: "-", with: "\\-") }
    let parts = CommandTableTests.manual.components(separatedBy: ".SS \(roff("settle \(entry.name)"))\n")
    #expect(parts.count == 2, "\(entry) stands in the manual once")
    let section = parts.last?.components(separatedBy: "\n.S").first ?? ""
    let common = CommandTableTests.manual.components(separatedBy: ".SH COMMON OPTIONS").last ?? ""
    for option in entry.options {
      let name = "\\fB\(roff(option["name"]?.text ?? "?"))\\fR"
      #expect(section.contains(name) || common.contains(name), "\(entry) \(name)")
    }
    for shell in ["bash", "zsh", "fish"] {
      let script = CommandTableTests.scripts[shell] ?? ""
      for option in entry.options {
        let name = option["name"]?.text ?? "?"
        #expect(script.contains(shell == "fish" ? "-l \(name.dropFirst(2))" : name), "\(shell): \(entry) \(name)")
      }
      for word in entry.words { #expect(script.contains(word)) }
    }
  }

  static let scripts = Dictionary(
    uniqueKeysWithValues: ["bash", "zsh", "fish"].map { ($0, Workspace().settle("completion", $0).output) })

  /// Variables are made from names, so one name must mean one thing.
  @Test func `an option of one name takes a value everywhere, or nowhere`() {
    var kinds: [String: Bool] = [:]
    for entry in CommandTableTests.table {
      for option in entry.options {
        let name = option["environment"]?.text ?? "?"
        let takesValue = option["value"]?.text != nil
        #expect(kinds[name, default: takesValue] == takesValue, "\(entry): \(name)")
        kinds[name] = takesValue
      }
    }
  }

  // MARK: Answers

  /// In a folder with a settled night; the exit code, and whether it is a failure.
  static let answers: [(line: String, exit: Int32)] = [
    ("run", 0), ("plan", 0), ("plan --out saved", 0), ("apply nowhere", 2), ("check", 0), ("verify", 0),
    ("verify nope", 2), ("diff latest latest", 0), ("diff latest nope", 2), ("explain latest c1", 0),
    ("explain latest nope", 1), ("report --out r.html", 0), ("runs", 0), ("show latest", 0),
    ("show latest --user u1", 0),
    ("show latest --market nope", 1), ("rollback latest --reason x --dry-run", 0), ("rollback nope --reason x", 2),
    ("recover", 0), ("audit-log", 0), ("stats", 0), ("demo new", 0), ("demo .", 2), ("schema", 0),
    ("schema manifest.json", 0), ("schema --load sqlite", 0), ("completion zsh", 0), ("man", 0), ("doctor", 0),
    ("doctor --ledger nope.db", 1), ("version", 0), ("help", 0), ("help money", 0), ("help nope", 2),
    ("prizes pay", 2), ("prizes refund", 2), ("destinations list", 0), ("destinations import nope.csv", 2),
    ("payouts status", 0), ("ledger balance house", 0), ("ledger init", 4), ("operators list", 0),
    ("operators add bob --role analyst", 0), ("operators remove nobody", 2), ("run --operator mallory", 8),
    ("rollback latest --reason x --operator mallory", 8),
  ]

  @Test(arguments: answers.indices)
  func `every answer is one JSON object on standard output, a failure too, with the same exit code in words`(
    number: Int
  ) throws {
    let (line, exit) = CommandTableTests.answers[number]
    let words = line.split(separator: " ").map(String.init)
    func place() -> Workspace {
      let workspace = Workspace.plainNight
      #expect(workspace.settle("run", "--init-ledger", "-q").exitCode == 0)
      return workspace
    }
    let told = place().settle(words + ["--json"])
    #expect(told.exitCode == exit, "\(line): \(told.output)\(told.errors)")
    let json = try told.json
    let isFailure = json["error"] != nil
    #expect(!isFailure || json["error"]?["exit"]?.integer == Int64(exit), "\(told.output)")
    #expect(!told.errors.contains("error:"), "\(line): told once")
    let plain = place().settle(words)
    #expect(plain.exitCode == exit, "\(line): \(plain.output)\(plain.errors)")
    #expect(!isFailure || plain.output == "", "\(line): a failure has no answer: \(plain.output)")
    #expect(!isFailure || plain.errors.contains("settle: error: "), "\(line): \(plain.errors)")
    #expect(!(plain.output + plain.errors).contains("\u{1B}"), "\(line): colour in a file")
    // Quiet: nothing but problems on standard error.
    let quiet = place().settle(words + ["-q"])
    #expect(quiet.exitCode == exit)
    #expect(isFailure || quiet.errors == "", "\(line): \(quiet.errors)")
  }

  // MARK: Words

  @Test(arguments: [
    ("rnu", "did you mean `settle run`?"), ("ledgre", "did you mean `settle ledger`?"),
    ("ledger blanace", "did you mean `settle ledger balance`?"), ("ledger", "`settle ledger` goes with: init"),
    ("ledger --json", #"`settle ledger` goes with: init"#), ("run --color alwyas", "did you mean always?"),
    ("run --audit-format jsnol", "did you mean jsonl?"), ("plan --thread 2", "did you mean --threads?"),
    ("completion bsh", "did you mean bash?"), ("help exit-code", "did you mean exit-codes?"),
    ("run --ledger --outputs x", "write --ledger FILE"), ("--frobnicate", "lists the commands"),
    ("version x", "takes no operand"), ("apply", "usage: settle apply [OPTION]… DIR"),
  ])
  func `what was mistyped is named, with what was perhaps meant`(line: String, words: String) {
    let result = Workspace().settle(line.split(separator: " ").map(String.init))
    #expect(result.exitCode == 2)
    #expect((result.errors + result.output).contains(words), "\(result.errors)\(result.output)")
  }

  @Test func `a value from the environment is blamed by its variable`() {
    let result = Workspace().settle(["plan"], environment: ["SETTLE_REMAINDER": "nobody"])
    #expect(result.exitCode == 2)
    #expect(result.errors.contains("SETTLE_REMAINDER is \"nobody\""))
  }

  @Test(arguments: [
    ["--json", "version"], ["version", "--json"], ["-q", "--json", "version"], ["version", "-q", "--json"],
    ["--color", "never", "version", "--json"], ["--color=never", "--json", "version"], ["--version", "--json"],
    ["--json", "--version"], ["-qv", "version", "--json"],
  ])
  func `options of every command stand before it or behind it`(words: [String]) throws {
    let result = Workspace().settle(words)
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(try result.json["name"]?.text == "settle")
  }

  @Test(arguments: [
    (["--help"], "Commands:"), (["-h"], "Commands:"), (["help"], "Commands:"), (["ledger", "--help"], "ledger init"),
    (["help", "ledger"], "ledger init"), (["--help", "run"], "Usage: settle run"),
    (["help", "rollback"], "swapped"), (["help", "environment"], "SETTLE_HOUSE_FEE_BPS"),
    (["help", "exit-codes"], "an invariant failed"), (["help", "formats"], "NDJSON"),
    (["help", "money"], "minor units"),
  ])
  func `help is an answer: standard output, exit 0`(words: [String], text: String) throws {
    let result = Workspace().settle(words)
    #expect(result.exitCode == 0)
    #expect(result.output.contains(text), "\(result.output)")
    #expect(result.errors == "")
    #expect(try Workspace().settle(words + ["--json"]).json.members?.isEmpty == false)
  }

  @Test func `two dashes end the options, one dash is standard input`() {
    let workspace = Workspace.plainNight
    // A directory whose name looks like an option.
    #expect(workspace.settle("demo", "--", "--json").exitCode == 0)
    #expect(workspace.names("--json").contains("settle.json"))
    let piped = workspace.settle(
      ["check", "--commitments", "-", "--commitments-format", "csv"], input: PlainNight.commitments)
    #expect(piped.exitCode == 0, "\(piped.errors)")
    #expect(piped.output.contains("commitments-1"))
    let twice = workspace.settle(
      "check", "--commitments", "-", "--resolutions", "-", "--commitments-format", "csv", "--resolutions-format", "csv")
    #expect(twice.exitCode == 2)
    #expect(twice.errors.contains("standard input is given twice"))
  }

  // MARK: Colour

  @Test(
    arguments: [
      ([:], "auto", true), ([:], "never", false), (["NO_COLOR": "1"], "auto", false), (["NO_COLOR": ""], "auto", true),
      (["NO_COLOR": "1"], "always", true), (["TERM": "dumb"], "auto", false),
    ] as [([String: String], String, Bool)])
  func `problems are coloured on a terminal that wants it`(environment: [String: String], when: String, isColored: Bool)
  {
    let result = Workspace().run(
      "/usr/bin/script", ["-qec", "\(Workspace.binary) runs --color \(when)", "/dev/null"],
      environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
    #expect(result.output.contains("\u{1B}[1;31merror") == isColored, "\(result.output)")
  }

  @Test func `a file has no colour, unless it is asked for`() {
    #expect(!Workspace().settle("runs").errors.contains("\u{1B}"))
    #expect(
      Workspace().settle("runs", "--color", "always").errors.contains("\u{1B}[1;31merror\u{1B}[0m: ledger_missing"))
  }
}
