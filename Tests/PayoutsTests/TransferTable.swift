// How is the life of a transfer written down in tests: events on the left, what became of it and its money on the right?
import Payouts
import Rails

/// A transfer, the place of its money, and a clock that moves only where a test says so.
struct TransferLife {
  var transfer = Transfer(.pending)
  var now: Int64 = 1_000_000
  var money = "user"
  var keys: [String] = []
  var notes = 0
  var pauses: [String] = []
  var current: RailCall.Operation?
  var policy = Transfer.Policy(
    failureCountMax: 3, backoff: Backoff(baseMilliseconds: 1_000, capMilliseconds: 8_000))

  /// Plays events like `claim ok`, `claim unknown`, `late`, `retry`; `claim not_found` is a permanent answer of that code.
  mutating func play(_ events: String) {
    for event in events.split(separator: " ") { step(String(event)) }
  }

  private mutating func step(_ event: String) {
    switch event {
    case "claim":
      // Claims come when they are due.
      if transfer.dueAt > now, transfer.dueAt != Transfer.never { now = transfer.dueAt }
      guard let claim = transfer.claim(id: "t", now: now) else {
        keys.append("none")
        return
      }
      current = claim.operation
      keys.append("\(claim.operation.rawValue.prefix(1))=\(claim.key.replacing("payout:t", with: "k"))")
      apply(claim.actions)
    case "day": now += 24 * 3_600_000
    case "minute": now += 60_000
    case "abandon":
      guard let operation = current else { preconditionFailure("nothing is claimed") }
      apply(transfer.abandon(operation, now: now))
    case "not_sent":
      guard let operation = current else { preconditionFailure("nothing is claimed") }
      apply(transfer.withdraw(operation, now: now))
    case "hold": if !transfer.hold("disputed") { keys.append("too-late") }
    case "resume": transfer.resume(now: now)
    case "cancel": if !transfer.cancel("rolled_back") { keys.append("too-late") }
    case "retry": if !transfer.retry(now: now) { keys.append("refused") }
    case "reverse": if !transfer.reverse(now: now) { keys.append("refused") }
    case "returned":
      if let actions = transfer.acceptReturn() { apply(actions) } else { keys.append("refused") }
    case "executed", "not-executed":
      if let actions = transfer.decide(executedAs: event == "executed" ? "x" : nil, now: now) {
        apply(actions)
      } else {
        keys.append("refused")
      }
    default: answer(event)
    }
  }

  private mutating func answer(_ event: String) {
    guard let operation = current else { preconditionFailure("nothing is claimed") }
    let reply: RailReply
    switch event {
    case "ok" where operation == .reverse: reply = RailReply("t", .ok)
    case "ok": reply = RailReply("t", .ok, externalID: "tr_1")
    case "nameless": reply = RailReply("t", .ok)
    case "transient": reply = RailReply("t", .transient, code: "rate_limit")
    case "permanent": reply = RailReply("t", .permanent, code: "account_invalid")
    case "not_found", "unsupported", "idempotency_error": reply = RailReply("t", .permanent, code: event)
    case "unknown": reply = RailReply("t", .unknown, code: "timeout")
    case "replayed": reply = RailReply("t", .unknown, code: "http_500", isReplayed: true)
    case "401": reply = RailReply("t", .pause, code: "http_401")
    case "balance": reply = RailReply("t", .pause, code: "balance_insufficient")
    default: preconditionFailure("no event \(event)")
    }
    apply(transfer.conclude(operation, reply, now: now, jitter: 1_023, policy: policy))
  }

  private mutating func apply(_ actions: [Transfer.Action]) {
    for action in actions {
      switch (action, money) {
      case (.reserve, "user"), (.settle, "flight"), (.release, "flight"), (.giveBack, "external"):
        money = action == .reserve ? "flight" : action == .settle ? "external" : "user"
      case (.note, _): notes += 1
      case (.pauseJob(let code), _): pauses.append(code)
      default: preconditionFailure("\(action) while the money is with \(money)")
      }
    }
    precondition(transfer.isInFlight == (money == "flight"), "the flag says otherwise than the money")
  }

  /// `completed, money external, calls 2: t=k t=k`
  var summary: String {
    "\(transfer.state.rawValue), money \(money), calls \(transfer.attemptCount): \(keys.joined(separator: " "))"
      + (pauses.isEmpty ? "" : ", pauses \(pauses.joined(separator: " "))")
  }
}
