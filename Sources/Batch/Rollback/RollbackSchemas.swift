// Which columns have the files of a rollback?
internal import Interchange

extension OutputSchema {
  package static let rolledBackMarkets = OutputSchema(
    file: "rolled_back.csv",
    columns: OutputColumn.all("market_id", .id) + OutputColumn.strings("kind") + OutputColumn.some("resolution_id", .id)
      + OutputColumn.all(
        "status", .choice(["rolled_back", "suspended", "blocked", "already_rolled_back", "untouched"]))
      + OutputColumn.strings("rolled_back_by") + OutputColumn.all("entries accounts shortfalls", .count),
    primaryKey: ["market_id"], title: "a market that a rollback was asked for")

  package static let reversals = OutputSchema(
    file: "reversals.csv",
    columns: OutputColumn.all("market_id", .id) + OutputColumn.all("account", .text)
      + OutputColumn.all("currency", .currency) + OutputColumn.some("user_id", .id)
      + OutputColumn.all("effect", .signed) + OutputColumn.all("action", .choice(["reversed", "suspended"]))
      + OutputColumn.all("source", .text) + OutputColumn.all("reversed", .signed)
      + OutputColumn.all("receivable", .count),
    primaryKey: ["market_id", "account", "currency"],
    title: "what a market left on an account, and how it was taken back",
    reference: (["market_id"], "rolled_back"))

  package static let shortfalls = OutputSchema(
    file: "shortfalls.csv",
    columns: OutputColumn.all("market_id", .id) + OutputColumn.all("account", .text)
      + OutputColumn.all("currency", .currency) + OutputColumn.all("cause", .choice(["spent", "sent", "in_flight"]))
      + OutputColumn.some("user_id", .id) + OutputColumn.all("source", .text)
      + OutputColumn.all("required available shortfall", .count)
      + OutputColumn.all("handling", .choice(["blocked", "receivable", "below_zero"])),
    primaryKey: ["market_id", "account", "currency", "cause"],
    title: "an account that does not hold what would be taken back", reference: (["market_id"], "rolled_back"))

  package static let receivables = OutputSchema(
    file: "receivables.csv",
    columns: OutputColumn.all("market_id", .id) + OutputColumn.all("receivable", .text)
      + OutputColumn.all("currency", .currency) + OutputColumn.some("user_id", .id)
      + OutputColumn.all("source", .text) + OutputColumn.all("amount", .integer(1...Int64.max)),
    primaryKey: ["market_id", "receivable", "currency"], title: "what is owed since a rollback",
    reference: (["market_id"], "rolled_back"))

  /// Of a rollback.
  package static let rollback = [rolledBackMarkets, reversals, shortfalls, receivables]
}
