// What did the places get, who got the most, and which payments failed?
internal import Batch
internal import Markets

/// Prizes or awards by place, the largest payments, and those that failed; registrations only, never users.
struct PlacesSection {
  let events: EventFigures

  func add(to body: inout Markup) {
    let drawn = events.currencies.filter { $0.payments.count > 0 }.prefix(NightFigures.drawnMax)
    guard !drawn.isEmpty || !events.failed.isEmpty else { return }
    let asksPlaces = drawn.contains { !$0.places.isEmpty }
    body.add("<section><h2>\(asksPlaces ? "What did the places get?" : "Who got what?")</h2>")
    for (index, currency) in drawn.enumerated() { add(currency, index, &body) }
    addFailed(&body)
    body.add("</section>")
  }

  private func add(_ currency: EventCurrency, _ index: Int, _ body: inout Markup) {
    body.add(
      "<p class=\"answer\">\(Amounts.counted(currency.payments.count, events.noun)) in \(Markup.escaped(currency.code)), "
        + "the largest \(Markup.escaped(currency.money(Int128(currency.payments.largest)))).</p>")
    if !currency.places.isEmpty { addPlaces(currency, index, &body) }
    body.table(
      "Largest \(events.noun)s, \(currency.code)", ["registration", "event", "place", "amount"],
      currency.largestPayments.elements.map { payment in
        [
          .id(payment.registration.description), .id(payment.event.description),
          .number(payment.place > 0 ? Amounts.grouped(payment.place) : "–"),
          .number(currency.amount(Int128(payment.amount))),
        ]
      })
  }

  private func addPlaces(_ currency: EventCurrency, _ index: Int, _ body: inout Markup) {
    let places = currency.places.sorted { ($0.key == 0 ? .max : $0.key) < ($1.key == 0 ? .max : $1.key) }
    func name(_ place: Int64) -> String {
      place == 0 ? "behind \(EventCurrency.placesMax)" : "place \(Amounts.grouped(place))"
    }
    body.add("<figure><figcaption>\(events.noun == "award" ? "Awards" : "Prizes") by place</figcaption>")
    body.add(
      BarChart(
        bars: places.map { place, figures in
          BarChart.Bar(
            name: name(place), value: currency.amount(figures.total),
            parts: [
              BarChart.Part(
                value: figures.total, style: "winners",
                title:
                  "\(name(place)): \(currency.money(figures.total)) to \(Amounts.counted(figures.count, "registration"))"
              )
            ])
        }
      ).markup(
        title: "\(events.noun == "award" ? "Awards" : "Prizes") by place in \(currency.code)",
        description: places.prefix(8).map { "\(name($0.key)) \(currency.amount($0.value.total))" }.joined(
          separator: ", ") + ".", name: "places\(index)"))
    body.numbers { body in
      body.table(
        "By place, \(currency.code)", ["place", "registrations", "amount", "largest"],
        places.map { place, figures in
          [
            .text(name(place)), .number(Amounts.grouped(figures.count)), .number(currency.amount(figures.total)),
            .number(currency.amount(Int128(figures.largest))),
          ]
        })
    }
    body.add("</figure>")
  }

  private func addFailed(_ body: inout Markup) {
    guard !events.failed.isEmpty else { return }
    let rest = events.failedCount - events.failed.count
    let file = events.operation.paymentSchema.file
    body.table(
      "\(events.noun.prefix(1).uppercased() + events.noun.dropFirst())s that failed"
        + (rest > 0 ? ", \(Amounts.grouped(rest)) more in \(file)" : ""),
      ["registration", "event", "amount in minor units"],
      events.failed.map {
        [.id($0.registration.description), .id($0.event.description), .number(Amounts.grouped($0.amount))]
      })
  }
}
