// What would a night pay? Everything is computed, written aside and hashed; nothing is posted.
package import Interchange
package import Ledger
package import Markets
package import Money
internal import Settlement

/// What a command is asked to settle.
package struct NightRequest: Sendable {
  package var inputs: [InputFile] = []
  package var configuration = Configuration()
  /// Refuse the whole batch where any row is rejected.
  package var isStrict = false
  package var auditFormat = AuditFormat.csv
  /// Recorded; no rule reads it.
  package var asOf: String?
  package var threads = 1
  /// Where to write the rejects, also of a refused batch.
  package var rejectsPath: String?
  /// Markets whose arithmetic is made to fail (tests of the failure itself).
  package var sabotage: (@Sendable (ID) -> Bool)?

  package init() {}
}

package enum AuditFormat: String, CaseIterable, Sendable {
  case csv, jsonl, both
}

/// Sums of one currency over a run's settled markets.
package struct CurrencyTotals: Sendable, Equatable {
  package var grossPool: Int128 = 0
  package var totalPayout: Int128 = 0
  package var totalRefund: Int128 = 0
  package var houseFee: Int128 = 0
  package var creatorFee: Int128 = 0
  package var retained: Int128 = 0
  package var breakage: Int128 = 0

  mutating func add(_ totals: MarketTotals) {
    grossPool += Int128(totals.grossPool)
    totalPayout += Int128(totals.totalPayout)
    totalRefund += Int128(totals.totalRefund)
    houseFee += Int128(totals.houseFee)
    creatorFee += Int128(totals.creatorFee)
    retained += Int128(totals.retained)
    breakage += Int128(totals.breakage)
  }

  package var distributed: Int128 { totalPayout + totalRefund + houseFee + creatorFee + retained + breakage }

  package var json: JSONValue {
    .object([
      "gross_pool": .int(grossPool), "total_payout": .int(totalPayout), "total_refund": .int(totalRefund),
      "house_fee": .int(houseFee), "creator_fee": .int(creatorFee), "retained": .int(retained),
      "breakage": .int(breakage),
    ])
  }
}

/// How many there were of what.
package struct NightCounts: Sendable, Equatable {
  package var markets = 0
  package var settled = 0
  package var held = 0
  package var alreadySettled = 0
  package var failed = 0
  /// Accepted commitments of settled markets.
  package var commitments = 0
  package var distributions = 0
  package var winners = 0
  package var losers = 0
  /// Accepted commitments of markets without a resolution.
  package var unresolved = 0
  package var rejectedRows = 0
  package var excluded = 0

  package var json: JSONValue {
    .object([
      "markets": .int(markets), "settled": .int(settled), "held": .int(held), "already_settled": .int(alreadySettled),
      "failed": .int(failed), "commitments": .int(commitments), "distributions": .int(distributions),
      "winners": .int(winners), "losers": .int(losers), "unresolved_commitments": .int(unresolved),
      "rejected_rows": .int(rejectedRows), "excluded_commitments": .int(excluded),
    ])
  }
}

/// A night that is computed: the input of posting, of a saved plan, and of a check against a run.
package struct ComputedNight: Sendable {
  package var inputs: [InputSummary] = []
  package var markets: [MarketOutcome] = []
  package var rejections: [Rejection] = []
  package var totals: [Currency: CurrencyTotals] = [:]
  package var counts = NightCounts()
  package var notices: [String] = []
  package var batchKey: Digest
  /// Names, rows, bytes and digests of the data files.
  package var outputs: [OutputSummary] = []

  /// What the command ends with: an invariant, a conflict, held markets, or all well.
  package var status: ExitStatus {
    if counts.failed > 0 { return .invariant }
    if markets.contains(where: { $0.status == .held && $0.holdReasons == ["already_settled_otherwise"] }) {
      return .conflict
    }
    return counts.held > 0 ? .partial : .done
  }
}

package struct OutputSummary: Sendable, Equatable {
  package let name: String
  package let rows: Int?
  package let byteCount: Int
  package let digest: Digest
}

/// Reads and settles a request.
package struct NightComputer {
  private let request: NightRequest
  private let progress: (any ProgressObserver)?
  private let intake: Intake

  package init(_ request: NightRequest, progress: (any ProgressObserver)? = nil) {
    self.request = request
    self.progress = progress
    intake = Intake(configuration: request.configuration, threads: request.threads, progress: progress)
  }

  /// Reads the inputs.
  /// - Returns: the batch key.
  package func read() throws(BatchError) -> Digest {
    try intake.read(request.inputs)
    return batchKey()
  }

  /// Market ids with a resolution, good or bad.
  package var resolvedMarkets: [ID] { intake.markets.filter(\.isResolved).map(\.id) }

  /// Whether every file could be read and every row's market told.
  package var isComplete: Bool { intake.refusals.isEmpty }

  /// Over the inputs' bytes and the effective configuration; not over paths or time.
  private func batchKey() -> Digest {
    var hash = SHA256()
    hash.update(field: Array("settle-batch-1".utf8))
    for input in intake.inputs {
      hash.update(field: Array(input.table.rawValue.utf8))
      hash.update(field: input.digest?.bytes ?? [])
    }
    hash.update(field: Array(request.configuration.json.compact.utf8))
    return hash.digest()
  }

  /// Settles what was read.
  ///
  /// - Parameters:
  ///   - directory: where the data files go; nil to compute and hash only.
  ///   - earlier: settlements in force, by market.
  ///   - posts: work out facts and payments for the ledger too.
  /// - Throws: `invalid_input` where the batch must be refused; `total_out_of_range`.
  package func settle(
    into directory: String?, earlier: [ID: SettlementRecord], posts: Bool, flushes: Bool
  ) throws(BatchError) -> ComputedNight {
    let isRefused = !intake.refusals.isEmpty || request.isStrict && !intake.rejections.isEmpty
    var options = SettleStage.Options()
    options.threads = request.threads
    options.directory = directory
    options.writesCSV = request.auditFormat != .jsonl
    options.writesLines = request.auditFormat != .csv
    options.posts = posts
    options.checksOnly = isRefused
    options.flushes = flushes
    options.sabotage = request.sabotage
    progress?.begin(stage: isRefused ? "check" : "settle", total: nil)
    var night = try compute(options, earlier: earlier)
    if isRefused || request.isStrict && !night.rejections.isEmpty { throw try refusal(night) }
    try checkRange(night)
    if let directory { try writeRejects(night, to: "\(directory)/rejects.csv", flushes: flushes, &night.outputs) }
    if let path = request.rejectsPath { try replace(path, night) }
    progress?.end()
    return night
  }

  /// Checks the rows alone, settling nothing.
  package func check() throws(BatchError) -> ComputedNight {
    var options = SettleStage.Options()
    options.threads = request.threads
    options.checksOnly = true
    let night = try compute(options, earlier: [:])
    if let path = request.rejectsPath { try replace(path, night) }
    return night
  }

  private func compute(
    _ options: SettleStage.Options, earlier: [ID: SettlementRecord]
  ) throws(BatchError) -> ComputedNight {
    var earlierByNumber: [Int: EarlierSettlement] = [:]
    if !earlier.isEmpty {
      for (number, market) in intake.markets.enumerated() {
        guard let record = earlier[market.id] else { continue }
        earlierByNumber[number] = EarlierSettlement(
          runID: record.runID, resolutionID: ID(record.resolutionID), facts: record.facts)
      }
    }
    var night = ComputedNight(batchKey: batchKey())
    do throws(FileError) {
      let stage = SettleStage(intake, earlier: earlierByNumber, options: options)
      let (markets, outputs) = try stage.run()
      night.markets = markets
      night.outputs = outputs.map {
        OutputSummary(name: $0.name, rows: $0.rows, byteCount: $0.byteCount, digest: $0.digest)
      }
    } catch {
      throw BatchError.file(error)
    }
    night.notices = intake.notices
    collect(&night)
    return night
  }

  private func collect(_ night: inout ComputedNight) {
    var rejections = intake.rejections
    for market in night.markets {
      for rejection in market.rejections {
        rejections.append(rejection)
        guard let before = rejection.countedBefore, let file = rejection.file else { continue }
        intake.countLateRejection(file: file, wasExcluded: before == .excluded)
      }
      guard market.isListed else {
        night.counts.unresolved += market.commitments
        continue
      }
      night.counts.markets += 1
      switch market.status {
      case .settled:
        night.counts.settled += 1
        night.counts.commitments += market.commitments
        night.counts.distributions += market.users
        night.counts.winners += market.totals.winners
        night.counts.losers += market.totals.losers
        night.totals[market.resolution!.currency, default: CurrencyTotals()].add(market.totals)
      case .held: night.counts.held += 1
      case .alreadySettled: night.counts.alreadySettled += 1
      case .failed: night.counts.failed += 1
      }
    }
    rejections.sort(by: Rejection.precedes)
    night.rejections = rejections
    night.inputs = intake.inputs
    night.counts.rejectedRows = intake.inputs.reduce(0) { $0 + $1.rejected }
    night.counts.excluded = intake.inputs.reduce(0) { $0 + $1.excluded }
  }

  /// The ledger's balances have 64 bits; a run that could not be posted is refused before anything is written.
  private func checkRange(_ night: ComputedNight) throws(BatchError) {
    for (currency, totals) in night.totals.sorted(by: { $0.key < $1.key }) {
      guard totals.distributed == totals.grossPool else {
        throw BatchError(
          "invariant_failed", .invariant,
          "run totals of \(currency): \(totals.distributed) distributed of \(totals.grossPool) staked",
          hint: "nothing was applied; this is a fault of the program: report it with the inputs")
      }
      guard totals.grossPool <= Int128(Int64.max) else {
        throw BatchError(
          "total_out_of_range", .refused,
          "the stakes of this run in \(currency) sum to \(totals.grossPool) minor units, more than a balance can hold",
          hint: "split the night into runs of at most 9223372036854775807 minor units per currency (--only)")
      }
    }
  }

  private func refusal(_ night: ComputedNight) throws(BatchError) -> BatchError {
    if let path = request.rejectsPath { try replace(path, night) }
    let first = intake.refusals.sorted(by: Rejection.precedes).first ?? night.rejections[0]
    let reason =
      intake.refusals.isEmpty
      ? "\(night.rejections.count) problem(s) in the inputs, and --strict refuses any"
      : "\(intake.refusals.count) problem(s) in the inputs leave open which market is concerned"
    return BatchError(
      "invalid_input", .refused,
      "\(reason); first: \(NightComputer.place(first, request)): \(first.code.rawValue): \(first.message)",
      hint: "correct the rows and run again; nothing was applied. `settle check` lists every problem",
      rejections: night.rejections)
  }

  /// `file:line: field` of a rejection, with the path as it was given.
  package static func place(_ rejection: Rejection, _ request: NightRequest) -> String {
    let files = request.inputs.filter { $0.table == rejection.table }
    var text =
      rejection.file.map { Terminal.safe(files.indices.contains($0 - 1) ? files[$0 - 1].path : rejection.fileName) }
      ?? rejection.table.rawValue
    if let line = rejection.line { text += ":\(line)" }
    if let market = rejection.marketID, rejection.line == nil { text += " market \(Terminal.safe(market.description))" }
    return rejection.field.isEmpty ? text : "\(text): \(rejection.field)"
  }

  // MARK: rejects.csv

  private func rejectRows(_ night: ComputedNight) -> [UInt8] {
    let buffer = ByteBuffer()
    buffer.append(Rejection.header)
    for rejection in night.rejections { rejection.write(to: buffer) }
    return buffer.array
  }

  private func writeRejects(
    _ night: ComputedNight, to path: String, flushes: Bool, _ outputs: inout [OutputSummary]
  ) throws(BatchError) {
    let bytes = rejectRows(night)
    do throws(FileError) { try FileSystem.create(path, bytes, flush: flushes) } catch { throw BatchError.file(error) }
    outputs.append(
      OutputSummary(
        name: "rejects.csv", rows: night.rejections.count, byteCount: bytes.count, digest: SHA256.digest(of: bytes)))
  }

  private func replace(_ path: String, _ night: ComputedNight) throws(BatchError) {
    do throws(FileError) {
      let aside = "\(path).partial"
      try FileSystem.removeFile(aside)
      try FileSystem.create(aside, rejectRows(night), flush: true)
      try FileSystem.rename(aside, to: path)
    } catch {
      throw BatchError.file(error)
    }
  }
}
