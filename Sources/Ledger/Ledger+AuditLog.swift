// What was done on this ledger, newest first?

/// One line of the record of administrative actions.
package struct LoggedAction: Sendable, Equatable {
  package let id: Int64
  package let operatorID: String
  package let action: String
  package let subject: String?
  package let reason: String?
  package let result: String
  package let at: String
}

extension Ledger {
  /// A page of the record of actions.
  /// - Parameters:
  ///   - operatorID: of this operator alone.
  ///   - action: of this kind alone: `run`, `operators add`, …
  package func actions(
    by operatorID: String?, action: String?, limit: Int, offset: Int
  ) throws(LedgerError) -> [LoggedAction] {
    let statement = try database.prepare(
      """
      SELECT id, operator, action, subject, reason, result, at FROM actions
      WHERE (?1 IS NULL OR operator = ?1) AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?3 OFFSET ?4
      """)
    statement.bind(1, operatorID)
    statement.bind(2, action)
    statement.bind(3, Int64(limit))
    statement.bind(4, Int64(offset))
    var page: [LoggedAction] = []
    while try statement.step() {
      page.append(
        LoggedAction(
          id: statement.integer(0), operatorID: statement.text(1) ?? "", action: statement.text(2) ?? "",
          subject: statement.text(3), reason: statement.text(4), result: statement.text(5) ?? "",
          at: statement.text(6) ?? ""))
    }
    return page
  }
}
