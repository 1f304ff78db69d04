// What does a run of prizes, refunds or awards say about one event or one registration?
internal import Interchange
internal import Ledger
package import Markets

/// Answers from a run's sorted files: by halving where the event is known, else by reading the file once.
package struct EventLookup {
  private let files: RunFiles
  package let operation: PrizeOperation

  /// Nil for a run that is not about events.
  package init?(_ location: RunLocation) {
    files = location.files
    let manifest = try? location.files.manifest()
    guard let operation = PrizeOperation(ofRun: location.record?.kind ?? manifest?.kind ?? "", manifest) else {
      return nil
    }
    self.operation = operation
  }

  private var schema: OutputSchema { operation.paymentSchema }

  /// The event's row in events.csv; nil where the run does not have it.
  package func event(_ id: ID) throws(BatchError) -> AuditRow? {
    let rows = try SortedRows(files, .events)
    try rows.seek([id.bytes])
    return try rows.nextRow() && rows.has([id.bytes]) ? AuditRow(rows) : nil
  }

  /// Events that are not settled.
  package func unsettled() throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, .events)
    let status = OutputSchema.events.number(of: "status")
    var found: [AuditRow] = []
    while try rows.nextRow() {
      if rows.line.text(status) != MarketStatus.settled.rawValue { found.append(AuditRow(rows)) }
    }
    return found
  }

  /// The rows of an event's registrations.
  package func payments(of event: ID) throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, schema)
    try rows.seek([event.bytes])
    var found: [AuditRow] = []
    while try rows.nextRow(), rows.has([event.bytes]) { found.append(AuditRow(rows)) }
    return found
  }

  /// The rows of one registration, in every event.
  package func payments(ofRegistration id: ID) throws(BatchError) -> [AuditRow] {
    let rows = try SortedRows(files, schema)
    let column = schema.number(of: "registration_id")
    var found: [AuditRow] = []
    while try rows.nextRow() {
      if unsafe rows.line.cell(column).elementsEqual(id.bytes) { found.append(AuditRow(rows)) }
    }
    return found
  }
}
