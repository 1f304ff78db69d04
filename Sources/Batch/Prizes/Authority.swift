// Who may act on which events?
internal import Ledger
internal import Markets

/// Admins may act on all events, organizers on those that name them.
struct Authority {
  private let ledger: Ledger
  private let operatorID: String
  /// What a refusal is recorded as; nil where nothing is to be written.
  private let action: String?
  private let role: OperatorRole?

  init(_ ledger: Ledger, _ operatorID: String, action: String?) throws(BatchError) {
    self.ledger = ledger
    self.operatorID = operatorID
    self.action = action
    do throws(LedgerError) { role = try ledger.role(of: operatorID) } catch { throw BatchError.ledger(error) }
  }

  /// - Throws: `unauthenticated`, or `forbidden` for a role that may act on no event.
  func require() throws(BatchError) {
    switch role {
    case nil:
      throw BatchError.ledger(LedgerError(.unauthenticated, "the ledger knows no operator \(operatorID)"))
    case .analyst: throw forbidden("operator \(operatorID) is analyst", subject: nil)
    case .admin, .organizer: return
    }
  }

  /// - Throws: `forbidden` where an organizer's batch holds an event that names somebody else, or nobody.
  func require(events: [EventRecord]) throws(BatchError) {
    guard role != .admin else { return }
    let own = ID(operatorID)
    guard let foreign = events.filter({ $0.organizerID != own }).map(\.id).min() else { return }
    throw forbidden(
      "organizer \(operatorID) may act on own events only, but event \(foreign) does not name them",
      subject: foreign.description)
  }

  /// The refusal, which is written down where that is possible.
  private func forbidden(_ message: String, subject: String?) -> BatchError {
    if let action {
      _ = try? ledger.database.transaction { () throws(LedgerError) in
        try ledger.record(
          action: action, by: operatorID, subject: subject, result: LedgerError.Code.forbidden.rawValue)
      }
    }
    return BatchError.ledger(LedgerError(.forbidden, message))
  }
}
