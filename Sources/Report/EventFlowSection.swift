// Where did the pools, the fees or the awards go?
internal import Batch
internal import Markets

/// A flow from events to what their pools became, for each currency.
struct EventFlowSection {
  let events: EventFigures

  func add(to body: inout Markup) {
    let drawn = events.currencies.filter { $0.parts.reduce(0, +) > 0 }.prefix(NightFigures.drawnMax)
    guard !drawn.isEmpty else { return }
    body.add("<section><h2>Where did the money go?</h2>")
    for (index, currency) in drawn.enumerated() { add(currency, index, &body) }
    body.add("</section>")
  }

  private func add(_ currency: EventCurrency, _ index: Int, _ body: inout Markup) {
    let whole = currency.parts.reduce(0, +)
    let sources = sources(currency)
    let shown = EventShare.allCases.filter { currency.parts[$0.rawValue] > 0 }
    let told = shown.map { "\($0.name) \(currency.amount(currency.parts[$0.rawValue]))" }.joined(separator: ", ")
    let what = events.isAward ? "of the house" : events.operation == .pay ? "of pools" : "of fees"
    body.add(
      "<figure><figcaption>\(Markup.escaped(currency.money(whole))) \(what) in "
        + "\(Amounts.counted(currency.events, "event"))</figcaption>")
    body.add(Page.key(shown.map { ($0.style, "\($0.name): \($0.explanation)") }))
    body.add(
      FlowChart(
        sources: sources.map(\.chart),
        targets: EventShare.allCases.map { share in
          let part = Amounts.share(currency.parts[share.rawValue], of: whole)
          return FlowChart.Target(
            name: share.name, value: "\(currency.amount(currency.parts[share.rawValue])) (\(part))", short: part,
            style: share.style)
        }
      ).markup(
        title: "Where the \(events.noun)s in \(currency.code) went",
        description: "From \(Amounts.counted(currency.events, "event")) to \(told).", name: "flow\(index)"))
    body.numbers { body in
      body.table(
        "What the money became, \(currency.code)", ["event", "all"] + shown.map(\.name),
        sources.map { source in
          [
            source.id.map { Markup.Cell.id($0) } ?? .text(source.chart.name),
            .number(currency.amount(source.chart.total)),
          ] + shown.map { .number(currency.amount(source.chart.parts[$0.rawValue])) }
        } + [
          [.text("all"), .number(currency.amount(whole))]
            + shown.map { .number(currency.amount(currency.parts[$0.rawValue])) }
        ], isWide: true)
    }
    body.add("</figure>")
  }

  private struct Source {
    let id: String?
    let chart: FlowChart.Source
  }

  private func sources(_ currency: EventCurrency) -> [Source] {
    func source(_ id: String?, _ name: String, _ parts: [Int128]) -> Source {
      Source(
        id: id,
        chart: FlowChart.Source(
          name: name, value: currency.amount(parts.reduce(0, +)), parts: parts,
          titles: EventShare.allCases.map { "\(name) → \($0.name): \(currency.money(parts[$0.rawValue]))" }))
    }
    let drawn = currency.drawn.elements
    var sources = drawn.map { source($0.id.description, $0.id.description, $0.parts) }
    let others = currency.drawn.count - drawn.count
    if others > 0 {
      var rest = currency.parts
      for event in drawn { for (index, part) in event.parts.enumerated() { rest[index] -= part } }
      sources.append(source(nil, Amounts.counted(others, "other event"), rest))
    }
    return sources
  }
}
