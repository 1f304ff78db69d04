// What is the answer of a verification?
package import Interchange

/// What the ledger paid against what the files say, by pairs of market and user.
package struct PaymentDetails: Sendable {
  /// Pairs that the files pay, or refund.
  package var expected = 0
  /// Pairs that the ledger paid; nil where no ledger was compared.
  package var actual: Int?
  package var missing: [JSONValue] = []
  package var amountMismatches: [JSONValue] = []
  package var duplicates: [JSONValue] = []

  /// Lists are cut at this length; the findings count on.
  private static let keptMax = 1_000

  mutating func addMissing(market: String, user: String, kind: String, expected: Int64) {
    guard missing.count < PaymentDetails.keptMax else { return }
    missing.append(
      .object([
        "market_id": .string(market), "user_id": .string(user), "kind": .string(kind), "expected": .int(expected),
      ]))
  }

  mutating func addMismatch(market: String, user: String, kind: String, expected: Int64, actual: Int128) {
    guard amountMismatches.count < PaymentDetails.keptMax else { return }
    amountMismatches.append(
      .object([
        "market_id": .string(market), "user_id": .string(user), "kind": .string(kind), "expected": .int(expected),
        "actual": .int(actual),
      ]))
  }

  mutating func addDuplicate(market: String, user: String? = nil, kind: String, _ what: String) {
    guard duplicates.count < PaymentDetails.keptMax else { return }
    duplicates.append(
      .object([
        "market_id": .string(market), "user_id": .optional(user), "kind": .string(kind), "what": .string(what),
      ]))
  }

  package var json: JSONValue {
    .object([
      "expected": .int(expected), "actual": actual.map { .int($0) } ?? .null, "missing": .array(missing),
      "amount_mismatches": .array(amountMismatches), "duplicates": .array(duplicates),
      // A run is posted as a whole or not at all: a movement of it cannot fail alone.
      "failed_transactions": .array([]),
    ])
  }
}

/// How a stage ended.
package struct StageResult: Sendable {
  package enum Status: String, Sendable {
    case ok, found, skipped
  }

  package let stage: VerifyStage
  package let status: Status
  /// What was looked at, or why it was skipped.
  package let summary: String
}

/// Everything that a verification says.
package struct VerifyReport: Sendable {
  package let runID: String
  package let directory: String
  package let isPlan: Bool
  package var stages: [StageResult] = []
  package var findings: [Finding] = []
  package var findingCount = 0
  package var details = PaymentDetails()
  package var notes: [String] = []

  package var isClean: Bool { findingCount == 0 }
  package var status: ExitStatus { isClean ? .done : .found }

  package var json: JSONValue {
    .object([
      "ok": .bool(isClean), "exit": .int(status.rawValue), "run_id": .string(runID), "directory": .string(directory),
      "is_plan": .bool(isPlan),
      "stages": .object(
        Dictionary(uniqueKeysWithValues: stages.map { ($0.stage.rawValue, .string($0.status.rawValue)) })),
      "summaries": .object(
        Dictionary(uniqueKeysWithValues: stages.map { ($0.stage.rawValue, .string($0.summary)) })),
      "findings": .array(findings.map(\.json)), "finding_count": .int(findingCount), "details": details.json,
      "notes": .array(notes.map { .string($0) }),
    ])
  }
}
