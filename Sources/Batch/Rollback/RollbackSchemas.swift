// Which columns have the files of a rollback?
internal import Interchange

extension OutputSchema {
  /// A row for each market that was asked for.
  package static let rolledBackMarkets = OutputSchema(
    file: "rolled-back.csv",
    columns: OutputColumn.strings("market_id kind resolution_id status rolled_back_by")
      + OutputColumn.integers("entries accounts shortfalls"),
    primaryKey: ["market_id"])

  /// A row for each account that a market left something on.
  package static let reversals = OutputSchema(
    file: "reversals.csv",
    columns: OutputColumn.strings("market_id account currency user_id") + OutputColumn.integers("effect")
      + OutputColumn.strings("action source") + OutputColumn.integers("reversed receivable"),
    primaryKey: ["market_id", "account", "currency"])

  /// A row for each account that does not hold what would be taken.
  package static let shortfalls = OutputSchema(
    file: "shortfalls.csv",
    columns: OutputColumn.strings("market_id account currency cause user_id source")
      + OutputColumn.integers("required available shortfall") + OutputColumn.strings("handling"),
    primaryKey: ["market_id", "account", "currency", "cause"])

  /// A row for each receivable: what is owed from now on.
  package static let receivables = OutputSchema(
    file: "receivables.csv",
    columns: OutputColumn.strings("market_id receivable currency user_id source") + OutputColumn.integers("amount"),
    primaryKey: ["market_id", "receivable", "currency"])

  static let rollback = [rolledBackMarkets, reversals, shortfalls, receivables]
}
