// How is one event settled: may it be, by which arithmetic, and with which rows?
internal import Interchange
internal import Ledger
internal import Markets
internal import Money
internal import Prizes

/// Settles events one after the other.
struct EventWorker {
  private let operation: PrizeOperation
  private let intake: EventIntake
  private let sabotage: (@Sendable (ID) -> Bool)?
  private var room: WalletRoom
  private var rows: PrizeRows
  private var takesRoom = true

  init(_ request: PrizeRequest, _ intake: EventIntake, room: WalletRoom) {
    operation = request.operation
    self.intake = intake
    sabotage = request.sabotage
    self.room = room
    rows = PrizeRows(request.operation)
  }

  /// Settles one event and writes the rows of its payments.
  /// - Parameters:
  ///   - isExcluded: the other operation settled it.
  ///   - isSettled: it was settled before: nothing will be paid.
  mutating func settle(_ number: Int, to buffer: ByteBuffer, isExcluded: Bool, isSettled: Bool) -> EventOutcome {
    takesRoom = !isSettled
    let event = intake.events[number]
    var outcome = EventOutcome(event, number: number, .settled)
    func held(_ reasons: [String]) -> EventOutcome {
      outcome.status = .held
      outcome.holdReasons = reasons
      return outcome
    }
    guard event.rejectCodes.isEmpty, let terms = event.terms else { return held(event.rejectCodes.names) }
    rows.begin(outcome)
    do throws(PrizeError) {
      // The event's own state comes first: a cancelled event whose fees were refunded is no conflict, only not payable.
      switch operation {
      case .pay:
        try terms.status.requirePayable(placements: event.placements)
        if isExcluded { return held([PrizeComputer.settledOtherwise]) }
        try pay(event, terms, &outcome, buffer)
      case .refund:
        try terms.status.requireRefundable()
        if isExcluded { return held([PrizeComputer.settledOtherwise]) }
        guard refund(event, terms, &outcome, buffer) else {
          _ = intake.rejectEvent(number, .poolOutOfRange, EventField.entryFee.name, table: .events)
          return held([RowCode.poolOutOfRange.rawValue])
        }
      case .participation, .placement: preconditionFailure("awards are not paid from an event's pool")
      }
    } catch {
      if let code = RowCode(rawValue: error.code) {
        // What only the placements together show; the distribution alone was checked with its row.
        _ = intake.rejectEvent(number, code, PlacementField.place.name, table: .placements)
      }
      return held([error.code])
    }
    let sum = Int128(outcome.total) + Int128(outcome.breakage) + Int128(outcome.unallocated) + Int128(outcome.retained)
    if sum != Int128(outcome.pool) || sabotage?(event.id) ?? false {
      outcome.status = .failed
      outcome.holdReasons = ["not_conserved"]
    }
    return outcome
  }

  /// Writes the event's own row, and tells whether it was settled before.
  mutating func finish(_ outcome: inout EventOutcome, earlier: SettlementRecord?, to buffer: ByteBuffer) {
    guard outcome.status == .settled else {
      rows.event(outcome, to: buffer)
      return
    }
    let start = buffer.count
    rows.event(outcome, to: buffer)
    outcome.facts = rows.facts
    guard let earlier else { return }
    outcome.earlierRun = earlier.runID
    if earlier.facts == outcome.facts {
      outcome.status = .alreadySettled
    } else {
      outcome.status = .held
      outcome.holdReasons = [PrizeComputer.settledOtherwise]
    }
    outcome.payments = []
    buffer.truncate(to: start)
    rows.event(outcome, to: buffer)
  }

  private mutating func pay(
    _ event: EventRecord, _ terms: EventTerms, _ outcome: inout EventOutcome, _ buffer: ByteBuffer
  ) throws(PrizeError) {
    guard let distribution = terms.distribution else { throw .invalidDistribution }
    let placements = intake.placements(of: outcome.number)
    let settlement = try PrizeSettlement(
      PrizeTerms(
        pool: terms.pool, distribution: distribution, tie: terms.tie, remainder: terms.remainder,
        withholding: terms.withholding),
      places: placements.map(\.place))
    outcome.pool = settlement.pool
    outcome.placements = placements.count
    outcome.total = settlement.total
    outcome.withheld = settlement.withheld
    outcome.breakage = settlement.breakage
    outcome.unallocated = settlement.unallocated
    outcome.rowCount = placements.count
    for (placement, prize) in zip(placements, settlement.prizes) {
      let status = add(placement.registration, prize.amount, withheld: prize.withheld, terms, &outcome)
      rows.prize(event.id, intake.registrations.id(placement.registration), prize, status, to: buffer)
    }
  }

  /// - Returns: false where the fees do not fit 2⁶³−1.
  private mutating func refund(
    _ event: EventRecord, _ terms: EventTerms, _ outcome: inout EventOutcome, _ buffer: ByteBuffer
  ) -> Bool {
    guard let refund = FeeRefund(fee: terms.fee, rate: terms.refund, registrations: event.confirmed) else {
      return false
    }
    outcome.fee = terms.fee
    outcome.pool = refund.fees
    outcome.total = refund.total
    outcome.retained = refund.retained
    outcome.rowCount = event.confirmed
    for registration in intake.confirmed(of: outcome.number) {
      let status = add(registration, refund.each, withheld: 0, terms, &outcome)
      rows.refund(
        event.id, intake.registrations.id(registration), fee: terms.fee, refund: refund.each, status, to: buffer)
    }
    return true
  }

  /// Notes a payment, if there is room for it in its wallet.
  private mutating func add(
    _ registration: Int, _ amount: Int64, withheld: Int64, _ terms: EventTerms, _ outcome: inout EventOutcome
  ) -> PaymentStatus {
    guard amount > 0 else { return .none }
    let accounts = { [intake] in
      [
        (account: PaymentAccounts.wallet(registration, intake.registrations), amount: amount - withheld),
        (AccountName.withholding(intake.registrations.id(registration).bytes), withheld),
      ]
    }
    let hasRoom =
      !takesRoom
      || room.take(
        terms.currency, for: PaymentID(event: outcome.id, registration: intake.registrations.id(registration)),
        accounts())
    outcome.paymentCount += 1
    if !hasRoom { outcome.failed.append(intake.registrations.id(registration)) }
    outcome.payments.append(
      EventPayment(registration: registration, amount: amount, withheld: withheld, isFailed: !hasRoom))
    return hasRoom ? .paid : .failed
  }
}

/// Whose account a payment goes to.
enum PaymentAccounts {
  /// The wallet of the registration's user; its own account where the registrations name no user.
  static func wallet(_ registration: Int, _ registrations: RegistrationStore) -> String {
    registrations.user(registration).map { AccountName.user($0.bytes) }
      ?? AccountName.registration(registrations.id(registration).bytes)
  }
}
