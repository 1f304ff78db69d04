// What is to be taken back, and how, where money was spent already?
internal import Interchange
package import Markets

/// What happens where an account no longer holds what a run gave it.
package enum ShortfallPolicy: String, CaseIterable, Sendable {
  /// The market stays as it is, the others go.
  case strict
  /// What is there is taken, the rest is owed from then on.
  case clamp
  /// The account goes below zero.
  case allowNegative = "allow-negative"
}

/// What a rollback is asked to do.
package struct RollbackRequest: Sendable {
  package var reason = ""
  /// Only these markets; empty for all of the run.
  package var markets: [ID] = []
  /// Only what these users got; empty for whole markets.
  package var users: [ID] = []
  package var onShortfall = ShortfallPolicy.strict
  /// Money that was sent over a rail becomes a receivable.
  package var acceptsExternal = false

  package init() {}

  /// The same question about the same run always has the same key: neither the reason nor the operator is part of it.
  func batchKey(reversing manifestSHA256: String) -> Digest {
    var hash = SHA256()
    hash.update(field: Array("settle-rollback-1".utf8))
    hash.update(field: Array(manifestSHA256.utf8))
    hash.update(field: Array(onShortfall.rawValue.utf8))
    hash.update(field: [acceptsExternal ? 1 : 0])
    for ids in [markets, users] {
      let distinct = Set(ids).sorted()
      hash.update(integer: UInt64(distinct.count))
      for id in distinct { hash.update(field: id.bytes) }
    }
    return hash.digest()
  }

  /// For the manifest.
  func configuration(reversing manifestSHA256: String) -> JSONValue {
    .object([
      "reason": .string(reason), "on_shortfall": .string(onShortfall.rawValue),
      "accept_external": .bool(acceptsExternal), "manifest_sha256": .string(manifestSHA256),
      "markets": .array(Set(markets).sorted().map { .string($0.description) }),
      "users": .array(Set(users).sorted().map { .string($0.description) }),
    ])
  }

  /// - Throws: `invalid_reason`.
  package func check() throws(BatchError) {
    let isShown = reason.unicodeScalars.contains { !$0.properties.isWhitespace }
    let isPlain = reason.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    guard isShown, isPlain, reason.utf8.count <= 1_000 else {
      throw BatchError(
        "invalid_reason", .usage,
        "--reason is \(isShown ? "too long, or holds control characters" : "missing or blank")",
        hint: "say why in one line of at most 1000 bytes: it is kept with the ledger")
    }
  }
}
