// Is a name that was given from outside the name of an account?

extension AccountName {
  /// Bytes of the longest name: a prefix and an id of 128 bytes, each percent-encoded.
  private static let lengthMax = 400
  private static let plain = [house, stakes, external, suspense, inFlight]
  private static let prefixes = ["user:", "escrow:", "creator:", "receivable:", "withholding:"]

  /// Whether this is a name that the program itself could have made: `house`, `user:ann`, …
  package static func isWellFormed(_ name: String) -> Bool {
    if plain.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { return true }
    guard name.utf8.count <= lengthMax, let prefix = prefixes.first(where: { name.utf8.starts(with: $0.utf8) }) else {
      return false
    }
    let id = Array(name.utf8.dropFirst(prefix.utf8.count))
    // Encoded in the one way there is, so that no account has two names.
    guard !id.isEmpty, encoded(decoded(id)).utf8.elementsEqual(id) else { return false }
    return name.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
  }
}
