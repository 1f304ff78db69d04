// How do a run's totals come about?
internal import Interchange
internal import Markets

/// A run as a whole: each total is summed anew from the files, and set beside what the manifest says.
struct RunExplainer {
  let location: RunLocation
  let manifest: Manifest
  var explanation: Explanation

  private static let totals = [
    "gross_pool", "total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage",
  ]

  init(_ location: RunLocation, _ manifest: Manifest) {
    self.location = location
    self.manifest = manifest
    explanation = Explanation(location.isPlan ? "the plan" : "the run")
    explanation.subject = ["run_id": .string(location.runID)]
  }

  /// - Throws: `run_damaged`, `file_missing`.
  mutating func explained() throws(BatchError) -> Explanation {
    tellIdentity()
    tellInputs()
    if FileSystem.exists(location.files.path(OutputSchema.markets.file)) {
      try tellMarkets()
    } else if let operation = PrizeOperation(ofRun: manifest.kind, manifest) {
      try tellEvents(operation)
    } else {
      for output in manifest.outputs {
        let rows = output.rows.map { Figures.counted($0, "row") } ?? "\(output.byteCount) bytes"
        explanation.add(
          "output", "\(Terminal.safe(output.name)) holds \(rows) (manifest.json, outputs)",
          ["name": .string(output.name), "rows": output.rows.map { .int($0) } ?? .null])
      }
    }
    tellLedger()
    return explanation
  }

  // MARK: What went in

  private mutating func tellIdentity() {
    let generation = manifest.json["generation"]?.integer ?? 1
    explanation.add(
      "run_id",
      "the run id is the first 16 digits of the batch key, \(Terminal.safe(manifest.batchKey)), and generation "
        + "\(generation): the SHA-256 over the inputs' bytes and the effective configuration (manifest.json, batch_key)",
      ["batch_key": .string(manifest.batchKey), "generation": .int(generation)])
  }

  private mutating func tellInputs() {
    for input in manifest.json["inputs"]?.elements ?? [] {
      func count(_ key: String) -> Int64 { input[key]?.integer ?? 0 }
      let name = Terminal.safe(input["name"]?.text ?? "")
      let sum = count("accepted") + count("rejected") + count("excluded")
      let text =
        "\(name): \(count("accepted")) accepted + \(count("rejected")) rejected + \(count("excluded")) excluded = "
        + explanation.figure(Int128(sum), recorded: input["rows"], "manifest.json, inputs, \(name), rows")
        + " rows, sha256 \(Terminal.safe(String((input["sha256"]?.text ?? "").prefix(16))))"
      explanation.add(
        "input", text,
        [
          "name": .optional(input["name"]?.text), "rows": .int(sum), "accepted": .int(count("accepted")),
          "rejected": .int(count("rejected")), "excluded": .int(count("excluded")), "sha256": input["sha256"] ?? .null,
        ])
    }
  }

  // MARK: What came out

  /// Sums of the rows of markets.csv.
  private struct Sums {
    var markets: Int128 = 0
    var totals = [Int128](repeating: 0, count: RunExplainer.totals.count)
  }

  private mutating func tellMarkets() throws(BatchError) {
    let reader = try TableReader(location.files, .markets)
    func column(_ name: String) -> Int { OutputSchema.markets.number(of: name) }
    let places = RunExplainer.totals.map(column)
    let (status, currency, reason) = (column("status"), column("currency"), column("hold_reason"))
    let counted = ["commitments", "users", "winners", "losers"]
    let countPlaces = counted.map(column)
    var statuses: [String: Int] = [:]
    var reasons: [String: Int] = [:]
    var currencies: [String: Sums] = [:]
    var counts = [Int128](repeating: 0, count: counted.count)
    var rows = 0
    while try reader.next() {
      rows += 1
      statuses[reader.text(status), default: 0] += 1
      for code in reader.text(reason).split(separator: "|") { reasons[String(code), default: 0] += 1 }
      guard reader.text(status) == MarketStatus.settled.rawValue else { continue }
      var sums = currencies[reader.text(currency)] ?? Sums()
      sums.markets += 1
      for (index, place) in places.enumerated() { sums.totals[index] += Int128(try reader.integer(place)) }
      currencies[reader.text(currency)] = sums
      for (index, place) in countPlaces.enumerated() { counts[index] += Int128(try reader.integer(place)) }
    }
    tellStatuses(rows, statuses, reasons)
    for (code, sums) in currencies.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      tell(code, sums)
    }
    tellRows(counts)
  }

  mutating func tellStatuses(
    _ rows: Int, _ statuses: [String: Int], _ reasons: [String: Int], of noun: String = "market",
    known: [String] = ["settled", "held", "already_settled", "failed"]
  ) {
    let recorded = manifest.json["counts"]
    let file = "\(noun)s.csv"
    var values: [String: JSONValue] = ["\(noun)s": .int(rows)]
    var parts: [String] = []
    for status in known {
      let count = statuses[status] ?? 0
      values[status] = .int(count)
      let figure = explanation.figure(Int128(count), recorded: recorded?[status], "manifest.json, counts, \(status)")
      if count > 0 || figure.contains("but") { parts.append("\(status) \(figure)") }
    }
    explanation.add(
      "\(noun)s",
      "\(file) has \(Figures.counted(rows, "row")), one for each \(noun == "market" ? "resolution" : noun): "
        + parts.joined(separator: ", "),
      values)
    for (code, count) in reasons.sorted(by: { $0.key < $1.key }) {
      explanation.add(
        "hold_reason",
        "\(Figures.counted(count, noun)) not settled for \(Terminal.safe(code)) (\(file), hold_reason)",
        ["code": .string(code), "\(noun)s": .int(count)])
    }
  }

  /// A currency's totals, each the sum of a column, and that together they are the stakes.
  private mutating func tell(_ code: String, _ sums: Sums) {
    let recorded = manifest.json["totals"]?[code]
    let name = Terminal.safe(code)
    for (index, column) in RunExplainer.totals.enumerated() {
      let value = sums.totals[index]
      guard value != 0 || recorded?[column] != .int(0) || index == 0 else { continue }
      let figure = explanation.figure(value, recorded: recorded?[column], "manifest.json, totals, \(name), \(column)")
      explanation.add(
        column,
        "\(name) \(column): the sum of the column over \(sums.markets) settled markets in markets.csv = \(figure)",
        ["currency": .string(code), "markets": .int(sums.markets), "value": .int(value)])
    }
    let parts = sums.totals.dropFirst()
    let sum = parts.reduce(0, +)
    let terms = zip(RunExplainer.totals.dropFirst(), parts).map { "\($0) \($1)" }.joined(separator: " + ")
    let isWhole = sum == sums.totals[0]
    if !isWhole { explanation.mismatch("sum", "\(name): \(terms) = \(sum), not the stakes of \(sums.totals[0])") }
    explanation.add(
      "sum",
      "\(name): \(terms) = \(sum), \(isWhole ? "every unit of the stakes" : "NOT the stakes of \(sums.totals[0])")",
      ["currency": .string(code), "sum": .int(sum), "gross_pool": .int(sums.totals[0])])
  }

  private mutating func tellRows(_ counts: [Int128]) {
    let recorded = manifest.json["counts"]
    for (name, value, file) in [
      ("commitments", counts[0], OutputSchema.commitments.file),
      ("distributions", counts[1], OutputSchema.distributions.file),
    ] {
      let column = name == "commitments" ? "commitments" : "users"
      let figure = explanation.figure(value, recorded: recorded?[name], "manifest.json, counts, \(name)")
      let rows = manifest.outputs.first { $0.name == file }?.rows
      explanation.add(
        name,
        "\(name): the sum of \(column) in markets.csv = \(figure)"
          + (rows.map { "; \(file) has \(Figures.counted($0, "row"))" } ?? ""),
        ["value": .int(value), "rows": rows.map { .int($0) } ?? .null])
      if let rows, Int128(rows) != value {
        explanation.mismatch(name, "\(file) has \(rows) rows, markets.csv counts \(value)")
      }
    }
    let refunded = counts[0] - counts[2] - counts[3]
    explanation.add(
      "results",
      "of them \(explanation.figure(counts[2], recorded: recorded?["winners"], "manifest.json, counts, winners")) won, "
        + "\(explanation.figure(counts[3], recorded: recorded?["losers"], "manifest.json, counts, losers")) lost, "
        + "\(refunded) were refunded (the rest)",
      ["won": .int(counts[2]), "lost": .int(counts[3]), "refunded": .int(refunded)])
  }

  private mutating func tellLedger() {
    guard let ledger = manifest.ledger else {
      explanation.add("ledger", "nothing was posted: there was no ledger")
      return
    }
    guard let after = ledger.sequenceAfter else {
      explanation.add(
        "ledger", "a plan posts nothing; it was made at entry \(ledger.sequenceBefore) of the ledger",
        ["sequence_before": .int(ledger.sequenceBefore)])
      return
    }
    let count = after - ledger.sequenceBefore
    explanation.add(
      "ledger",
      "\(count) \(count == 1 ? "entry" : "entries") after number \(ledger.sequenceBefore), up to \(after) "
        + "(manifest.json, ledger); the chain's head is \((ledger.headAfter ?? "").prefix(16))",
      [
        "sequence_before": .int(ledger.sequenceBefore), "sequence_after": .int(after),
        "head_after": .optional(ledger.headAfter),
      ])
  }
}
