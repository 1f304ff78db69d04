// Who may act on which events?
internal import Ledger
internal import Markets

/// Admins may act on all events, organizers on those that name them.
enum Authority {
  /// - Parameter action: what a refused attempt is recorded as; nil where nothing would be written.
  /// - Throws: `unauthenticated`, or `forbidden` for a role that may act on no event.
  static func require(_ ledger: Ledger, _ operatorID: String, for action: String? = nil) throws(BatchError) {
    let role: OperatorRole?
    do throws(LedgerError) { role = try ledger.role(of: operatorID) } catch { throw BatchError.ledger(error) }
    switch role {
    case nil:
      throw BatchError.ledger(LedgerError(.unauthenticated, "the ledger knows no operator \(operatorID)"))
    case .analyst:
      throw refused(LedgerError(.forbidden, "operator \(operatorID) is analyst"), ledger, operatorID, action)
    case .admin, .organizer: return
    }
  }

  /// - Throws: `forbidden` where an organizer's batch holds an event that names somebody else, or nobody.
  static func require(
    _ ledger: Ledger, _ operatorID: String, events: [EventRecord], for action: String? = nil
  ) throws(BatchError) {
    let role: OperatorRole?
    do throws(LedgerError) { role = try ledger.role(of: operatorID) } catch { throw BatchError.ledger(error) }
    guard role != .admin else { return }
    let own = ID(operatorID)
    guard let foreign = events.filter({ $0.organizerID != own }).map(\.id).min() else { return }
    throw refused(
      LedgerError(
        .forbidden, "organizer \(operatorID) may act on own events only, but event \(foreign) does not name them"),
      ledger, operatorID, action)
  }

  private static func refused(
    _ error: LedgerError, _ ledger: Ledger, _ operatorID: String, _ action: String?
  ) -> BatchError {
    if let action { ledger.recordRefusal(error, of: action, by: operatorID) }
    return BatchError.ledger(error)
  }
}
