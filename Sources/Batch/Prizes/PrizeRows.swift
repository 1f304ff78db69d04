// How do the rows of events.csv, prizes.csv and refunds.csv look?
internal import Interchange
internal import Markets
internal import Money
internal import Prizes

/// Formats the rows of one event, and takes its facts on the way: what is written behind the status and before the
/// count of failures.
struct PrizeRows {
  private let operation: PrizeOperation
  private var hash = SHA256()
  private let scratch = ByteBuffer()

  init(_ operation: PrizeOperation) { self.operation = operation }

  mutating func begin(_ event: EventOutcome) {
    hash = SHA256()
    hash.update(field: Array("settle-event-1:\(operation.rawValue)".utf8))
    hash.update(field: event.id.bytes)
  }

  /// The event's facts, once its rows and then its own row are written.
  var facts: Digest { hash.digest() }

  /// Appends what `write` writes to the buffer, and to the facts.
  private mutating func fact(_ buffer: ByteBuffer, _ write: (ByteBuffer) -> Void) {
    scratch.removeAll()
    write(scratch)
    unsafe hash.update(scratch.bytes)
    unsafe scratch.bytes.withMemoryRebound(to: UInt8.self) { bytes in
      if let base = bytes.baseAddress { unsafe buffer.append(base, bytes.count) }
    }
  }

  mutating func prize(_ event: ID, _ registration: ID, _ prize: Prize, _ status: PaymentStatus, to buffer: ByteBuffer) {
    fact(buffer) { row in
      row.append(csvField: event.bytes)
      row.append(0x2C)
      row.append(csvField: registration.bytes)
      row.append(0x2C)
      row.row(countMax: 7 * 21) { row in
        row.decimal(Int64(prize.place))
        row.byte(0x2C)
        row.decimal(Int64(prize.tied))
        row.byte(0x2C)
        row.decimal(prize.amount)
        row.byte(0x2C)
        row.decimal(prize.extraUnits)
        row.byte(0x2C)
        row.decimal(prize.withheld)
        row.byte(0x2C)
        row.decimal(prize.net)
        row.byte(0x2C)
      }
    }
    buffer.append(status.rawValue)
    buffer.append(0x0A)
  }

  mutating func refund(
    _ event: ID, _ registration: ID, fee: Int64, refund: Int64, _ status: PaymentStatus, to buffer: ByteBuffer
  ) {
    fact(buffer) { row in
      row.append(csvField: event.bytes)
      row.append(0x2C)
      row.append(csvField: registration.bytes)
      row.append(0x2C)
      row.append(decimal: fee)
      row.append(0x2C)
      row.append(decimal: refund)
      row.append(0x2C)
    }
    buffer.append(status.rawValue)
    buffer.append(0x0A)
  }

  /// The event's own row.
  mutating func event(_ event: EventOutcome, to buffer: ByteBuffer) {
    buffer.append(csvField: event.id.bytes)
    buffer.append(0x2C)
    buffer.append(event.status.rawValue)
    buffer.append(0x2C)
    guard event.status == .settled else {
      buffer.append(event.currency?.code ?? "")
      buffer.append(String(repeating: ",", count: OutputSchema.events.columns.count - 3))
      buffer.append(event.holdReasons.joined(separator: "|"))
      buffer.append(0x0A)
      return
    }
    let isPay = operation == .pay
    let cells: [Int64?] = [
      isPay ? event.pool : nil, isPay ? Int64(event.placements) : nil, isPay ? Int64(event.paymentCount) : nil,
      isPay ? event.total : nil, isPay ? event.withheld : nil, isPay ? event.breakage : nil,
      isPay ? event.unallocated : nil, isPay ? nil : event.fee, isPay ? nil : Int64(event.paymentCount),
      isPay ? nil : event.total, isPay ? nil : event.retained,
    ]
    fact(buffer) { row in
      row.append(event.currency?.code ?? "")
      for cell in cells {
        row.append(0x2C)
        if let cell { row.append(decimal: cell) }
      }
      row.append(0x2C)
    }
    buffer.append(decimal: Int64(event.failed.count))
    buffer.append(",\n")
  }
}
