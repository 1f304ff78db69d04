// Which database engine keeps the ledger?
internal import CSQLite

extension Ledger {
  /// Like `3.40.1`.
  package static var engineVersion: String { unsafe String(cString: sqlite3_libversion()) }
}
