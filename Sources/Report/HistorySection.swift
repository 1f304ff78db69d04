// How does tonight compare with the nights before?
internal import Batch

/// The last thirty runs as small pictures of one number each.
struct HistorySection {
  let history: RunHistory
  let currency: CurrencyFigures?
  var events: EventFigures?

  private struct Series {
    let name: String
    let values: [Int128]
    let text: (Int128) -> String
  }

  private var series: [Series] {
    var series = eventSeries
    if let currency {
      let keys = [("staked", "gross_pool"), ("paid to winners", "total_payout"), ("house fees", "house_fee")]
      for (name, key) in keys {
        series.append(
          Series(
            name: "\(name), \(currency.code)", values: history.nights.map { $0.total(currency.code, key) },
            text: { currency.amount($0) }))
      }
    }
    let counts =
      if let events {
        [
          ("events", "events"), ("events held", "held"), ("rows rejected", "rejected_rows"),
          ("\(events.noun)s", events.isAward ? "given" : "payments"), ("\(events.noun)s failed", "failed_payments"),
        ]
      } else if history.nights.last?.manifest.kind == "rollback" {
        [("taken back", "rolled_back"), ("blocked", "blocked"), ("shortfalls", "shortfalls")]
      } else {
        [
          ("markets settled", "settled"), ("markets held", "held"), ("rows rejected", "rejected_rows"),
          ("commitments", "commitments"),
        ]
      }
    for (name, key) in counts {
      series.append(
        Series(name: name, values: history.nights.map { Int128($0.count(key)) }, text: { Amounts.grouped($0) }))
    }
    if history.nights.allSatisfy({ $0.milliseconds != nil }) {
      series.append(
        Series(
          name: "seconds the run took", values: history.nights.map { Int128($0.milliseconds ?? 0) },
          text: { Amounts.text($0, exponent: 3) }))
    }
    return series
  }

  private var eventSeries: [Series] {
    guard let events, let currency = events.currencies.first else { return [] }
    let keys =
      events.isAward
      ? [("awarded", "awarded")] : [(events.operation == .pay ? "pools" : "fees", "pool"), ("to wallets", "paid")]
    return keys.map { name, key in
      Series(
        name: "\(name), \(currency.code)", values: history.nights.map { $0.total(currency.code, key) },
        text: { currency.amount($0) })
    }
  }

  func add(to body: inout Markup) {
    body.add("<section><h2>How does it compare with the nights before?</h2>")
    guard history.nights.count > 1 else {
      body.add("<p class=\"answer\">There is no run before this one to compare it with.</p></section>")
      return
    }
    let count = history.nights.count
    body.add(
      "<p class=\"answer\">The last \(Amounts.counted(count, "run")) of this kind up to this one, which is the last bar "
        + "and marked"
        + (history.others > 0 ? "; \(Amounts.counted(history.others, "run")) between them of other kinds or gone" : "")
        + ".</p>")
    body.add(Page.key([("now", "this run"), ("before", "runs before")]))
    body.add("<div class=\"many\">")
    let series = series
    for (index, one) in series.enumerated() {
      let last = one.values.last ?? 0
      body.add("<figure><figcaption>\(Markup.escaped(one.name)): \(Markup.escaped(one.text(last)))</figcaption>")
      body.add(
        HistoryChart(
          nights: zip(history.nights, one.values).map { night, value in
            HistoryChart.Night(value: value, title: "\(night.date) \(night.runID): \(one.text(value))")
          }, first: history.nights.first?.date ?? "", last: history.nights.last?.date ?? "",
          largest: one.text(one.values.max() ?? 0)
        ).markup(
          title: "\(one.name) over \(Amounts.counted(count, "run"))",
          description: "From \(one.text(one.values.first ?? 0)) to \(one.text(last)), at most "
            + "\(one.text(one.values.max() ?? 0)).", name: "history\(index)"))
      body.add("</figure>")
    }
    body.add("</div>")
    body.numbers { body in
      body.table(
        "The last runs, this one first", ["run", "date"] + series.map(\.name),
        history.nights.indices.reversed().map { night in
          [.id(history.nights[night].runID), .text(history.nights[night].date)]
            + series.map { .number($0.text($0.values[night])) }
        }, isWide: true)
    }
    body.add("</section>")
  }
}
