// How is one market brought from its records to its rows?
internal import CProcessor
internal import Interchange
internal import Markets
internal import Money
internal import Settlement

/// Settles markets one after the other, on one thread, keeping its memory in between. Two parts of a large market may
/// run at once: neither changes what the other reads.
@safe
final class MarketWorker: @unchecked Sendable {
  /// Where the rows of a market go, piece by piece.
  struct Output {
    let commitments: OrderedFile?
    let distributions: OrderedFile?
    let distributionLines: OrderedFile?
    let job: Int
  }

  private let intake: Intake
  private let stores: [CommitmentStore]
  private let wantsPayments: Bool
  private let sabotage: (@Sendable (ID) -> Bool)?

  private let sorter = KeySorter()
  private var settler = Settler()
  private var stakes = Stakes()
  private var arrivals = LargeMemory<CommitmentRecord>(capacity: 64)
  private var recordMemory = LargeMemory<CommitmentRecord>(capacity: 64)
  private var recordCount = 0
  /// All records of the market in the order of their ids, then the accepted ones alone.
  private var records: UnsafeMutableBufferPointer<CommitmentRecord> {
    unsafe UnsafeMutableBufferPointer(start: recordMemory.start, count: recordCount)
  }
  private var sorted = ByteBuffer(capacity: 1 << 16)
  /// Whether any two records of the market have the same commitment id.
  private var repeatsIDs = false

  /// From so many records on a market has two parts of its work done at once, if there is more than one thread: the others
  /// cannot go on for long while its rows are not written, and the last market of a night has no others.
  static let sharedRecordCount = 1 << 16

  /// How many records ahead memory is asked for where the order of access is not the order in memory: what tells where
  /// a record is twice as far ahead as the record.
  private static let prefetchDistance = 12

  /// - Parameter sabotage: markets whose arithmetic is made to fail (for tests of the failure itself).
  init(_ intake: Intake, wantsPayments: Bool, sabotage: (@Sendable (ID) -> Bool)? = nil) {
    self.intake = intake
    stores = intake.stores
    self.wantsPayments = wantsPayments
    self.sabotage = sabotage
  }

  /// Settles the market with this number, or says why not.
  ///
  /// - Parameter earlier: the market's settlement in the ledger, where it has one.
  func process(_ number: Int, earlier: EarlierSettlement?, output: Output) -> MarketOutcome {
    let market = intake.markets[number]
    var outcome = check(number)
    let isPayable =
      outcome.holdReasons.isEmpty
      || intake.configuration.settlesWithRejects && !outcome.holdReasons.contains(RowCode.poolOutOfRange.rawValue)
    guard let resolution = market.resolution, isPayable else { return outcome }
    outcome.holdReasons = []
    if let earlier, earlier.resolutionID != resolution.resolutionID {
      outcome.holdReasons = ["already_settled_otherwise"]
      outcome.earlierRun = earlier.runID
      return outcome
    }

    let terms = MarketTerms(resolution, options: market.options)
    (outcome.totals, outcome.users) = together({ settler.settle(stakes, by: terms) }, { self.sortUsers() })
    if let sabotage, sabotage(market.id) { outcome.totals.houseFee += 1 }
    guard outcome.totals.isConserved else {
      outcome.status = .failed
      outcome.holdReasons = ["not_conserved"]
      return outcome
    }
    outcome.status = .settled
    if let earlier {
      let facts = writeCommitments(market, outcome, to: nil, wantsFacts: true)
      let isSame = facts == earlier.facts
      outcome.status = isSame ? .alreadySettled : .held
      outcome.holdReasons = isSame ? [] : ["already_settled_otherwise"]
      outcome.earlierRun = earlier.runID
      return outcome
    }
    (outcome.facts, outcome.payments) = together(
      { writeCommitments(market, outcome, to: output, wantsFacts: wantsPayments) },
      { self.writeDistributions(market, to: output) })
    if output.distributionLines != nil { writeDistributionLines(market, outcome, to: output) }
    return outcome
  }

  /// Does two parts of a market's work, on two threads where it is large and the system has another.
  private func together<First, Second: Sendable>(
    _ first: () -> First, _ second: @escaping @Sendable () -> Second
  ) -> (First, Second) {
    guard intake.threads > 1, recordCount >= MarketWorker.sharedRecordCount else { return (first(), second()) }
    let result = Monitor<Second?>(nil)
    let other = Worker.ifPossible {
      let value = second()
      result.update { $0 = value }
    }
    guard let other else { return (first(), second()) }
    let own = first()
    other.join()
    return (own, result.update { $0 }!)
  }

  /// Checks what holds between the rows of a market, and leaves its accepted records in order.
  func check(_ number: Int) -> MarketOutcome {
    let market = intake.markets[number]
    var outcome = MarketOutcome(
      id: market.id, resolution: market.resolution, status: .held, isListed: market.isResolved)
    load(number)
    var codes = market.rejectCodes
    if repeatsIDs { rejectDuplicates(market, &codes, &outcome.rejections) }
    takeAccepted(market, &codes, &outcome.rejections)
    outcome.commitments = recordCount
    outcome.holdReasons = codes.names
    return outcome
  }

  // MARK: Records

  /// Brings the market's records into the order of their commitment ids, side by side in memory.
  private func load(_ number: Int) {
    let count = intake.recordCount(of: number)
    arrivals.reserve(count)
    recordMemory.reserve(count)
    recordCount = count
    let arrivals = unsafe arrivals.start
    var arrived = 0
    for store in stores {
      store.forEachRecord(of: number) { record in
        precondition(arrived < count, "market \(number) has more than the \(count) records that were counted")
        unsafe (arrivals + arrived).initialize(to: record)
        arrived += 1
      }
    }
    precondition(arrived == count, "market \(number) has \(arrived) of the \(count) records that were counted")
    unsafe sorter.sort(count: count) { unsafe arrivals[$0].commitmentID }
    let ranking = sorter.ranking
    let records = unsafe records
    var repeats = false
    sorted.removeAll()
    sorted.row(countMax: stores.reduce(0) { $0 + $1.byteCount(of: number) }) { row in
      for rank in 0..<count {
        if rank + 2 * MarketWorker.prefetchDistance < count {
          let further = ranking.index(at: rank + 2 * MarketWorker.prefetchDistance)
          unsafe settle_prefetch(arrivals + further)
          unsafe settle_prefetch(arrivals[ranking.index(at: rank + MarketWorker.prefetchDistance)].start)
        }
        if rank > 0, unsafe ranking.repeatsBefore(rank, id: { unsafe arrivals[$0].commitmentID }) { repeats = true }
        let record = unsafe arrivals[ranking.index(at: rank)]
        unsafe (records.baseAddress! + rank).initialize(to: CommitmentRecord(start: row.position))
        unsafe row.copyShort(record.start, record.count)
      }
    }
    repeatsIDs = repeats
  }

  /// The same commitment id twice: all of them are rejected.
  private func rejectDuplicates(_ market: Market, _ codes: inout RowCodes, _ rejections: inout [Rejection]) {
    let records = unsafe records
    var index = 0
    while index + 1 < records.count {
      guard unsafe records[index].commitmentID.elementsEqual(records[index + 1].commitmentID) else {
        index += 1
        continue
      }
      var end = index + 1
      while end < records.count, unsafe records[index].commitmentID.elementsEqual(records[end].commitmentID) {
        end += 1
      }
      for place in index..<end {
        let record = unsafe records[place]
        codes.insert(.duplicateCommitment)
        unsafe rejections.append(
          Rejection(
            .duplicateCommitment, field: "commitment_id", table: .commitments, file: record.file, line: record.line,
            marketID: market.id, rowID: ID(Array(record.commitmentID))))
        rejections[rejections.count - 1].countedBefore =
          record.flags.contains(.rejected) ? nil : record.flags.contains(.excluded) ? .excluded : .accepted
        record.markRejected()
      }
      index = end
    }
  }

  /// Keeps the records that count, and their stakes.
  private func takeAccepted(_ market: Market, _ codes: inout RowCodes, _ rejections: inout [Rejection]) {
    let records = unsafe records
    var kept = 0
    var pool: UInt64 = 0
    var isOutOfRange = false
    for index in records.indices {
      let record = unsafe records[index]
      guard record.flags.isDisjoint(with: [.excluded, .rejected]) else { continue }
      unsafe records[kept] = record
      kept += 1
      pool &+= UInt64(record.amount)
      if pool > UInt64(Int64.max) { isOutOfRange = true; pool = 0 }
    }
    recordCount = kept
    stakes.removeAll()
    stakes.amounts.append(contentsOf: (0..<kept).lazy.map { unsafe records[$0].amount })
    stakes.options.append(contentsOf: (0..<kept).lazy.map { unsafe records[$0].option })
    stakes.isLate.append(contentsOf: (0..<kept).lazy.map { unsafe records[$0].flags.contains(.late) })
    if isOutOfRange {
      codes.insert(.poolOutOfRange)
      rejections.append(
        Rejection(.poolOutOfRange, field: "amount", table: .commitments, file: nil, line: nil, marketID: market.id))
    }
  }

  /// Puts the users in order.
  /// - Returns: how many there are.
  private func sortUsers() -> Int {
    let records = unsafe records
    unsafe sorter.sort(count: recordCount) { unsafe records[$0].userID }
    let ranking = sorter.ranking
    var users = min(1, recordCount)
    for rank in 1..<max(1, recordCount) {
      if unsafe !ranking.repeatsBefore(rank, id: { unsafe records[$0].userID }) { users += 1 }
    }
    return users
  }

  /// The market's columns without reference counts, for loops over many records.
  @safe
  private struct Columns {
    let records: UnsafeBufferPointer<CommitmentRecord>
    let amounts: UnsafeBufferPointer<Int64>
    let payouts: UnsafeBufferPointer<Int64>
    let extraUnits: UnsafeBufferPointer<Int64>
    let results: UnsafeBufferPointer<CommitmentResult>
    /// The order of users.
    let ranking: KeySorter.Ranking

    /// Whether the record at `rank`, in the order of users, belongs to the user of the one before.
    @inline(__always)
    func isSameUser(_ rank: Int) -> Bool { unsafe ranking.repeatsBefore(rank) { unsafe records[$0].userID } }

    /// One past the last record of the user at `start`, in the order of users.
    @inline(__always)
    func endOfUser(at start: Int) -> Int {
      var end = start + 1
      while unsafe end < records.count, isSameUser(end) { end += 1 }
      return end
    }

    /// Asks for what is needed out of turn behind the record at `rank`.
    @inline(__always)
    func prefetch(behind rank: Int) {
      guard unsafe rank + 2 * MarketWorker.prefetchDistance < records.count else { return }
      let further = ranking.index(at: rank + 2 * MarketWorker.prefetchDistance)
      unsafe settle_prefetch(records.baseAddress! + further)
      unsafe settle_prefetch(payouts.baseAddress! + further)
      unsafe settle_prefetch(amounts.baseAddress! + further)
      unsafe settle_prefetch(records[ranking.index(at: rank + MarketWorker.prefetchDistance)].start)
    }

    @inline(__always)
    func distribution(_ ranks: Range<Int>) -> Distribution {
      var distribution = Distribution()
      for rank in ranks {
        let index = ranking.index(at: rank)
        prefetch(behind: rank)
        unsafe distribution.add(results[index], amount: amounts[index], payout: payouts[index])
      }
      return distribution
    }
  }

  private func withColumns<Result>(_ body: (Columns) -> Result) -> Result {
    let records = unsafe UnsafeBufferPointer(records)
    return unsafe stakes.amounts.withUnsafeBufferPointer { amounts in
      unsafe settler.payouts.withUnsafeBufferPointer { payouts in
        unsafe settler.extraUnits.withUnsafeBufferPointer { extraUnits in
          unsafe settler.results.withUnsafeBufferPointer { results in
            unsafe body(
              Columns(
                records: records, amounts: amounts, payouts: payouts, extraUnits: extraUnits, results: results,
                ranking: sorter.ranking))
          }
        }
      }
    }
  }

  // MARK: Rows

  private func writeCommitments(_ market: Market, _ outcome: MarketOutcome, to output: Output?, wantsFacts: Bool)
    -> Digest?
  {
    let file = output?.commitments
    guard file != nil || wantsFacts else { return nil }
    var facts = SHA256()
    if wantsFacts {
      let row = ByteBuffer(capacity: 512)
      AuditRows.settledMarket(outcome, withStatus: false, to: row)
      unsafe facts.update(row.bytes)
    }
    let templates = RowTemplates(market: market.id, options: market.options)
    let roles = MarketTerms(outcome.resolution!, options: market.options).roles
    withColumns { columns in
      let count = unsafe columns.records.count
      var index = 0
      repeat {
        // A constant for each piece: what may change is counted at each row.
        let piece = file?.buffer() ?? ByteBuffer(capacity: 1 << 17)
        while index < count, piece.count < OrderedFile.pieceByteCount {
          let record = unsafe columns.records[index]
          let result = unsafe columns.results[index]
          var potStake: Int64 = 0
          if result == .won, case .winning(let rank) = roles[Int(record.option)] { potStake = settler.potStakes[rank] }
          unsafe AuditRows.commitment(
            record, result, payout: columns.payouts[index], extraUnits: columns.extraUnits[index], potStake: potStake,
            templates: templates, to: piece)
          index += 1
        }
        if wantsFacts { unsafe facts.update(piece.bytes) }
        if let file, let output { file.put(piece, job: output.job) }
      } while index < count
    }
    return wantsFacts ? facts.digest() : nil
  }

  private func writeDistributions(_ market: Market, to output: Output) -> Payments? {
    let file = output.distributions
    guard file != nil || wantsPayments else { return nil }
    let templates = RowTemplates(market: market.id, options: [])
    var payments = Payments()
    let wantsPayments = wantsPayments
    withColumns { columns in
      let count = unsafe columns.records.count
      var start = 0
      repeat {
        let piece = file?.buffer() ?? ByteBuffer()
        while start < count, piece.count < OrderedFile.pieceByteCount {
          let end = columns.endOfUser(at: start)
          let distribution = columns.distribution(start..<end)
          let record = unsafe columns.records[columns.ranking.index(at: start)]
          if file != nil { distribution.write(record, templates: templates, to: piece) }
          if wantsPayments, distribution.payout > 0 || distribution.refund > 0 {
            unsafe payments.append(user: record.userID, payout: distribution.payout, refund: distribution.refund)
          }
          start = end
        }
        file?.put(piece, job: output.job)
      } while start < count
    }
    return wantsPayments ? payments : nil
  }

  private func writeDistributionLines(_ market: Market, _ outcome: MarketOutcome, to output: Output) {
    guard let file = output.distributionLines, let resolution = outcome.resolution else { return }
    let terms = MarketTerms(resolution, options: market.options)
    var buffer = file.buffer()
    let records = unsafe records
    var start = 0
    while start < recordCount {
      let end = withColumns { $0.endOfUser(at: start) }
      let ranking = sorter.ranking
      let indices = (start..<end).map { ranking.index(at: $0) }
      let lines = DistributionLine(market: market, outcome: outcome, terms: terms, settler: settler)
      let commitments = indices.map { unsafe ($0, records[$0]) }
      unsafe buffer.append(lines.json(user: commitments[0].1.userID, commitments).compact)
      buffer.append(0x0A)
      if buffer.count >= OrderedFile.pieceByteCount {
        file.put(buffer, job: output.job)
        buffer = file.buffer()
      }
      start = end
    }
    file.put(buffer, job: output.job)
  }
}

extension CommitmentRecord {
  /// Takes the record out of the market; only on the worker's own copy.
  func markRejected() {
    unsafe UnsafeMutablePointer(mutating: start)[CommitmentRecord.flagsOffset] |= CommitmentFlags.rejected.rawValue
  }
}
