// Who earned fees?
internal import Batch
internal import Markets

/// The house and the creators, by what they got.
struct FeeSection {
  let currencies: [CurrencyFigures]

  func add(to body: inout Markup) {
    guard !currencies.isEmpty else { return }
    body.add("<section><h2>Who earned fees?</h2>")
    for (index, currency) in currencies.enumerated() { add(currency, index, &body) }
    body.add("</section>")
  }

  private func add(_ currency: CurrencyFigures, _ index: Int, _ body: inout Markup) {
    let house = Share.allCases.filter { [.house, .retained, .breakage].contains($0) }
    let earned = house.reduce(Int128(0)) { $0 + currency.shares[$1.rawValue] }
    let creators = currency.creators.sorted {
      $0.value.amount != $1.value.amount ? $0.value.amount > $1.value.amount : $0.key < $1.key
    }
    let all = earned + currency.shares[Share.creators.rawValue]
    guard all > 0 else {
      body.add("<p class=\"answer\">Nobody earned a fee in \(Markup.escaped(currency.code)).</p>")
      return
    }
    let shown = creators.prefix(CurrencyFigures.creatorsMax)
    let rest = creators.dropFirst(CurrencyFigures.creatorsMax)
    let restAmount = rest.reduce(Int128(0)) { $0 + $1.value.amount }
    let restMarkets = rest.reduce(0) { $0 + $1.value.markets }
    body.add(
      "<figure><figcaption>\(Markup.escaped(currency.money(all))), "
        + "\(Amounts.share(all, of: currency.gross)) of the stakes</figcaption>")
    var bars = [
      BarChart.Bar(
        name: "house", value: "\(currency.amount(earned)) (\(Amounts.share(earned, of: all)))",
        parts: house.map {
          BarChart.Part(
            value: currency.shares[$0.rawValue], style: $0.style,
            title: "\($0.name): \(currency.money(currency.shares[$0.rawValue]))")
        })
    ]
    func bar(_ name: String, _ amount: Int128, _ markets: Int) -> BarChart.Bar {
      BarChart.Bar(
        name: name, value: "\(currency.amount(amount)) (\(Amounts.share(amount, of: all)))",
        parts: [
          BarChart.Part(
            value: amount, style: "creators",
            title: "\(name): \(currency.money(amount)) of \(Amounts.counted(markets, "market"))")
        ])
    }
    bars += shown.map { bar($0.key.description, $0.value.amount, $0.value.markets) }
    let restName = Amounts.counted(rest.count, "other creator")
    if !rest.isEmpty { bars.append(bar(restName, restAmount, restMarkets)) }
    let parts = house.filter { currency.shares[$0.rawValue] > 0 }
    body.add(
      Page.key(
        (parts + (creators.isEmpty ? [] : [.creators])).map { ($0.style, "\($0.name): \($0.explanation)") }))
    body.add(
      BarChart(bars: bars).markup(
        title: "Fees in \(currency.code)",
        description: "The house got \(currency.amount(earned)), "
          + "\(Amounts.counted(creators.count, "creator")) \(currency.amount(all - earned)).", name: "fees\(index)"))
    body.numbers { body in
      body.table(
        "Fees, \(currency.code)", ["who", "markets", "amount", "share"],
        parts.map {
          [
            .text("house: \($0.name)"), .number(""), .number(currency.amount(currency.shares[$0.rawValue])),
            .number(Amounts.share(currency.shares[$0.rawValue], of: all)),
          ]
        }
          + shown.map {
            [
              .id($0.key.description), .number(Amounts.grouped($0.value.markets)),
              .number(currency.amount($0.value.amount)),
              .number(Amounts.share($0.value.amount, of: all)),
            ]
          }
          + (rest.isEmpty
            ? []
            : [
              [
                .text(restName), .number(Amounts.grouped(restMarkets)), .number(currency.amount(restAmount)),
                .number(Amounts.share(restAmount, of: all)),
              ]
            ]))
    }
    body.add("</figure>")
  }
}
