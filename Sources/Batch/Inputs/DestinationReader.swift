// What does a file of destinations say, and is it all right?
package import Interchange
internal import Markets
internal import Money
package import Payouts

/// Reads destinations: all rows are good, or none is taken.
package enum DestinationReader {
  package static let schema = Schema(
    table: "destinations", fields: ["user_id", "account", "currency", "status"],
    requiredColumns: [["user_id"], ["account"]], aliases: ["destination": "account", "rail_account": "account"])

  /// Problems that are told; a file with more is just as bad.
  private static let shownMax = 10

  /// - Throws: `invalid_input` with the first problems, where any row has one.
  package static func read(_ path: String, _ format: InputFormat) throws(BatchError) -> [Destination] {
    var rows: [Destination] = []
    var problems: [String] = []
    var seen: [[UInt8]: Int] = [:]
    do throws(FileError) {
      let reader = format.reader(of: try InputStream(path: path, ahead: false), schema: schema)
      reading: while true {
        switch try reader.next() {
        case .end: break reading
        case .unreadable(let fault):
          problems.append("line \(fault.line): \(fault.code) \(fault.field)")
          break reading
        case .broken(let fault): problems.append("line \(fault.line): \(fault.code) \(fault.field)")
        case .record:
          let found = unsafe check(reader.cells, reader.faults)
          problems += found.problems.map { "line \(reader.line): \($0)" }
          guard let row = found.row else { continue }
          if let first = seen.updateValue(reader.line, forKey: Array("\(row.currency)/\(row.userID)".utf8)) {
            problems.append("line \(reader.line): duplicate_destination user_id (also in line \(first))")
          }
          rows.append(row)
        }
      }
    } catch {
      throw BatchError.file(error)
    }
    guard problems.isEmpty else {
      let shown = problems.prefix(shownMax).joined(separator: "; ")
      throw BatchError(
        "invalid_destinations", .refused, "\(problems.count) problem(s): \(Terminal.safe(shown))",
        hint: "nothing was imported; correct the rows and import the file again")
    }
    return rows
  }

  private static func check(
    _ cells: UnsafeMutableBufferPointer<Cell>, _ faults: [Fault]
  ) -> (row: Destination?, problems: [String]) {
    var problems = faults.map { "\($0.code) \($0.field)" }
    let user = unsafe cells[0]
    let account = unsafe cells[1]
    let currency = unsafe cells[2]
    let status = unsafe cells[3]
    switch user.kind {
    case .absent: problems.append("missing_field user_id")
    case .faulty: break
    default: if let code = CellCheck.personID(user) { problems.append("\(code.rawValue) user_id") }
    }
    switch account.kind {
    case .absent: problems.append("missing_field account")
    case .text, .number: if !Destination.isAccount(account.bytes) { problems.append("invalid_account account") }
    default: problems.append("invalid_account account")
    }
    if currency.kind != .absent, currency.kind != .text || Currency(bytes: currency.bytes) == nil {
      problems.append("invalid_currency currency")
    }
    let word = status.kind == .absent ? "active" : String(decoding: status.bytes, as: UTF8.self)
    let known = Destination.Status(rawValue: word)
    if known == nil { problems.append("invalid_status status") }
    guard problems.isEmpty, let known else { return (nil, problems) }
    return (
      Destination(
        userID: String(decoding: user.bytes, as: UTF8.self),
        currency: currency.kind == .absent ? "" : String(decoding: currency.bytes, as: UTF8.self),
        account: String(decoding: account.bytes, as: UTF8.self), status: known), []
    )
  }
}
