// How does a row of each output file look?
internal import Interchange
internal import Markets
internal import Money
internal import Settlement

/// Writes the rows of a run's data files.
enum AuditRows {
  static let marketsHeader =
    "market_id,resolution_id,status,outcome,winning_options,currency,commitments,users,gross_pool,winning_stake,"
    + "house_fee,creator_fee,creator_id,net_pool,total_payout,total_refund,retained,breakage,winners,losers,"
    + "minus_pool,no_winner,hold_reason\n"
  static let commitmentsHeader =
    "market_id,commitment_id,user_id,option_id,position,match_method,amount,result,win_share,extra_units,payout,profit\n"
  static let distributionsHeader =
    "market_id,user_id,total_committed,total_payout,total_profit,total_lost,winning_commitments,losing_commitments,"
    + "refunded_commitments\n"

  /// A settled market. Without its status this is the first part of the market's facts.
  static func settledMarket(_ market: MarketOutcome, withStatus: Bool = true, to buffer: ByteBuffer) {
    guard let resolution = market.resolution else { preconditionFailure("a market without resolution is not settled") }
    let totals = market.totals
    let comma: UInt8 = 0x2C
    func number(_ value: Int64) {
      buffer.append(comma)
      buffer.append(decimal: value)
    }
    buffer.append(csvField: market.id.bytes)
    buffer.append(comma)
    buffer.append(csvField: resolution.resolutionID.bytes)
    buffer.append(comma)
    if withStatus {
      buffer.append(market.status.rawValue)
      buffer.append(comma)
    }
    buffer.append(resolution.outcome.rawValue)
    buffer.append(comma)
    buffer.append(csvField: Array(resolution.winningOptions.sorted().map(\.bytes).joined(separator: [0x7C])))
    buffer.append(comma)
    buffer.append(resolution.currency.code)
    number(Int64(market.commitments))
    number(Int64(market.users))
    number(totals.grossPool)
    number(totals.winningStake)
    number(totals.houseFee)
    number(totals.creatorFee)
    buffer.append(comma)
    if let creator = resolution.creatorID { buffer.append(csvField: creator.bytes) }
    number(totals.netPool)
    number(totals.totalPayout)
    number(totals.totalRefund)
    number(totals.retained)
    number(totals.breakage)
    number(Int64(totals.winners))
    number(Int64(totals.losers))
    buffer.append(totals.isMinusPool ? ",true" : ",false")
    buffer.append(totals.hasNoWinner ? ",true," : ",false,")
    buffer.append(0x0A)
  }

  /// A market that is not settled: only what is known of it, and why.
  static func unsettledMarket(_ market: Market, status: MarketStatus, reasons: [String], to buffer: ByteBuffer) {
    buffer.append(csvField: market.id.bytes)
    buffer.append(0x2C)
    let resolution = market.resolution
    if let id = resolution?.resolutionID ?? market.shownResolutionID { buffer.append(csvField: id.bytes) }
    buffer.append(0x2C)
    buffer.append(status.rawValue)
    buffer.append(0x2C)
    if let outcome = resolution?.outcome ?? market.shownOutcome { buffer.append(outcome.rawValue) }
    buffer.append(",,")
    if let currency = resolution?.currency ?? market.shownCurrency { buffer.append(currency.code) }
    buffer.append(",,,,,,,,,,,,,,,,,")
    buffer.append(csvField: reasons.joined(separator: "|"))
    buffer.append(0x0A)
  }

  /// One commitment of a settled market.
  @inline(__always)
  static func commitment(
    _ record: CommitmentRecord, _ result: CommitmentResult, payout: Int64, extraUnits: Int64, potStake: Int64,
    templates: RowTemplates, to buffer: ByteBuffer
  ) {
    buffer.row(countMax: templates.countMax) { row in
      let amount = record.amount
      unsafe row.copyShort(templates.market.start, templates.market.count)
      unsafe row.field(record.commitmentID, isQuoted: record.quotesCommitmentID)
      row.byte(0x2C)
      unsafe row.field(record.userID, isQuoted: record.quotesUserID)
      templates.copyOption(of: record, to: &row)
      let digits = unsafe row.position
      row.decimal(amount)
      switch result {
      case .won:
        row.text(",won,")
        row.share(amount, of: potStake)
        row.byte(0x2C)
      case .lost where payout == 0 && extraUnits == 0:
        // Most rows: what was staked is lost, and said in the same digits.
        let count = unsafe row.position - digits
        row.text(",lost,,0,0,-")
        unsafe row.copyShort(digits, count)
        row.byte(0x0A)
        return
      case .lost: row.text(",lost,,")
      case .refunded: row.text(",refunded,,")
      }
      row.decimal(extraUnits)
      row.byte(0x2C)
      row.decimal(payout)
      row.byte(0x2C)
      row.decimal(payout - amount)
      row.byte(0x0A)
    }
  }
}

extension RowCursor {
  /// An id as a CSV field; `slack` bytes behind it may be read.
  @inline(__always)
  fileprivate mutating func field(_ id: UnsafeBufferPointer<UInt8>, isQuoted: Bool) {
    guard let start = id.baseAddress else { return }
    if isQuoted { unsafe quoted(start, id.count) } else { unsafe copyShort(start, id.count) }
  }
}

/// Text that is the same in many rows of a market, ready to copy.
@safe
final class RowTemplates {
  /// `market,`
  let market: (start: UnsafePointer<UInt8>, count: Int)
  /// Bytes of a row at most.
  let countMax: Int

  private let memory = ByteBuffer(capacity: 1 << 10)
  /// `,option,position,method,` for each option and each way to name it.
  private let options: UnsafeMutableBufferPointer<(start: UnsafePointer<UInt8>, count: Int)>

  private static let ways = [",option,", "yes,position,", "no,position,", "yes,hybrid,", "no,hybrid,"]

  /// - Parameter options: the market's options by their numbers.
  init(market: ID, options names: [ID]) {
    var counts: [Int] = []
    memory.append(csvField: market.bytes)
    memory.append(0x2C)
    counts.append(memory.count)
    for option in names {
      for way in RowTemplates.ways {
        let before = memory.count
        memory.append(0x2C)
        memory.append(csvField: option.bytes)
        memory.append(0x2C)
        memory.append(way)
        counts.append(memory.count - before)
      }
    }
    memory.reserve(total: memory.count + RowCursor.slack)
    var start = unsafe memory.start
    var pieces: [(start: UnsafePointer<UInt8>, count: Int)] = unsafe []
    for count in counts {
      unsafe pieces.append((start, count))
      unsafe start += count
    }
    unsafe self.market = unsafe pieces[0]
    unsafe options = unsafe .allocate(capacity: pieces.count - 1)
    _ = unsafe options.initialize(fromContentsOf: pieces.dropFirst())
    let optionMax = counts.dropFirst().max() ?? 0
    // Ids may double in quotes; numbers have 20 digits at most.
    countMax = counts[0] + optionMax + 4 * (ID.lengthMax + 1) + 16 + 9 * 21
  }

  deinit { unsafe options.deallocate() }

  @inline(__always)
  func copyOption(of record: CommitmentRecord, to row: inout RowCursor) {
    let flags = record.flags
    var way = 0
    if flags.contains(.hybrid) {
      way = flags.contains(.yes) ? 3 : 4
    } else if flags.contains(.position) {
      way = flags.contains(.yes) ? 1 : 2
    }
    let piece = unsafe options[Int(record.option) * RowTemplates.ways.count + way]
    unsafe row.copyShort(piece.start, piece.count)
  }
}

/// What one user staked and got in a market.
struct Distribution {
  var committed: Int64 = 0
  /// Payouts of winning commitments.
  var payout: Int64 = 0
  var refund: Int64 = 0
  var profit: Int64 = 0
  var lost: Int64 = 0
  var winning = 0
  var losing = 0
  var refunded = 0

  @inline(__always)
  mutating func add(_ result: CommitmentResult, amount: Int64, payout: Int64) {
    committed += amount
    switch result {
    case .won:
      self.payout += payout
      profit += payout - amount
      winning += 1
    case .lost:
      lost += amount
      losing += 1
    case .refunded:
      refund += payout
      refunded += 1
    }
  }

  @inline(__always)
  func write(_ record: CommitmentRecord, templates: RowTemplates, to buffer: ByteBuffer) {
    buffer.row(countMax: templates.countMax) { row in
      unsafe row.copyShort(templates.market.start, templates.market.count)
      unsafe row.field(record.userID, isQuoted: record.quotesUserID)
      row.byte(0x2C)
      let digits = unsafe row.position
      row.decimal(committed)
      if winning == 0 && refunded == 0 {
        // Most users: all is lost, and said in the same digits.
        let count = unsafe row.position - digits
        row.text(",0,0,")
        unsafe row.copyShort(digits, count)
      } else {
        row.byte(0x2C)
        row.decimal(payout + refund)
        row.byte(0x2C)
        row.decimal(profit)
        row.byte(0x2C)
        row.decimal(lost)
      }
      if winning | losing | refunded < 8 {
        // `,0,0,0` and a line feed, the counts put in.
        let counts = UInt64(winning) << 8 | UInt64(losing) << 24 | UInt64(refunded) << 40
        row.bytes(0x0A_302C_302C_302C + counts, 7)
      } else {
        row.byte(0x2C)
        row.decimal(Int64(winning))
        row.byte(0x2C)
        row.decimal(Int64(losing))
        row.byte(0x2C)
        row.decimal(Int64(refunded))
        row.byte(0x0A)
      }
    }
  }
}
