// How are jobs, transfers and passes told?
internal import Batch
internal import Interchange
internal import Payouts

enum PayoutText {
  /// States in the order of a transfer's life.
  private static func states(_ counts: JobCounts) -> [(Transfer.State, Int)] {
    Transfer.State.allCases.map { ($0, counts[$0]) }.filter { $0.1 > 0 }
  }

  static func json(_ counts: JobCounts) -> JSONValue {
    var members: [String: JSONValue] = ["total": .int(counts.total), "open": .int(counts.open)]
    for state in Transfer.State.allCases { members[state.rawValue] = .int(counts[state]) }
    return .object(members)
  }

  static func amounts(_ counts: JobCounts) -> JSONValue {
    .object(
      counts.amounts.mapValues { byState in
        .object(Dictionary(uniqueKeysWithValues: byState.map { ($0.key.rawValue, .int($0.value)) }))
      })
  }

  static func json(_ job: Job, _ counts: JobCounts) -> JSONValue {
    .object([
      "run_id": .string(job.runID), "state": .string(job.state.rawValue), "rail": .optional(job.rail),
      "pause_reason": .optional(job.pauseReason), "created_by": .string(job.createdBy),
      "created_at": .string(job.createdAt), "completed_at": .optional(job.completedAt), "counts": json(counts),
      "amounts": amounts(counts),
    ])
  }

  /// `completed 12, held 1`
  static func line(_ counts: JobCounts) -> String {
    let parts = states(counts).map { "\($0.0.rawValue) \(Console.grouped($0.1))" }
    return parts.isEmpty ? "no transfers" : parts.joined(separator: ", ")
  }

  static func cells(_ job: Job, _ counts: JobCounts) -> [String] {
    [
      job.runID, job.state.rawValue + (job.pauseReason.map { " (\(Terminal.safe($0)))" } ?? ""),
      Terminal.safe(job.rail ?? "-"), Console.grouped(counts.total), line(counts),
    ]
  }

  static func json(_ row: TransferRow) -> JSONValue {
    let life = row.life
    return .object([
      "transfer_id": .string(row.id), "run_id": .string(row.runID), "user_id": .string(row.userID),
      "currency": .string(row.currency), "amount": .int(row.amount), "destination": .optional(row.destination),
      "state": .string(life.state.rawValue), "reason": .optional(life.reason), "attempts": .int(life.attemptCount),
      "failures": .int(life.failureCount), "external_id": .optional(life.externalID),
      "rail_key": .string(Transfer.key(row.id, generation: life.generation)), "in_flight": .bool(life.isInFlight),
      "due_at": [.pending, .retryable, .unknown, .reversing].contains(life.state) && life.dueAt != Transfer.never
        ? .int(life.dueAt) : .null,
    ])
  }

  static func cells(_ row: TransferRow) -> [String] {
    [
      row.id, Terminal.safe(row.userID), row.currency, Console.grouped(row.amount), row.life.state.rawValue,
      row.life.reason.map(Terminal.safe) ?? "-", "\(row.life.attemptCount)",
      row.life.externalID.map(Terminal.safe) ?? "-",
    ]
  }

  static let transferHeads = ["transfer", "user", "currency", "amount", "state", "reason", "attempts", "external id"]

  static func json(_ record: AttemptRecord) -> JSONValue {
    .object([
      "attempt": .int(record.number), "operation": .string(record.operation), "rail_key": .string(record.key),
      "started_at": .string(record.startedAt), "finished_at": .optional(record.finishedAt),
      "result": .optional(record.result), "code": .optional(record.code), "external_id": .optional(record.externalID),
    ])
  }

  /// What a pass did, one clause each.
  static func line(_ summary: ProcessSummary) -> String {
    var parts = ["\(Console.counted(summary.calls, "call"))"]
    for state in Transfer.State.allCases where (summary.byState[state] ?? 0) > 0 {
      parts.append("\(state.rawValue) \(Console.grouped(summary.byState[state] ?? 0))")
    }
    if summary.heldNow > 0 { parts.append("held \(Console.grouped(summary.heldNow))") }
    if summary.recovered > 0 { parts.append("\(Console.counted(summary.recovered, "abandoned claim")) taken over") }
    return parts.joined(separator: ", ")
  }

  static func json(_ summary: ProcessSummary) -> [String: JSONValue] {
    var outcomes: [String: JSONValue] = [:]
    for state in Transfer.State.allCases { outcomes[state.rawValue] = .int(summary.byState[state] ?? 0) }
    return [
      "calls": .int(summary.calls), "batches": .int(summary.batches), "outcomes": .object(outcomes),
      "held_now": .int(summary.heldNow), "recovered": .int(summary.recovered), "stopped": .bool(summary.wasStopped),
    ]
  }
}
