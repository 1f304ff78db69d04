// Do the recorded inputs of a run of prizes or refunds give the same figures again?
internal import Interchange
internal import Ledger
internal import Markets

/// Settles the inputs of a run again and compares the facts of every event that it settled, and its rejected rows.
/// What was settled before, and which wallets were full, the files tell: it is no part of the facts.
struct EventRecomputeCheck {
  let manifest: Manifest
  let inputs: RecordedInputs
  let operation: PrizeOperation
  /// By event, as the run's rows give them.
  let facts: [[UInt8]: Digest]
  let findings: FindingList

  /// - Returns: what was compared; nil and the reason where it cannot be done.
  func run() throws(BatchError) -> (summary: String?, skipped: String?) {
    guard !inputs.inputs.isEmpty else { return (nil, "the manifest names no inputs") }
    var request = PrizeRequest(operation)
    for input in inputs.inputs {
      switch inputs.state(of: input) {
      case .same(let path): request.inputs.append(InputFile(table: input.table, path: path, format: input.format))
      case .gone(let reason): return (nil, "\(input.name): \(reason)")
      case .changed(let path):
        found(
          "input_changed", "\(input.name) is not what was settled: \(Terminal.safe(path)) has another SHA-256",
          file: input.name)
        return ("inputs have changed", nil)
      }
    }
    request.configuration = try PrizeConfiguration(json: manifest.json["configuration"] ?? .null)
    let computer = PrizeComputer(request, progress: nil)
    let key = try computer.read()
    guard key.hex == manifest.batchKey else {
      found("differs", "the batch key is \(key.hex) now", file: "manifest.json")
      return ("another batch", nil)
    }
    let computed = try computer.settle(into: nil, earlier: [:], excluded: [], room: WalletRoom(), flushes: false)
    var left = facts
    for event in computed.events {
      guard let recorded = left.removeValue(forKey: event.id.bytes), recorded != event.facts else { continue }
      findings.add(
        Finding(
          .recompute, "differs", "settling the event again gives other figures", file: "events.csv",
          market: event.id.description))
    }
    for event in left.keys {
      findings.add(
        Finding(
          .recompute, "differs", "settling the inputs again gives no such event", file: "events.csv",
          market: String(decoding: event, as: UTF8.self)))
    }
    if let again = computed.outputs.first(where: { $0.name == "rejects.csv" }),
      let recorded = manifest.outputs.first(where: { $0.name == "rejects.csv" }), again != recorded
    {
      found("differs", "settling the inputs again gives other rejected rows", file: "rejects.csv")
    }
    return (
      "\(Figures.counted(facts.count, "event")) from \(Figures.counted(request.inputs.count, "input")), the same figures",
      nil
    )
  }

  private func found(_ code: String, _ message: String, file: String) {
    findings.add(Finding(.recompute, code, message, file: file))
  }
}
