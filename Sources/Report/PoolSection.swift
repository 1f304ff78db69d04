// What was each pool made of?
internal import Batch
internal import Markets

/// The stakes of the largest markets by option, each market as a whole.
struct PoolSection {
  let currencies: [CurrencyFigures]

  private static let optionsMax = 6

  func add(to body: inout Markup) {
    let shown = currencies.filter { $0.drawn.contains { !$0.options.isEmpty } }
    guard !shown.isEmpty else { return }
    body.add("<section><h2>What was each pool made of?</h2>")
    body.add(
      "<p class=\"answer soft\">Each bar is one market's stakes as a whole: the options that won, that lost, and what was "
        + "given back.</p>")
    body.add(
      Page.key([
        ("winners", "won"), ("lost", "lost, each option its own part"), ("refunds", "given back"),
      ]))
    for (index, currency) in shown.enumerated() { add(currency, index, &body) }
    body.add("</section>")
  }

  private func add(_ currency: CurrencyFigures, _ index: Int, _ body: inout Markup) {
    let markets = currency.drawn.filter { !$0.options.isEmpty }
    let others = currency.marketsWithStakes - markets.count
    body.add(
      "<figure><figcaption>\(others > 0 ? "The \(markets.count) largest pools" : "Pools") in "
        + "\(Markup.escaped(currency.code))\(others > 0 ? ", \(Amounts.counted(others, "smaller one")) not shown" : "")"
        + "</figcaption>")
    let bars = markets.map { bar($0, currency) }
    body.add(
      BarChart(bars: bars, isShares: true).markup(
        title: "What the pools in \(currency.code) were made of",
        description: markets.prefix(5).map { "\($0.id): \(told($0))" }.joined(separator: "; ") + ".",
        name: "pools\(index)"))
    let notes = [
      currency.minusPools > 0
        ? "In \(Amounts.counted(currency.minusPools, "market")) the winners together got back less than they staked."
        : nil,
      currency.marketsWithoutWinner > 0
        ? "In \(Amounts.counted(currency.marketsWithoutWinner, "market")) nobody had backed a winner." : nil,
    ].compactMap(\.self)
    if !notes.isEmpty { body.add("<p class=\"soft\">\(notes.joined(separator: " "))</p>") }
    body.numbers { body in
      body.table(
        "Stakes by option, \(currency.code)", ["market", "option", "became", "commitments", "staked", "share", "paid"],
        markets.flatMap { market in
          market.options.prefix(PoolSection.optionsMax).map { option in
            [
              .id(market.id.description), .id(option.option.description), .text(PoolSection.fate(option)),
              .number(Amounts.grouped(option.commitments)), .number(currency.amount(option.amount)),
              .number(Amounts.share(option.amount, of: market.gross)), .number(currency.amount(option.payout)),
            ]
          } + more(market, currency)
        }, isWide: true)
    }
    body.add("</figure>")
  }

  private func more(_ market: MarketFigures, _ currency: CurrencyFigures) -> [[Markup.Cell]] {
    let rest = market.options.dropFirst(PoolSection.optionsMax)
    guard !rest.isEmpty else { return [] }
    let amount = rest.reduce(Int128(0)) { $0 + $1.amount }
    return [
      [
        .id(market.id.description), .text(Amounts.counted(rest.count, "other option")), .text(""),
        .number(Amounts.grouped(rest.reduce(0) { $0 + $1.commitments })), .number(currency.amount(amount)),
        .number(Amounts.share(amount, of: market.gross)),
        .number(currency.amount(rest.reduce(Int128(0)) { $0 + $1.payout })),
      ]
    ]
  }

  /// Winners first, then losers, then what was given back.
  private func bar(_ market: MarketFigures, _ currency: CurrencyFigures) -> BarChart.Bar {
    let order = ["won": 0, "lost": 1, "given back": 2]
    let sorted = market.options.enumerated().sorted { left, right in
      let places = [left, right].map { order[PoolSection.fate($0.element)] ?? 1 }
      return places[0] != places[1] ? places[0] < places[1] : left.offset < right.offset
    }.map(\.element)
    var losers = 0
    let parts = sorted.prefix(24).map { option -> BarChart.Part in
      let fate = PoolSection.fate(option)
      losers += fate == "lost" ? 1 : 0
      return BarChart.Part(
        value: option.amount,
        style: fate == "won" ? "winners" : fate == "given back" ? "refunds" : losers % 2 == 1 ? "lost" : "lost2",
        title: "\(option.option) \(fate): \(currency.money(option.amount)), "
          + "\(Amounts.share(option.amount, of: market.gross))", label: option.option.description)
    }
    return BarChart.Bar(
      name: market.id.description, value: currency.amount(market.gross),
      parts: parts
        + (sorted.count > 24
          ? [
            BarChart.Part(
              value: sorted.dropFirst(24).reduce(0) { $0 + $1.amount }, style: "lost2",
              title: "\(sorted.count - 24) other options")
          ] : []))
  }

  private func told(_ market: MarketFigures) -> String {
    market.options.prefix(4).map {
      "\($0.option) \(Amounts.share($0.amount, of: market.gross)), \(PoolSection.fate($0))"
    }
    .joined(separator: ", ")
  }

  static func fate(_ option: RunLookup.OptionSums) -> String {
    option.won > 0 ? "won" : option.refunded == option.commitments ? "given back" : "lost"
  }
}
