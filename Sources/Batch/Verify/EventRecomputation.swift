// What do the inputs of a run of prizes, refunds or awards give when they are settled again?
internal import Interchange
internal import Ledger
internal import Markets

/// Settles as the run did: what was settled before it tells the ledger, which payments failed its files do, because
/// how full the wallets were then is not known any more. That those payments are not posted is for the books to show.
struct EventRecomputation {
  let check: RecomputeCheck
  let operation: PrizeOperation

  private var manifest: Manifest { check.manifest }

  /// Prizes or refunds.
  /// - Returns: nil where the inputs are another batch, or what was settled before is not known.
  func settle(_ files: [InputFile]) throws(BatchError) -> Recomputed? {
    var request = PrizeRequest(operation)
    request.inputs = files
    request.configuration = try PrizeConfiguration(json: manifest.json["configuration"] ?? .null)
    request.asOf = manifest.asOf
    let computer = PrizeComputer(request, progress: check.progress)
    guard check.isSameBatch(try computer.read()) else { return nil }
    let other: PrizeOperation = operation == .pay ? .refund : .pay
    guard let earlier = try check.settledBefore(computer.eventIDs, operation.settlementKind, .events),
      let excluded = try check.settledBefore(computer.eventIDs, other.settlementKind, .events)
    else { return nil }
    var computed = try computer.settle(
      into: nil, earlier: earlier, excluded: Set(excluded.keys),
      room: WalletRoom(failed: try failed(operation == .pay ? .prizes : .refunds, PaymentStatus.failed.rawValue)),
      flushes: false)
    check.progress?.end()
    computed.outputs.append(package(PrizeRun.dataPackage(operation, manifest.runID, computed.outputs)))
    return Recomputed(
      outputs: computed.outputs, head: PrizeRun.head(request, manifest.runID, check.generation, computed))
  }

  /// Awards.
  func award(_ files: [InputFile]) throws(BatchError) -> Recomputed? {
    var request = try AwardRequest(operation, recorded: manifest.json["configuration"] ?? .null)
    request.inputs = files
    request.asOf = manifest.asOf
    let computer = AwardComputer(request, progress: check.progress)
    let key = try computer.read()
    guard check.isSameBatch(key) else { return nil }
    let computed = try computer.recompute(key, failed: try failed(.awards, AwardStatus.failed.rawValue)) {
      (subjects) throws(BatchError) in
      try check.settledBefore(subjects, operation.settlementKind, .awards).map { Array($0.values) }
    }
    guard let computed else { return nil }
    check.progress?.end()
    var outputs: [OutputSummary]
    do throws(FileError) {
      outputs = try AwardFiles.data(computed, request, in: nil, flush: false)
    } catch {
      throw BatchError.file(error)
    }
    outputs.append(package(AwardFiles.dataPackage(manifest.runID, outputs)))
    return Recomputed(
      outputs: outputs, head: AwardFiles.head(request, manifest.runID, check.generation, computed))
  }

  private func package(_ bytes: [UInt8]) -> OutputSummary {
    RecomputeCheck.summary("datapackage.json", nil, bytes)
  }

  /// Payments that the run's files call failed.
  private func failed(_ schema: OutputSchema, _ word: String) throws(BatchError) -> Set<PaymentID> {
    let rows = try SortedRows(check.location.files, schema)
    let status = schema.number(of: "status")
    var found: Set<PaymentID> = []
    while try rows.nextRow() {
      guard rows.line.text(status) == word else { continue }
      found.insert(PaymentID(event: ID(rows.line.array(0)), registration: ID(rows.line.array(1))))
    }
    return found
  }
}
