// Does verify find whatever is not as it was, and nothing where all is well?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct VerifyTests {
  // MARK: All is well

  @Test(arguments: SettledNight.samples)
  func `a settled night verifies in all three stages`(sample: String) {
    let night = SettledNight(sample)
    let (exit, answer) = night.ask("verify")
    #expect(exit == 0)
    #expect(answer["ok"] == .bool(true))
    #expect(answer["run_id"]?.text == night.runID)
    for stage in ["files", "books", "recompute"] { #expect(answer.stage(stage) == "ok") }
    #expect(answer["details"]?["expected"] == answer["details"]?["actual"])
    #expect(answer["details"]?["failed_transactions"] == .array([]))
  }

  @Test(arguments: ["csv", "jsonl", "both"])
  func `a night verifies in every audit format`(format: String) {
    let night = SettledNight("05-several-winners", "--audit-format", format)
    let (exit, answer) = night.ask("verify", "--require-recompute")
    #expect(exit == 0)
    #expect(answer.stage("recompute") == "ok")
  }

  @Test func `ids that need quotes, percent signs or both spellings of a letter verify`() {
    let night = SettledNight(
      resolutions:
        "market_id,resolution_id,winning_option\nm:1%,r1,yes\nm\u{E9},r2,yes\nme\u{301},r3,no\n\"q,\"\"1\",r4,yes\n",
      commitments: """
        commitment_id,market_id,user_id,position,amount
        c1,m:1%,u:1%,yes,5
        c2,m:1%,u%3A1,no,7
        c1,m\u{E9},u\u{E9},yes,3
        c2,m\u{E9},ue\u{301},yes,4
        "a,""b",me\u{301},"u ""x"", y",no,9
        c3,"q,""1",u1,yes,2

        """)
    let (exit, answer) = night.ask("verify", "--require-recompute")
    #expect(exit == 0, "\(answer.pretty)")
    #expect(answer["details"]?["expected"]?.integer == 5)
  }

  @Test func `a run verifies after others were posted behind it`() {
    let night = SettledNight("01-binary", "--only", "coin-toss")
    let second = SettledNight.run(night.workspace, [])
    #expect(second != night.runID)
    for run in [night.runID, second] {
      let (exit, answer) = night.ask("verify", run, "--require-recompute")
      #expect(exit == 0, "\(answer.pretty)")
    }
    // The second run found a market settled: without the ledger nobody knows, so settling again proves nothing.
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/outputs/ledger.db")
    #expect(night.ask("verify", night.runID).json.stage("recompute") == "ok")
    #expect(night.ask("verify", second).json.stage("recompute") == "skipped")
  }

  @Test func `what was settled before is judged as of the run, whatever was rolled back later`() {
    let night = SettledNight("01-binary", "--only", "coin-toss")
    let second = SettledNight.run(night.workspace, [])
    let third = SettledNight.run(night.workspace, ["--only", "coin-toss", "--house-fee-bps", "9"])
    #expect(night.ask("verify", second).exit == 0)
    // Rolled back by a later run: in force when the second run found it. Never in force: the second had to settle it.
    for (undoing, exit) in [(third.isEmpty ? second : third, 0), (night.runID, 1)] as [(String, Int32)] {
      night.forgeLedger("UPDATE settlements SET rolled_back_by = '\(undoing)' WHERE run_id = '\(night.runID)'")
      let (status, answer) = night.ask("verify", second)
      #expect(status == exit, "\(answer.pretty)")
      #expect(answer.stage("recompute") == (exit == 0 ? "ok" : "found"))
    }
  }

  // MARK: Files

  static let hashed = [
    "SHA256SUMS", "commitments.csv", "datapackage.json", "distributions.csv", "manifest.json", "markets.csv",
    "rejects.csv",
  ]

  @Test(arguments: hashed, [0.0, 0.3, 0.7, 1.0])
  func `a flipped bit in any file is found and the file named`(file: String, place: Double) {
    let night = SettledNight("08-bad-rows")
    night.change(file) { $0[Int(Double($0.count - 1) * place)] ^= 0x01 }
    let (exit, answer) = night.ask("verify")
    #expect(exit == 1)
    #expect(answer.stage("files") == "found")
    #expect(answer.findingFiles.contains(file), "\(answer.pretty)")
  }

  @Test(arguments: hashed + ["run-info.json"])
  func `a missing file is found and named`(file: String) {
    let night = SettledNight("01-binary")
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/\(night.directory)/\(file)")
    let (exit, answer) = night.ask("verify")
    #expect(exit == 1)
    #expect(answer.findingFiles.contains(file))
  }

  @Test(arguments: hashed + ["run-info.json"], [0, 1, 40, -40, -2])
  func `a file cut off at any length is a finding, never a crash`(file: String, length: Int) {
    let night = SettledNight("08-bad-rows")
    night.change(file) { $0 = $0.prefix(length < 0 ? $0.count + length : length) }
    let (exit, answer) = night.ask("verify")
    #expect(exit == 1)
    #expect(answer.findingFiles.contains(file), "\(answer.pretty)")
  }

  @Test func `a manifest cut off anywhere is a finding without a ledger too`() {
    let night = SettledNight("01-binary")
    let whole = night.workspace.read("\(night.directory)/manifest.json") ?? Data()
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/outputs/ledger.db")
    for length in stride(from: 0, to: whole.count, by: 97) {
      night.workspace.write("\(night.directory)/manifest.json", whole.prefix(length))
      #expect(night.workspace.settle("verify", night.directory, "-q").exitCode == 1)
    }
  }

  @Test func `a file that somebody put there is mentioned, not a finding`() {
    let night = SettledNight("01-binary")
    night.workspace.write("\(night.directory)/notes.txt", "seen")
    let (exit, answer) = night.ask("verify")
    #expect(exit == 0)
    #expect(answer["notes"]?.elements?.first?.text?.contains("notes.txt") ?? false)
  }

  @Test func `a forgery that fits its own sums is found by ledger and arithmetic`() {
    let night = SettledNight("06-minus-pool-and-remainders")
    // One unit from u-ana to u-ben, in every file, with all sums made anew.
    let program = """
      import hashlib, json, sys
      run = sys.argv[1]
      rows = open(run + '/commitments.csv', newline='').read().split('\\n')
      for number, row in enumerate(rows):
          cells = row.split(',')
          if cells[0] == 'left-over-largest' and cells[2] in ('u-ana', 'u-ben'):
              step = 1 if cells[2] == 'u-ben' else -1
              cells[9] = '0'
              cells[10] = str(int(cells[10]) + step)
              cells[11] = str(int(cells[11]) + step)
              rows[number] = ','.join(cells)
      open(run + '/commitments.csv', 'w', newline='').write('\\n'.join(rows))
      rows = open(run + '/distributions.csv', newline='').read().split('\\n')
      for number, row in enumerate(rows):
          cells = row.split(',')
          if cells[0] == 'left-over-largest' and cells[1] in ('u-ana', 'u-ben'):
              step = 1 if cells[1] == 'u-ben' else -1
              cells[3] = str(int(cells[3]) + step)
              cells[4] = str(int(cells[4]) + step)
              rows[number] = ','.join(cells)
      open(run + '/distributions.csv', 'w', newline='').write('\\n'.join(rows))
      def digest(name):
          data = open(run + '/' + name, 'rb').read()
          return len(data), hashlib.sha256(data).hexdigest()
      manifest = json.load(open(run + '/manifest.json'))
      for output in manifest['outputs']:
          output['bytes'], output['sha256'] = digest(output['name'])
      open(run + '/manifest.json', 'w').write(json.dumps(manifest, indent=2, sort_keys=True) + '\\n')
      names = sorted([output['name'] for output in manifest['outputs']] + ['manifest.json'])
      open(run + '/SHA256SUMS', 'w').write(''.join(f'{digest(name)[1]}  {name}\\n' for name in names))
      """
    let forged = night.workspace.run("/usr/bin/env", ["python3", "-c", program, night.directory])
    #expect(forged.exitCode == 0, "\(forged.errors)")
    let (exit, answer) = night.ask("verify")
    #expect(exit == 1)
    #expect(
      answer.findingCodes.isSuperset(of: ["manifest_changed", "amount_mismatch", "settlement_mismatch", "differs"]))
    #expect(answer["details"]?["amount_mismatches"]?.elements?.count == 2)
    // Without the ledger only the arithmetic tells.
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/outputs/ledger.db")
    let alone = night.ask("verify", night.runID)
    #expect(alone.exit == 1)
    #expect(alone.json.stage("files") == "ok")
    #expect(alone.json.stage("books") == "ok")
    #expect(alone.json.findingCodes == ["differs"])
  }

  // MARK: Ledger

  private static let payout =
    "(SELECT postings.id FROM postings JOIN entries ON entries.id = entry_id JOIN accounts ON accounts.id = account_id "
    + "WHERE entries.kind = 'payouts' AND accounts.name LIKE 'user:%' ORDER BY postings.id LIMIT 1)"
  private static let entry = "(SELECT id FROM entries WHERE kind = 'payouts' ORDER BY id LIMIT 1)"

  @Test(
    arguments: [
      ("SELECT 1", nil),
      ("UPDATE postings SET amount = amount + 1 WHERE id = \(payout)", "amount_mismatch"),
      ("UPDATE postings SET amount = amount * 2 WHERE id = \(payout)", "entry_damaged"),
      ("DELETE FROM postings WHERE id = \(payout)", "missing"),
      (
        "INSERT INTO postings SELECT id + 100000, entry_id, account_id, amount, balance_after, id FROM postings "
          + "WHERE id = \(payout)", "entry_damaged"
      ),
      (
        "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE name = 'house') WHERE id = \(payout)",
        "missing"
      ),
      ("UPDATE postings SET balance_after = balance_after + 1 WHERE id = \(payout)", "entry_damaged"),
      ("UPDATE entries SET reason = 'nothing' WHERE id = \(entry)", "entry_damaged"),
      ("UPDATE entries SET kind = 'refunds' WHERE id = \(entry)", "missing"),
      ("UPDATE entries SET currency = 'EUR' WHERE id = \(entry)", "unexpected_entry"),
      ("UPDATE entries SET run_id = 'another' WHERE id = \(entry)", "unexpected_entry"),
      ("UPDATE entries SET market_id = 'another' WHERE id = \(entry)", "missing"),
      ("UPDATE entries SET content = zeroblob(32) WHERE id = \(entry)", "entry_damaged"),
      ("UPDATE entries SET chain = zeroblob(32) WHERE id = \(entry)", "chain_broken"),
      ("DELETE FROM entries WHERE id = \(entry)", "missing"),
      ("DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)", "entry_damaged"),
      (
        "INSERT INTO entries SELECT id + 1000, key || '-2', kind, run_id, market_id, currency, reverses, reason, metadata, "
          + "content, chain, at FROM entries WHERE id = \(entry)", "duplicate"
      ),
      ("UPDATE settlements SET facts = zeroblob(32)", "settlement_mismatch"),
      ("UPDATE settlements SET resolution_id = 'r9'", "settlement_mismatch"),
      ("DELETE FROM settlements", "settlement_mismatch"),
      (
        "DROP INDEX settled_subjects; INSERT INTO runs SELECT 99, 'other-1', 'other', 1, kind, manifest_sha256, reverses, "
          + "sequence_after, sequence_after, head_after, head_after, operator, as_of, at FROM runs; "
          + "INSERT INTO settlements SELECT 'other-1', market_id, resolution_id, facts, NULL, kind FROM settlements",
        "duplicate"
      ),
      ("UPDATE runs SET manifest_sha256 = printf('%064d', 0)", "manifest_changed"),
      ("UPDATE runs SET sequence_after = sequence_after - 1", "manifest_changed"),
      ("UPDATE runs SET head_after = printf('%064d', 0)", "chain_broken"),
      ("UPDATE meta SET value = 'another' WHERE key = 'ledger_id'", "ledger_mismatch"),
    ] as [(String, String?)])
  func `a change of the ledger is found`(statement: String, code: String?) {
    let night = SettledNight("04-void-and-no-winner")
    night.forgeLedger(statement)
    let (exit, answer) = night.ask("verify", night.runID)
    #expect(exit == (code == nil ? 0 : 1))
    #expect(code.map { answer.findingCodes.contains($0) } ?? true, "\(answer.pretty)")
  }

  @Test func `missing, wrong and double payments are listed with what was expected`() throws {
    let night = SettledNight("01-binary")
    night.forgeLedger("UPDATE postings SET amount = amount - 5 WHERE id = \(VerifyTests.payout)")
    let details = try #require(night.ask("verify").json["details"])
    let mismatch = try #require(details["amount_mismatches"]?.elements?.first)
    #expect(mismatch["market_id"]?.text == "coin-toss")
    let (expected, actual) = (try #require(mismatch["expected"]?.integer), try #require(mismatch["actual"]?.integer))
    #expect(actual == expected - 5)

    let second = SettledNight("01-binary")
    second.forgeLedger("DELETE FROM postings WHERE id = \(VerifyTests.payout)")
    let missing = try #require(second.ask("verify").json["details"])
    #expect(missing["missing"]?.elements?.count == 1)
    #expect(missing["missing"]?.elements?.first?["user_id"] == mismatch["user_id"])
    #expect(missing["expected"]?.integer == (missing["actual"]?.integer ?? 0) + 1)

    let third = SettledNight("01-binary")
    third.forgeLedger(
      "UPDATE postings SET account_id = (SELECT account_id FROM postings WHERE id = \(VerifyTests.payout)) "
        + "WHERE id = \(VerifyTests.payout) + 1")
    #expect(third.ask("verify").json["details"]?["duplicates"]?.elements?.count == 1)
  }

  // MARK: Recompute

  @Test func `inputs that moved are skipped, or found where --inputs says`() {
    let night = SettledNight("02-multi-option")
    try? FileManager.default.moveItem(
      atPath: "\(night.workspace.path)/night", toPath: "\(night.workspace.path)/archive")
    let gone = night.ask("verify")
    #expect(gone.exit == 0)
    #expect(gone.json.stage("recompute") == "skipped")
    let required = night.ask("verify", "--require-recompute")
    #expect(required.exit == 1)
    #expect(required.json.findingCodes == ["not_recomputed"])
    let found = night.ask("verify", "--require-recompute", "--inputs", "archive")
    #expect(found.exit == 0)
    #expect(found.json.stage("recompute") == "ok")
    // Under another name they are known by their content.
    for name in night.workspace.names("archive") {
      try? FileManager.default.moveItem(
        atPath: "\(night.workspace.path)/archive/\(name)", toPath: "\(night.workspace.path)/archive/old-\(name)")
    }
    #expect(night.ask("verify", "--require-recompute", "--inputs", "archive").exit == 0)
  }

  @Test(arguments: ["commitments.csv", "resolutions.csv"])
  func `an input that changed is a finding`(name: String) {
    let night = SettledNight("01-binary")
    night.workspace.write("night/\(name)", night.workspace.text("night/\(name)") + "\n")
    let (exit, answer) = night.ask("verify")
    #expect(exit == 1)
    #expect(answer.findingCodes == ["input_changed"])
    #expect(answer.findingFiles == [name == "commitments.csv" ? "commitments-1" : "resolutions-1"])
  }

  @Test func `standard input cannot be read again, but its file can`() {
    let workspace = Workspace()
    let source = "\(Workspace.packagePath)/inputs/01-binary"
    let commitments = (try? String(contentsOfFile: "\(source)/commitments.csv", encoding: .utf8)) ?? ""
    _ = workspace.settle(
      [
        "run", "--init-ledger", "--resolutions", "\(source)/resolutions.csv", "--commitments", "-",
        "--commitments-format", "csv",
      ],
      input: commitments)
    #expect(SettledNight.json(workspace.settle("verify", "--json").output)?.stage("recompute") == "skipped")
    #expect(workspace.settle("verify", "--require-recompute").exitCode == 1)
    #expect(workspace.settle("verify", "--require-recompute", "--inputs", source).exitCode == 0)
  }

  // MARK: Plans, and what cannot be verified

  @Test func `a saved plan verifies, and a changed one does not`() {
    let night = SettledNight("03-mixed")
    let inputs = ["--resolutions", "night/resolutions.csv", "--commitments", "night/commitments.ndjson"]
    for ledger in [["--ledger", "outputs/ledger.db"], ["--outputs", "elsewhere"]] {
      try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/plan")
      #expect(night.workspace.settle(["plan", "--out", "plan"] + inputs + ledger).exitCode == 0)
      let result = night.workspace.settle(["verify", "plan", "--require-recompute", "--json"] + ledger)
      #expect(result.exitCode == 0, "\(result.output)")
      #expect(SettledNight.json(result.output)?["is_plan"] == .bool(true))
    }
    night.workspace.write("plan/markets.csv", night.workspace.text("plan/markets.csv") + "\n")
    #expect(night.workspace.settle("verify", "plan").exitCode == 1)
  }

  @Test(
    arguments: [
      (["verify", "no-such-run"], "unknown_run"),
      (["verify", "no/such/directory"], "directory_missing"),
      (["verify", "night"], "unknown_run"),
      (["verify", "--ledger", "no.db"], "ledger_missing"),
    ] as [([String], String)])
  func `what cannot be verified is no finding`(words: [String], code: String) {
    let night = SettledNight("01-binary")
    let result = night.workspace.settle(words + ["--json"])
    #expect(result.exitCode == (code == "ledger_missing" ? 4 : 2))
    #expect(SettledNight.json(result.output)?["error"]?["code"]?.text == code)
  }

  @Test func `a run whose directory is gone is named`() {
    let night = SettledNight("01-binary")
    try? FileManager.default.removeItem(atPath: "\(night.workspace.path)/\(night.directory)")
    let (exit, answer) = night.ask("verify")
    #expect(exit == 2)
    #expect(answer["error"]?["code"]?.text == "directory_missing")
  }
}
