// How do the tests of a run's answers get a run: a sample night, settled in a directory of its own?
import Foundation
import Interchange
import TestSupport

/// A night of the package's `inputs/`, copied and settled in a workspace.
struct SettledNight {
  let workspace = Workspace()
  let runID: String

  /// The folders of `inputs/` that are settled in the tests.
  static let samples = [
    "01-binary", "02-multi-option", "03-mixed", "04-void-and-no-winner", "05-several-winners",
    "06-minus-pool-and-remainders", "07-currencies", "08-bad-rows", "replication-markets",
  ]

  /// - Parameter options: of `settle run`, beside the files.
  init(_ sample: String, _ options: String...) {
    let source = "\(Workspace.packagePath)/inputs/\(sample)"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: source)) ?? [] {
      let path = "\(source)/\(name)"
      guard !name.hasSuffix(".md"), name != "expected", let data = FileManager.default.contents(atPath: path) else {
        continue
      }
      workspace.write("night/\(name)", data)
    }
    runID = SettledNight.run(workspace, options)
  }

  /// A night made of these two files.
  init(resolutions: String, commitments: String, _ options: String...) {
    workspace.write("night/resolutions.csv", resolutions)
    workspace.write("night/commitments.csv", commitments)
    runID = SettledNight.run(workspace, options)
  }

  /// Settles the workspace's night.
  /// - Returns: the run's id, or nothing where it was not settled.
  static func run(_ workspace: Workspace, _ options: [String]) -> String {
    let inputs = workspace.names("night").flatMap { name -> [String] in
      let table = name.prefix { $0 != "." }
      return table == "settle" ? ["--config", "night/\(name)"] : ["--\(table)", "night/\(name)"]
    }
    let result = workspace.settle(["run", "--init-ledger", "--json"] + inputs + options)
    return json(result.output)?["run_id"]?.text ?? ""
  }

  var directory: String { "outputs/\(runID)" }

  /// The answer of a command as JSON, and its exit code.
  func ask(_ words: String...) -> (exit: Int32, json: JSONValue) {
    let result = workspace.settle(words + ["--json"])
    return (result.exitCode, SettledNight.json(result.output) ?? .null)
  }

  static func json(_ text: String) -> JSONValue? { try? JSONValue(parsing: Array(text.utf8)) }

  /// Changes a file of the run.
  func change(_ name: String, _ body: (inout Data) -> Void) {
    guard var data = workspace.read("\(directory)/\(name)") else { return }
    body(&data)
    workspace.write("\(directory)/\(name)", data)
  }

  /// Runs SQL on the ledger, past the triggers that keep its entries.
  func forgeLedger(_ statements: String) {
    let program = """
      import sqlite3, sys
      book = sqlite3.connect('outputs/ledger.db')
      for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
          book.execute('DROP TRIGGER ' + name)
      book.executescript(sys.argv[1])
      book.commit()
      """
    let result = workspace.run("/usr/bin/env", ["python3", "-c", program, statements])
    precondition(result.exitCode == 0, "the ledger was not changed: \(result.errors)")
  }
}

extension JSONValue {
  /// The codes of a verification's findings.
  var findingCodes: Set<String> { Set((self["findings"]?.elements ?? []).compactMap { $0["code"]?.text }) }
  /// The files that its findings name.
  var findingFiles: Set<String> { Set((self["findings"]?.elements ?? []).compactMap { $0["file"]?.text }) }
  /// How a stage ended.
  func stage(_ name: String) -> String? { self["stages"]?[name]?.text }
}
