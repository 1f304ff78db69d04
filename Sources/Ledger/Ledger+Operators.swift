// Who may do what, and who did what?

package enum OperatorRole: String, CaseIterable, Sendable {
  case admin, organizer, analyst
}

extension Ledger {
  /// - Throws: `unauthenticated` for an unknown operator, `forbidden` for one without the role.
  package func require(_ role: OperatorRole, of operatorID: String) throws(LedgerError) {
    let statement = try database.prepare("SELECT role FROM operators WHERE id = ?")
    statement.bind(1, operatorID)
    guard try statement.step() else {
      throw LedgerError(.unauthenticated, "the ledger knows no operator \(operatorID)")
    }
    guard statement.text(0) == role.rawValue else {
      throw LedgerError(.forbidden, "operator \(operatorID) is \(statement.text(0) ?? ""), not \(role.rawValue)")
    }
  }
}
