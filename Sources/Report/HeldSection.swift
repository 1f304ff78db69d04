// What was rejected or held, and why?
internal import Batch
internal import Markets

/// Codes of rejected rows and reasons of held markets, the most first, and the first of each one by one.
struct HeldSection {
  let figures: NightFigures
  /// What is held: `market` or `event`.
  var noun = "market"

  func add(to body: inout Markup) {
    body.add("<section><h2>What was rejected or held, and why?</h2>")
    let heldCount = (figures.statuses["held"] ?? 0) + (figures.statuses["failed"] ?? 0)
    guard heldCount > 0 || figures.rejectCount > 0 else {
      body.add("<p class=\"answer\">Nothing: every row was accepted, and no \(noun) is held.</p></section>")
      return
    }
    body.add(
      "<p class=\"answer\">\(Amounts.counted(figures.count("rejected_rows"), "row")) rejected with "
        + "\(Amounts.counted(figures.rejectCount, "problem")), "
        + "\(Amounts.counted(heldCount, noun)) held or failed. "
        + (noun == "market"
          ? "A missing stake would change what everybody else is paid, so a market waits until its rows are mended.</p>"
          : "An event waits until it is ready and its rows are mended; the others go on.</p>"))
    addBars("problems of rejected rows by code", "problem", figures.rejectCodes, "retained", "rejects", &body)
    addBars("held \(noun)s by reason", noun, figures.heldReasons, "house", "held", &body)
    if !figures.held.isEmpty {
      let rest = heldCount - figures.held.count
      body.table(
        "\(noun == "market" ? "Markets" : "Events") not settled"
          + (rest > 0 ? ", \(Amounts.grouped(rest)) more in \(noun)s.csv" : ""),
        [noun, "status", "reason"],
        figures.held.map {
          [.id($0.id.description), .text($0.status), .text($0.reason.split(separator: "|").joined(separator: ", "))]
        })
    }
    if !figures.rejects.isEmpty {
      let rest = figures.rejectCount - figures.rejects.count
      body.table(
        "Problems of rejected rows" + (rest > 0 ? ", \(Amounts.grouped(rest)) more in rejects.csv" : ""),
        ["place", noun, "row", "code", "field", "why"],
        figures.rejects.map {
          [.text($0.place), .id($0.market), .id($0.row), .text($0.code), .text($0.field), .text($0.message)]
        }, isWide: true)
    }
    body.add("</section>")
  }

  private func addBars(
    _ caption: String, _ noun: String, _ counts: [String: Int], _ style: String, _ name: String, _ body: inout Markup
  ) {
    guard !counts.isEmpty else { return }
    let sorted = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
    body.add("<figure><figcaption>\(caption.prefix(1).uppercased() + caption.dropFirst())</figcaption>")
    body.add(
      BarChart(
        bars: sorted.map { code, count in
          BarChart.Bar(
            name: code, value: Amounts.grouped(count),
            parts: [
              BarChart.Part(value: Int128(count), style: style, title: "\(code): \(Amounts.counted(count, noun))")
            ])
        }
      ).markup(
        title: caption,
        description: sorted.prefix(8).map { "\($0.key) \($0.value)" }.joined(separator: ", ") + ".", name: name))
    body.numbers { body in
      body.table(
        caption, ["code", "\(noun)s"], sorted.map { [.text($0.key), .number(Amounts.grouped($0.value))] })
    }
    body.add("</figure>")
  }
}
