// Which columns have the files of a run of prizes, refunds or awards?

extension OutputSchema {
  package static let events = OutputSchema(
    file: "events.csv",
    columns: OutputColumn.strings("event_id status currency")
      + OutputColumn.integers(
        "prize_pool placements prizes total_prize withheld breakage unallocated entry_fee refunds total_refund "
          + "retained failed")
      + OutputColumn.strings("hold_reason"),
    primaryKey: ["event_id"])

  package static let prizes = OutputSchema(
    file: "prizes.csv",
    columns: OutputColumn.strings("event_id registration_id")
      + OutputColumn.integers("place tied prize extra_units withheld net") + OutputColumn.strings("status"),
    primaryKey: ["event_id", "registration_id"])

  package static let refunds = OutputSchema(
    file: "refunds.csv",
    columns: OutputColumn.strings("event_id registration_id") + OutputColumn.integers("fee refund")
      + OutputColumn.strings("status"),
    primaryKey: ["event_id", "registration_id"])

  package static let awards = OutputSchema(
    file: "awards.csv",
    columns: OutputColumn.strings("event_id registration_id") + OutputColumn.integers("place")
      + OutputColumn.strings("currency") + OutputColumn.integers("amount") + OutputColumn.strings("status"),
    primaryKey: ["event_id", "registration_id"])

  /// Files of runs that pay events.
  package static let ofEvents = [events, prizes, refunds, awards]
}

/// What became of one prize, refund or award.
package enum PaymentStatus: String, Sendable {
  case paid
  /// The posting could not be made; the money is set aside in `suspense`.
  case failed
  /// A place that gets nothing.
  case none
}
