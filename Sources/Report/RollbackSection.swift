// What did a rollback take back, from whom, and what could it not take?
internal import Batch
internal import Interchange
internal import Markets
internal import Money

/// The page of a rollback: whether all was taken back, the sum check, and where the money was and went.
struct RollbackSection {
  let figures: NightFigures
  private let reverses: String
  private var statuses: [String: Int] = [:]
  private var notTaken: [(market: ID, status: String, shortfalls: Int64)] = []
  /// What moves on each kind of account, by currency.
  private var moves: [String: [String: (in: Int128, out: Int128)]] = [:]
  private var accounts = 0
  private var owed: [(account: String, currency: String, amount: Int64, market: ID)] = []
  private var owedCount = 0
  private var short:
    [(market: ID, account: String, currency: String, cause: String, missing: Int64, handling: String)] = []
  private var shortCount = 0

  /// - Throws: `run_damaged`, `file_missing`.
  init(_ figures: NightFigures) throws(BatchError) {
    self.figures = figures
    reverses = figures.manifest.json["reverses"]?.text ?? ""
    try readMarkets()
    try readReversals()
    try readShortfalls()
    try readReceivables()
  }

  // MARK: Reading

  private mutating func readMarkets() throws(BatchError) {
    let schema = OutputSchema.rolledBackMarkets
    let reader = try TableReader(figures.location.files, schema)
    while try reader.next() {
      let status = reader.text(schema.number(of: "status"))
      statuses[status, default: 0] += 1
      if status != "rolled_back", notTaken.count < NightFigures.listedMax {
        notTaken.append((reader.id(0), status, try reader.integer(schema.number(of: "shortfalls"))))
      }
    }
  }

  private mutating func readReversals() throws(BatchError) {
    let schema = OutputSchema.reversals
    let reader = try TableReader(figures.location.files, schema)
    let (currency, source) = (schema.number(of: "currency"), schema.number(of: "source"))
    let (reversed, receivable) = (schema.number(of: "reversed"), schema.number(of: "receivable"))
    while try reader.next() {
      accounts += 1
      let kind = String(reader.text(source).prefix { $0 != ":" })
      let amount = Int128(try reader.integer(reversed))
      let code = reader.text(currency)
      func add(_ kind: String, _ amount: Int128) {
        var move = moves[code]?[kind] ?? (0, 0)
        if amount > 0 { move.in += amount } else { move.out -= amount }
        moves[code, default: [:]][kind] = move
      }
      add(kind, amount)
      add("receivable", -Int128(try reader.integer(receivable)))
    }
  }

  private mutating func readShortfalls() throws(BatchError) {
    let schema = OutputSchema.shortfalls
    let reader = try TableReader(figures.location.files, schema)
    func column(_ name: String) -> Int { schema.number(of: name) }
    while try reader.next() {
      shortCount += 1
      guard short.count < NightFigures.listedMax else { continue }
      short.append(
        (
          reader.id(0), reader.text(column("account")), reader.text(column("currency")), reader.text(column("cause")),
          try reader.integer(column("shortfall")), reader.text(column("handling"))
        ))
    }
  }

  private mutating func readReceivables() throws(BatchError) {
    let schema = OutputSchema.receivables
    let reader = try TableReader(figures.location.files, schema)
    while try reader.next() {
      owedCount += 1
      guard owed.count < NightFigures.listedMax else { continue }
      owed.append(
        (
          reader.text(schema.number(of: "receivable")), reader.text(schema.number(of: "currency")),
          try reader.integer(schema.number(of: "amount")), reader.id(0)
        ))
    }
  }

  // MARK: Writing

  private var all: Int { statuses.values.reduce(0, +) }
  private var taken: Int { statuses["rolled_back"] ?? 0 }
  private var blocked: Int { statuses["blocked"] ?? 0 }

  private var addsUp: Bool {
    moves.allSatisfy { code, kinds in kinds.values.reduce(Int128(0)) { $0 + $1.in - $1.out } == 0 }
  }

  private var verdict: (kind: String, title: String, text: String) {
    let what = all == 1 ? "1 market, event or award" : "\(Amounts.grouped(all)) markets, events or awards"
    guard addsUp else {
      return (
        "bad", "Not fine: the sums do not add up",
        "What was taken and what was given back do not come to nothing. Run settle verify."
      )
    }
    if blocked > 0 {
      return (
        "look", "Look: \(Amounts.grouped(blocked)) of \(what) \(blocked == 1 ? "is" : "are") not taken back",
        "Their money is spent or sent: see below, and choose how to meet it (--on-shortfall). All others are taken back."
      )
    }
    if !owed.isEmpty || shortCount > 0 {
      return (
        "look", "Look: taken back, but \(Amounts.counted(shortCount, "account")) did not hold enough",
        "What was missing is owed, or stands below zero, as the operator decided."
      )
    }
    if taken == 0 { return ("look", "Nothing was taken back", "No money of run \(reverses) was moved as a whole.") }
    return (
      "fine", "All is taken back",
      "\(Amounts.grouped(taken)) of \(what) of run \(reverses) \(taken == 1 ? "is" : "are") undone by entries of "
        + "their own, and may be settled again."
    )
  }

  func add(to body: inout Markup) {
    let verdict = verdict
    body.add("<section class=\"verdict \(verdict.kind)\"><h2>\(Markup.escaped(verdict.title))</h2>")
    body.add("<p class=\"answer\">\(Markup.escaped(verdict.text))</p><ul class=\"tiles\">")
    for (name, value) in [
      ("taken back", "\(Amounts.grouped(taken)) of \(Amounts.grouped(all))"), ("blocked", Amounts.grouped(blocked)),
      ("accounts", Amounts.grouped(accounts)), ("shortfalls", Amounts.grouped(shortCount)),
      ("owed by", Amounts.counted(owedCount, "account")),
    ] { body.add("<li><span>\(name)</span><b>\(Markup.breakable(value))</b></li>") }
    body.add("</ul>")
    for (code, kinds) in sorted {
      let (given, took) = kinds.reduce((Int128(0), Int128(0))) { ($0.0 + $1.value.in, $0.1 + $1.value.out) }
      body.add(
        "<p class=\"sum\"><b>Sum check \(Markup.escaped(code)):</b> taken \(text(took, code)) = given back "
          + "\(text(given, code))\(took == given ? ", every unit accounted for." : ": <b>they differ.</b>")</p>")
    }
    if let reason = figures.manifest.json["configuration"]?["reason"]?.text {
      body.add("<p class=\"soft\">Reason: \(Markup.escaped(reason))</p>")
    }
    body.add("</section>")
    addMoves(&body)
    addNotTaken(&body)
  }

  private var sorted: [(String, [String: (in: Int128, out: Int128)])] {
    moves.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  private func text(_ amount: Int128, _ code: String) -> String {
    Amounts.text(amount, exponent: Currency(code)?.isoExponent)
  }

  private func addMoves(_ body: inout Markup) {
    guard !moves.isEmpty else { return }
    body.add("<section><h2>Where did the money go?</h2>")
    for (code, kinds) in sorted {
      let shown = kinds.filter { $0.value.in > 0 || $0.value.out > 0 }.sorted { $0.key < $1.key }
      guard !shown.isEmpty else { continue }
      body.table(
        "What moved, \(code)", ["accounts", "taken", "given back"],
        shown.map { kind, move in
          [.text(name(kind)), .number(text(move.out, code)), .number(text(move.in, code))]
        })
    }
    body.add("</section>")
  }

  private func name(_ kind: String) -> String {
    switch kind {
    case "user": "users' wallets"
    case "registration": "wallets of registrations"
    case "creator": "market creators"
    case "stakes": "stakes, where pools came from"
    case "withholding": "withheld parts"
    case "receivable": "receivables: owed from now on"
    default: kind
    }
  }

  private func addNotTaken(_ body: inout Markup) {
    guard !notTaken.isEmpty || !short.isEmpty || !owed.isEmpty else { return }
    body.add("<section><h2>What was not taken back, and why?</h2>")
    if !notTaken.isEmpty {
      let rest = all - taken - notTaken.count
      body.table(
        "Not rolled back" + (rest > 0 ? ", \(Amounts.grouped(rest)) more in rolled_back.csv" : ""),
        ["market or event", "status", "shortfalls"],
        notTaken.map { [.id($0.market.description), .text($0.status), .number(Amounts.grouped($0.shortfalls))] })
    }
    if !short.isEmpty {
      let rest = shortCount - short.count
      body.table(
        "Accounts that do not hold enough" + (rest > 0 ? ", \(Amounts.grouped(rest)) more in shortfalls.csv" : ""),
        ["account", "market or event", "cause", "missing", "handling"],
        short.map {
          [
            .id($0.account), .id($0.market.description), .text($0.cause),
            .number("\(text(Int128($0.missing), $0.currency)) \($0.currency)"), .text($0.handling),
          ]
        }, isWide: true)
    }
    if !owed.isEmpty {
      let rest = owedCount - owed.count
      body.table(
        "Owed since" + (rest > 0 ? ", \(Amounts.grouped(rest)) more in receivables.csv" : ""),
        ["receivable", "market or event", "amount"],
        owed.map {
          [
            .id($0.account), .id($0.market.description),
            .number("\(text(Int128($0.amount), $0.currency)) \($0.currency)"),
          ]
        })
    }
    body.add("</section>")
  }
}
