// Does doctor find what would stop a night, and nothing where all is well?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct DoctorTests {
  @Test func `a place that has settled a night is well, and is left as it is`() throws {
    let workspace = Workspace.plainNight
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let before = (workspace.names("outputs"), workspace.read("outputs/ledger.db"))
    let result = workspace.settle("doctor", "--json")
    #expect(result.exitCode == 0, "\(result.output)")
    let json = try result.json
    #expect(json["ok"]?.flag == true)
    let checks = json["checks"]?.elements ?? []
    #expect(
      checks.compactMap { $0["name"]?.text } == [
        "program", "sqlite", "configuration", "environment", "ledger", "operator", "outputs", "space", "staging",
        "clock", "terminal",
      ])
    #expect(checks.allSatisfy { $0["status"]?.text == "ok" }, "\(result.output)")
    #expect(workspace.names("outputs") == before.0)
    #expect(workspace.read("outputs/ledger.db") == before.1)
    #expect(workspace.settle("doctor").output.hasSuffix("\nready\n"))
  }

  /// What is wrong, how it comes about, which check finds it, how it ends.
  struct Illness: CustomTestStringConvertible {
    let testDescription: String
    var options: [String] = []
    var environment: [String: String] = [:]
    let check: String
    let status: String
    let words: String
    var cause: @Sendable (Workspace) throws -> Void = { _ in }
  }

  static let illnesses = [
    Illness(testDescription: "no ledger yet", check: "ledger", status: "warning", words: "settle ledger init"),
    Illness(
      testDescription: "a ledger that was named and is not there", options: ["--ledger", "no.db"], check: "ledger",
      status: "failed", words: "there is no ledger"),
    Illness(
      testDescription: "a file that is no ledger", options: ["--ledger", "resolutions.csv"], check: "ledger",
      status: "failed", words: "resolutions.csv"),
    Illness(
      testDescription: "outputs that are a file", options: ["--outputs", "commitments.csv"], check: "outputs",
      status: "failed", words: "commitments.csv"),
    Illness(
      testDescription: "an operator that the ledger does not know", options: ["--operator", "mallory"],
      check: "operator", status: "warning", words: "mallory"
    ) { #expect($0.settle("ledger", "init").exitCode == 0) },
    Illness(
      testDescription: "an interrupted run", check: "staging", status: "warning", words: "0123456789abcdef-1"
    ) { $0.write("outputs/.staging/0123456789abcdef-1/markets.csv", "") },
    Illness(
      testDescription: "a configuration with a typo", check: "configuration", status: "failed", words: "house_fee"
    ) { $0.write("settle.json", #"{"house_fee":1}"#) },
    Illness(
      testDescription: "a variable that nothing reads", environment: ["SETTLE_OUTPUT": "x"], check: "environment",
      status: "warning", words: "did you mean SETTLE_OUTPUTS?"),
    Illness(
      testDescription: "a clock behind the book", check: "clock", status: "warning", words: "2999-01-01"
    ) { workspace in
      #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
      try workspace.execute(
        """
        DROP TRIGGER runs_stay;
        UPDATE runs SET at = '2999-01-01T00:00:00.000Z'
        """)
    },
  ]

  @Test(arguments: illnesses.indices)
  func `what would stop a night is found, with what to do`(number: Int) throws {
    let illness = DoctorTests.illnesses[number]
    let workspace = Workspace.plainNight
    try illness.cause(workspace)
    let result = workspace.settle(["doctor", "--json"] + illness.options, environment: illness.environment)
    #expect(result.exitCode == (illness.status == "failed" ? 1 : 0), "\(result.output)")
    let check = try result.json["checks"]?.elements?.first { $0["name"]?.text == illness.check }
    #expect(check?["status"]?.text == illness.status, "\(result.output)")
    let told = (check?["message"]?.text ?? "") + " " + (check?["hint"]?.text ?? "")
    #expect(told.contains(illness.words), "\(told)")
    #expect(check?["hint"]?.text?.isEmpty == false)
    let plain = workspace.settle(["doctor"] + illness.options, environment: illness.environment)
    #expect(plain.exitCode == result.exitCode)
    #expect(plain.output.contains("\(illness.check): "), "\(plain.output)")
    #expect(workspace.names().filter { $0.contains("doctor") } == [])
  }

  @Test func `a directory that may not be written is found`() {
    let workspace = Workspace.plainNight
    // root may write everywhere: another user looks.
    guard getuid() == 0 else { return }
    _ = unsafe chmod(workspace.path, 0o755)
    let result = workspace.run(
      "/usr/bin/env",
      ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Workspace.binary, "doctor", "--outputs", "out"])
    guard !result.errors.contains("setpriv") else { return }
    #expect(result.exitCode == 1, "\(result.output)\(result.errors)")
    #expect(result.output.contains("Permission denied"), "\(result.output)")
  }
}
