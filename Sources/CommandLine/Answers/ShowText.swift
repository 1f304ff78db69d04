// How is a run told, and what is in it?
internal import Batch
internal import Interchange
internal import Markets
internal import Report

/// The answers of `show`.
struct ShowText {
  let location: RunLocation
  let lookup: RunLookup
  let console: Console

  /// Rows of a list that a terminal shows before it is cut with a count.
  private static let shownMax = 20

  // MARK: The night

  func summary() throws(BatchError) -> ExitStatus {
    let manifest = try location.files.manifest()
    let info = try? location.files.info()
    let events = EventLookup(location)
    var unsettled: [AuditRow] = []
    if let events {
      unsettled = try events.unsettled()
    } else if FileSystem.exists(location.files.path("markets.csv")) {
      unsettled = try lookup.unsettledMarkets()
    }
    if console.isJSON {
      var members: [String: JSONValue] = [
        "run_id": .string(location.runID), "directory": .string(location.directory), "is_plan": .bool(location.isPlan),
        "applied_at": location.isPlan ? .null : info?["finished_at"] ?? .null, "operator": info?["operator"] ?? .null,
        "not_settled": .array(unsettled.map(\.json)),
      ]
      for key in ["kind", "as_of", "counts", "totals", "inputs", "ledger", "reverses", "corrects"] {
        members[key] = manifest.json[key] ?? .null
      }
      console.print(.object(members))
      return .done
    }
    let by = info?["operator"]?.text.map { " by \(Terminal.safe($0))" } ?? ""
    let at = info?["finished_at"]?.text.map { "\($0.prefix(19))Z" } ?? ""
    console.print(
      "\(location.isPlan ? "plan of run" : "run") \(Terminal.safe(location.runID))  \(Terminal.safe(manifest.kind)) "
        + " \(at)\(by)"
    )
    if let asOf = manifest.asOf { console.print("  as of   \(Terminal.safe(asOf))") }
    if let reverses = manifest.json["reverses"]?.text { console.print("  undoes  run \(Terminal.safe(reverses))") }
    let corrected = (manifest.json["corrects"]?.elements ?? []).compactMap(\.text).map { Terminal.safe($0) }
    if !corrected.isEmpty { console.print("  corrects run \(corrected.joined(separator: ", "))") }
    if events == nil {
      showCounts(manifest)
      showTotals(manifest)
    } else {
      showEvents(manifest)
    }
    for input in manifest.json["inputs"]?.elements ?? [] {
      console.print(
        "  input   \(Terminal.safe(input["name"]?.text ?? "")): \(ShowText.grouped(input["rows"])) rows, sha256 "
          + "\((input["sha256"]?.text ?? "").prefix(16))"
      )
    }
    if let ledger = manifest.ledger, let after = ledger.sequenceAfter {
      console.print("  ledger  entries \(ledger.sequenceBefore + 1) to \(after) of \(Terminal.safe(ledger.identity))")
    }
    console.print("  files   \(Terminal.safe(location.directory))/")
    if !unsettled.isEmpty {
      let (noun, key) = events == nil ? ("market", "market_id") : ("event", "event_id")
      console.print("  not settled: \(Console.counted(unsettled.count, noun))")
      list(unsettled.map { [$0.text(key), $0.text("status"), $0.text("hold_reason")] }, indent: "    ")
    }
    return .done
  }

  private func showCounts(_ manifest: Manifest) {
    let counts = manifest.json["counts"]
    console.print(
      "  \(ShowText.grouped(counts?["settled"])) of \(ShowText.grouped(counts?["markets"])) markets settled, "
        + "\(ShowText.grouped(counts?["commitments"])) commitments, \(ShowText.grouped(counts?["distributions"])) "
        + "distributions"
    )
    for (key, noun, text) in [
      ("held", "market", "held"), ("failed", "market", "failed"), ("already_settled", "market", "settled before"),
      ("unresolved_commitments", "commitment", "of markets without a resolution"), ("rejected_rows", "row", "rejected"),
      ("excluded_commitments", "commitment", "cancelled or withdrawn"),
    ] {
      guard let count = counts?[key]?.integer, count > 0 else { continue }
      console.print("  \(Console.counted(Int(count), noun)) \(text)")
    }
  }

  private func showTotals(_ manifest: Manifest) {
    for (currency, totals) in (manifest.json["totals"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      console.print("  \(Terminal.safe(currency))")
      var rows: [[String]] = []
      for (name, key) in [
        ("stakes", "gross_pool"), ("payouts", "total_payout"), ("refunds", "total_refund"), ("house fees", "house_fee"),
        ("creator fees", "creator_fee"), ("retained", "retained"), ("breakage", "breakage"),
      ] {
        let amount = ShowText.grouped(totals[key])
        if amount != "0" || key == "gross_pool" { rows.append([name, amount]) }
      }
      console.table(rows, indent: "    ")
    }
  }

  // MARK: Bars

  /// Columns of a terminal for the longest bar.
  private static let barRoom = 40

  func histograms(_ histograms: Histograms) -> ExitStatus {
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "histograms": .array(histograms.pictures.map(\.json)),
          "notes": .array(histograms.notes.map { .string($0) }),
        ]))
      return .done
    }
    for note in histograms.notes { console.print("note: \(note)") }
    if histograms.pictures.isEmpty { console.print("the run paid nobody") }
    for (index, picture) in histograms.pictures.enumerated() {
      if index > 0 { console.print() }
      console.print(picture.title)
      let room = Console.columns.map { min(ShowText.barRoom, max(10, $0 - picture.labelWidth - 12)) }
      for line in picture.lines(room: room ?? ShowText.barRoom) { console.print("  \(line)") }
    }
    return .done
  }

  // MARK: One market

  func market(_ id: ID) throws(BatchError) -> ExitStatus {
    guard let row = try lookup.market(id) else {
      return notFound("run \(location.runID) has no resolution of market \(Terminal.quoted(id.description))")
    }
    let options = try lookup.options(ofMarket: id)
    let rolledBack = try lookup.rolledBack(market: id)
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "found": .bool(true), "market": row.json,
          "rolled_back_by": .optional(rolledBack), "options": .array(options.map(\.json)),
        ]))
      return .done
    }
    fields(row, row.schema.columns.map(\.name))
    if let rolledBack { console.print("rolled back by run \(rolledBack)") }
    guard !options.isEmpty else { return .done }
    console.print()
    list(
      options.map {
        [
          $0.option.description, Console.grouped($0.commitments), Console.grouped($0.amount), Console.grouped($0.won),
          Console.grouped($0.lost), Console.grouped($0.refunded), Console.grouped($0.payout),
        ]
      }, header: ["option", "commitments", "stakes", "won", "lost", "refunded", "paid"])
    return .done
  }

  // MARK: One user

  func user(_ id: ID, _ market: ID?) throws(BatchError) -> ExitStatus {
    let rows = try lookup.distributions(of: id, inMarket: market)
    guard !rows.isEmpty else {
      let place = market.map { " in market \(Terminal.quoted($0.description))" } ?? ""
      return notFound(
        "user \(Terminal.quoted(id.description)) has no settled commitment\(place) in run \(location.runID)")
    }
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "found": .bool(true), "user_id": .string(id.description),
          "distributions": .array(rows.map(\.json)),
        ]))
      return .done
    }
    console.print(
      "user \(Terminal.safe(id.description)) in run \(location.runID): \(Console.counted(rows.count, "market"))")
    let columns = [
      "total_committed", "total_payout", "total_profit", "total_lost", "winning_commitments", "losing_commitments",
      "refunded_commitments",
    ]
    var cells: [[String]] = []
    for row in rows {
      var line = [row.text("market_id")]
      for column in columns { line.append(Console.grouped(try row.integer(column))) }
      cells.append(line)
    }
    list(cells, header: ["market", "staked", "got", "profit", "lost", "wins", "losses", "refunds"])
    return .done
  }

  // MARK: One commitment

  func commitment(_ id: ID, _ market: ID?) throws(BatchError) -> ExitStatus {
    let standings = try lookup.standings(id, inMarket: market)
    guard !standings.isEmpty else { return notFound(try missing(id, market)) }
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "found": .bool(true), "commitments": .array(standings.map(\.json)),
        ]))
      return .done
    }
    for standing in standings.prefix(ShowText.shownMax) {
      let payout = standing.payout.map { ", payout \(Console.grouped($0))" } ?? ""
      console.print(
        "commitment \(Terminal.safe(standing.commitmentID)) in market \(Terminal.safe(standing.marketID)): "
          + "\(standing.status.rawValue)\(payout)"
      )
      if let reason = standing.reason { console.print("  \(reason)") }
      if let row = standing.row {
        fields(row, row.schema.columns.dropFirst(2).map(\.name), indent: "  ")
      }
    }
    if standings.count > ShowText.shownMax {
      console.print("… and \(Console.grouped(standings.count - ShowText.shownMax)) more (--json lists all)")
    }
    return .done
  }

  private func missing(_ id: ID, _ market: ID?) throws(BatchError) -> String {
    let name = Terminal.quoted(id.description)
    guard let market else {
      return
        "no settled market of run \(location.runID) has a commitment \(name); for one of a held or unresolved "
        + "market give --market"
    }
    if try lookup.market(market)?.text("status") == MarketStatus.alreadySettled.rawValue {
      let run = try lookup.settledBy(market: market).map { ", by run \($0)" } ?? ""
      return "market \(Terminal.quoted(market.description)) was settled before\(run): ask that run"
    }
    return "market \(Terminal.quoted(market.description)) of run \(location.runID) has no commitment \(name)"
  }

  // MARK: Parts

  private func notFound(_ message: String) -> ExitStatus {
    if console.isJSON {
      console.print(
        .object(["run_id": .string(location.runID), "found": .bool(false), "message": .string(message)]))
    } else {
      console.print(message)
    }
    return .found
  }

  /// A row upright: names and values.
  private func fields(_ row: AuditRow, _ names: [String], indent: String = "") {
    let width = names.map(\.count).max() ?? 0
    for name in names {
      let padding = String(repeating: " ", count: width - name.count)
      console.print("\(indent)\(name)\(padding)  \(row.isEmpty(name) ? "-" : Terminal.safe(row.text(name)))")
    }
  }

  /// A table that is cut with a count.
  private func list(_ rows: [[String]], header: [String]? = nil, indent: String = "  ") {
    let shown = rows.prefix(ShowText.shownMax).map { $0.map { Terminal.safe($0) } }
    console.table((header.map { [$0] } ?? []) + shown, indent: indent)
    if rows.count > ShowText.shownMax {
      console.print("\(indent)… and \(Console.grouped(rows.count - ShowText.shownMax)) more (--json lists all)")
    }
  }

  private static func grouped(_ value: JSONValue?) -> String {
    guard case .number(let digits) = value, let number = Int128(digits) else { return "?" }
    return Console.grouped(number)
  }
}
