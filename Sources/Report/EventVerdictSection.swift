// Is a batch of prizes, refunds or awards fine?
internal import Batch
internal import Interchange

/// The first thing that is read: one sentence, a few numbers, and the sum check.
struct EventVerdictSection {
  let figures: NightFigures
  let events: EventFigures
  let previous: RunHistory.Night?

  private var did: String {
    events.operation == .pay ? "paid" : events.operation == .refund ? "refunded" : "looked at"
  }

  private var verdict: (kind: String, title: String, text: String) {
    let (all, held) = (figures.count("events"), figures.count("held"))
    let settled = figures.statuses["settled"] ?? 0
    let failedEvents = figures.statuses["failed"] ?? 0
    let whole = events.isAward ? "every award is accounted for" : "every unit of their pools is accounted for"
    if !events.addsUp {
      return (
        "bad", "Not fine: the sums do not add up",
        "The files do not agree with themselves or with the manifest. Run settle verify before anything else is paid."
      )
    }
    if failedEvents > 0 {
      return (
        "bad", "Not fine: \(Amounts.counted(failedEvents, "event")) failed",
        "What failed was not paid. \(Amounts.counted(settled, "event")) \(did), and \(whole)."
      )
    }
    if let rolledBack = figures.rolledBack, rolledBack > 0 {
      return (
        "look", "Rolled back: \(Amounts.counted(rolledBack, events.isAward ? "award" : "event")) of this run",
        "The page tells what the run had paid. What was rolled back does not stand any more."
      )
    }
    if events.failedCount > 0 {
      return (
        "look", "Look: \(Amounts.counted(events.failedCount, events.noun)) failed",
        (events.isAward
          ? "The house or the wallet could not take part: nothing of them was posted, a later call gives them. "
          : "No wallet could take them: their money waits in suspense. ")
          + "All others are paid, and \(whole)."
      )
    }
    if held > 0 {
      return (
        "look", "Look: \(Amounts.counted(held, "event")) \(held == 1 ? "is" : "are") held",
        (settled == 0
          ? "Nothing was \(did). "
          : "\(Amounts.grouped(settled)) of \(Amounts.counted(all, "event")) \(did), and \(whole). ")
          + "What is held was not paid, and waits until it is over or its rows are mended."
      )
    }
    if settled == 0 { return ("look", "Nothing was \(did)", "No event of this run was \(did) by it.") }
    return (
      "fine", "All is well",
      "All \(Amounts.counted(all, "event")) of the batch "
        + (Int64(settled) == all
          ? "\(settled == 1 ? "is" : "are") \(did)"
          : "are \(did), \(Amounts.grouped(all - Int64(settled))) of them before")
        + ", and \(whole)."
    )
  }

  func add(to body: inout Markup) {
    let verdict = verdict
    body.add("<section class=\"verdict \(verdict.kind)\"><h2>\(Markup.escaped(verdict.title))</h2>")
    body.add("<p class=\"answer\">\(Markup.escaped(verdict.text))</p>")
    addTiles(&body)
    for currency in events.currencies { addSum(currency, &body) }
    if let previous {
      body.add(
        "<p class=\"soft\">Changes are against the run before, \(Markup.id(previous.runID))"
          + "\(previous.date.isEmpty ? "" : " of \(Markup.escaped(previous.date))").</p>")
    }
    body.add("</section>")
  }

  // MARK: Tiles

  private func addTiles(_ body: inout Markup) {
    func tile(_ name: String, _ value: String, unit: String = "", _ note: String?) {
      body.add(
        "<li><span>\(Markup.escaped(name))\(unit.isEmpty ? "" : ", \(Markup.escaped(unit))")</span>"
          + "<b>\(Markup.breakable(value))</b>\(note.map { "<span>\(Markup.escaped($0))</span>" } ?? "")</li>")
    }
    func before(_ key: String) -> String? {
      previous.map { "\(Amounts.grouped($0.count(key))) the run before" }
    }
    body.add("<ul class=\"tiles\">")
    let settled = figures.statuses["settled"] ?? 0
    tile("events \(did)", "\(Amounts.grouped(settled)) of \(Amounts.grouped(figures.count("events")))", nil)
    tile("events held", Amounts.grouped(figures.count("held")), before("held"))
    tile("rows rejected", Amounts.grouped(figures.count("rejected_rows")), before("rejected_rows"))
    let paid = (events.statuses[PaymentStatus.paid.rawValue] ?? 0) + (events.statuses[AwardStatus.given.rawValue] ?? 0)
    tile("\(events.noun)s paid", Amounts.grouped(paid), nil)
    tile("\(events.noun)s failed", Amounts.grouped(events.failedCount), before("failed_payments"))
    let old = (events.statuses[AwardStatus.already.rawValue] ?? 0)
    if old > 0 { tile("awards given before", Amounts.grouped(old), nil) }
    for currency in events.currencies.prefix(NightFigures.drawnMax) {
      body.add("</ul><ul class=\"tiles\">")
      let key = events.isAward ? "awarded" : "pool"
      tile(
        events.isAward ? "awards of the house" : events.operation == .pay ? "pools" : "fees",
        currency.amount(currency.pool), unit: currency.code,
        Amounts.change(currency.pool, from: previous?.total(currency.code, key) ?? 0))
      guard !events.isAward else { continue }
      for share in EventShare.allCases {
        let amount = currency.parts[share.rawValue]
        guard amount > 0 || share == .wallets else { continue }
        tile(
          share == .wallets ? "to wallets" : share.name, currency.amount(amount), unit: currency.code,
          "\(Amounts.share(amount, of: currency.pool)) of \(events.operation == .pay ? "pools" : "fees")")
      }
    }
    body.add("</ul>")
  }

  // MARK: The sum check

  private func addSum(_ currency: EventCurrency, _ body: inout Markup) {
    guard !events.isAward else {
      body.add(
        "<p class=\"sum\"><b>Sum check \(Markup.escaped(currency.code)):</b> the awards that were given come to "
          + "\(currency.amount(currency.pool)), "
          + (events.addsUp ? "what left the house.</p>" : "<b>which the manifest does not say.</b></p>"))
      return
    }
    let parts = EventShare.allCases.filter { currency.parts[$0.rawValue] > 0 || $0 == .wallets }
    let terms = parts.map { "\($0.name) \(currency.amount(currency.parts[$0.rawValue]))" }
    let whole = events.operation == .pay ? "pools" : "fees"
    body.add(
      "<p class=\"sum\"><b>Sum check \(Markup.escaped(currency.code)):</b> \(Markup.escaped(terms.joined(separator: " + "))) "
        + "= \(currency.amount(currency.parts.reduce(0, +))), "
        + (currency.addsUp
          ? "exactly the \(whole)." : "<b>not the \(whole) of \(currency.amount(currency.pool)).</b>") + "</p>")
  }
}
