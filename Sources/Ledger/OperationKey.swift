// Which idempotency keys may be given from outside?

/// Keys of operations: one space for all of them, and for the program's own entries.
package enum OperationKey {
  /// Bytes of the longest key.
  package static let lengthMax = 255

  /// What the program's own keys start with.
  package static let reservedPrefixes = [
    "settle:", "rollback:", "ledger:", "payout:", "reversal:", "prizes:", "refund:", "award:", "participation:",
    "placement:", "dispute:",
  ]

  /// - Throws: `invalidKey` for an empty or too long key, one with control characters, or one of the program's own.
  static func check(_ key: String) throws(LedgerError) {
    guard (1...lengthMax).contains(key.utf8.count) else {
      throw LedgerError(.invalidKey, "an idempotency key has 1 to \(lengthMax) bytes, not \(key.utf8.count)")
    }
    let isPlain = key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    guard isPlain || key.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw LedgerError(.invalidKey, "an idempotency key holds no control characters")
    }
    // Every reserved prefix ends with a colon.
    if key.utf8.contains(0x3A), let prefix = reservedPrefixes.first(where: { key.utf8.starts(with: $0.utf8) }) {
      throw LedgerError(.invalidKey, "keys that start with \(prefix) are the program's own")
    }
  }
}
