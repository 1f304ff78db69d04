// Do the recorded inputs give the same files again, to the byte?
internal import Interchange
internal import Ledger
internal import Markets

/// What a batch's inputs give when they are settled again.
struct Recomputed {
  /// Data files, rejects.csv and datapackage.json.
  var outputs: [OutputSummary]
  var head: Manifest.Head
}

/// Settles a run's inputs again, of whatever kind, and compares every data file and the manifest.
final class RecomputeCheck {
  let location: RunLocation
  let manifest: Manifest
  let ledger: Ledger?
  let inputs: RecordedInputs
  let threads: Int
  let progress: (any ProgressObserver)?
  let findings: FindingList
  /// Why it cannot be known what was settled before.
  private var unknown: String?

  init(
    location: RunLocation, manifest: Manifest, ledger: Ledger?, inputs: RecordedInputs, threads: Int,
    progress: (any ProgressObserver)?, findings: FindingList
  ) {
    self.location = location
    self.manifest = manifest
    self.ledger = ledger
    self.inputs = inputs
    self.threads = threads
    self.progress = progress
    self.findings = findings
  }

  /// Compares.
  /// - Returns: what was compared; nil and the reason where it cannot be done.
  func run() throws(BatchError) -> (summary: String?, skipped: String?) {
    let operation = PrizeOperation(ofRun: manifest.kind, manifest)
    guard manifest.kind == "settlement" || operation != nil else {
      return (nil, "a \(Terminal.safe(manifest.kind)) has no inputs of its own")
    }
    guard !inputs.inputs.isEmpty else { return (nil, "the manifest names no inputs") }
    var files: [InputFile] = []
    var gone: [String] = []
    var areSame = true
    for input in inputs.inputs {
      switch inputs.state(of: input) {
      case .same(let path): files.append(InputFile(table: input.table, path: path, format: input.format))
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
    let again: Recomputed? =
      switch operation {
      case nil: try settleMarkets(files)
      case .pay?: try EventRecomputation(check: self, operation: .pay).settle(files)
      case .refund?: try EventRecomputation(check: self, operation: .refund).settle(files)
      case .participation?: try EventRecomputation(check: self, operation: .participation).award(files)
      case .placement?: try EventRecomputation(check: self, operation: .placement).award(files)
      }
    if let unknown { return (nil, unknown) }
    guard let again else { return ("another batch", nil) }
    return (compare(again, files.count), nil)
  }

  private var auditFormat: AuditFormat {
    let names = manifest.outputs.map(\.name)
    if names.contains("distributions.jsonl") { return names.contains("distributions.csv") ? .both : .jsonl }
    return .csv
  }

  /// - Returns: nil where the inputs are another batch, which is a finding.
  private func settleMarkets(_ files: [InputFile]) throws(BatchError) -> Recomputed? {
    var request = NightRequest()
    request.inputs = files
    request.configuration = try Configuration(json: manifest.json["configuration"] ?? .null)
    request.asOf = manifest.asOf
    request.threads = threads
    request.auditFormat = auditFormat
    let computer = NightComputer(request, progress: progress)
    guard isSameBatch(try computer.read()) else { return nil }
    guard let earlier = try settledBefore(computer.resolvedMarkets, SettlementRecord.market, .markets) else {
      return nil
    }
    var night = try computer.settle(into: nil, earlier: earlier, posts: false, flushes: false)
    progress?.end()
    let rejects = RejectRows.bytes(night.rejections)
    night.outputs.append(RecomputeCheck.summary("rejects.csv", night.rejections.count, rejects))
    let package = Array(OutputSchema.dataPackage(runID: manifest.runID, outputs: night.outputs).pretty.utf8)
    night.outputs.append(RecomputeCheck.summary("datapackage.json", nil, package))
    return Recomputed(
      outputs: night.outputs, head: Manifest.Head(settlement: manifest.runID, generation, request, night))
  }

  static func summary(_ name: String, _ rows: Int?, _ bytes: [UInt8]) -> OutputSummary {
    OutputSummary(name: name, rows: rows, byteCount: bytes.count, digest: SHA256.digest(of: bytes))
  }

  var generation: Int { manifest.json["generation"]?.integer.map { Int($0) } ?? 0 }

  func isSameBatch(_ key: Digest) -> Bool {
    if key.hex == manifest.batchKey { return true }
    found("differs", "the batch key is \(key.hex) now", file: "manifest.json")
    return false
  }

  private func compare(_ again: Recomputed, _ inputCount: Int) -> String {
    var count = 0
    for output in manifest.outputs {
      guard let other = again.outputs.first(where: { $0.name == output.name }) else {
        found("differs", "settling again gives no such file", file: output.name)
        continue
      }
      count += 1
      if other != output { found("differs", "settling the inputs again gives other bytes", file: output.name) }
    }
    for output in again.outputs where !manifest.outputs.contains(where: { $0.name == output.name }) {
      found("differs", "settling again gives a file that the manifest does not have", file: output.name)
    }
    compareManifest(again.head)
    return "\(Figures.counted(count, "file")) from \(Figures.counted(inputCount, "input")), the same to the byte"
  }

  /// The manifest but for what it says about the program and its place among the runs.
  private func compareManifest(_ head: Manifest.Head) {
    let again = Manifest(head, ledger: manifest.ledger, previousManifest: nil, outputs: [])
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

  /// The settlements that were in force just before this run, whatever came later.
  /// - Parameter schema: where the files tell of earlier settlements, if there is no ledger.
  /// - Returns: nil where that is not known; the reason is kept.
  func settledBefore(
    _ subjects: [ID], _ kind: String, _ schema: OutputSchema
  ) throws(BatchError) -> [ID: SettlementRecord]? {
    guard manifest.ledger != nil else { return [:] }
    guard let ledger else {
      guard try dependsOnEarlierRuns(schema) else { return [:] }
      unknown = "what was settled before is known to the ledger alone (--ledger)"
      return nil
    }
    do throws(LedgerError) {
      let runs = try ledger.runs()
      let previous: String?
      if let place = runs.firstIndex(where: { $0.runID == location.record?.runID }), location.record != nil {
        previous = place > 0 ? runs[place - 1].runID : nil
      } else if let manifestBefore = manifest.json["previous_manifest_sha256"]?.text {
        guard let run = runs.last(where: { $0.manifestSHA256 == manifestBefore }) else {
          unknown = "the ledger does not know the run before"
          return nil
        }
        previous = run.runID
      } else {
        previous = nil
      }
      let records = try ledger.settlements(ofMarkets: Set(subjects.map(\.bytes)), inForceAfter: previous, kind: kind)
      return Dictionary(uniqueKeysWithValues: records.map { (ID($0.key), $0.value) })
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private static let tellsOfEarlier: Set = ["already_settled", "already_given", "given_otherwise"]

  private func dependsOnEarlierRuns(_ schema: OutputSchema) throws(BatchError) -> Bool {
    let rows = try SortedRows(location.files, schema)
    let status = schema.number(of: "status")
    let reason = schema.columns.firstIndex { $0.name == "hold_reason" }
    while try rows.nextRow() {
      if RecomputeCheck.tellsOfEarlier.contains(rows.line.text(status))
        || reason.map({ rows.line.text($0) == PrizeComputer.settledOtherwise }) ?? false
      {
        return true
      }
    }
    return false
  }

  func found(_ code: String, _ message: String, file: String) {
    findings.add(Finding(.recompute, code, message, file: file))
  }
}
