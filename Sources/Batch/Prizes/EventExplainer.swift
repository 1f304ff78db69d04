// How did a prize, a refund or an award come about?
internal import Interchange
package import Markets
internal import Money
internal import Prizes

/// Works out the figures of a run, an event or a registration again, step by step, from the run's files and its
/// recorded inputs; each figure with the place it comes from.
package struct EventExplainer {
  private let location: RunLocation
  private let manifest: Manifest
  private let lookup: EventLookup
  private let intake: EventIntake?
  private let awards: AwardRequest?
  private let gone: String?

  /// - Parameter inputsDirectory: where the inputs are now; nil for where they were.
  package init?(_ location: RunLocation, inputsDirectory: String?) throws(BatchError) {
    guard let lookup = EventLookup(location) else { return nil }
    self.location = location
    self.lookup = lookup
    manifest = try location.files.manifest()
    let recorded = manifest.json["configuration"] ?? .null
    let isAward = lookup.operation == .participation || lookup.operation == .placement
    awards = isAward ? try AwardRequest(lookup.operation, recorded: recorded) : nil
    let configuration =
      if let awards { awards.configuration } else { try PrizeConfiguration(json: recorded) }
    let inputs = RecordedInputs(manifest, info: try? location.files.info(), movedTo: inputsDirectory)
    var files: [InputFile] = []
    for input in inputs.inputs {
      guard case .same(let path) = inputs.state(of: input) else {
        intake = nil
        gone = "\(input.name) is not where it was, or has changed: the rules are not known (--inputs DIR)"
        return
      }
      files.append(InputFile(table: input.table, path: path, format: input.format))
    }
    let intake = EventIntake(lookup.operation, configuration, progress: nil)
    try intake.read(files)
    self.intake = intake
    gone = nil
  }

  /// The run as a whole: each total summed anew.
  package func run() throws(BatchError) -> Explanation {
    var explainer = RunExplainer(location, manifest)
    return try explainer.explained()
  }

  /// - Parameter id: an event, or a registration of the run.
  package func explanations(_ id: ID, inEvent event: ID?) throws(BatchError) -> [Explanation] {
    if event == nil, let row = try lookup.event(id) { return [try explain(event: row, id)] }
    var found: [Explanation] = []
    for row in try lookup.payments(ofRegistration: id) where event.map({ $0.bytes == row.bytes("event_id") }) ?? true {
      found.append(try explain(payment: row))
    }
    return found
  }

  /// What a user's registrations got. The files name no users: the recorded registrations do.
  /// - Throws: `inputs_needed`.
  package func explanations(ofUser user: ID, inEvent event: ID?) throws(BatchError) -> [Explanation] {
    guard let intake else {
      throw BatchError(
        "inputs_needed", .usage, "the run's files name no users, and \(gone ?? "its inputs are gone")",
        hint: "say where the inputs are with --inputs DIR, or name a registration")
    }
    var found: [Explanation] = []
    for number in intake.registrations(ofUser: user) {
      let id = intake.registrations.id(number)
      found += try explanations(id, inEvent: event ?? intake.events[Int(intake.registrations.event(number))].id)
      if found.count >= EventExplainer.toldMax { break }
    }
    return found
  }

  private static let toldMax = 20

  // MARK: Where figures stand

  private struct Rule {
    let number: Int
    let terms: EventTerms
    let place: String

    func source(_ field: EventField) -> String {
      terms.gives(field) ? "\(place), \(field.name)" : "manifest.json, configuration"
    }
  }

  private func rule(_ event: ID) -> Rule? {
    guard let intake, let number = intake.number(ofEvent: event.bytes), let terms = intake.events[number].terms else {
      return nil
    }
    let record = intake.events[number]
    return Rule(number: number, terms: terms, place: "events-\(record.file) line \(record.line)")
  }

  // MARK: An event

  private func explain(event row: AuditRow, _ id: ID) throws(BatchError) -> Explanation {
    var explanation = Explanation("event \(Terminal.quoted(id.description))")
    explanation.subject["event_id"] = .string(id.description)
    if let gone { explanation.note(gone) }
    guard row.text("status") == MarketStatus.settled.rawValue else {
      explanation.add(
        "status", "\(row.text("status")): \(row.text("hold_reason")) (events.csv, hold_reason)",
        ["status": .string(row.text("status")), "hold_reason": .string(row.text("hold_reason"))])
      return explanation
    }
    let payments = try lookup.payments(of: id)
    func sum(_ column: String) throws(BatchError) -> Int128 {
      var sum: Int128 = 0
      for payment in payments { sum += Int128(try payment.integer(column)) }
      return sum
    }
    switch lookup.operation {
    case .pay:
      if let rule = rule(id) { tell(rule, nil, row, &explanation) }
      let total = try sum("prize")
      explanation.add(
        "prizes",
        "\(Figures.counted(payments.count, "placement")) get \(explanation.figure(total, "total_prize", of: row)): "
          + "the sum of prize in prizes.csv",
        ["placements": .int(payments.count), "total_prize": .int(total)])
      let withheld = try sum("withheld")
      if withheld > 0 {
        explanation.add(
          "withheld",
          "of them withheld: \(explanation.figure(withheld, "withheld", of: row)), the sum of withheld in prizes.csv",
          ["withheld": .int(withheld)])
      }
      let pool = Int128(try row.integer("prize_pool"))
      let breakage = Int128(try row.integer("breakage"))
      if breakage > 0 {
        explanation.add(
          "breakage", "\(breakage) left over, to the house (events.csv, breakage)", ["breakage": .int(breakage)])
      }
      explanation.add(
        "unallocated",
        "\(pool) − \(total)\(breakage > 0 ? " − \(breakage)" : "") = "
          + explanation.figure(pool - total - breakage, "unallocated", of: row) + ", back to where the pool came from",
        ["prize_pool": .int(pool), "unallocated": .int(pool - total - breakage)])
    case .refund:
      let fees = try sum("fee")
      let refunds = try sum("refund")
      if let rule = rule(id) { tellRefund(rule, &explanation) }
      explanation.add(
        "fees",
        "\(Figures.counted(payments.count, "confirmed registration")) paid \(fees): the sum of fee in refunds.csv",
        ["registrations": .int(payments.count), "fees": .int(fees)])
      explanation.add(
        "refunds",
        "\(explanation.figure(refunds, "total_refund", of: row)): the sum of refund in refunds.csv",
        ["total_refund": .int(refunds)])
      explanation.add(
        "retained",
        "\(fees) − \(refunds) = \(explanation.figure(fees - refunds, "retained", of: row)), to the house",
        ["retained": .int(fees - refunds)])
    case .participation, .placement:
      for status in AwardStatus.allCases {
        let rows = payments.filter { $0.text("status") == status.rawValue }
        guard !rows.isEmpty else { continue }
        var amount: Int128 = 0
        for row in rows { amount += Int128(try row.integer("amount")) }
        explanation.add(
          status.rawValue,
          "\(Figures.counted(rows.count, "award")), "
            + (status == .given ? explanation.figure(amount, "total_prize", of: row) : "\(amount)")
            + " (awards.csv, amount, where status is \(status.rawValue))",
          ["awards": .int(rows.count), "amount": .int(amount)])
      }
    }
    tellFailed(payments, &explanation)
    return explanation
  }

  private func tellFailed(_ payments: [AuditRow], _ explanation: inout Explanation) {
    guard lookup.operation == .pay || lookup.operation == .refund else { return }
    let failed = payments.filter { $0.text("status") == PaymentStatus.failed.rawValue }
    guard !failed.isEmpty else { return }
    explanation.add(
      "failed",
      "\(Figures.counted(failed.count, "payment")) could not be posted: the money waits in suspense "
        + "(\(lookup.operation.paymentSchema.file), status)", ["failed": .int(failed.count)])
  }

  private func tellRefund(_ rule: Rule, _ explanation: inout Explanation) {
    explanation.add(
      "fee", "\(rule.terms.fee) \(rule.terms.currency.code) (\(rule.source(.entryFee)))",
      ["entry_fee": .int(rule.terms.fee)])
    explanation.add(
      "refund_bps", "\(rule.terms.refund.value) hundredths of a percent go back (\(rule.source(.refund)))",
      ["refund_bps": .int(rule.terms.refund.value)])
  }

  /// The pool, and what the distribution gives to each place, or to some.
  private func tell(_ rule: Rule, _ places: ClosedRange<Int>?, _ row: AuditRow?, _ explanation: inout Explanation) {
    let terms = rule.terms
    var pool = "\(terms.pool)"
    if let row { pool = explanation.figure(Int128(terms.pool), "prize_pool", of: row) }
    explanation.add(
      "pool", "\(pool) \(terms.currency.code) (\(rule.source(.prizePool)))",
      ["prize_pool": .int(terms.pool), "currency": .string(terms.currency.code)])
    for tier in terms.distribution?.tiers ?? [] {
      if let places, tier.places.last < places.lowerBound || tier.places.first > places.upperBound { continue }
      let name = tier.places.count == 1 ? "\(tier.places.first)" : "\(tier.places.first)-\(tier.places.last)"
      let each = tier.places.count > 1 ? " each" : ""
      switch tier.rule {
      case .fixed(let amount):
        explanation.add(
          "place \(name)", "\(amount)\(each) (\(rule.source(.distribution)))", ["amount": .int(amount)])
      case .share(let rate):
        let (text, value) = Figures.rate(Int128(terms.pool), rate.value)
        explanation.add(
          "place \(name)", "\(text)\(value)\(each) (\(rule.source(.distribution)))",
          ["bps": .int(rate.value), "amount": .int(value)])
      }
    }
    guard let distribution = terms.distribution,
      let table = try? PrizeTable(distribution, pool: terms.pool, remainder: terms.remainder)
    else { return }
    var floors: Int128 = 0
    for tier in distribution.tiers {
      if case .share(let rate) = tier.rule {
        floors += Int128(rate.roundedDown(of: terms.pool)) * Int128(tier.places.count)
      }
    }
    let leftOver = Int128(table.total) + Int128(table.breakage) - floors
    if case .share = distribution.tiers[0].rule, leftOver > 0 {
      explanation.add(
        "left over",
        "the shares make 100 %, their floors \(floors): \(terms.pool) − \(floors) = \(leftOver) left over, by remainder "
          + "\(terms.remainder.rawValue) (\(rule.source(.remainder)))",
        ["left_over": .int(leftOver), "remainder": .string(terms.remainder.rawValue)])
    }
  }

  // MARK: A registration

  private func explain(payment row: AuditRow) throws(BatchError) -> Explanation {
    let event = ID(row.bytes("event_id"))
    let registration = row.text("registration_id")
    var explanation = Explanation(
      "registration \(Terminal.quoted(registration)) in event \(Terminal.quoted(event.description))")
    explanation.subject["event_id"] = .string(event.description)
    explanation.subject["registration_id"] = .string(registration)
    if let gone { explanation.note(gone) }
    switch lookup.operation {
    case .pay: try explain(prize: row, event, &explanation)
    case .refund: try explain(refund: row, event, &explanation)
    case .participation, .placement: try explain(award: row, &explanation)
    }
    explanation.add(
      "status", "\(row.text("status")) (\(row.schema.file), status)", ["status": .string(row.text("status"))])
    return explanation
  }

  private func explain(refund row: AuditRow, _ event: ID, _ explanation: inout Explanation) throws(BatchError) {
    let fee = Int128(try row.integer("fee"))
    guard let rule = rule(event) else {
      explanation.add("refund", "\(row.text("refund")) of a fee of \(fee) (refunds.csv)")
      return
    }
    if let place = standing(row) { explanation.add("registration", "confirmed (\(place), status)") }
    tellRefund(rule, &explanation)
    let (text, value) = Figures.rate(Int128(rule.terms.fee), rule.terms.refund.value)
    explanation.add(
      "refund", text + explanation.figure(value, "refund", of: row), ["fee": .int(fee), "refund": .int(value)])
  }

  private func explain(award row: AuditRow, _ explanation: inout Explanation) throws(BatchError) {
    let place = Int(try row.integer("place"))
    if place > 0 {
      explanation.add("place", "\(place)\(placed(row).map { " (\($0), place)" } ?? "")", ["place": .int(place)])
    } else if let standing = standing(row) {
      explanation.add("registration", "confirmed (\(standing), status)")
    }
    guard let awards else { return }
    let amount = Int128(awards.amount(at: max(place, 1)))
    explanation.add(
      "award",
      "\(explanation.figure(amount, "amount", of: row)) \(row.text("currency")) "
        + (place > 0 ? "for place \(place)" : "for taking part") + " (manifest.json, configuration, amounts)",
      ["amount": .int(amount), "currency": .string(row.text("currency"))])
  }

  /// `registrations-1 line 4`
  private func standing(_ row: AuditRow) -> String? {
    guard let intake, let number = intake.registrations.number(ofID: row.bytes("registration_id")) else { return nil }
    return "registrations-\(intake.registrations.file(number)) line \(intake.registrations.line(number))"
  }

  /// `placements-1 line 4`
  private func placed(_ row: AuditRow) -> String? {
    guard let intake, let number = intake.registrations.number(ofID: row.bytes("registration_id")),
      let placement = intake.registrations.placement(number)
    else { return nil }
    return "placements-\(intake.placements[placement].file) line \(intake.placements[placement].line)"
  }

  private func explain(prize row: AuditRow, _ event: ID, _ explanation: inout Explanation) throws(BatchError) {
    let place = Int(try row.integer("place"))
    let tied = Int(try row.integer("tied"))
    explanation.add(
      "place", "\(place)" + (tied > 1 ? ", shared by \(tied)" : "") + (placed(row).map { " (\($0), place)" } ?? ""),
      ["place": .int(place), "tied": .int(tied)])
    guard let intake, let rule = rule(event), let distribution = rule.terms.distribution,
      let settlement = try? PrizeSettlement(
        PrizeTerms(
          pool: rule.terms.pool, distribution: distribution, tie: rule.terms.tie, remainder: rule.terms.remainder,
          withholding: rule.terms.withholding), places: intake.placements(of: rule.number).map(\.place)),
      let index = intake.placements(of: rule.number).firstIndex(where: {
        intake.registrations.id($0.registration).bytes == row.bytes("registration_id")
      })
    else {
      explanation.add("prize", "\(row.text("prize")) (prizes.csv, prize)")
      return
    }
    let terms = rule.terms
    let prize = settlement.prizes[index]
    let isSplit = prize.tied > 1 && terms.tie == .split
    tell(rule, place...(isSplit ? place + prize.tied - 1 : place), nil, &explanation)
    if isSplit {
      explanation.add(
        "tie",
        "the prizes of places \(place) to \(place + prize.tied - 1) are shared by \(prize.tied): floor "
          + "\(prize.amount - prize.extraUnits) (\(rule.source(.tie)))",
        ["tie": .string(terms.tie.rawValue), "floor": .int(prize.amount - prize.extraUnits)])
    }
    if prize.extraUnits > 0 {
      explanation.add(
        "extra units", explanation.figure(Int128(prize.extraUnits), "extra_units", of: row),
        ["extra_units": .int(prize.extraUnits)])
    }
    explanation.add(
      "prize", explanation.figure(Int128(prize.amount), "prize", of: row), ["prize": .int(prize.amount)])
    if terms.withholding.rate.value > 0 {
      let source =
        "\(rule.source(.withholding)); above \(terms.withholding.threshold): \(rule.source(.withholdingAbove))"
      if prize.amount > terms.withholding.threshold {
        let (text, value) = Figures.rate(Int128(prize.amount), terms.withholding.rate.value)
        explanation.add(
          "withheld", "\(text)\(explanation.figure(value, "withheld", of: row)) (\(source))", ["withheld": .int(value)])
      } else {
        explanation.add(
          "withheld", "0: the prize is not above \(terms.withholding.threshold) (\(source))", ["withheld": .int(0)])
      }
    }
    explanation.add("net", explanation.figure(Int128(prize.net), "net", of: row), ["net": .int(prize.net)])
  }
}
