// Where does a user's money go?
package import Ledger

/// A row of the destinations.
package struct Destination: Sendable, Equatable {
  package enum Status: String, CaseIterable, Sendable {
    case active, inactive
  }

  package var userID: String
  /// Empty: for every currency that has no row of its own.
  package var currency: String
  /// What the rail calls the account: an IBAN, `acct_…`, …
  package var account: String
  package var status: Status

  package init(userID: String, currency: String, account: String, status: Status) {
    self.userID = userID
    self.currency = currency
    self.account = account
    self.status = status
  }

  /// Printable ASCII without spaces, quotes and commas, a letter or digit in front: what no rail, file or shell
  /// mistakes for something else.
  package static func isAccount(_ bytes: [UInt8]) -> Bool {
    guard (1...255).contains(bytes.count), let first = bytes.first else { return false }
    let isStart =
      (0x30...0x39).contains(first) || (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
    return isStart && bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x2C && $0 != 0x5C }
  }
}

extension PayoutStore {
  /// Adds these destinations, or puts them in the place of those of the same user and currency; all or none.
  /// - Returns: how many rows are new or changed.
  package func importDestinations(_ rows: [Destination], by operatorID: String) throws(LedgerError) -> Int {
    var changed = 0
    try ledger.database.transaction { () throws(LedgerError) in
      let statement = try ledger.database.prepare(
        """
        INSERT INTO destinations VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (user_id, currency) DO UPDATE
        SET account = excluded.account, status = excluded.status, imported_by = excluded.imported_by, at = excluded.at
        WHERE account IS NOT excluded.account OR status IS NOT excluded.status
        RETURNING 1
        """)
      let now = Clock.now()
      for row in rows {
        statement.bind(1, row.userID)
        statement.bind(2, row.currency)
        statement.bind(3, row.account)
        statement.bind(4, row.status.rawValue)
        statement.bind(5, operatorID)
        statement.bind(6, now)
        while try statement.step() { changed += 1 }
        statement.reset()
      }
      try ledger.record(
        action: "destinations import", by: operatorID, subject: nil, result: "\(rows.count) rows, \(changed) changed")
    }
    return changed
  }

  package func destinations(ofUser userID: String?) throws(LedgerError) -> [Destination] {
    let statement = try ledger.database.prepare(
      """
      SELECT user_id, currency, account, status FROM destinations WHERE ?1 IS NULL OR user_id = ?1
      ORDER BY user_id, currency
      """)
    statement.bind(1, userID)
    var rows: [Destination] = []
    while try statement.step() {
      rows.append(
        Destination(
          userID: statement.text(0) ?? "", currency: statement.text(1) ?? "", account: statement.text(2) ?? "",
          status: Destination.Status(rawValue: statement.text(3) ?? "") ?? .inactive))
    }
    return rows
  }

  /// - Returns: how many rows went.
  package func removeDestinations(
    ofUser userID: String, currency: String?, by operatorID: String
  ) throws(LedgerError) -> Int {
    var removed = 0
    try ledger.database.transaction { () throws(LedgerError) in
      let statement = try ledger.database.prepare(
        "DELETE FROM destinations WHERE user_id = ?1 AND (?2 IS NULL OR currency = ?2) RETURNING 1")
      statement.bind(1, userID)
      statement.bind(2, currency)
      while try statement.step() { removed += 1 }
      statement.reset()
      try ledger.record(
        action: "destinations remove", by: operatorID, subject: userID, result: "\(removed) removed")
    }
    return removed
  }

  /// Looks destinations up, one after the other.
  final class DestinationFinder {
    enum Answer: Equatable {
      case account(String)
      /// Why there is none, as a reason to hold.
      case none(String)
    }

    private let statement: Statement

    init(_ database: Database) throws(LedgerError) {
      statement = try database.prepare(
        """
        SELECT account, status FROM destinations WHERE user_id = ? AND currency IN (?, '')
        ORDER BY currency DESC LIMIT 1
        """)
    }

    func find(user: String, currency: String) throws(LedgerError) -> Answer {
      statement.bind(1, user)
      statement.bind(2, currency)
      defer { statement.reset() }
      guard try statement.step() else { return .none("no_destination") }
      guard statement.text(1) == Destination.Status.active.rawValue else { return .none("destination_inactive") }
      return .account(statement.text(0) ?? "")
    }
  }
}
