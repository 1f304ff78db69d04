// Is tonight fine, and where did the money go?
package import Batch
internal import Interchange
package import Ledger
internal import Markets

/// The page of one run.
package struct NightReport {
  let figures: NightFigures
  let history: RunHistory
  /// The run it is compared with, where one was asked for.
  let comparison: RunDiff?

  /// Reads the run's files once.
  /// - Parameter compared: the older side of a comparison; nil for none.
  /// - Throws: what reading the files throws.
  package init(
    _ location: RunLocation, _ outputs: Outputs, _ ledger: Ledger?, compared: DiffSide?
  ) throws(BatchError) {
    figures = try NightFigures(location, ledger)
    history = try RunHistory(upTo: location, figures.manifest, outputs, ledger)
    comparison = try compared.map { other throws(BatchError) in RunDiff(other, try DiffSide(location)) }
  }

  /// The whole page.
  package func page() throws(BatchError) -> String {
    var body = Markup()
    addHeader(&body)
    if let events = figures.events {
      EventVerdictSection(figures: figures, events: events, previous: history.previous).add(to: &body)
      EventFlowSection(events: events).add(to: &body)
      PlacesSection(events: events).add(to: &body)
      HeldSection(figures: figures, noun: "event").add(to: &body)
    } else if figures.has(.rolledBackMarkets) {
      try RollbackSection(figures).add(to: &body)
    } else if figures.has(.markets) {
      VerdictSection(figures: figures, previous: history.previous).add(to: &body)
      let drawn = figures.currencies.filter { $0.gross > 0 }.prefix(NightFigures.drawnMax)
      FlowSection(currencies: Array(drawn)).add(to: &body)
      PoolSection(currencies: Array(drawn)).add(to: &body)
      SpreadSection(currencies: Array(drawn), notes: figures.notes).add(to: &body)
      FeeSection(currencies: Array(drawn)).add(to: &body)
      HeldSection(figures: figures).add(to: &body)
    } else {
      VerdictSection(figures: figures, previous: history.previous).add(to: &body)
      addFiles(&body)
    }
    HistorySection(history: history, currency: figures.currencies.first, events: figures.events).add(to: &body)
    if let comparison { try ComparisonSection(diff: comparison, limit: 10).add(to: &body) }
    addFooter(&body)
    return Page.document(title: "\(title), run \(figures.location.runID)", body)
  }

  private var title: String {
    let kind = figures.manifest.kind
    let what = kind == "settlement" ? "Settlement" : kind.prefix(1).uppercased() + kind.dropFirst()
    return figures.location.isPlan ? "Plan of a \(what.lowercased())" : what
  }

  private func addHeader(_ body: inout Markup) {
    body.add("<header><h1>\(Markup.escaped(title)) \(Markup.id(figures.location.runID))</h1>")
    var facts: [String] = []
    if let asOf = figures.manifest.asOf { facts.append("as of \(asOf)") }
    if let at = figures.info?["finished_at"]?.text {
      facts.append(
        "\(figures.location.isPlan ? "computed" : "applied") \(at.prefix(10)) \(at.dropFirst(11).prefix(5)) UTC")
    }
    if let by = figures.info?["operator"]?.text { facts.append("by \(by)") }
    if let ledger = figures.manifest.ledger, let after = ledger.sequenceAfter {
      facts.append(
        after > ledger.sequenceBefore
          ? "ledger entries \(Amounts.grouped(ledger.sequenceBefore + 1)) to \(Amounts.grouped(after))"
          : "no ledger entries")
    }
    body.add("<p>\(Markup.escaped(facts.joined(separator: " · ")))</p></header>")
  }

  /// A run that settles no markets: what its files hold.
  private func addFiles(_ body: inout Markup) {
    body.add("<section><h2>What do its files hold?</h2>")
    body.table(
      "The run's data files", ["file", "rows"],
      figures.manifest.outputs.map { [.text($0.name), .number($0.rows.map { Amounts.grouped($0) } ?? "–")] })
    body.add("</section>")
  }

  private func addFooter(_ body: inout Markup) {
    body.add("<footer>")
    let isMinor =
      figures.currencies.contains { ($0.exponent ?? 0) > 0 }
      || figures.events?.currencies.contains { ($0.exponent ?? 0) > 0 } ?? false
    body.add(
      "<p>Every figure comes from the run's own files"
        + (isMinor ? "; amounts are shown in units of their currency, the files hold minor units" : "")
        + ". <code>settle verify</code> proves the files, <code>settle explain</code> works any payout out step by step."
        + "</p>")
    body.add(
      "<p>settle \(Markup.escaped(Tool.version)) · this page needs no network and holds no script</p></footer>")
  }
}
