// What are a night's figures, read from its files once, in bounded memory?
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets
internal import Money

/// All that the page tells of one run.
struct NightFigures {
  /// Rejected rows and markets that are listed one by one.
  static let listedMax = 20

  struct Reject {
    let place: String
    let market: String
    let row: String
    let code: String
    let field: String
    let message: String
  }

  struct HeldMarket {
    let id: ID
    let status: String
    let reason: String
  }

  let location: RunLocation
  let manifest: Manifest
  let info: JSONValue?
  /// Markets that were rolled back since, of those that the run settled; nil where no ledger tells.
  let rolledBack: Int?
  /// By the number of their markets, the most first.
  var currencies: [CurrencyFigures] = []
  var statuses: [String: Int] = [:]
  var held: [HeldMarket] = []
  var heldReasons: [String: Int] = [:]
  var rejectCodes: [String: Int] = [:]
  var rejectCount = 0
  var rejects: [Reject] = []
  /// What could not be told, and why.
  var notes: [String] = []
  /// Of a run of prizes, refunds or awards.
  private(set) var events: EventFigures?

  func count(_ key: String) -> Int64 { manifest.json["counts"]?[key]?.integer ?? 0 }
  func has(_ schema: OutputSchema) -> Bool { FileSystem.exists(location.files.path(schema.file)) }

  /// Every total of the files is that of the manifest, and every currency adds up.
  var addsUp: Bool { currencies.allSatisfy(\.addsUp) && isAsManifest }

  private var isAsManifest: Bool {
    currencies.allSatisfy { figures in
      let totals = manifest.json["totals"]?[figures.code]
      return totals?["gross_pool"] == .int(figures.gross)
        && Share.allCases.allSatisfy { totals?[$0.key] == .int(figures.shares[$0.rawValue]) }
    }
  }

  // MARK: Reading

  /// - Throws: `manifest_damaged`, `run_damaged`, `file_missing`.
  init(_ location: RunLocation, _ ledger: Ledger?, readsPools: Bool = true) throws(BatchError) {
    self.location = location
    manifest = try location.files.manifest()
    info = try? location.files.info()
    if let ledger, location.record != nil {
      do throws(LedgerError) {
        rolledBack = try ledger.settlementCounts()[location.runID]?.rolledBack ?? 0
      } catch {
        throw BatchError.ledger(error)
      }
    } else {
      rolledBack = nil
    }
    guard has(.markets) else {
      guard let operation = PrizeOperation(ofRun: manifest.kind, manifest) else { return }
      events = try EventFigures(location, manifest, operation)
      try readHeldEvents()
      if has(.rejects) { try readRejects() }
      return
    }
    try readMarkets()
    if has(.distributions) {
      try readDistributions()
    } else {
      notes.append("The run has no distributions.csv, so how payouts are spread is not told.")
    }
    if has(.rejects) { try readRejects() }
    guard readsPools else { return }
    let lookup = RunLookup(location, ledger)
    for index in currencies.indices {
      currencies[index].drawn = currencies[index].markets.elements
      guard index < NightFigures.drawnMax, has(.commitments) else { continue }
      for market in currencies[index].drawn.indices {
        currencies[index].drawn[market].options = try lookup.options(ofMarket: currencies[index].drawn[market].id)
          .sorted { $0.amount > $1.amount }
      }
    }
  }

  /// Currencies that get figures of their own.
  static let drawnMax = 3

  private mutating func readMarkets() throws(BatchError) {
    let reader = try TableReader(location.files, .markets)
    let configuration = try? Configuration(json: manifest.json["configuration"] ?? .null)
    let columns = MarketColumns()
    var places: [String: Int] = [:]
    while try reader.next() {
      let status = reader.text(columns.status)
      statuses[status, default: 0] += 1
      guard status == "settled" else {
        if status != "already_settled" {
          addHeld(reader.id(columns.market), status, reader.text(columns.holdReason))
        }
        continue
      }
      let code = reader.text(columns.currency)
      let place = places[code] ?? currencies.count
      if place == currencies.count {
        places[code] = place
        let exponent = Currency(code).flatMap { configuration?.exponent(of: $0) ?? $0.isoExponent }
        currencies.append(CurrencyFigures(code, exponent: exponent))
      }
      let market = try columns.figures(reader)
      currencies[place].add(market)
      if market.creator > 0, !reader.isEmpty(columns.creatorID) {
        let creator = reader.id(columns.creatorID)
        let before = currencies[place].creators[creator] ?? (0, 0)
        currencies[place].creators[creator] = (before.amount + market.creator, before.markets + 1)
      }
    }
    currencies.sort { left, right in
      left.marketsWithStakes != right.marketsWithStakes
        ? left.marketsWithStakes > right.marketsWithStakes
        : left.code.utf8.lexicographicallyPrecedes(right.code.utf8)
    }
  }

  private mutating func readHeldEvents() throws(BatchError) {
    let reader = try TableReader(location.files, .events)
    let (status, reason) = (OutputSchema.events.number(of: "status"), OutputSchema.events.number(of: "hold_reason"))
    while try reader.next() {
      statuses[reader.text(status), default: 0] += 1
      if !["settled", "already_settled"].contains(reader.text(status)) {
        addHeld(reader.id(0), reader.text(status), reader.text(reason))
      }
    }
  }

  private mutating func addHeld(_ id: ID, _ status: String, _ reason: String) {
    for code in reason.split(separator: "|") { heldReasons[String(code), default: 0] += 1 }
    if held.count < NightFigures.listedMax { held.append(HeldMarket(id: id, status: status, reason: reason)) }
  }

  private mutating func readDistributions() throws(BatchError) {
    let reader = try TableReader(location.files, .distributions)
    let markets = try TableReader(location.files, .markets)
    let (marketColumn, currencyColumn) = (
      OutputSchema.markets.number(of: "market_id"), OutputSchema.markets.number(of: "currency")
    )
    var market: ID?
    var place: Int?
    while try reader.next() {
      if market.map({ !reader.is(0, $0) }) ?? true {
        let id = reader.id(0)
        market = id
        place = nil
        while try markets.next(), markets.isBefore(marketColumn, id) {}
        if markets.is(marketColumn, id) {
          let code = markets.text(currencyColumn)
          place = currencies.firstIndex { $0.code == code }
        }
      }
      guard let place else { continue }
      let (staked, paid) = (try reader.integer(2), try reader.integer(3))
      currencies[place].returns.add(payout: paid, stake: staked)
      guard paid > 0 else { continue }
      currencies[place].payouts.add(paid)
      currencies[place].largestPayouts.add(
        Int128(paid), CurrencyFigures.Payout(market: reader.id(0), user: reader.id(1), staked: staked, paid: paid))
    }
  }

  private mutating func readRejects() throws(BatchError) {
    let reader = try TableReader(location.files, .rejects)
    func column(_ name: String) -> Int { OutputSchema.rejects.number(of: name) }
    let (file, line, market, row) = (column("file"), column("line"), column("market_id"), column("row_id"))
    let (code, field, message) = (column("code"), column("field"), column("message"))
    while try reader.next() {
      rejectCount += 1
      rejectCodes[reader.text(code), default: 0] += 1
      guard rejects.count < NightFigures.listedMax else { continue }
      let lineText = reader.isEmpty(line) ? "" : " line \(reader.text(line))"
      rejects.append(
        Reject(
          place: reader.text(file) + lineText, market: reader.text(market), row: reader.text(row),
          code: reader.text(code), field: reader.text(field), message: reader.text(message)))
    }
  }
}

/// Where the cells of a market stand.
private struct MarketColumns {
  let market = OutputSchema.markets.number(of: "market_id")
  let status = OutputSchema.markets.number(of: "status")
  let currency = OutputSchema.markets.number(of: "currency")
  let creatorID = OutputSchema.markets.number(of: "creator_id")
  let holdReason = OutputSchema.markets.number(of: "hold_reason")
  private let outcome = OutputSchema.markets.number(of: "outcome")
  private let winningOptions = OutputSchema.markets.number(of: "winning_options")
  private let minusPool = OutputSchema.markets.number(of: "minus_pool")
  private let noWinner = OutputSchema.markets.number(of: "no_winner")
  private let amounts = [
    "commitments", "gross_pool", "total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage",
  ].map { OutputSchema.markets.number(of: $0) }

  func figures(_ reader: TableReader) throws(BatchError) -> MarketFigures {
    var values: [Int64] = []
    for column in amounts { values.append(try reader.integer(column)) }
    return MarketFigures(
      id: reader.id(market), outcome: reader.text(outcome), winningOptions: reader.text(winningOptions),
      commitments: values[0], gross: Int128(values[1]), payout: Int128(values[2]), refund: Int128(values[3]),
      house: Int128(values[4]), creator: Int128(values[5]), retained: Int128(values[6]), breakage: Int128(values[7]),
      isMinusPool: reader.text(minusPool) == "true", hasNoWinner: reader.text(noWinner) == "true")
  }
}
