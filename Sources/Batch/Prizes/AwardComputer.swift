// Which awards are due, which were given before, and which can be paid?
package import Interchange
internal import Ledger
package import Markets
internal import Money
internal import Prizes

/// An event whose awards are looked at.
package struct AwardEvent: Sendable {
  package let id: ID
  /// Why it is held; empty where it is not.
  package var holdReasons: [String] = []
  package var awards = 0
  package var given = 0
  package var failed = 0
  package var total: Int64 = 0
}

/// Awards that are worked out.
package struct ComputedAwards: Sendable {
  package var events: [AwardEvent] = []
  /// By event and registration.
  package var awards: [Award] = []
  package var inputs: [InputSummary] = []
  package var rejections: [Rejection] = []
  package var notices: [String] = []
  package var batchKey: Digest
  package var strayRows = 0
  package var outputs: [OutputSummary] = []

  package func count(_ status: AwardStatus) -> Int { awards.reduce(0) { $0 + ($1.status == status ? 1 : 0) } }
  package func total(_ status: AwardStatus) -> Int128 {
    awards.reduce(0) { $0 + ($1.status == status ? Int128($1.amount) : 0) }
  }
  package var held: Int { events.reduce(0) { $0 + ($1.holdReasons.isEmpty ? 0 : 1) } }

  package var status: ExitStatus {
    if count(.otherwise) > 0 { return .conflict }
    return held > 0 || count(.failed) > 0 ? .partial : .done
  }
}

/// Reads the events and finds what is due.
final class AwardComputer {
  let request: AwardRequest
  let intake: EventIntake

  init(_ request: AwardRequest, progress: (any ProgressObserver)?) {
    self.request = request
    intake = EventIntake(request.operation, request.configuration, progress: progress)
  }

  func read() throws(BatchError) -> Digest {
    try intake.read(request.inputs)
    var hash = SHA256()
    hash.update(field: Array("settle-awards-1".utf8))
    for input in intake.inputs {
      hash.update(field: Array(input.table.rawValue.utf8))
      hash.update(field: input.digest?.bytes ?? [])
    }
    hash.update(field: Array(request.configurationJSON.compact.utf8))
    return hash.digest()
  }

  /// Works the awards out.
  /// - Parameter ledger: what was given before, and what the house has; nil where there is no ledger.
  func compute(_ key: Digest, _ ledger: Ledger?) throws(BatchError) -> ComputedAwards {
    var computed = due(key)
    if let ledger {
      let operation = request.operation
      do throws(LedgerError) {
        let records = try ledger.settlements(
          ofMarkets: computed.awards.lazy.map { $0.subject(operation) }, kind: operation.settlementKind)
        mark(&computed, given: records)
      } catch {
        throw BatchError.ledger(error)
      }
      try pay(&computed, ledger)
    }
    return try finish(computed)
  }

  /// Works the awards of a run out again.
  /// - Parameters:
  ///   - before: awards that were in force before the run.
  ///   - failed: awards that could not be paid then.
  func recompute(
    _ key: Digest, failed: Set<PaymentID>, before: ([ID]) throws(BatchError) -> [SettlementRecord]?
  ) throws(BatchError) -> ComputedAwards? {
    var computed = due(key)
    guard let records = try before(computed.awards.map { ID($0.subject(request.operation)) }) else { return nil }
    mark(&computed, given: records)
    for index in computed.awards.indices where computed.awards[index].status == .given {
      let award = computed.awards[index]
      if failed.contains(PaymentID(event: award.event, registration: award.registration)) {
        computed.awards[index].status = .failed
      }
    }
    return try finish(computed)
  }

  private func due(_ key: Digest) -> ComputedAwards {
    var computed = ComputedAwards(batchKey: key)
    for number in intake.events.indices.sorted(by: { intake.events[$0].id < intake.events[$1].id }) {
      computed.events.append(due(number, &computed.awards))
    }
    return computed
  }

  private func finish(_ awards: ComputedAwards) throws(BatchError) -> ComputedAwards {
    var computed = awards
    count(&computed)
    computed.inputs = intake.inputs
    computed.rejections = intake.rejections.sorted(by: Rejection.precedes)
    computed.notices = intake.notices
    computed.strayRows = intake.strayRows
    let isRefused = !intake.refusals.isEmpty || request.isStrict && !computed.rejections.isEmpty
    if let path = request.rejectsPath { try RejectRows.replace(path, computed.rejections) }
    guard !isRefused else {
      let first = (intake.refusals.isEmpty ? computed.rejections : intake.refusals.sorted(by: Rejection.precedes))[0]
      throw BatchError(
        "invalid_input", .refused,
        "\(computed.rejections.count) problem(s) in the inputs; first: \(first.place(in: request.inputs)): "
          + "\(first.code.rawValue): \(first.message)",
        hint: "correct the rows and run again; nothing was applied. --dry-run lists every problem",
        rejections: computed.rejections)
    }
    return computed
  }

  /// What one event's registrations should have.
  private func due(_ number: Int, _ awards: inout [Award]) -> AwardEvent {
    let event = intake.events[number]
    var outcome = AwardEvent(id: event.id)
    guard event.rejectCodes.isEmpty, let terms = event.terms else {
      outcome.holdReasons = event.rejectCodes.names
      return outcome
    }
    let isPlacement = request.operation == .placement
    do throws(PrizeError) {
      try terms.status.requirePayable(placements: isPlacement ? event.placements : 1)
    } catch {
      outcome.holdReasons = [error.code]
      return outcome
    }
    let entitled =
      isPlacement ? intake.placements(of: number) : intake.confirmed(of: number).map { (registration: $0, place: 0) }
    for (registration, place) in entitled {
      let amount = request.amount(at: isPlacement ? place : 1)
      guard amount > 0 else { continue }
      awards.append(
        Award(
          event: event.id, registration: intake.registrations.id(registration), place: place, amount: amount,
          status: .given, number: registration))
    }
    return outcome
  }

  /// Marks what was given before.
  private func mark(_ computed: inout ComputedAwards, given records: [SettlementRecord]) {
    guard !records.isEmpty else { return }
    var facts: [ID: Digest] = [:]
    for record in records { facts[ID(record.marketID)] = record.facts }
    for index in computed.awards.indices {
      let award = computed.awards[index]
      guard let before = facts[ID(award.subject(request.operation))] else { continue }
      let isSame = before == award.facts(request.operation, currency: request.configuration.base.currency.code)
      computed.awards[index].status = isSame || request.isBackfill ? .already : .otherwise
    }
  }

  /// Marks what the house, or the wallet, cannot take part in.
  private func pay(_ computed: inout ComputedAwards, _ ledger: Ledger) throws(BatchError) {
    let currency = request.configuration.base.currency
    let house: Int128?
    do throws(LedgerError) {
      house = try ledger.available(in: AccountName.house, currency: currency.code)
    } catch {
      throw BatchError.ledger(error)
    }
    var room = try WalletRoom(ledger, bounds: [currency: Int64(clamping: computed.total(.given))])
    var left = house
    for index in computed.awards.indices where computed.awards[index].status == .given {
      let award = computed.awards[index]
      let wallet = { [intake] in PaymentAccounts.wallet(award.number, intake.registrations) }
      if let available = left, available < Int128(award.amount) {
        computed.awards[index].status = .failed
      } else if !room.take(
        currency, for: PaymentID(event: award.event, registration: award.registration), [(wallet(), award.amount)])
      {
        computed.awards[index].status = .failed
      } else {
        left = left.map { $0 - Int128(award.amount) }
      }
    }
  }

  private func count(_ computed: inout ComputedAwards) {
    var numbers: [ID: Int] = [:]
    for (index, event) in computed.events.enumerated() { numbers[event.id] = index }
    for award in computed.awards {
      guard let index = numbers[award.event] else { continue }
      computed.events[index].awards += 1
      switch award.status {
      case .given:
        computed.events[index].given += 1
        computed.events[index].total += award.amount
      case .failed: computed.events[index].failed += 1
      case .already, .otherwise: break
      }
    }
  }
}
