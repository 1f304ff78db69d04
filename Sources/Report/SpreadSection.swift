// How are payouts and returns spread?
internal import Batch
internal import Markets

/// Many small payouts or few large ones, and what a stake brought.
struct SpreadSection {
  let currencies: [CurrencyFigures]
  let notes: [String]

  func add(to body: inout Markup) {
    let shown = currencies.filter { $0.returns.count > 0 }
    guard !shown.isEmpty || !notes.isEmpty else { return }
    body.add("<section><h2>How are payouts and returns spread?</h2>")
    for note in notes { body.add("<p class=\"soft\">\(Markup.escaped(note))</p>") }
    for (index, currency) in shown.enumerated() {
      if currency.payouts.count > 0 { addPayouts(currency, index, &body) }
      addReturns(currency, index, &body)
      if currency.payouts.count > 0 { addLargest(currency, &body) }
    }
    body.add("</section>")
  }

  static func range(_ bin: AmountSpread.Bin, _ currency: CurrencyFigures) -> String {
    guard let below = bin.below else { return "\(currency.brief(bin.from)) and more" }
    return bin.from + 1 == below
      ? currency.brief(bin.from) : "\(currency.brief(bin.from)) to under \(currency.brief(below))"
  }

  private func addPayouts(_ currency: CurrencyFigures, _ index: Int, _ body: inout Markup) {
    let bins = Array(currency.payouts.shown)
    let count = currency.payouts.count
    let middle = currency.payouts.bin(permille: 500).map { SpreadSection.range($0, currency) } ?? ""
    let high = currency.payouts.bin(permille: 990)?.below.map { "99 of 100 are under \(currency.brief($0)), " } ?? ""
    body.add(
      "<figure><figcaption>Payouts and refunds by size, \(Markup.escaped(currency.code))</figcaption>")
    body.add(
      "<p class=\"answer\">\(Amounts.counted(count, "payout")), one for each user of a market. The middle one is from "
        + "\(middle), \(high)the largest is \(currency.amount(currency.payouts.largest)).</p>")
    body.add(
      BarChart(
        bars: bins.map { bin in
          BarChart.Bar(
            name: SpreadSection.range(bin, currency), value: Amounts.grouped(bin.count),
            parts: [
              BarChart.Part(
                value: Int128(bin.count), style: "winners",
                title:
                  "\(SpreadSection.range(bin, currency)): \(Amounts.counted(bin.count, "payout")), \(currency.money(bin.sum))"
              )
            ])
        }
      ).markup(
        title: "Payouts in \(currency.code) by size",
        description: "\(Amounts.counted(count, "payout")); the middle one is from \(middle).", name: "payouts\(index)"))
    body.numbers { body in
      body.table(
        "Payouts and refunds, \(currency.code)", ["size", "payouts", "together", "share"],
        bins.map { bin in
          [
            .text(SpreadSection.range(bin, currency)), .number(Amounts.grouped(bin.count)),
            .number(currency.amount(bin.sum)),
            .number(Amounts.share(Int128(bin.count), of: Int128(count))),
          ]
        })
    }
    body.add("</figure>")
  }

  private func addReturns(_ currency: CurrencyFigures, _ index: Int, _ body: inout Markup) {
    let counts = currency.returns.counts
    let total = currency.returns.count
    let better = counts[4...].reduce(0, +)
    body.add("<figure><figcaption>What a user got for what was staked, \(Markup.escaped(currency.code))</figcaption>")
    body.add(
      "<p class=\"answer\">\(Amounts.share(Int128(better), of: Int128(total))) got more than they staked, "
        + "\(Amounts.share(Int128(counts[0]), of: Int128(total))) lost all of it. A user counts once in each market.</p>"
    )
    body.add(
      BarChart(
        bars: zip(ReturnSpread.names, counts).enumerated().map { place, bin in
          BarChart.Bar(
            name: bin.0, value: Amounts.grouped(bin.1),
            parts: [
              BarChart.Part(
                value: Int128(bin.1),
                style: place == 0 ? "lost" : place < 3 ? "lost2" : place == 3 ? "refunds" : "winners",
                title: "\(bin.0): \(Amounts.counted(bin.1, "user"))")
            ])
        }
      ).markup(
        title: "Returns in \(currency.code)",
        description: "\(Amounts.counted(better, "user")) of \(Amounts.grouped(total)) got more than they staked.",
        name: "returns\(index)"))
    body.numbers { body in
      body.table(
        "What users got for what they staked", ["return", "users", "share"],
        zip(ReturnSpread.names, counts).map { name, count in
          [.text(name), .number(Amounts.grouped(count)), .number(Amounts.share(Int128(count), of: Int128(total)))]
        })
    }
    body.add("</figure>")
  }

  private func addLargest(_ currency: CurrencyFigures, _ body: inout Markup) {
    let rest = currency.payouts.count - currency.largestPayouts.elements.count
    body.table(
      "The largest payouts, \(currency.code)" + (rest > 0 ? "; \(Amounts.grouped(rest)) smaller ones not shown" : ""),
      ["user", "market", "staked", "got"],
      currency.largestPayouts.elements.map { payout in
        [
          .id(payout.user.description), .id(payout.market.description), .number(currency.amount(payout.staked)),
          .number(currency.amount(payout.paid)),
        ]
      }, isWide: true)
  }
}
