// Do the recorded inputs give the same files again, to the byte?
internal import Interchange
internal import Ledger
internal import Markets

/// Settles a run's inputs again and compares every data file and the manifest.
struct RecomputeCheck {
  let location: RunLocation
  let manifest: Manifest
  let ledger: Ledger?
  let inputs: RecordedInputs
  let threads: Int
  let progress: (any ProgressObserver)?
  let findings: FindingList

  /// Compares.
  /// - Returns: what was compared; nil and the reason where it cannot be done.
  func run() throws(BatchError) -> (summary: String?, skipped: String?) {
    guard manifest.kind == "settlement" else { return (nil, "only settlements can be settled again") }
    guard !inputs.inputs.isEmpty else { return (nil, "the manifest names no inputs") }
    var request = NightRequest()
    var gone: [String] = []
    var areSame = true
    for input in inputs.inputs {
      switch inputs.state(of: input) {
      case .same(let path): request.inputs.append(InputFile(table: input.table, path: path, format: input.format))
      case .gone(let reason): gone.append("\(input.name): \(reason)")
      case .changed(let path):
        areSame = false
        found(
          "input_changed", "\(input.name) is not what was settled: \(Terminal.safe(path)) has another SHA-256",
          file: input.name)
      }
    }
    guard areSame else { return ("inputs have changed", nil) }
    guard gone.isEmpty else { return (nil, gone.joined(separator: "; ")) }
    request.configuration = try Configuration(json: manifest.json["configuration"] ?? .null)
    request.asOf = manifest.asOf
    request.threads = threads
    request.auditFormat = auditFormat
    return try compare(request)
  }

  private var auditFormat: AuditFormat {
    let names = manifest.outputs.map(\.name)
    if names.contains("distributions.jsonl") { return names.contains("distributions.csv") ? .both : .jsonl }
    return .csv
  }

  private func compare(_ request: NightRequest) throws(BatchError) -> (summary: String?, skipped: String?) {
    let computer = NightComputer(request, progress: progress)
    let key = try computer.read()
    guard key.hex == manifest.batchKey else {
      found("differs", "the batch key is \(key.hex) now", file: "manifest.json")
      return ("another batch", nil)
    }
    let earlier: [ID: SettlementRecord]
    switch try settledBefore(computer.resolvedMarkets) {
    case .known(let records): earlier = records
    case .unknown(let reason): return (nil, reason)
    }
    var night = try computer.settle(into: nil, earlier: earlier, posts: false, flushes: false)
    progress?.end()
    addSmallFiles(&night)
    var count = 0
    for output in manifest.outputs {
      guard let again = night.outputs.first(where: { $0.name == output.name }) else {
        found("differs", "settling again gives no such file", file: output.name)
        continue
      }
      count += 1
      if again != output { found("differs", "settling the inputs again gives other bytes", file: output.name) }
    }
    for output in night.outputs where !manifest.outputs.contains(where: { $0.name == output.name }) {
      found("differs", "settling again gives a file that the manifest does not have", file: output.name)
    }
    compareManifest(night, request)
    return (
      "\(Figures.counted(count, "file")) from \(Figures.counted(request.inputs.count, "input")), the same to the byte",
      nil
    )
  }

  /// rejects.csv and datapackage.json, as a run adds them.
  private func addSmallFiles(_ night: inout ComputedNight) {
    let buffer = ByteBuffer()
    buffer.append(Rejection.header)
    for rejection in night.rejections { rejection.write(to: buffer) }
    let rejects = buffer.array
    night.outputs.append(
      OutputSummary(
        name: "rejects.csv", rows: night.rejections.count, byteCount: rejects.count, digest: SHA256.digest(of: rejects))
    )
    let package = Array(OutputSchema.dataPackage(runID: manifest.runID, outputs: night.outputs).pretty.utf8)
    night.outputs.append(
      OutputSummary(
        name: "datapackage.json", rows: nil, byteCount: package.count, digest: SHA256.digest(of: package)))
    night.outputs.sort { $0.name < $1.name }
  }

  /// The manifest but for what it says about the program and its place among the runs.
  private func compareManifest(_ night: ComputedNight, _ request: NightRequest) {
    let again = Manifest(
      runID: manifest.runID, generation: manifest.json["generation"]?.integer.map { Int($0) } ?? 0, request: request,
      night: night, ledger: manifest.ledger, previousManifest: nil)
    let apart: Set = [
      "tool", "schema_version", "previous_manifest_sha256", "corrects", "reverses", "ledger", "outputs",
    ]
    let recorded = manifest.json.members ?? [:]
    let members = again.json.members ?? [:]
    for key in Set(recorded.keys).union(members.keys).subtracting(apart).sorted() where recorded[key] != members[key] {
      found("differs", "\(Terminal.safe(key)) is not what settling again gives", file: "manifest.json")
    }
  }

  // MARK: What was settled before

  private enum Before {
    case known([ID: SettlementRecord])
    case unknown(String)
  }

  /// The settlements that were in force just before this run, whatever came later.
  private func settledBefore(_ markets: [ID]) throws(BatchError) -> Before {
    guard manifest.ledger != nil else { return .known([:]) }
    guard let ledger else {
      let needsLedger = try dependsOnEarlierRuns()
      return needsLedger
        ? .unknown("which markets were settled before is known to the ledger alone (--ledger)") : .known([:])
    }
    do throws(LedgerError) {
      let runs = try ledger.runs()
      let previous: String?
      if let place = runs.firstIndex(where: { $0.runID == location.record?.runID }), location.record != nil {
        previous = place > 0 ? runs[place - 1].runID : nil
      } else if let manifestBefore = manifest.json["previous_manifest_sha256"]?.text {
        guard let run = runs.last(where: { $0.manifestSHA256 == manifestBefore }) else {
          return .unknown("the ledger does not know the run before")
        }
        previous = run.runID
      } else {
        previous = nil
      }
      let records = try ledger.settlements(ofMarkets: Set(markets.map(\.bytes)), inForceAfter: previous)
      return .known(Dictionary(uniqueKeysWithValues: records.map { (ID($0.key), $0.value) }))
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private func dependsOnEarlierRuns() throws(BatchError) -> Bool {
    let rows = try SortedRows(location.files, .markets)
    let status = OutputSchema.markets.number(of: "status")
    let reason = OutputSchema.markets.number(of: "hold_reason")
    while try rows.nextRow() {
      if rows.line.text(status) == "already_settled" || rows.line.text(reason) == "already_settled_otherwise" {
        return true
      }
    }
    return false
  }

  private func found(_ code: String, _ message: String, file: String) {
    findings.add(Finding(.recompute, code, message, file: file))
  }
}
