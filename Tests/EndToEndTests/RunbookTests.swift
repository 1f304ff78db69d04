// Do the runbook's commands work as they are printed, in the state that they are printed for?
import Foundation
import TestSupport
import Testing

@Suite struct RunbookTests {
  /// The state in which an operator reads a section, and how its commands end there.
  struct Section: CustomTestStringConvertible {
    let heading: String
    /// Bash, in an empty folder, with a ledger made by `night-batch`.
    let setUp: String
    let exits: [Int]
    var testDescription: String { heading }
  }

  /// A night of two markets, settled: ann wins m1, cid m2.
  private static let night = """
    printf 'market_id,resolution_id,winning_option\\nm1,r1,x\\nm2,r2,x\\n' > resolutions.csv
    printf 'commitment_id,market_id,user_id,option_id,amount\\n' > commitments.csv
    printf 'a1,m1,ann,x,200\\na2,m1,bob,y,100\\nb1,m2,ann,y,50\\nb2,m2,cid,x,70\\n' >> commitments.csv

    """
  private static let settled = """
    \(night)settle run -q && mkdir archive && cp *.csv archive

    """
  private static let correction = """
    printf 'market_id,resolution_id,winning_option\\nm1,r1b,y\\nm2,r2,x\\n' > resolutions.csv

    """
  /// The same in dollars, with everybody's account at the rail.
  private static let owed = """
    \(night)sed -i 's/$/,USD/; 1s/USD/currency/' resolutions.csv && settle run -q
    printf 'user_id,account\\nann,acct_1\\ncid,acct_3\\n' > destinations.csv

    """
  private static let unknown = """
    \(owed)settle destinations import destinations.csv -q && settle payouts schedule -q
    cat > rail.py <<'END'
    import json, sys
    for line in sys.stdin:
        print(json.dumps({"transfer_id": json.loads(line)["transfer_id"], "result": "unknown", "code": "lost"}), flush=True)
    END
    settle payouts process -q --backoff 600000 --rail command -- python3 rail.py

    """
  private static let events = """
    cp "$EVENTS"/*.csv "$EVENTS"/settle.json . && settle ledger credit house 1000000 --currency USD --reason fund -q

    """

  static let sections = [
    Section(heading: "Once", setUp: "rm -r outputs", exits: [0, 0]),
    Section(heading: "The nightly run", setUp: night, exits: [0, 0]),
    Section(heading: "Look first: dry run", setUp: night, exits: [0, 0, 0, 0]),
    Section(heading: "A held market", setUp: "\(night)echo b3,m2,dan,x,-5 >> commitments.csv", exits: [4]),
    Section(heading: "A market in conflict", setUp: settled + correction, exits: [0, 0, 5]),
    Section(heading: "A wrong resolution", setUp: settled + correction, exits: [0, 0, 0, 1, 0]),
    Section(
      heading: "An interrupted run", setUp: "\(settled)mv outputs/*-1 outputs/.staging/", exits: [0, 0, 0]),
    Section(heading: "Full disk or busy ledger", setUp: night, exits: [0, 0, 0]),
    // The only event is paid: its refund is a conflict.
    Section(heading: "Prizes of events", setUp: events, exits: [0, 0, 0, 5, 0, 0, 0]),
    Section(heading: "Dashboards and auditors", setUp: settled, exits: [0, 0, 0]),
    Section(
      heading: "Operators", setUp: "settle operators add ben --role admin --reason test", exits: [0, 0, 0, 0, 0]),
    Section(heading: "Paying out", setUp: owed, exits: [0, 0, 0, 0]),
    Section(heading: "A failed night at the rail", setUp: unknown, exits: [0, 0, 0, 0]),
    Section(heading: "Deciding", setUp: unknown, exits: [0, 0]),
    Section(heading: "Reconcile", setUp: settled, exits: [0, 0, 0, 0, 0, 0]),
    Section(heading: "Somebody asks about a payout", setUp: settled, exits: [0, 0, 0]),
    Section(heading: "Restore from a backup", setUp: settled + correction, exits: [0, 0, 0]),
  ]

  /// The commands of each section's blocks.
  private static let page: [(heading: String, commands: [String])] = {
    let page = (try? String(contentsOfFile: "\(Workspace.packagePath)/docs/RUNBOOK.md", encoding: .utf8)) ?? ""
    var sections: [(heading: String, commands: [String])] = []
    var isCode = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("```") {
        isCode = text == "```sh"
      } else if isCode, !text.isEmpty {
        sections[sections.count - 1].commands.append(text)
      } else if text.hasPrefix("#"), !isCode {
        sections.append((String(text.drop { $0 == "#" || $0 == " " }), []))
      }
    }
    return sections.filter { !$0.commands.isEmpty }
  }()

  /// Dry run, safe retry, reconcile, roll back, recover, restore from backup.
  @Test func `the runbook tells of everything that it promises`() {
    let headings = [
      "Look first: dry run", "An interrupted run", "Full disk or busy ledger", "Reconcile", "A wrong resolution",
      "Restore from a backup",
    ]
    for heading in headings {
      #expect(RunbookTests.page.contains { $0.heading == heading }, "\(heading)")
    }
  }

  @Test func `every section with commands is tried`() {
    #expect(
      Set(RunbookTests.page.map(\.heading)).subtracting(["A stale plan"]) == Set(RunbookTests.sections.map(\.heading)))
  }

  @Test(arguments: sections)
  func `the commands of a section work as printed`(section: Section) throws {
    let commands = try #require(RunbookTests.page.first { $0.heading == section.heading }).commands
    try #require(commands.count == section.exits.count)
    let workspace = Workspace()
    let stripe = section.heading == "Paying out" ? try FakeStripe() : nil
    let result = workspace.run(
      "/bin/bash", ["-c", RunbookTests.script(section, commands)],
      environment: [
        "PATH": "\(workspace.path)/bin:\(URL(fileURLWithPath: Workspace.binary).deletingLastPathComponent().path):"
          + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
        "SETTLE_OPERATOR": "night-batch", "EVENTS": "\(Workspace.packagePath)/inputs/public-event",
        "SETTLE_STRIPE_BASE_URL": stripe?.url ?? "", "SETTLE_STRIPE_KEY_FILE": "\(workspace.path)/key",
      ])
    #expect(
      workspace.text("exits").split(separator: "\n").map { Int($0) } == section.exits,
      "\(commands)\n\(result.output)\n\(result.errors)")
  }

  /// Each command as it is printed, but that the words in capitals are this night's.
  private static func script(_ section: Section, _ commands: [String]) -> String {
    let words = [
      "RUN": "$(settle runs | awk 'NR == 2 { print $1 }')", "MARKET": "m1", "USER": "ann", "COMMITMENT": "a1",
      "EVENT": "cup",
      // The first that nobody knows the outcome of.
      "ID": "$(settle payouts status --state unknown | awk '/ unknown /{ id = $1 } END { print id }')",
    ]
    let lines = commands.map { command in
      var line = command.replacingOccurrences(of: "/srv/settle", with: ".")
      for (word, value) in words {
        line = line.replacingOccurrences(
          of: "\\b\(word)\\b", with: value.replacingOccurrences(of: "$", with: "\\$"), options: .regularExpression)
      }
      return "\(line)\necho $? >> exits"
    }
    // A stand-in where the program is not installed; that journals can be read is tried elsewhere.
    return """
      mkdir bin; command -v hledger > /dev/null || { echo 'exec true' > bin/hledger; chmod +x bin/hledger; }
      (umask 077; echo sk_test_1 > key)
      settle ledger init -q
      \(section.setUp)
      \(lines.joined(separator: "\n"))
      """
  }
}
