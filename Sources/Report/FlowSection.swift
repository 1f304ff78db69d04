// Where did the money go?
internal import Batch
internal import Markets

/// A flow from markets to what their stakes became, for each currency.
struct FlowSection {
  let currencies: [CurrencyFigures]

  func add(to body: inout Markup) {
    guard !currencies.isEmpty else { return }
    body.add("<section><h2>Where did the money go?</h2>")
    for (index, currency) in currencies.enumerated() { add(currency, index, &body) }
    body.add("</section>")
  }

  private func add(_ currency: CurrencyFigures, _ index: Int, _ body: inout Markup) {
    let sources = sources(currency)
    let targets = Share.allCases.map { share in
      let amount = currency.shares[share.rawValue]
      return FlowChart.Target(
        name: share.name, value: "\(currency.amount(amount)) (\(Amounts.share(amount, of: currency.gross)))",
        short: Amounts.share(amount, of: currency.gross),
        style: share.style)
    }
    let told = Share.allCases.filter { currency.shares[$0.rawValue] > 0 }
      .map { "\($0.name) \(currency.amount(currency.shares[$0.rawValue]))" }.joined(separator: ", ")
    body.add(
      "<figure><figcaption>\(Markup.escaped(currency.money(currency.gross))) staked in "
        + "\(Amounts.counted(currency.marketsWithStakes, "market"))</figcaption>")
    body.add(
      FlowChart(sources: sources.map(\.chart), targets: targets).markup(
        title: "Where the stakes in \(currency.code) went",
        description: "From \(Amounts.counted(currency.marketsWithStakes, "market")) to \(told).", name: "flow\(index)"))
    body.numbers { body in
      let shown = Share.allCases.filter { currency.shares[$0.rawValue] > 0 }
      body.table(
        "What the stakes became, \(currency.code)", ["market", "staked"] + shown.map(\.name),
        sources.map { source in
          [
            source.id.map { Markup.Cell.id($0) } ?? .text(source.chart.name),
            .number(currency.amount(source.chart.total)),
          ]
            + shown.map { .number(currency.amount(source.chart.parts[$0.rawValue])) }
        } + [
          [.text("all"), .number(currency.amount(currency.gross))]
            + shown.map { .number(currency.amount(currency.shares[$0.rawValue])) }
        ], isWide: true)
    }
    body.add("</figure>")
  }

  private struct Source {
    let id: String?
    let chart: FlowChart.Source
  }

  private func sources(_ currency: CurrencyFigures) -> [Source] {
    func source(_ id: String?, _ name: String, _ parts: [Int128]) -> Source {
      let total = parts.reduce(0, +)
      return Source(
        id: id,
        chart: FlowChart.Source(
          name: name, value: currency.amount(total), parts: parts,
          titles: Share.allCases.map { "\(name) → \($0.name): \(currency.money(parts[$0.rawValue]))" }))
    }
    var sources = currency.drawn.map { source($0.id.description, $0.id.description, $0.shares) }
    let others = currency.marketsWithStakes - sources.count
    if others > 0 {
      var rest = currency.shares
      for market in currency.drawn { for (index, part) in market.shares.enumerated() { rest[index] -= part } }
      sources.append(source(nil, Amounts.counted(others, "other market"), rest))
    }
    return sources
  }
}
