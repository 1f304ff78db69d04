// Which columns have the tables of events?
package import Interchange

extension Schema {
  package static let events = Schema(
    table: "events", fields: EventField.allCases.map(\.name), requiredColumns: [["event_id"], ["status"]],
    aliases: ["id": "event_id", "prize_distribution": "distribution"])

  package static let registrations = Schema(
    table: "registrations", fields: RegistrationField.allCases.map(\.name),
    requiredColumns: [["registration_id"], ["event_id"], ["status"]], aliases: ["id": "registration_id"])

  package static let placements = Schema(
    table: "placements", fields: PlacementField.allCases.map(\.name),
    requiredColumns: [["event_id"], ["registration_id"], ["place"]], aliases: ["placement": "place"])

  /// What somebody else says was paid.
  package static let payments = Schema(
    table: "payments", fields: PaymentField.allCases.map(\.name),
    requiredColumns: [["event_id"], ["registration_id", "place"], ["amount"]], aliases: ["placement": "place"])
}

/// Columns of events; the raw value is the field's number.
package enum EventField: Int, CaseIterable, Sendable {
  case eventID, status, currency, prizePool, entryFee, organizerID, distribution, tie, remainder, refund
  case withholding, withholdingAbove

  package var name: String {
    switch self {
    case .eventID: "event_id"
    case .status: "status"
    case .currency: "currency"
    case .prizePool: "prize_pool"
    case .entryFee: "entry_fee"
    case .organizerID: "organizer_id"
    case .distribution: "distribution"
    case .tie: "tie"
    case .remainder: "remainder"
    case .refund: "refund_bps"
    case .withholding: "withholding_bps"
    case .withholdingAbove: "withholding_above"
    }
  }
}

/// Columns of registrations.
package enum RegistrationField: Int, CaseIterable, Sendable {
  case registrationID, eventID, status, userID

  package var name: String {
    switch self {
    case .registrationID: "registration_id"
    case .eventID: "event_id"
    case .status: "status"
    case .userID: "user_id"
    }
  }
}

/// Columns of placements.
package enum PlacementField: Int, CaseIterable, Sendable {
  case eventID, registrationID, place

  package var name: String {
    switch self {
    case .eventID: "event_id"
    case .registrationID: "registration_id"
    case .place: "place"
    }
  }
}

/// Columns of payments.
package enum PaymentField: Int, CaseIterable, Sendable {
  case eventID, registrationID, place, amount, currency, status

  package var name: String {
    switch self {
    case .eventID: "event_id"
    case .registrationID: "registration_id"
    case .place: "place"
    case .amount: "amount"
    case .currency: "currency"
    case .status: "status"
    }
  }
}

extension EventField: TableField {}
extension RegistrationField: TableField {}
extension PlacementField: TableField {}
extension PaymentField: TableField {}
