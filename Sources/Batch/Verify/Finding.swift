// What did a verification find, and where?
package import Interchange

/// The stages of a verification, in their order.
package enum VerifyStage: String, CaseIterable, Sendable {
  /// Are the files, the manifest and the ledger's note of it those that were written?
  case files
  /// Do the files agree with themselves and with the ledger?
  case books
  /// Do the recorded inputs give the same files again?
  case recompute
}

/// One thing that is not as it must be.
package struct Finding: Sendable, Equatable {
  package let stage: VerifyStage
  /// A stable code: `file_changed`, `not_conserved`, `amount_mismatch`, …
  package let code: String
  package let message: String
  package var file: String?
  /// Line in the file, from 1.
  package var line: Int?
  package var marketID: String?
  package var userID: String?

  package init(
    _ stage: VerifyStage, _ code: String, _ message: String, file: String? = nil, line: Int? = nil,
    market: String? = nil, user: String? = nil
  ) {
    self.stage = stage
    self.code = code
    self.message = message
    self.file = file
    self.line = line
    marketID = market
    userID = user
  }

  package var json: JSONValue {
    .object([
      "stage": .string(stage.rawValue), "code": .string(code), "message": .string(message), "file": .optional(file),
      "line": line.map { .int($0) } ?? .null, "market_id": .optional(marketID), "user_id": .optional(userID),
    ])
  }

  /// `commitments.csv:12`, `ledger`, `market m1`, or the like.
  package var place: String {
    var parts: [String] = []
    if let file { parts.append(Terminal.safe(file) + (line.map { ":\($0)" } ?? "")) }
    if let marketID { parts.append("market \(Terminal.safe(marketID))") }
    if let userID { parts.append("user \(Terminal.safe(userID))") }
    return parts.joined(separator: ", ")
  }
}

/// Findings as they come: all are counted, the first thousand are kept.
final class FindingList {
  static let keptMax = 1_000
  private(set) var kept: [Finding] = []
  private(set) var counts: [VerifyStage: Int] = [:]

  func add(_ finding: Finding) {
    counts[finding.stage, default: 0] += 1
    if kept.count < FindingList.keptMax { kept.append(finding) }
  }

  func count(_ stage: VerifyStage) -> Int { counts[stage] ?? 0 }
}
