// settle stats
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  /// What is told about the whole book, and taken out of it.
  static let bookCommands: [Command] = [.statistics] + exportCommands

  static let statistics = Command(
    name: "stats", summary: "total what was staked, paid, refunded and kept",
    options: Option.place + [.statisticsBy, .ofCurrency, .rowLimit, .csv],
    details: """
      --by currency: everything in force, and what stands on the accounts. market: markets whose settlement is in force.
      creator, house: fees and what was rolled back of them. user: wallets (this one reads every posting).
      run, day: what each run, or the runs of each day, moved; rollbacks count with a minus sign, so that the sum is what
      is in force. A day is the date of --as-of, else the day (UTC) on which the run was applied.
      Amounts are minor units. The largest stand first, of runs and days the newest.
      The ledger has the same tables as views for dashboards: market_totals, user_totals, …
      """
  ) { (call) throws(BatchError) in
    let table = call.arguments[.statisticsBy].flatMap(StatisticsTable.init(rawValue:)) ?? .currency
    let isCSV = call.arguments.has(.csv)
    guard !(isCSV && call.console.isJSON) else {
      throw BatchError("usage", .usage, "--csv and --json are two forms of one answer", hint: "give one of them")
    }
    let limit = try call.arguments.integer(.rowLimit, in: 1...1_000_000_000) ?? (isCSV ? nil : 100)
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    if isCSV {
      call.console.print(table.columns.joined(separator: ","))
      try ledger.forEachTotal(
        by: table, currency: call.arguments[.ofCurrency], limit: limit, mapping: BatchError.ledger
      ) { (row) throws(BatchError) in
        try call.console.stream(row.map(\.csvField).joined(separator: ","))
      }
      return .done
    }
    var rows: [[DatabaseCell]] = []
    try ledger.forEachTotal(
      by: table, currency: call.arguments[.ofCurrency], limit: limit.map { $0 + 1 }, mapping: BatchError.ledger
    ) { (row) throws(BatchError) in rows.append(row) }
    let hasMore = rows.count > limit ?? .max
    if let limit { rows = Array(rows.prefix(limit)) }
    if call.console.isJSON {
      let objects = rows.map { row -> JSONValue in
        .object(Dictionary(uniqueKeysWithValues: zip(table.columns, row.map(\.json))))
      }
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "by": .string(table.rawValue), "rows": .array(objects),
          "has_more": .bool(hasMore),
        ]))
    } else if rows.isEmpty {
      call.console.print("nothing yet")
    } else {
      call.console.table([table.columns] + rows.map { $0.map(\.shown) }, indent: "")
      if hasMore { call.console.notice("there are more: --limit N, or --csv for all") }
    }
    return .done
  }
}

extension DatabaseCell {
  fileprivate var json: JSONValue {
    switch self {
    case .null: .null
    case .integer(let value): .int(value)
    case .text(let text): .string(text)
    }
  }

  /// For a table; times without their fractions.
  fileprivate var shown: String {
    switch self {
    case .null: ""
    case .integer(let value): String(value)
    case .text(let text): Terminal.safe(text)
    }
  }

  fileprivate var csvField: String {
    switch self {
    case .null: return ""
    case .integer(let value): return String(value)
    case .text(let text):
      let buffer = ByteBuffer(capacity: 64)
      buffer.append(csvField: text)
      return String(decoding: buffer.array, as: UTF8.self)
    }
  }
}
