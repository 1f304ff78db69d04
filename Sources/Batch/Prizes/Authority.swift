// Who may act on which events?
internal import Ledger
internal import Markets

/// Admins may act on all events, organizers on those that name them.
enum Authority {
  /// - Throws: `unauthenticated`, or `forbidden` for a role that may act on no event.
  static func require(_ ledger: Ledger, _ operatorID: String) throws(BatchError) {
    let role: OperatorRole?
    do throws(LedgerError) { role = try ledger.role(of: operatorID) } catch { throw BatchError.ledger(error) }
    switch role {
    case nil:
      throw BatchError.ledger(LedgerError(.unauthenticated, "the ledger knows no operator \(operatorID)"))
    case .analyst: throw BatchError.ledger(LedgerError(.forbidden, "operator \(operatorID) is analyst"))
    case .admin, .organizer: return
    }
  }

  /// - Throws: `forbidden` where an organizer's batch holds an event that names somebody else, or nobody.
  static func require(_ ledger: Ledger, _ operatorID: String, events: [EventRecord]) throws(BatchError) {
    let role: OperatorRole?
    do throws(LedgerError) { role = try ledger.role(of: operatorID) } catch { throw BatchError.ledger(error) }
    guard role != .admin else { return }
    let own = ID(operatorID)
    guard let foreign = events.filter({ $0.organizerID != own }).map(\.id).min() else { return }
    throw BatchError.ledger(
      LedgerError(
        .forbidden, "organizer \(operatorID) may act on own events only, but event \(foreign) does not name them"))
  }
}
