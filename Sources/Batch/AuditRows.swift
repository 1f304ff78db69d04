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

  /// Text of a market's commitments that is the same in many rows.
  struct CommitmentTemplates {
    /// `market,`
    let market: [UInt8]
    /// `,option,` for each option number.
    let options: [[UInt8]]

    init(market: ID, options: [ID]) {
      func text(_ parts: (ByteBuffer) -> Void) -> [UInt8] {
        let buffer = ByteBuffer(capacity: 300)
        parts(buffer)
        return buffer.array
      }
      self.market = text {
        $0.append(csvField: market.bytes)
        $0.append(0x2C)
      }
      self.options = options.map { option in
        text {
          $0.append(0x2C)
          $0.append(csvField: option.bytes)
          $0.append(0x2C)
        }
      }
    }
  }

  /// One commitment of a settled market.
  @inline(__always)
  static func commitment(
    _ record: CommitmentRecord, _ result: CommitmentResult, payout: Int64, extraUnits: Int64, potStake: Int64,
    templates: CommitmentTemplates, to buffer: ByteBuffer
  ) {
    let amount = record.amount
    buffer.append(templates.market)
    unsafe buffer.append(csvField: record.commitmentID)
    buffer.append(0x2C)
    unsafe buffer.append(csvField: record.userID)
    buffer.append(templates.options[Int(record.option)])
    buffer.append(positionAndMethod(record.flags))
    buffer.append(decimal: amount)
    switch result {
    case .won:
      buffer.append(",won,")
      buffer.append(share: amount, of: potStake)
      buffer.append(0x2C)
    case .lost: buffer.append(",lost,,")
    case .refunded: buffer.append(",refunded,,")
    }
    buffer.append(decimal: extraUnits)
    buffer.append(0x2C)
    buffer.append(decimal: payout)
    buffer.append(0x2C)
    buffer.append(decimal: payout - amount)
    buffer.append(0x0A)
  }

  @inline(__always)
  private static func positionAndMethod(_ flags: CommitmentFlags) -> StaticString {
    if flags.contains(.hybrid) { return flags.contains(.yes) ? "yes,hybrid," : "no,hybrid," }
    if flags.contains(.position) { return flags.contains(.yes) ? "yes,position," : "no,position," }
    return ",option,"
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
  func write(market: [UInt8], user: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    buffer.append(market)
    unsafe buffer.append(csvField: user)
    buffer.append(0x2C)
    buffer.append(decimal: committed)
    buffer.append(0x2C)
    buffer.append(decimal: payout + refund)
    buffer.append(0x2C)
    buffer.append(decimal: profit)
    buffer.append(0x2C)
    buffer.append(decimal: lost)
    buffer.append(0x2C)
    buffer.append(decimal: Int64(winning))
    buffer.append(0x2C)
    buffer.append(decimal: Int64(losing))
    buffer.append(0x2C)
    buffer.append(decimal: Int64(refunded))
    buffer.append(0x0A)
  }
}
