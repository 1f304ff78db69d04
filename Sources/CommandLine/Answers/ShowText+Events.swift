// How is a run of prizes, refunds or awards told?
internal import Batch
internal import Interchange
internal import Markets

extension ShowText {
  /// Counts and totals as the manifest has them.
  func showEvents(_ manifest: Manifest) {
    func lines(_ members: [String: JSONValue], indent: String) {
      let rows = members.sorted { $0.key < $1.key }.compactMap { key, value -> [String]? in
        guard case .number(let digits) = value, let number = Int128(digits), number != 0 else { return nil }
        return [key.split(separator: "_").joined(separator: " "), Console.grouped(number)]
      }
      console.table(rows, indent: indent)
    }
    lines(manifest.json["counts"]?.members ?? [:], indent: "  ")
    for (currency, totals) in (manifest.json["totals"]?.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      console.print("  \(Terminal.safe(currency))")
      lines(totals.members ?? [:], indent: "    ")
    }
  }

  /// An event and its registrations, or the rows of a registration.
  func events(_ lookup: EventLookup, event: ID?, registration: ID?) throws(BatchError) -> ExitStatus {
    var eventRow: AuditRow?
    var rows: [AuditRow] = []
    if let event {
      eventRow = try lookup.event(event)
      rows = try lookup.payments(of: event)
      if let registration { rows = rows.filter { $0.bytes("registration_id") == registration.bytes } }
    } else if let registration {
      rows = try lookup.payments(ofRegistration: registration)
    }
    guard registration == nil ? eventRow != nil : !rows.isEmpty else {
      let what = [
        event.map { "event \(Terminal.quoted($0.description))" },
        registration.map { "registration \(Terminal.quoted($0.description))" },
      ]
      .compactMap(\.self).joined(separator: ", ")
      return missing("run \(location.runID) has no \(what)")
    }
    var rolledBack: String?
    if let event { rolledBack = try self.lookup.rolledBack(market: event) }
    if console.isJSON {
      console.print(
        .object([
          "run_id": .string(location.runID), "found": .bool(true), "event": eventRow?.json ?? .null,
          "rolled_back_by": .optional(rolledBack), "payments": .array(rows.map(\.json)),
        ]))
      return .done
    }
    if registration == nil, let eventRow {
      console.table(
        eventRow.schema.columns.compactMap { column in
          eventRow.isEmpty(column.name) ? nil : [column.name, Terminal.safe(eventRow.text(column.name))]
        }, indent: "")
      if let rolledBack { console.print("rolled back by run \(rolledBack)") }
      console.print()
    }
    guard let schema = rows.first?.schema else { return .done }
    let names = schema.columns.map(\.name)
    console.table(
      [names] + rows.prefix(100).map { row in names.map { Terminal.safe(row.text($0)) } }, indent: "")
    if rows.count > 100 { console.print("… and \(Console.grouped(rows.count - 100)) more (--json lists all)") }
    return .done
  }

  private func missing(_ message: String) -> ExitStatus {
    if console.isJSON {
      console.print(.object(["run_id": .string(location.runID), "found": .bool(false), "message": .string(message)]))
    } else {
      console.print(message)
    }
    return .found
  }
}
