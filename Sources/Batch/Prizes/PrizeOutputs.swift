// Which columns have the files of a run of prizes, refunds or awards?

extension OutputSchema {
  package static let events = OutputSchema(
    file: "events.csv",
    columns: OutputColumn.all("event_id", .id)
      + OutputColumn.all("status", .choice(["settled", "held", "already_settled", "failed"]))
      + OutputColumn.some("currency", .currency)
      + OutputColumn.some(
        "prize_pool placements prizes total_prize withheld breakage unallocated entry_fee refunds total_refund "
          + "retained failed", .count)
      + OutputColumn.strings("hold_reason"),
    primaryKey: ["event_id"], title: "an event of a batch of prizes or refunds")

  package static let prizes = OutputSchema(
    file: "prizes.csv",
    columns: OutputColumn.all("event_id registration_id", .id)
      + OutputColumn.all("place tied", .integer(1...Int64.max))
      + OutputColumn.all("prize extra_units withheld net", .count)
      + OutputColumn.all("status", .choice(PaymentStatus.allCases.map(\.rawValue))),
    primaryKey: ["event_id", "registration_id"], title: "a placement of a settled event",
    reference: (["event_id"], "events"))

  package static let refunds = OutputSchema(
    file: "refunds.csv",
    columns: OutputColumn.all("event_id registration_id", .id) + OutputColumn.all("fee refund", .count)
      + OutputColumn.all("status", .choice(PaymentStatus.allCases.map(\.rawValue))),
    primaryKey: ["event_id", "registration_id"], title: "a refund of a settled event",
    reference: (["event_id"], "events"))

  package static let awards = OutputSchema(
    file: "awards.csv",
    columns: OutputColumn.all("event_id registration_id", .id)
      + OutputColumn.some("place", .integer(1...Int64.max)) + OutputColumn.all("currency", .currency)
      + OutputColumn.all("amount", .count) + OutputColumn.all("status", .choice(AwardStatus.allCases.map(\.rawValue))),
    primaryKey: ["event_id", "registration_id"], title: "an award of the house")

  /// Files of runs that pay events.
  package static let ofEvents = [events, prizes, refunds, awards]
}

/// What became of one prize, refund or award.
package enum PaymentStatus: String, CaseIterable, Sendable {
  case paid
  /// The posting could not be made; the money is set aside in `suspense`.
  case failed
  /// A place that gets nothing.
  case none
}

/// What became of one award.
package enum AwardStatus: String, CaseIterable, Sendable {
  case given
  /// It was given before.
  case already = "already_given"
  /// It was given before, with another amount.
  case otherwise = "given_otherwise"
  /// The house or the wallet could not take part in it.
  case failed
}
