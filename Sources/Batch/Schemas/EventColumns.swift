// What may each column of the tables of events, destinations and wallet operations hold?
internal import Interchange
internal import Money
internal import Prizes

extension InputColumn {
  package static let events = columns(.events) { name in
    switch name {
    case "event_id": (.id, "once in the batch")
    case "status": (.text, "completed, cancelled; anything else is not ready")
    case "currency": (.currency, "currency of prizes and fees (default TOKEN)")
    case "prize_pool": (.amount, "what prizes are paid from")
    case "entry_fee": (.amount, "what a registration paid, and gets back where the event is cancelled")
    case "organizer_id": (.id, "the organizer who may pay and refund it")
    case "distribution": (.object, "place to amount or share; in CSV a quoted JSON object")
    case "tie": (.choice(TiePolicy.allCases.map(\.rawValue)), "how those who share a place are paid (default split)")
    case "remainder": (.choice(["first", "largest", "house"]), "who gets units that shares leave over (default first)")
    case "refund_bps": (.bps, "what is refunded, in basis points (default 10000)")
    case "withholding_bps": (.bps, "what is withheld of prizes above withholding_above")
    case "withholding_above": (.amount, "prizes above it are withheld from")
    default: nil
    }
  }

  package static let registrations = columns(.registrations) { name in
    switch name {
    case "registration_id": (.id, "the only name that outputs tell")
    case "event_id": (.id, "the event")
    case "status": (.text, "confirmed ones are refunded")
    case "user_id": (.id, "whose wallet is paid; never an e-mail address")
    default: nil
    }
  }

  package static let placements = columns(.placements) { name in
    switch name {
    case "event_id": (.id, "the event")
    case "registration_id": (.id, "who came there")
    case "place": (.id, "1, 1st or first")
    default: nil
    }
  }

  package static let payments = columns(.payments) { name in
    switch name {
    case "event_id": (.id, "the event")
    case "registration_id": (.id, "who was paid")
    case "place": (.id, "or the place that was paid")
    case "amount": (.amount, "what was paid")
    case "currency": (.currency, "in what it was paid (default: the event's)")
    case "status": (.text, "how it ended")
    default: nil
    }
  }

  package static let destinations = columns(DestinationReader.schema) { name in
    switch name {
    case "user_id": (.id, "once for each currency")
    case "account": (.text, "the account on the rail")
    case "currency": (.currency, "default TOKEN")
    case "status": (.text, "active (default), or not paid")
    default: nil
    }
  }

  package static let operations = columns(OperationFile.schema) { name in
    switch name {
    case "operation": (.text, "credit, debit, transfer, …")
    case "account", "counterpart", "from", "to": (.text, "user:ID, house, external, …")
    case "amount": (.amount, "above 0, in minor units")
    case "currency": (.currency, "default TOKEN")
    case "key": (.text, "idempotency key")
    case "reason", "metadata", "reservation": (.text, "kept with the entry")
    default: nil
    }
  }

  /// The columns of a table, in its order.
  private static func columns(
    _ schema: Schema, _ meaning: (String) -> (kind: ColumnKind, explanation: String)?
  ) -> [InputColumn] {
    schema.fields.map { name in
      guard let meaning = meaning(name) else { preconditionFailure("\(schema.table) has a column \(name) of no kind") }
      return InputColumn(name: name, kind: meaning.kind, explanation: meaning.explanation)
    }
  }
}
