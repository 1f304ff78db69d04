// Is tonight fine?
internal import Batch
internal import Interchange

/// The first thing that is read: one sentence, a few numbers, and the sum check.
struct VerdictSection {
  let figures: NightFigures
  let previous: RunHistory.Night?

  private enum Verdict: String {
    case fine, look, bad
  }

  private var verdict: (kind: Verdict, title: String, text: String) {
    let (settled, markets) = (figures.count("settled"), figures.count("markets"))
    let (held, failed) = (figures.count("held"), figures.count("failed"))
    if !figures.has(.markets) {
      return (
        .fine, "A run of kind \(figures.manifest.kind)",
        "It settles no markets: its manifest says what it did, and its files hold every row."
      )
    }
    if !figures.addsUp {
      return (
        .bad, "Not fine: the sums do not add up",
        "The files do not agree with themselves or with the manifest. Run settle verify before anything is paid out."
      )
    }
    if failed > 0 {
      return (
        .bad, "Not fine: \(Amounts.counted(failed, "market")) failed",
        "What failed was not paid. \(Amounts.counted(settled, "market")) settled, and every unit of them is accounted for."
      )
    }
    if let rolledBack = figures.rolledBack, rolledBack > 0 {
      return (
        .look, "Rolled back: \(Amounts.counted(rolledBack, "market")) of this run",
        "The page tells what the run had paid. What was rolled back does not stand any more."
      )
    }
    if held > 0 {
      return (
        .look, "Look: \(Amounts.counted(held, "market")) \(held == 1 ? "is" : "are") held",
        (settled == 0
          ? "Nothing was settled. "
          : "\(Amounts.grouped(settled)) of \(Amounts.counted(markets, "market")) settled, and every unit of them is "
            + "accounted for. ")
          + "What is held was not paid, and waits for its cause to be mended."
      )
    }
    if settled == 0 {
      return (.look, "Nothing was settled", "No market of this run was settled by it.")
    }
    return (
      .fine, figures.location.isPlan ? "Fine, if it is applied" : "All is well",
      "All \(Amounts.counted(markets, "market")) of the night "
        + (settled == markets
          ? "\(settled == 1 ? "is" : "are") settled"
          : "are settled, \(Amounts.grouped(markets - settled)) of them before")
        + ", and every unit that was staked is accounted for."
    )
  }

  func add(to body: inout Markup) {
    let verdict = verdict
    body.add("<section class=\"verdict \(verdict.kind.rawValue)\"><h2>\(Markup.escaped(verdict.title))</h2>")
    body.add("<p class=\"answer\">\(Markup.escaped(verdict.text))</p>")
    addTiles(&body)
    for currency in figures.currencies { addSum(currency, &body) }
    if let previous {
      body.add(
        "<p class=\"soft\">Changes are against the run before, \(Markup.id(previous.runID))"
          + "\(previous.date.isEmpty ? "" : " of \(Markup.escaped(previous.date))").</p>")
    }
    body.add("</section>")
  }

  // MARK: Tiles

  private func addTiles(_ body: inout Markup) {
    body.add("<ul class=\"tiles\">")
    func tile(_ name: String, _ value: String, unit: String = "", _ note: String?) {
      body.add(
        "<li><span>\(Markup.escaped(name))\(unit.isEmpty ? "" : ", \(unit)")</span><b>\(Markup.breakable(value))</b>"
          + "\(note.map { "<span>\(Markup.escaped($0))</span>" } ?? "")</li>")
    }
    if figures.has(.markets) {
      let settled = figures.count("settled")
      let before = figures.count("already_settled")
      tile(
        "markets settled", "\(Amounts.grouped(settled)) of \(Amounts.grouped(figures.count("markets")))",
        [before > 0 ? "\(Amounts.grouped(before)) before" : nil, change("settled")].compactMap(\.self).first)
      tile(
        "held or failed", Amounts.grouped(figures.count("held") + figures.count("failed")),
        counted("held", "the night before"))
      tile(
        "rows rejected", Amounts.grouped(figures.count("rejected_rows")), counted("rejected_rows", "the night before"))
      tile("commitments", Amounts.grouped(figures.count("commitments")), change("commitments"))
    }
    for currency in figures.currencies.prefix(NightFigures.drawnMax) {
      body.add("</ul><ul class=\"tiles\">")
      func old(_ key: String) -> Int128 { previous?.total(currency.code, key) ?? 0 }
      tile(
        "staked", currency.amount(currency.gross), unit: currency.code,
        Amounts.change(currency.gross, from: old("gross_pool")))
      for share in [Share.winners, .refunds, .house, .creators] {
        let amount = currency.shares[share.rawValue]
        guard amount > 0 || share == .winners else { continue }
        let part = Amounts.share(amount, of: currency.gross)
        tile(
          share == .winners ? "paid to winners" : share == .refunds ? "refunded" : share.name, currency.amount(amount),
          unit: currency.code,
          "\(part) of stakes" + (Amounts.change(amount, from: old(share.key)).map { ", \($0)" } ?? ""))
      }
    }
    body.add("</ul>")
  }

  private func change(_ key: String) -> String? {
    previous.flatMap { Amounts.change(Int128(figures.count(key)), from: Int128($0.count(key))) }
  }

  private func counted(_ key: String, _ when: String) -> String? {
    previous.map { "\(Amounts.grouped($0.count(key))) \(when)" }
  }

  // MARK: The sum check

  private func addSum(_ currency: CurrencyFigures, _ body: inout Markup) {
    let parts = Share.allCases.filter { currency.shares[$0.rawValue] > 0 || $0 == .winners }
    let terms = parts.map { "\($0.name) \(currency.amount(currency.shares[$0.rawValue]))" }
    let sum = currency.shares.reduce(0, +)
    body.add(
      "<p class=\"sum\"><b>Sum check \(Markup.escaped(currency.code)):</b> \(Markup.escaped(terms.joined(separator: " + "))) "
        + "= \(currency.amount(sum)), "
        + (currency.addsUp ? "exactly the stakes." : "<b>not the stakes of \(currency.amount(currency.gross)).</b>")
        + "</p>")
  }
}
