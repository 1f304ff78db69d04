// Which columns have the output files, and of which kinds?
package import Interchange

/// A column of an output file.
package struct OutputColumn: Sendable {
  package let name: String
  package let kind: ColumnKind
  /// Never empty.
  package var isRequired = false
  package var explanation = ""

  package init(name: String, kind: ColumnKind, isRequired: Bool = false, explanation: String = "") {
    self.name = name
    self.kind = kind
    self.isRequired = isRequired
    self.explanation = explanation
  }

  /// A type of Frictionless Table Schema.
  package var type: String { kind.tableType }

  /// Columns of one kind, each never empty.
  static func all(_ names: String, _ kind: ColumnKind) -> [OutputColumn] { some(names, kind, isRequired: true) }

  /// Columns of one kind that may be empty.
  static func some(_ names: String, _ kind: ColumnKind, isRequired: Bool = false) -> [OutputColumn] {
    names.split(separator: " ").map { OutputColumn(name: String($0), kind: kind, isRequired: isRequired) }
  }

  static func strings(_ names: String) -> [OutputColumn] { some(names, .text) }
  static func integers(_ names: String) -> [OutputColumn] { some(names, .signed) }
  static func booleans(_ names: String) -> [OutputColumn] { some(names, .boolean) }
}

/// The data files of a run.
package struct OutputSchema: Sendable {
  package let file: String
  package let columns: [OutputColumn]
  package let primaryKey: [String]
  /// What a row is.
  package var title = ""
  /// Columns that name a row of another file of the run, and that file's name without its ending.
  package var reference: (columns: [String], table: String)?

  package static let markets = OutputSchema(
    file: "markets.csv",
    columns: OutputColumn.all("market_id", .id) + OutputColumn.some("resolution_id", .id)
      + OutputColumn.all("status", .choice(["settled", "held", "already_settled", "failed"]))
      + OutputColumn.some("outcome", .choice(["winner", "void"]))
      + OutputColumn.some("winning_options", .list) + OutputColumn.some("currency", .currency)
      + OutputColumn.some("commitments users gross_pool winning_stake house_fee creator_fee", .count)
      + OutputColumn.some("creator_id", .id)
      + OutputColumn.some("net_pool total_payout total_refund retained breakage winners losers", .count)
      + OutputColumn.booleans("minus_pool no_winner") + OutputColumn.strings("hold_reason"),
    primaryKey: ["market_id"], title: "a market with a resolution")

  package static let commitments = OutputSchema(
    file: "commitments.csv",
    columns: OutputColumn.all("market_id commitment_id user_id option_id", .id)
      + OutputColumn.some("position", .choice(["yes", "no"]))
      + OutputColumn.all("match_method", .choice(["option", "position", "hybrid"]))
      + OutputColumn.all("amount", .integer(1...Int64.max))
      + OutputColumn.all("result", .choice(["won", "lost", "refunded"]))
      + OutputColumn.some("win_share", .share)
      + OutputColumn.all("extra_units payout", .count) + OutputColumn.all("profit", .signed),
    primaryKey: ["market_id", "commitment_id"], title: "an accepted commitment of a settled market",
    reference: (["market_id"], "markets"))

  package static let distributions = OutputSchema(
    file: "distributions.csv",
    columns: OutputColumn.all("market_id user_id", .id)
      + OutputColumn.all("total_committed total_payout", .count) + OutputColumn.all("total_profit", .signed)
      + OutputColumn.all("total_lost winning_commitments losing_commitments refunded_commitments", .count),
    primaryKey: ["market_id", "user_id"], title: "what a user staked and got in a market",
    reference: (["market_id"], "markets"))

  package static let rejects = OutputSchema(
    file: "rejects.csv",
    columns: OutputColumn.all("table", .choice(Table.allCases.map(\.rawValue))) + OutputColumn.some("file", .text)
      + OutputColumn.some("line", .integer(1...Int64.max)) + OutputColumn.some("market_id row_id", .id)
      + OutputColumn.all("code", .choice(RowCode.allCases.map(\.rawValue))) + OutputColumn.some("field", .text)
      + OutputColumn.all("message", .text),
    primaryKey: [], title: "a problem of an input row")

  /// Of a settlement.
  package static let settlement = [markets, commitments, distributions, rejects]
  package static let all = settlement + ofEvents + rollback

  /// For reading the file back.
  package var schema: Schema {
    Schema(table: file, fields: columns.map(\.name), requiredColumns: columns.map { [$0.name] })
  }

  package func number(of column: String) -> Int {
    guard let number = columns.firstIndex(where: { $0.name == column }) else {
      preconditionFailure("\(file) has no column \(column)")
    }
    return number
  }

  /// `markets` of `markets.csv`.
  package var table: String { String(file.prefix { $0 != "." }) }

  /// `datapackage.json`, which types every CSV (Frictionless Data Package v1).
  static func dataPackage(runID: String, outputs: [OutputSummary], title: String = "Settlement run") -> JSONValue {
    let names = outputs.map(\.name)
    let resources = outputs.compactMap { output -> JSONValue? in
      guard let schema = all.first(where: { $0.file == output.name }) else { return nil }
      return .object([
        "name": .string(schema.table),
        "path": .string(output.name),
        "profile": .string("tabular-data-resource"),
        "format": .string("csv"), "mediatype": .string("text/csv"), "encoding": .string("utf-8"),
        "bytes": .int(output.byteCount), "hash": .string("sha256:" + output.digest.hex),
        "dialect": .object([
          "delimiter": .string(","), "lineTerminator": .string("\n"), "quoteChar": .string("\""),
          "doubleQuote": .bool(true), "header": .bool(true),
        ]),
        "schema": schema.tableSchema(isReferring: schema.reference.map { names.contains("\($0.table).csv") } ?? false),
      ])
    }
    return .object([
      "profile": .string("tabular-data-package"), "name": .string("settle-\(runID)"),
      "title": .string("\(title) \(runID)"), "resources": .array(resources),
    ])
  }
}
