// What was done on this ledger, newest first?

extension Ledger {
  /// A page of the record of actions.
  /// - Parameters:
  ///   - operatorID: of this operator alone.
  ///   - action: of this kind alone: `run`, `operators add`, …
  package func actions(
    by operatorID: String?, action: String?, limit: Int, offset: Int
  ) throws(LedgerError) -> [ActionRecord] {
    let statement = try database.prepare(
      """
      SELECT \(ActionRecord.columns) FROM actions
      WHERE (?1 IS NULL OR operator = ?1) AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?3 OFFSET ?4
      """)
    statement.bind(1, operatorID)
    statement.bind(2, action)
    statement.bind(3, Int64(limit))
    statement.bind(4, Int64(offset))
    var page: [ActionRecord] = []
    while try statement.step() { page.append(ActionRecord(statement)) }
    return page
  }
}
