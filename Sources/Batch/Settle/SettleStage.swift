// How is a whole night settled on all processors, with the same bytes whatever their number?
internal import Interchange
internal import Markets
internal import Money
internal import Settlement

/// A market's settlement that the ledger knows.
struct EarlierSettlement: Sendable {
  let runID: String
  let resolutionID: ID
  let facts: Digest
}

/// Settles every market of an intake and writes the data files.
///
/// Markets are taken in the order of their ids, small ones several at a time as one job. Each thread settles the next
/// job and hands its rows over; the files put them in order (`OrderedFile`).
@safe
final class SettleStage: @unchecked Sendable {
  struct Options: Sendable {
    var threads = 1
    /// Where the files go; nil computes and hashes only.
    var directory: String?
    var writesCSV = true
    var writesLines = false
    /// Compute facts and payments for the ledger.
    var posts = false
    /// Only check the rows: nothing is settled.
    var checksOnly = false
    var flushes = false
    var sabotage: (@Sendable (ID) -> Bool)?
  }

  struct Output: Sendable {
    let name: String
    let rows: Int
    let byteCount: Int
    let digest: Digest
  }

  private let intake: Intake
  private let options: Options
  private let earlier: [Int: EarlierSettlement]
  private let jobs: [[Int]]
  private let outcomes: Monitor<[[MarketOutcome]]>
  private let next: Monitor<Int>

  init(_ intake: Intake, earlier: [Int: EarlierSettlement], options: Options) {
    self.intake = intake
    self.options = options
    self.earlier = earlier
    let markets = intake.markets
    let order = markets.indices.sorted { markets[$0].id < markets[$1].id }
    var jobs: [[Int]] = []
    var rows = 0
    for number in order {
      if rows == 0 { jobs.append([]) }
      jobs[jobs.count - 1].append(number)
      rows += intake.recordCount(of: number) + 16
      if rows >= SettleStage.jobRowCount { rows = 0 }
    }
    self.jobs = jobs
    outcomes = Monitor(Array(repeating: [], count: jobs.count))
    next = Monitor(0)
  }

  private static let jobRowCount = 4_096

  /// Settles all markets.
  /// - Returns: what became of each market, in the order of their ids, and the files written.
  func run() throws(FileError) -> (markets: [MarketOutcome], outputs: [Output]) {
    let directory = options.directory
    // While one thread sorts the largest market, the others go on and their rows wait.
    let waitingByteMax = intake.recordByteCount / 10
    func file(_ name: String, _ isWanted: Bool) throws(FileError) -> OrderedFile? {
      guard isWanted, !options.checksOnly else { return nil }
      return try OrderedFile(
        name: name, path: directory.map { "\($0)/\(name)" }, jobCount: jobs.count + 1, waitingByteMax: waitingByteMax)
    }
    let markets = try file("markets.csv", true)
    let commitments = try file("commitments.csv", true)
    let distributions = try file("distributions.csv", options.writesCSV)
    let lines = try file("distributions.jsonl", options.writesLines)
    let files = [commitments, distributions, lines, markets].compactMap(\.self)
    // Job 0 is the header of each file.
    for (file, header) in [
      (markets, AuditRows.marketsHeader), (commitments, AuditRows.commitmentsHeader),
      (distributions, AuditRows.distributionsHeader),
    ] {
      guard let file else { continue }
      let buffer = file.buffer()
      buffer.append(header)
      file.put(buffer, job: 0)
    }
    for file in files { file.finish(job: 0) }

    Worker.concurrently(min(options.threads, max(1, jobs.count))) { _ in
      self.work(markets: markets, commitments: commitments, distributions: distributions, lines: lines, files: files)
    }

    let settled = outcomes.update { $0 }.flatMap(\.self)
    var outputs: [Output] = []
    for file in files {
      let (byteCount, digest) = try file.close(flush: options.flushes)
      outputs.append(Output(name: file.name, rows: rows(of: file.name, settled), byteCount: byteCount, digest: digest))
    }
    return (settled, outputs)
  }

  private func rows(of file: String, _ markets: [MarketOutcome]) -> Int {
    switch file {
    case "markets.csv": markets.reduce(0) { $0 + ($1.isListed ? 1 : 0) }
    case "commitments.csv": markets.reduce(0) { $0 + ($1.status == .settled ? $1.commitments : 0) }
    default: markets.reduce(0) { $0 + ($1.status == .settled ? $1.users : 0) }
    }
  }

  private func work(
    markets: OrderedFile?, commitments: OrderedFile?, distributions: OrderedFile?, lines: OrderedFile?,
    files: [OrderedFile]
  ) {
    let worker = MarketWorker(intake, wantsPayments: options.posts, sabotage: options.sabotage)
    while true {
      let job = next.update { next in
        defer { next += 1 }
        return next
      }
      guard job < jobs.count else { break }
      process(job, worker, markets: markets, commitments: commitments, distributions: distributions, lines: lines)
      for file in files { file.finish(job: job + 1) }
      for file in files { _ = file.writeReady() }
    }
    for file in files { file.writeAll() }
  }

  private func process(
    _ job: Int, _ worker: MarketWorker, markets: OrderedFile?, commitments: OrderedFile?,
    distributions: OrderedFile?, lines: OrderedFile?
  ) {
    let output = MarketWorker.Output(
      commitments: commitments, distributions: distributions, distributionLines: lines, job: job + 1)
    let buffer = markets?.buffer() ?? ByteBuffer()
    var results: [MarketOutcome] = []
    for number in jobs[job] {
      let market = intake.markets[number]
      let outcome =
        options.checksOnly
        ? worker.check(number) : worker.process(number, earlier: earlier[number], output: output)
      results.append(outcome)
      guard market.isResolved else { continue }
      if outcome.status == .settled {
        AuditRows.settledMarket(outcome, to: buffer)
      } else {
        AuditRows.unsettledMarket(market, status: outcome.status, reasons: outcome.holdReasons, to: buffer)
      }
    }
    markets?.put(buffer, job: job + 1)
    let done = results
    outcomes.update { $0[job] = done }
  }
}
