// Does a transfer live as the rules say, whatever the rail answers and whenever a process dies?
import Payouts
import Rails
import TestSupport
import Testing

@Suite struct TransferTests {
  /// Events, and what became of the transfer. k is the first key, k:g2 the second; t a transfer, l a look-up, r a reversal.
  static let table: [(events: String, outcome: String)] = [
    // The rail answers at once.
    ("claim ok", "completed, money external, calls 1: t=k"),
    ("claim permanent", "failed_terminal, money user, calls 1: t=k"),
    ("claim transient", "retryable, money user, calls 1: t=k"),
    ("claim transient claim ok", "completed, money external, calls 2: t=k t=k"),
    ("claim transient claim transient claim transient", "failed_terminal, money user, calls 3: t=k t=k t=k"),
    ("claim idempotency_error", "failed_terminal, money user, calls 1: t=k"),
    // A success without a name is not believed: it is looked up.
    ("claim nameless", "unknown, money flight, calls 1: t=k"),
    // Unknown: looked up, found or proved absent, and then sent again under the same key.
    ("claim unknown", "unknown, money flight, calls 1: t=k"),
    ("claim unknown claim ok", "completed, money external, calls 2: t=k l=k"),
    ("claim unknown claim not_found claim ok", "completed, money external, calls 3: t=k l=k t=k"),
    ("claim unknown claim unsupported claim ok", "completed, money external, calls 3: t=k l=k t=k"),
    ("claim unknown claim unknown claim ok", "completed, money external, calls 3: t=k l=k t=k"),
    ("claim unknown claim transient claim ok", "completed, money external, calls 3: t=k l=k t=k"),
    // No number of attempts frees what may have left.
    (
      "claim unknown claim unknown claim unknown claim unknown claim unknown claim unknown claim unknown",
      "unknown, money flight, calls 7: t=k l=k t=k l=k t=k l=k t=k"
    ),
    (
      "claim unknown claim not_found claim transient claim transient claim transient claim transient",
      "unknown, money flight, calls 6: t=k l=k t=k t=k t=k t=k"
    ),
    // A refusal behind an unknown outcome counts once the rail does not know the transfer.
    ("claim unknown claim not_found claim permanent", "unknown, money flight, calls 3: t=k l=k t=k"),
    (
      "claim unknown claim not_found claim permanent claim not_found",
      "failed_terminal, money user, calls 4: t=k l=k t=k l=k"
    ),
    (
      "claim unknown claim not_found claim permanent claim ok", "completed, money external, calls 4: t=k l=k t=k l=k"
    ),
    ("claim unknown claim unsupported claim permanent", "failed_terminal, money user, calls 3: t=k l=k t=k"),
    (
      "claim unknown claim unsupported claim idempotency_error claim",
      "unknown, money flight, calls 3: t=k l=k t=k none"
    ),
    (
      "claim unknown claim not_found claim idempotency_error claim unsupported claim",
      "unknown, money flight, calls 4: t=k l=k t=k l=k none"
    ),
    (
      "claim unknown claim not_found claim idempotency_error claim not_found",
      "failed_terminal, money user, calls 4: t=k l=k t=k l=k"
    ),
    // A stored fault never turns green under its key: another one, once absence is proved.
    (
      "claim unknown claim not_found claim replayed claim not_found claim ok",
      "completed, money external, calls 5: t=k l=k t=k l=k t=k:g2"
    ),
    (
      "claim unknown claim not_found claim replayed claim unknown claim not_found",
      "retryable, money user, calls 5: t=k l=k t=k l=k l=k"
    ),
    // Old keys are forgotten at the rail: looked up first, always.
    ("claim unknown day claim not_found claim ok", "completed, money external, calls 3: t=k l=k t=k"),
    ("claim unknown claim unknown day claim unknown claim ok", "completed, money external, calls 4: t=k l=k l=k l=k"),
    ("claim unknown claim unsupported day claim", "unknown, money flight, calls 2: t=k l=k none"),
    // Crashes: between claim and call, or between call and record, nobody knows which.
    ("claim abandon", "unknown, money flight, calls 1: t=k"),
    ("claim abandon claim ok", "completed, money external, calls 2: t=k l=k"),
    ("claim abandon claim abandon claim ok", "completed, money external, calls 3: t=k l=k l=k"),
    ("claim abandon claim not_found claim abandon claim ok", "completed, money external, calls 4: t=k l=k t=k l=k"),
    // Never sent: no failure, and the money is back.
    ("claim not_sent", "pending, money user, calls 1: t=k"),
    (
      "claim not_sent claim not_sent claim not_sent claim not_sent claim ok",
      "completed, money external, calls 5: t=k t=k t=k t=k t=k"
    ),
    ("claim transient claim not_sent", "retryable, money user, calls 2: t=k t=k"),
    ("claim unknown claim not_sent", "unknown, money flight, calls 2: t=k l=k"),
    // What stops the job stops no transfer for good.
    ("claim 401", "retryable, money user, calls 1: t=k, pauses http_401"),
    (
      "claim 401 claim 401 claim 401 claim 401 claim ok",
      "completed, money external, calls 5: t=k t=k t=k t=k t=k, pauses http_401 http_401 http_401 http_401"
    ),
    ("claim balance claim ok", "completed, money external, calls 2: t=k t=k:g2, pauses balance_insufficient"),
    (
      "claim unknown claim not_found claim balance",
      "unknown, money flight, calls 3: t=k l=k t=k, pauses balance_insufficient"
    ),
    ("claim unknown claim 401", "unknown, money flight, calls 2: t=k l=k, pauses http_401"),
    // Holding and cancelling: only what is not under way.
    ("hold", "held, money user, calls 0: "),
    ("hold resume claim ok", "completed, money external, calls 1: t=k"),
    ("claim hold", "processing, money flight, calls 1: t=k too-late"),
    ("claim unknown hold", "unknown, money flight, calls 1: t=k too-late"),
    ("claim ok hold", "completed, money external, calls 1: t=k too-late"),
    ("claim transient hold", "held, money user, calls 1: t=k"),
    ("cancel claim", "cancelled, money user, calls 0: none"),
    ("claim unknown cancel", "unknown, money flight, calls 1: t=k too-late"),
    // An admin tries again: another key behind a definitive failure, and asked for once more before it is sent.
    ("claim permanent retry claim not_found claim ok", "completed, money external, calls 3: t=k l=k:g2 t=k:g2"),
    ("claim permanent retry claim ok", "completed, money external, calls 2: t=k l=k:g2"),
    ("claim permanent retry claim unsupported claim ok", "completed, money external, calls 3: t=k l=k:g2 t=k:g2"),
    ("claim ok retry", "completed, money external, calls 1: t=k refused"),
    ("claim unknown retry claim ok", "completed, money external, calls 2: t=k l=k"),
    // An admin knows better: counted and written down like a call.
    ("claim unknown executed", "completed, money external, calls 2: t=k"),
    ("claim unknown not-executed claim ok", "completed, money external, calls 3: t=k t=k:g2"),
    ("claim transient executed", "retryable, money user, calls 1: t=k refused"),
    // Money that comes back.
    ("claim ok reverse claim ok", "reversed, money user, calls 2: t=k r=reversal:t:1"),
    ("claim ok reverse claim unknown claim ok", "reversed, money user, calls 3: t=k r=reversal:t:1 r=reversal:t:1"),
    ("claim ok reverse claim abandon claim ok", "reversed, money user, calls 3: t=k r=reversal:t:1 r=reversal:t:1"),
    ("claim ok reverse claim permanent", "completed, money external, calls 2: t=k r=reversal:t:1"),
    (
      "claim ok reverse claim permanent reverse claim ok",
      "reversed, money user, calls 3: t=k r=reversal:t:1 r=reversal:t:2"
    ),
    ("claim ok returned", "reversed, money user, calls 2: t=k"),
    ("claim transient reverse", "retryable, money user, calls 1: t=k refused"),
    ("claim ok reverse claim ok reverse", "reversed, money user, calls 2: t=k r=reversal:t:1 refused"),
  ]

  @Test(arguments: table.indices)
  func `each life ends as the table says`(row: Int) {
    var life = TransferLife()
    life.play(TransferTests.table[row].events)
    #expect(life.summary == TransferTests.table[row].outcome, "\(TransferTests.table[row].events)")
  }

  @Test func `every call counts once, and every outcome is written down`() {
    var life = TransferLife()
    life.play("claim unknown claim not_found claim transient")
    #expect(life.transfer.attemptCount == 3)
    #expect(life.transfer.failureCount == 0)
    #expect(life.notes == 3)
  }

  @Test func `back-off doubles, with jitter, to its cap, and never below what the rail asks`() {
    let backoff = Backoff(baseMilliseconds: 1_000, capMilliseconds: 8_000)
    #expect(
      (1...6).map { backoff.milliseconds(attempt: $0, jitter: 1_023) } == [1_000, 2_000, 4_000, 8_000, 8_000, 8_000])
    #expect((1...4).map { backoff.milliseconds(attempt: $0, jitter: 0) } == [500, 1_000, 2_000, 4_000])
    #expect(backoff.milliseconds(attempt: 1, jitter: 0, retryAfterSeconds: 30) == 30_000)
    #expect(backoff.milliseconds(attempt: 4, jitter: 1_023, retryAfterSeconds: 1) == 8_000)
    #expect(backoff.milliseconds(attempt: 1_000_000, jitter: 1_023) == 8_000)
  }

  /// Random lives: money is in one place, freed only where nothing can have been executed, and executed once.
  @Test func `at a rail that keeps keys a transfer is executed once, whatever goes wrong`() {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3_000 {
      var rail = ModelRail()
      var life = TransferLife()
      for _ in 0..<40 {
        guard let event = rail.step(life, using: &generator) else { break }
        if Int.random(in: 0..<8, using: &generator) == 0 { life.play("minute") }
        if Int.random(in: 0..<25, using: &generator) == 0, life.current == nil || life.transfer.state != .processing {
          life.play("day")
          rail.keys = [:]
        }
        life.play(event)
        rail.answer(&life, using: &generator)
        #expect(rail.executions <= 1, "seed \(seed): \(life.summary)")
        if life.transfer.state == .completed { #expect(rail.executions == 1, "seed \(seed): \(life.summary)") }
        if life.money == "user" { #expect(rail.executions == 0, "seed \(seed): \(life.summary)") }
      }
    }
  }
}

/// A rail with stored keys and look-ups that drops answers, loses calls and refuses, as it likes.
struct ModelRail {
  var executions = 0
  /// What is stored under a key: executed or refused.
  var keys: [String: String] = [:]

  func step(_ life: TransferLife, using generator: inout SeededGenerator) -> String? {
    switch life.transfer.state {
    case .pending, .retryable, .unknown: life.transfer.dueAt == Transfer.never ? nil : "claim"
    case .failedTerminal: Int.random(in: 0..<3, using: &generator) == 0 ? "retry claim" : nil
    default: nil
    }
  }

  /// The call of the claim: executed or not, and what is heard of it.
  mutating func answer(_ life: inout TransferLife, using generator: inout SeededGenerator) {
    guard life.transfer.state == .processing, let call = life.keys.last else { return }
    let luck = Int.random(in: 0..<12, using: &generator)
    if luck == 0 { return life.play("abandon") }
    if luck == 1 { return life.play("not_sent") }
    if luck == 2 { return life.play("transient") }
    let isHeard = luck > 4
    guard call.hasPrefix("t=") else {
      return life.play(!isHeard ? "unknown" : executions > 0 ? "ok" : "not_found")
    }
    let key = String(call.dropFirst(2))
    if keys[key] == nil {
      keys[key] = ["executed", "executed", "refused", "fault"].randomElement(using: &generator)
      if keys[key] == "executed" { executions += 1 }
      guard isHeard else { return life.play(luck == 3 ? "unknown" : "abandon") }
      life.play(keys[key] == "executed" ? "ok" : keys[key] == "refused" ? "permanent" : "unknown")
    } else {
      guard isHeard else { return life.play("unknown") }
      life.play(keys[key] == "executed" ? "ok" : keys[key] == "refused" ? "permanent" : "replayed")
    }
  }
}
