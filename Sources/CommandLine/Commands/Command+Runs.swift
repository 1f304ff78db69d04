// settle runs
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  /// Commands that only ask.
  static let questionCommands: [Command] = [.verify, .diff, .explain, .report, .runs, .show]

  static let runs = Command(
    name: "runs", summary: "list the runs of a ledger, the last one last",
    options: Option.place + [.limitRuns],
    details: "Each with its kind, time, operator, markets, entries, the start of its manifest's SHA-256, and its state."
  ) { (call) throws(BatchError) in
    let place = try call.place()
    guard let ledger = try call.ledger(.readOnly, place) else { preconditionFailure("no ledger") }
    let outputs = Outputs(place.outputsPath)
    let rows: [RunRow]
    do throws(LedgerError) {
      let counts = try ledger.settlementCounts()
      rows = try ledger.runs().map { RunRow($0, counts[$0.runID] ?? (0, 0), outputs) }
    } catch {
      throw BatchError.ledger(error)
    }
    if call.console.isJSON {
      call.console.print(.object(["ledger": .string(ledger.identity), "runs": .array(rows.map(\.json))]))
    } else if rows.isEmpty {
      call.console.print("no runs yet")
    } else {
      let limit = try call.arguments.integer(.limitRuns, in: 1...100_000) ?? 1_000
      if rows.count > limit {
        call.console.print("… \(Console.grouped(rows.count - limit)) before these (--json lists all)")
      }
      call.console.table(
        [["run", "kind", "applied", "operator", "markets", "entries", "manifest", "state"]]
          + rows.suffix(limit).map(\.cells),
        indent: "")
    }
    return .done
  }
}

/// One line of the list of runs.
private struct RunRow {
  let record: RunRecord
  let markets: Int
  let rolledBack: Int
  let state: State

  enum State: String {
    case published
    /// Applied, but an interruption left the directory aside.
    case unpublished
    case missing
  }

  init(_ record: RunRecord, _ markets: (settled: Int, rolledBack: Int), _ outputs: Outputs) {
    self.record = record
    self.markets = markets.settled
    rolledBack = markets.rolledBack
    if FileSystem.exists(RunFiles(outputs.directory(of: record.runID)).path("manifest.json")) {
      state = .published
    } else {
      state = FileSystem.isDirectory("\(outputs.stagingPath)/\(record.runID)") ? .unpublished : .missing
    }
  }

  private var entries: Int64 { record.sequenceAfter - record.sequenceBefore }

  var cells: [String] {
    var note = state.rawValue
    if rolledBack > 0 {
      note += ", \(rolledBack == markets ? "rolled back" : "\(Console.grouped(rolledBack)) markets rolled back")"
    }
    if let reverses = record.reverses { note += ", reverses \(Terminal.safe(reverses))" }
    return [
      record.runID, record.kind, String(record.at.prefix(19)) + "Z", Terminal.safe(record.operatorID),
      Console.grouped(markets), Console.grouped(entries), String(record.manifestSHA256.prefix(12)), note,
    ]
  }

  var json: JSONValue {
    .object([
      "run_id": .string(record.runID), "kind": .string(record.kind), "generation": .int(record.generation),
      "applied_at": .string(record.at), "as_of": .optional(record.asOf), "operator": .string(record.operatorID),
      "markets_settled": .int(markets), "markets_rolled_back": .int(rolledBack), "entries": .int(entries),
      "sequence_before": .int(record.sequenceBefore), "sequence_after": .int(record.sequenceAfter),
      "manifest_sha256": .string(record.manifestSHA256), "reverses": .optional(record.reverses),
      "is_published": .bool(state == .published), "state": .string(state.rawValue),
    ])
  }
}
