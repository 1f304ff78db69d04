// Who are the operators, how do they come and go, and what is kept of attempts that were refused?

/// An operator as the ledger knows it.
package struct OperatorRecord: Sendable, Equatable {
  package let id: String
  package let role: OperatorRole
  /// Nil for the maker of the ledger.
  package let addedBy: String?
  package let at: String
}

/// What became of an operator.
package enum OperatorChange: Sendable, Equatable {
  case added
  case changed(from: OperatorRole)
  case removed(from: OperatorRole)
  /// It was so already: nothing is written.
  case unchanged

  /// As the record of actions and the answers call it.
  package var name: String {
    switch self {
    case .added: "added"
    case .changed: "changed"
    case .removed: "removed"
    case .unchanged: "unchanged"
    }
  }
}

extension Ledger {
  /// All operators, by the bytes of their ids.
  package func operators() throws(LedgerError) -> [OperatorRecord] {
    let statement = try database.prepare("SELECT id, role, added_by, at FROM operators ORDER BY id")
    var operators: [OperatorRecord] = []
    while try statement.step() {
      guard let role = statement.text(1).flatMap(OperatorRole.init(rawValue:)) else { continue }
      operators.append(
        OperatorRecord(
          id: statement.text(0) ?? "", role: role, addedBy: statement.text(2), at: statement.text(3) ?? ""))
    }
    return operators
  }

  /// Asks for a role, and writes a known operator's refused attempt down.
  /// - Throws: `unauthenticated` for an unknown operator, `forbidden` for one without the role.
  package func require(
    _ role: OperatorRole, of operatorID: String, for action: String, subject: String? = nil, reason: String? = nil
  ) throws(LedgerError) {
    do throws(LedgerError) {
      try require(role, of: operatorID)
    } catch {
      recordRefusal(error, of: action, by: operatorID, subject: subject, reason: reason)
      throw error
    }
  }

  /// Writes a refused attempt down.
  ///
  /// The record is a transaction of its own and touches nothing else; where it cannot be written, the refusal stands
  /// all the same. Names that the ledger does not know are not recorded: anybody could fill the record with them.
  package func recordRefusal(
    _ error: LedgerError, of action: String, by operatorID: String, subject: String? = nil, reason: String? = nil
  ) {
    guard error.code == .forbidden else { return }
    _ = try? database.transaction { () throws(LedgerError) in
      try record(action: action, by: operatorID, subject: subject, reason: reason, result: error.code.rawValue)
    }
  }

  /// Makes an operator known, or gives it another role.
  /// - Throws: `unauthenticated`, `forbidden`; `lastAdmin` where nobody would be admin any more.
  package func addOperator(
    _ id: String, role: OperatorRole, by operatorID: String, reason: String?
  ) throws(LedgerError) -> OperatorChange {
    try change("operators add", id, by: operatorID, reason, detail: role.rawValue) { (present) throws(LedgerError) in
      guard present != role else { return .unchanged }
      let statement = try database.prepare(
        """
        INSERT INTO operators (id, role, added_by, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (id) DO UPDATE SET role = ?2, added_by = ?3, at = ?4
        """)
      statement.bind(1, id)
      statement.bind(2, role.rawValue)
      statement.bind(3, operatorID)
      statement.bind(4, Clock.now())
      try statement.run()
      return present.map { .changed(from: $0) } ?? .added
    }
  }

  /// Makes the ledger forget an operator; what it did stays recorded.
  /// - Throws: `unauthenticated`, `forbidden`; `lastAdmin`; `unknownOperator` for one that never was.
  package func removeOperator(_ id: String, by operatorID: String, reason: String?) throws(LedgerError)
    -> OperatorChange
  {
    try change("operators remove", id, by: operatorID, reason, detail: nil) { (present) throws(LedgerError) in
      guard let present else {
        guard try wasRemoved(id) else { throw LedgerError(.unknownOperator, "the ledger never knew an operator \(id)") }
        return .unchanged
      }
      let statement = try database.prepare("DELETE FROM operators WHERE id = ?")
      statement.bind(1, id)
      try statement.run()
      return .removed(from: present)
    }
  }

  private func wasRemoved(_ id: String) throws(LedgerError) -> Bool {
    let statement = try database.prepare(
      "SELECT 1 FROM actions WHERE action = 'operators remove' AND subject = ? AND result = 'removed'")
    statement.bind(1, id)
    return try statement.step()
  }

  /// Changes and records in one transaction. The role is asked for inside it again: an admin that another process is
  /// just removing changes nothing any more.
  private func change(
    _ action: String, _ id: String, by operatorID: String, _ reason: String?, detail: String?,
    _ body: (OperatorRole?) throws(LedgerError) -> OperatorChange
  ) throws(LedgerError) -> OperatorChange {
    try require(.admin, of: operatorID, for: action, subject: id, reason: reason)
    var change = OperatorChange.unchanged
    try database.transaction { () throws(LedgerError) in
      try require(.admin, of: operatorID)
      let present = try self.role(of: id)
      change = try body(present)
      guard change != .unchanged else { return }
      guard try database.integer("SELECT count(*) FROM operators WHERE role = 'admin'") ?? 0 > 0 else {
        throw LedgerError(.lastAdmin, "operator \(id) is the last admin of this ledger")
      }
      try record(action: action, by: operatorID, subject: id, reason: reason, result: change.name, detail: detail)
    }
    return change
  }
}
