// Why does a registration get something else: another pool, other results, another state?
internal import Interchange

/// What two rows of one event say about the cause of their difference.
struct EventReason {
  let text: String

  /// - Parameter row: of events.csv.
  init(_ row: DiffRow) {
    func cell(_ name: String, new: Bool) -> String {
      guard let column = row.table.number(of: name) else { return "" }
      let bytes = unsafe new ? row.new(column) : row.old(column)
      return unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }
    func standing(new: Bool) -> String {
      let reason = cell("hold_reason", new: new)
      return Terminal.safe(cell("status", new: new)) + (reason.isEmpty ? "" : " (\(Terminal.safe(reason)))")
    }
    func isChanged(_ names: String...) -> Bool { names.contains { EventReason.isChanged(row, $0) } }
    switch row.change {
    case .added: text = "only in B: \(standing(new: true))"
    case .removed: text = "only in A: \(standing(new: false))"
    case .changed:
      guard !isChanged("status", "hold_reason") else {
        text = "\(standing(new: false)) in A, \(standing(new: true)) in B"
        return
      }
      var reasons: [String] = []
      if isChanged("currency") { reasons.append("another currency") }
      if isChanged("prize_pool") { reasons.append("another pool") }
      if isChanged("placements") { reasons.append("other placements") }
      if isChanged("entry_fee") { reasons.append("another fee") }
      if isChanged("refunds") { reasons.append("other registrations") }
      if reasons.isEmpty, isChanged("total_refund", "retained") { reasons.append("another refund rate") }
      if reasons.isEmpty, isChanged("total_prize", "breakage", "unallocated", "prizes") {
        reasons.append("another distribution or other results")
      }
      if reasons.isEmpty, isChanged("withheld") { reasons.append("other withholding") }
      if isChanged("failed") { reasons.append("other payments failed") }
      text = reasons.joined(separator: ", ")
    }
  }

  private static func isChanged(_ row: DiffRow, _ name: String) -> Bool {
    row.table.number(of: name).map { row.isChanged($0) } ?? false
  }

  /// The reason of a prize, refund or award: its own place, else what lies in the event.
  static func ofRow(_ row: DiffRow, event: String) -> String {
    switch row.change {
    case .added: return event.isEmpty ? "only in B" : event
    case .removed: return event.isEmpty ? "only in A" : event
    case .changed:
      var reasons: [String] = []
      if isChanged(row, "place") { reasons.append("another place") }
      if isChanged(row, "tied") { reasons.append("another tie") }
      if isChanged(row, "status") { reasons.append("another status") }
      if !event.isEmpty { reasons.append(event) }
      return reasons.isEmpty ? "other results or another distribution" : reasons.joined(separator: "; ")
    }
  }
}
