// How did a prize, a refund or an award come about?
internal import Interchange
package import Markets
internal import Money
internal import Prizes

/// Works out the figures of an event again, step by step, from the run's recorded inputs.
package struct EventExplainer {
  private let lookup: EventLookup
  private let intake: EventIntake?
  private let gone: String?

  /// - Parameter inputsDirectory: where the inputs are now; nil for where they were.
  package init?(_ location: RunLocation, inputsDirectory: String?) throws(BatchError) {
    guard let lookup = EventLookup(location) else { return nil }
    self.lookup = lookup
    let manifest = try location.files.manifest()
    guard lookup.operation == .pay || lookup.operation == .refund else {
      intake = nil
      gone = nil
      return
    }
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
    let configuration = try PrizeConfiguration(json: manifest.json["configuration"] ?? .null)
    let intake = EventIntake(lookup.operation, configuration, progress: nil)
    try intake.read(files)
    self.intake = intake
    gone = nil
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

  private func terms(_ event: ID) -> (number: Int, terms: EventTerms)? {
    guard let intake, let number = intake.number(ofEvent: event.bytes), let terms = intake.events[number].terms else {
      return nil
    }
    return (number, terms)
  }

  // MARK: An event

  private func explain(event row: AuditRow, _ id: ID) throws(BatchError) -> Explanation {
    var explanation = Explanation("event \(Terminal.quoted(id.description))")
    explanation.subject["event_id"] = .string(id.description)
    if let gone { explanation.note(gone) }
    guard row.text("status") == MarketStatus.settled.rawValue else {
      explanation.add("status", "\(row.text("status")): \(row.text("hold_reason"))")
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
      if let (_, terms) = terms(id) { rules(terms, &explanation) }
      let total = try sum("prize")
      explanation.add(
        "prizes",
        "\(Figures.counted(payments.count, "placement")) get "
          + explanation.figure(total, "total_prize", of: row))
      let withheld = try sum("withheld")
      if withheld > 0 { explanation.add("withheld", explanation.figure(withheld, "withheld", of: row)) }
      let pool = Int128(try row.integer("prize_pool"))
      let breakage = Int128(try row.integer("breakage"))
      if breakage > 0 { explanation.add("breakage", "\(breakage) left over, to the house (events.csv, breakage)") }
      explanation.add(
        "unallocated",
        "\(pool) − \(total)\(breakage > 0 ? " − \(breakage)" : "") = "
          + explanation.figure(pool - total - breakage, "unallocated", of: row))
    case .refund:
      let fees = try sum("fee")
      let refunds = try sum("refund")
      explanation.add("fees", "\(Figures.counted(payments.count, "confirmed registration")) paid \(fees)")
      explanation.add("refunds", explanation.figure(refunds, "total_refund", of: row))
      explanation.add(
        "retained", "\(fees) − \(refunds) = " + explanation.figure(fees - refunds, "retained", of: row))
    case .participation, .placement:
      explanation.add("awards", "\(Figures.counted(payments.count, "award")) due (awards.csv)")
    }
    return explanation
  }

  private func rules(_ terms: EventTerms, _ explanation: inout Explanation) {
    explanation.add("pool", "\(terms.pool) \(terms.currency.code)")
    for tier in terms.distribution?.tiers ?? [] {
      let places = tier.places.count == 1 ? "\(tier.places.first)" : "\(tier.places.first)-\(tier.places.last)"
      switch tier.rule {
      case .fixed(let amount): explanation.add("place \(places)", "\(amount)")
      case .share(let rate):
        let (text, value) = Figures.rate(Int128(terms.pool), rate.value)
        explanation.add("place \(places)", "\(text)\(value)\(tier.places.count > 1 ? " each" : "")")
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
      explanation.add("left over", "\(leftOver), by remainder \(terms.remainder.rawValue)")
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
    case .refund:
      let fee = Int128(try row.integer("fee"))
      if let (_, terms) = terms(event) {
        let (text, value) = Figures.rate(fee, terms.refund.value)
        explanation.add("refund", text + explanation.figure(value, "refund", of: row))
      } else {
        explanation.add("refund", "\(row.text("refund")) of a fee of \(fee) (refunds.csv)")
      }
    case .participation, .placement:
      explanation.add(
        "award",
        "\(row.text("amount")) \(row.text("currency"))"
          + (row.isEmpty("place") ? " for taking part" : " for place \(row.text("place"))"))
    }
    explanation.add("status", row.text("status"))
    return explanation
  }

  private func explain(prize row: AuditRow, _ event: ID, _ explanation: inout Explanation) throws(BatchError) {
    let place = Int(try row.integer("place"))
    let tied = Int(try row.integer("tied"))
    explanation.add("place", "\(place)" + (tied > 1 ? ", shared by \(tied)" : ""))
    guard let intake, let (number, terms) = terms(event), let distribution = terms.distribution,
      let settlement = try? PrizeSettlement(
        PrizeTerms(
          pool: terms.pool, distribution: distribution, tie: terms.tie, remainder: terms.remainder,
          withholding: terms.withholding), places: intake.placements(of: number).map(\.place)),
      let index = intake.placements(of: number).firstIndex(where: {
        intake.registrations.id($0.registration).bytes == row.bytes("registration_id")
      })
    else {
      explanation.add("prize", "\(row.text("prize")) (prizes.csv, prize)")
      return
    }
    rules(terms, &explanation)
    let prize = settlement.prizes[index]
    if prize.tied > 1, terms.tie == .split {
      explanation.add(
        "tie",
        "the prizes of places \(place) to \(place + prize.tied - 1) are shared by \(prize.tied): floor "
          + "\(prize.amount - prize.extraUnits)")
    }
    if prize.extraUnits > 0 {
      explanation.add("extra units", explanation.figure(Int128(prize.extraUnits), "extra_units", of: row))
    }
    explanation.add("prize", explanation.figure(Int128(prize.amount), "prize", of: row))
    if terms.withholding.rate.value > 0 {
      if prize.amount > terms.withholding.threshold {
        let (text, value) = Figures.rate(Int128(prize.amount), terms.withholding.rate.value)
        explanation.add("withheld", text + explanation.figure(value, "withheld", of: row))
      } else {
        explanation.add("withheld", "0: the prize is not above \(terms.withholding.threshold)")
      }
    }
    explanation.add("net", explanation.figure(Int128(prize.net), "net", of: row))
  }
}
