// How are transfers sent: claim, call, record, again?
internal import Ledger
package import Rails

/// What one pass of `process` did.
package struct ProcessSummary: Sendable, Equatable {
  /// Calls that were made.
  package var calls = 0
  /// Transfers by the state that a call left them in.
  package var byState: [Transfer.State: Int] = [:]
  /// Transfers that were held instead of sent.
  package var heldNow = 0
  /// Claims of processes that were gone.
  package var recovered = 0
  /// Why the rail cannot be reached; nil where it can.
  package var railFailure: String?
  package var batches = 0
  package var wasStopped = false

  package init() {}

  package mutating func add(_ other: ProcessSummary) {
    calls += other.calls
    byState.merge(other.byState, uniquingKeysWith: +)
    heldNow += other.heldNow
    recovered += other.recovered
    railFailure = other.railFailure
    batches += other.batches
    wasStopped = wasStopped || other.wasStopped
  }
}

/// Sends what is due over one rail. Any number of processes may do so on one ledger.
///
/// A database transaction claims (funds in flight, a row for each call), then the calls are made with none open, then
/// another transaction records how they ended. Whatever a crash leaves between the two is `unknown` to the next.
package final class PayoutProcessor {
  package struct Settings: Sendable {
    package var railName: String
    package var batchSize: Int
    package var policy: Transfer.Policy
    /// Only these jobs; empty for all.
    package var runIDs: [String]
    /// Only this transfer.
    package var transferID: String?
    /// How long to wait for transfers that are due soon.
    package var waitMilliseconds: Int64
    package var operatorID: String
    /// The file that runs lock while they work on the ledger.
    package var runLockPath: String

    package init(
      railName: String, batchSize: Int, policy: Transfer.Policy, runIDs: [String] = [], transferID: String? = nil,
      waitMilliseconds: Int64 = 0, operatorID: String, runLockPath: String
    ) {
      self.railName = railName
      self.batchSize = batchSize
      self.policy = policy
      self.runIDs = runIDs
      self.transferID = transferID
      self.waitMilliseconds = waitMilliseconds
      self.operatorID = operatorID
      self.runLockPath = runLockPath
    }
  }

  private let store: PayoutStore
  private let rail: any Rail
  private let pace: RailPace
  private let settings: Settings
  private let worker: Int64
  private var generator = SystemRandomNumberGenerator()

  /// - Parameter worker: from `registerWorker`.
  package init(_ store: PayoutStore, rail: any Rail, pace: RailPace, settings: Settings, worker: Int64) {
    precondition(settings.batchSize > 0, "a batch holds a transfer")
    self.store = store
    self.rail = rail
    self.pace = pace
    self.settings = settings
    self.worker = worker
  }

  /// Sends until nothing is due, the rail cannot be reached, or a stop is asked for.
  package func pass() throws(PayoutError) -> ProcessSummary {
    var summary = ProcessSummary()
    let deadline = Ticks.now() + settings.waitMilliseconds
    while true {
      if pace.isStopping() {
        summary.wasStopped = true
        return summary
      }
      letRunsBy()
      let now = Ticks.wall()
      summary.recovered += try store.mapped { () throws(LedgerError) in try store.recoverClaims(now: now) }
      let batch = try claim(now: now)
      summary.heldNow += batch.passedOver
      guard !batch.transfers.isEmpty else {
        if batch.passedOver > 0 { continue }
        guard try waitForDue(until: deadline, now: now) else { return summary }
        continue
      }
      try perform(batch.transfers, &summary)
      if summary.railFailure != nil { return summary }
    }
  }

  /// Longest time that a run is let by.
  private static let yieldMilliseconds: Int64 = 900_000

  /// A run computes from where the book stands and posts at its end: whoever writes in between makes it start again.
  private func letRunsBy() {
    let deadline = Ticks.now() + PayoutProcessor.yieldMilliseconds
    while RunLockProbe.isHeld(settings.runLockPath), Ticks.now() < deadline, !pace.isStopping() {
      Ticks.sleep(milliseconds: 50)
    }
  }

  private func claim(now: Int64) throws(PayoutError) -> ClaimedBatch {
    // No more is claimed than can be sent within some seconds: what is claimed is unknown after a crash.
    var limit = settings.batchSize
    if let rate = pace.bucket.ratePerSecond { limit = min(limit, max(1, Int(rate) * 5)) }
    return try store.mapped { () throws(LedgerError) in
      try store.claim(
        worker: worker, rail: settings.railName, limit: limit, runIDs: settings.runIDs,
        transferID: settings.transferID, now: now)
    }
  }

  private func perform(_ transfers: [ClaimedTransfer], _ summary: inout ProcessSummary) throws(PayoutError) {
    let result = rail.perform(transfers.map(\.call), pace: pace)
    precondition(result.outcomes.count == transfers.count, "an outcome for each call")
    for outcome in result.outcomes {
      guard case .answered(let reply) = outcome else { continue }
      summary.calls += 1
      // The whole rail is told to slow down, not this transfer alone.
      if reply.result == .transient, let seconds = reply.retryAfterSeconds, seconds > 0 {
        pace.bucket.close(until: Ticks.now() + seconds * 1_000)
      }
    }
    let rows = try record(transfers, result)
    for row in rows { summary.byState[row.life.state, default: 0] += 1 }
    summary.batches += 1
    summary.railFailure = result.failure
    do throws(RailFileError) { try rail.commit() } catch {
      throw PayoutError(.railFile, "\(error.path): \(error.message)")
    }
    if result.failure == nil, isUnreachable(result) { summary.railFailure = "every call was turned away" }
  }

  /// A record that fails because the ledger is busy is tried again: what the rail did must not be forgotten.
  private func record(_ transfers: [ClaimedTransfer], _ result: RailBatch) throws(PayoutError) -> [TransferRow] {
    var attemptsLeft = 6
    while true {
      do throws(PayoutError) {
        return try store.mapped { () throws(LedgerError) in
          try store.conclude(
            Array(zip(transfers, result.outcomes)).map { (transfer: $0.0, outcome: $0.1) }, worker: worker,
            policy: settings.policy, by: settings.operatorID, now: Ticks.wall(),
            jitter: { Int64.random(in: 0...1023, using: &generator) })
        }
      } catch {
        attemptsLeft -= 1
        guard error.cause?.code == .busy || error.cause?.code == .full else { throw error }
        guard attemptsLeft > 0 else {
          throw PayoutError(.unrecorded, "\(transfers.count) outcomes could not be recorded: \(error.message)")
        }
        Ticks.sleep(milliseconds: 1_000)
      }
    }
  }

  /// Many calls, and the door was closed to each of them: the rest need not be tried now.
  private func isUnreachable(_ result: RailBatch) -> Bool {
    let replies = result.outcomes.compactMap { outcome -> RailReply? in
      if case .answered(let reply) = outcome { reply } else { nil }
    }
    return !replies.isEmpty
      && replies.allSatisfy { $0.result == .transient && ["connection_refused", "dns"].contains($0.code) }
  }

  /// - Returns: whether something is due now that was not.
  private func waitForDue(until deadline: Int64, now: Int64) throws(PayoutError) -> Bool {
    guard Ticks.now() < deadline else { return false }
    let next = try store.mapped { () throws(LedgerError) in
      try store.nextDue(rail: settings.railName, runIDs: settings.runIDs, now: now)
    }
    guard let next, next - now <= deadline - Ticks.now() else { return false }
    let until = Ticks.now() + max(1, next - now)
    while Ticks.now() < until, !pace.isStopping() { Ticks.sleep(milliseconds: min(100, until - Ticks.now())) }
    return true
  }
}
