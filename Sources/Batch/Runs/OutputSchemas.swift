// Which columns have the output files, and of which types?
package import Interchange

/// A column of an output file.
package struct OutputColumn: Sendable {
  package let name: String
  /// A type of Frictionless Table Schema.
  package let type: String

  static func strings(_ names: String) -> [OutputColumn] { columns(names, "string") }
  static func integers(_ names: String) -> [OutputColumn] { columns(names, "integer") }
  static func booleans(_ names: String) -> [OutputColumn] { columns(names, "boolean") }

  private static func columns(_ names: String, _ type: String) -> [OutputColumn] {
    names.split(separator: " ").map { OutputColumn(name: String($0), type: type) }
  }
}

/// The data files of a run.
package struct OutputSchema: Sendable {
  package let file: String
  package let columns: [OutputColumn]
  package let primaryKey: [String]

  package static let markets = OutputSchema(
    file: "markets.csv",
    columns: OutputColumn.strings("market_id resolution_id status outcome winning_options currency")
      + OutputColumn.integers("commitments users gross_pool winning_stake house_fee creator_fee")
      + OutputColumn.strings("creator_id")
      + OutputColumn.integers("net_pool total_payout total_refund retained breakage winners losers")
      + OutputColumn.booleans("minus_pool no_winner") + OutputColumn.strings("hold_reason"),
    primaryKey: ["market_id"])

  package static let commitments = OutputSchema(
    file: "commitments.csv",
    columns: OutputColumn.strings("market_id commitment_id user_id option_id position match_method")
      + OutputColumn.integers("amount") + OutputColumn.strings("result")
      + [OutputColumn(name: "win_share", type: "number")]
      + OutputColumn.integers("extra_units payout profit"),
    primaryKey: ["market_id", "commitment_id"])

  package static let distributions = OutputSchema(
    file: "distributions.csv",
    columns: OutputColumn.strings("market_id user_id")
      + OutputColumn.integers(
        "total_committed total_payout total_profit total_lost winning_commitments losing_commitments "
          + "refunded_commitments"),
    primaryKey: ["market_id", "user_id"])

  package static let rejects = OutputSchema(
    file: "rejects.csv",
    columns: OutputColumn.strings("table file") + OutputColumn.integers("line")
      + OutputColumn.strings("market_id row_id code field message"),
    primaryKey: [])

  package static let all = [markets, commitments, distributions, rejects] + rollback

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

  /// `datapackage.json`, which types every CSV (Frictionless Data Package v1).
  static func dataPackage(runID: String, outputs: [OutputSummary]) -> JSONValue {
    let resources = outputs.compactMap { output -> JSONValue? in
      guard let schema = all.first(where: { $0.file == output.name }) else { return nil }
      var table: [String: JSONValue] = [
        "fields": .array(
          schema.columns.map { .object(["name": .string($0.name), "type": .string($0.type)]) }),
        "missingValues": .array([.string("")]),
      ]
      if !schema.primaryKey.isEmpty { table["primaryKey"] = .array(schema.primaryKey.map { .string($0) }) }
      return .object([
        "name": .string(String(output.name.dropLast(4))),
        "path": .string(output.name),
        "profile": .string("tabular-data-resource"),
        "format": .string("csv"), "mediatype": .string("text/csv"), "encoding": .string("utf-8"),
        "bytes": .int(output.byteCount), "hash": .string("sha256:" + output.digest.hex),
        "dialect": .object([
          "delimiter": .string(","), "lineTerminator": .string("\n"), "quoteChar": .string("\""),
          "doubleQuote": .bool(true), "header": .bool(true),
        ]),
        "schema": .object(table),
      ])
    }
    return .object([
      "profile": .string("tabular-data-package"), "name": .string("settle-\(runID)"),
      "title": .string("Settlement run \(runID)"), "resources": .array(resources),
    ])
  }
}
