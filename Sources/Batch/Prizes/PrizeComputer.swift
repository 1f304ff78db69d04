// What would a batch of events pay or refund? Everything is computed, written aside and hashed; nothing is posted.
package import Interchange
internal import Ledger
package import Markets
package import Money
internal import Prizes

/// What a command is asked to do with events.
package struct PrizeRequest: Sendable {
  package var operation: PrizeOperation
  package var inputs: [InputFile] = []
  package var configuration = PrizeConfiguration()
  /// Refuse the whole batch where any row is rejected.
  package var isStrict = false
  /// Recorded; no rule reads it.
  package var asOf: String?
  /// Why it is done, in the operator's words; kept in run-info.json and in the ledger's record of actions.
  package var notes: String?
  /// Where to write the rejects, also of a refused batch.
  package var rejectsPath: String?
  /// Events whose arithmetic is made to fail (tests of the failure itself).
  package var sabotage: (@Sendable (ID) -> Bool)?

  package init(_ operation: PrizeOperation) { self.operation = operation }
}

/// A batch that is computed: the input of posting, and of a check against a run.
package struct ComputedPrizes: Sendable {
  package var inputs: [InputSummary] = []
  /// In the order of their ids.
  package var events: [EventOutcome] = []
  package var rejections: [Rejection] = []
  package var totals: [Currency: EventTotals] = [:]
  package var counts = EventCounts()
  package var notices: [String] = []
  package var batchKey: Digest
  package var outputs: [OutputSummary] = []

  package var status: ExitStatus {
    if counts.failed > 0 { return .invariant }
    if events.contains(where: { $0.holdReasons == [PrizeComputer.settledOtherwise] }) { return .conflict }
    return counts.held > 0 || counts.failedPayments > 0 ? .partial : .done
  }
}

/// Reads and settles a request.
final class PrizeComputer {
  let request: PrizeRequest
  let intake: EventIntake
  private let progress: (any ProgressObserver)?

  static let settledOtherwise = "already_settled_otherwise"

  init(_ request: PrizeRequest, progress: (any ProgressObserver)?) {
    self.request = request
    self.progress = progress
    intake = EventIntake(request.operation, request.configuration, progress: progress)
  }

  /// Reads the inputs.
  /// - Returns: the batch key.
  func read() throws(BatchError) -> Digest {
    try intake.read(request.inputs)
    return batchKey()
  }

  private func batchKey() -> Digest {
    var hash = SHA256()
    hash.update(field: Array("settle-prizes-1:\(request.operation.rawValue)".utf8))
    for input in intake.inputs {
      hash.update(field: Array(input.table.rawValue.utf8))
      hash.update(field: input.digest?.bytes ?? [])
    }
    hash.update(field: Array(request.configuration.json.compact.utf8))
    return hash.digest()
  }

  /// Whether every file could be read and every row's event told.
  var isComplete: Bool { intake.refusals.isEmpty }

  var eventIDs: [ID] { intake.events.map(\.id) }

  /// No more than this is paid to anybody, by currency.
  /// - Throws: `total_out_of_range` where a balance could not hold it.
  func bounds() throws(BatchError) -> [Currency: Int64] {
    var sums: [Currency: Int128] = [:]
    for event in intake.events {
      guard let terms = event.terms, event.rejectCodes.isEmpty else { continue }
      let isReady = terms.status == (request.operation == .pay ? .completed : .cancelled)
      guard isReady else { continue }
      let amount =
        request.operation == .pay
        ? Int128(terms.pool) : min(Int128(terms.fee) * Int128(event.confirmed), .init(Int64.max))
      sums[terms.currency, default: 0] += amount
    }
    var bounds: [Currency: Int64] = [:]
    for (currency, sum) in sums.sorted(by: { $0.key < $1.key }) {
      guard let bound = Int64(exactly: sum) else {
        throw BatchError(
          "total_out_of_range", .refused,
          "the pools of this run in \(currency) sum to \(sum) minor units, more than a balance can hold",
          hint: "split the batch into runs of at most 9223372036854775807 minor units per currency (--only)")
      }
      bounds[currency] = bound
    }
    return bounds
  }

  /// Settles what was read.
  ///
  /// - Parameters:
  ///   - directory: where the data files go; nil to compute and hash only.
  ///   - earlier: settlements in force of the same kind, by event.
  ///   - excluded: events that the other operation settled: what was refunded is not paid, and the other way round.
  ///   - room: what still fits the wallets.
  /// - Throws: `invalid_input` where the batch must be refused.
  func settle(
    into directory: String?, earlier: [ID: SettlementRecord], excluded: Set<ID>, room: WalletRoom, flushes: Bool
  ) throws(BatchError) -> ComputedPrizes {
    var computed = ComputedPrizes(batchKey: batchKey())
    computed.notices = intake.notices
    if !intake.refusals.isEmpty || request.isStrict && !intake.rejections.isEmpty { throw try refusal() }
    progress?.begin(stage: "settle", total: intake.events.count)
    do throws(FileError) {
      try compute(into: directory, earlier, excluded, room, flushes, &computed)
    } catch {
      throw BatchError.file(error)
    }
    computed.rejections = intake.rejections.sorted(by: Rejection.precedes)
    computed.inputs = intake.inputs
    computed.counts.strayRows = intake.strayRows
    computed.counts.rejectedRows = intake.inputs.reduce(0) { $0 + $1.rejected }
    if request.isStrict && !intake.rejections.isEmpty { throw try refusal() }
    for (currency, totals) in computed.totals where totals.distributed != totals.pool {
      throw BatchError(
        "invariant_failed", .invariant, "run totals of \(currency): \(totals.distributed) of \(totals.pool)",
        hint: "nothing was applied; this is a fault of the program: report it with the inputs")
    }
    let rejects = RejectRows.bytes(computed.rejections)
    if let directory {
      do throws(FileError) {
        try FileSystem.create("\(directory)/rejects.csv", rejects, flush: flushes)
      } catch {
        throw BatchError.file(error)
      }
    }
    computed.outputs.append(
      OutputSummary(
        name: "rejects.csv", rows: computed.rejections.count, byteCount: rejects.count,
        digest: SHA256.digest(of: rejects)))
    if let path = request.rejectsPath { try RejectRows.replace(path, computed.rejections) }
    progress?.end()
    return computed
  }

  private func compute(
    into directory: String?, _ earlier: [ID: SettlementRecord], _ excluded: Set<ID>, _ room: WalletRoom,
    _ flushes: Bool, _ computed: inout ComputedPrizes
  ) throws(FileError) {
    let isPay = request.operation == .pay
    let eventFile = try DataFile(.events, in: directory)
    let paymentFile = try DataFile(isPay ? .prizes : .refunds, in: directory)
    var worker = EventWorker(request, intake, room: room)
    let order = intake.events.indices.sorted { intake.events[$0].id < intake.events[$1].id }
    computed.events.reserveCapacity(order.count)
    for number in order {
      let id = intake.events[number].id
      let before = paymentFile.buffer.count
      var outcome = worker.settle(
        number, to: paymentFile.buffer, isExcluded: excluded.contains(id), isSettled: earlier[id] != nil)
      worker.finish(&outcome, earlier: earlier[id], to: eventFile.buffer)
      if outcome.status == .settled {
        for _ in 0..<outcome.rowCount { try paymentFile.endRow() }
      } else {
        paymentFile.buffer.truncate(to: before)
      }
      try eventFile.endRow()
      count(outcome, &computed)
      computed.events.append(outcome)
    }
    computed.outputs = [try eventFile.close(flush: flushes), try paymentFile.close(flush: flushes)]
  }

  private func count(_ event: EventOutcome, _ computed: inout ComputedPrizes) {
    computed.counts.events += 1
    switch event.status {
    case .held: computed.counts.held += 1
    case .alreadySettled: computed.counts.alreadySettled += 1
    case .failed: computed.counts.failed += 1
    case .settled:
      computed.counts.settled += 1
      computed.counts.payments += event.paymentCount
      computed.counts.failedPayments += event.failed.count
      if let currency = event.currency { computed.totals[currency, default: EventTotals()].add(event) }
    }
  }

  private func refusal() throws(BatchError) -> BatchError {
    let rejections = intake.rejections.sorted(by: Rejection.precedes)
    if let path = request.rejectsPath { try RejectRows.replace(path, rejections) }
    let first = intake.refusals.sorted(by: Rejection.precedes).first ?? rejections[0]
    let reason =
      intake.refusals.isEmpty
      ? "\(rejections.count) problem(s) in the inputs, and --strict refuses any"
      : "\(intake.refusals.count) problem(s) in the inputs leave open which event is concerned"
    return BatchError(
      "invalid_input", .refused,
      "\(reason); first: \(first.place(in: request.inputs)): \(first.code.rawValue): \(first.message)",
      hint: "correct the rows and run again; nothing was applied. --dry-run lists every problem",
      rejections: rejections)
  }
}
