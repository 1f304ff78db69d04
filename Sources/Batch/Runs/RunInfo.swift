// Is a run's run-info.json as it was written? It holds clocks and paths, so no list of digests may name it.
internal import Interchange

/// `run-info.json` carries the SHA-256 of its own other members: a changed byte is found without a list beside it.
enum RunInfo {
  private static let key = "sha256_of_rest"

  static func sealed(_ info: JSONValue) -> [UInt8] {
    var members = info.members ?? [:]
    members[key] = .string(SHA256.digest(of: Array(info.pretty.utf8)).hex)
    return Array(JSONValue.object(members).pretty.utf8)
  }

  /// Whether these bytes are what `sealed` gave, to the last one.
  static func isWhole(_ bytes: [UInt8]) -> Bool {
    guard let json = try? JSONValue(parsing: bytes), var members = json.members,
      let digest = members.removeValue(forKey: key)?.text
    else { return false }
    return Array(json.pretty.utf8) == bytes
      && SHA256.digest(of: Array(JSONValue.object(members).pretty.utf8)).hex == digest
  }
}
