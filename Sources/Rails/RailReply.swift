// What does a rail answer?
package import Interchange

/// One answer of a rail: a line of JSON on its standard output (docs/RAILS.md).
package struct RailReply: Sendable, Equatable {
  package enum Result: String, CaseIterable, Sendable {
    /// It is done (`lookup`: it was found).
    case ok
    /// Surely not executed; another time it may work.
    case transient
    /// Surely not executed, and it never will be (`lookup`: code `not_found` says that there is no such transfer).
    case permanent
    /// Surely not executed, and no other transfer will work until somebody has looked: credentials, balance.
    case pause
    /// It may have been executed.
    case unknown
  }

  package var transferID: String
  package var result: Result
  /// What the rail calls the transfer.
  package var externalID: String?
  /// Why; a word for programs, never a sentence.
  package var code: String
  /// How long the rail asks to wait.
  package var retryAfterSeconds: Int64?
  /// Whether the rail repeated what it had stored under the key.
  package var isReplayed = false

  package init(
    _ transferID: String, _ result: Result, code: String = "", externalID: String? = nil,
    retryAfterSeconds: Int64? = nil, isReplayed: Bool = false
  ) {
    self.transferID = transferID
    self.result = result
    self.code = code
    self.externalID = externalID
    self.retryAfterSeconds = retryAfterSeconds
    self.isReplayed = isReplayed
  }

  package var json: JSONValue {
    var members: [String: JSONValue] = [
      "transfer_id": .string(transferID), "result": .string(result.rawValue), "external_id": .optional(externalID),
      "code": .string(code),
    ]
    if let retryAfterSeconds { members["retry_after"] = .int(retryAfterSeconds) }
    if isReplayed { members["replayed"] = .bool(true) }
    return .object(members)
  }

  package var line: String { json.compact + "\n" }

  /// Longest time that a rail may ask to wait: a day.
  package static let retryAfterSecondsMax: Int64 = 86_400

  /// Reads a rail's answer. What it says is checked, because it decides about money.
  /// - Throws: what is wrong with the line.
  package init(parsing line: [UInt8]) throws(RailProtocolError) {
    guard let json = try? JSONValue(parsing: line), json.members != nil else {
      throw RailProtocolError("the answer is not a JSON object")
    }
    guard let transferID = json["transfer_id"]?.text else { throw RailProtocolError("the answer has no transfer_id") }
    guard let result = json["result"]?.text.flatMap(Result.init(rawValue:)) else {
      throw RailProtocolError("the answer has no result that is known here")
    }
    self.init(transferID, result, code: RailReply.code(json["code"]?.text ?? ""))
    if let text = json["external_id"]?.text, !text.isEmpty {
      guard text.utf8.count <= 255, text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) else {
        throw RailProtocolError("the answer's external_id is not printable ASCII of at most 255 characters")
      }
      externalID = text
    }
    if let seconds = json["retry_after"]?.integer {
      retryAfterSeconds = min(max(0, seconds), Self.retryAfterSecondsMax)
    }
    isReplayed = json["replayed"]?.flag ?? false
  }

  /// A code as it may be stored and shown: letters, digits and `_ . : -`, at most 64 of them.
  package static func code(_ text: String) -> String {
    let isCode =
      text.utf8.count <= 64
      && text.utf8.allSatisfy { byte in
        (0x30...0x3A).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == 0x5F || byte == 0x2E || byte == 0x2D
      }
    return isCode ? text : "unnamed"
  }
}
