// How are accounts named, so that no id can spell another's account or key?

/// Names of accounts. Ids inside names are percent-encoded for `%` and `:`.
package enum AccountName {
  package static let house = "house"
  /// Where commitments come from: below zero by what is staked.
  package static let stakes = "stakes"
  package static let external = "external"
  package static let suspense = "suspense"
  /// Money that a rail was asked to send and has not confirmed.
  package static let inFlight = "in_flight"

  package static func user(_ id: some Sequence<UInt8>) -> String { "user:" + encoded(id) }
  package static func escrow(_ market: some Sequence<UInt8>) -> String { "escrow:" + encoded(market) }
  package static func creator(_ id: some Sequence<UInt8>) -> String { "creator:" + encoded(id) }
  package static func receivable(_ user: some Sequence<UInt8>) -> String { "receivable:" + encoded(user) }

  /// What is owed to the house because this account could not give it. Accounts that are not wallets stand behind two
  /// colons, which no encoded id starts with: `receivable::house` is not what a user named `house` owes.
  package static func receivable(account: String) -> String {
    account.utf8.starts(with: "user:".utf8)
      ? "receivable:" + String(decoding: account.utf8.dropFirst(5), as: UTF8.self) : "receivable::" + account
  }

  /// The user whose wallet this is; nil for every other account.
  package static func userID(of account: String) -> [UInt8]? {
    account.utf8.starts(with: "user:".utf8) ? decoded(account.utf8.dropFirst(5)) : nil
  }

  /// Where a registration's prizes go whose user the inputs do not name.
  package static func registration(_ id: some Sequence<UInt8>) -> String { "registration:" + encoded(id) }

  package static func withholding(_ registration: some Sequence<UInt8>) -> String {
    "withholding:" + encoded(registration)
  }

  /// Accounts that may fall below zero without a limit: where money comes from, and what is owed to the house.
  package static func hasUnlimitedOverdraft(_ name: String) -> Bool {
    name == stakes || name == external || name.utf8.starts(with: "receivable:".utf8)
  }

  package static func encoded(_ id: some Sequence<UInt8>) -> String {
    // Nearly all ids are plain: those are not looked at byte by byte again.
    let plain = id.withContiguousStorageIfAvailable { bytes -> String? in
      unsafe bytes.contains { $0 == 0x25 || $0 == 0x3A } ? nil : String(decoding: bytes, as: UTF8.self)
    }
    if let name = plain ?? nil { return name }
    var bytes: [UInt8] = []
    for byte in id {
      switch byte {
      case 0x25: bytes.append(contentsOf: [0x25, 0x32, 0x35])
      case 0x3A: bytes.append(contentsOf: [0x25, 0x33, 0x41])
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
