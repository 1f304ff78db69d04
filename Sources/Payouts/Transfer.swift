// Where does a transfer stand, and what may happen to it next? Pure: events in, a new state and actions out.
package import Rails

/// The life of one transfer.
///
/// Worked example: `pending` is claimed (funds user → in flight), the rail does not answer in time: `unknown`, the
/// funds stay in flight. The next claim looks the transfer up; the rail does not know it; the claim after that sends it
/// again under the same key; the rail answers `ok`: `completed` (funds in flight → external).
///
/// Two promises hold in every state: funds in flight are freed only by an answer that proves that nothing was executed
/// (or by an admin's recorded decision), and the key changes only behind such a proof.
package struct Transfer: Sendable, Equatable {
  package enum State: String, CaseIterable, Sendable {
    /// Not to be sent for now; `reason` says why.
    case held
    case pending
    /// A call is being made.
    case processing
    /// Surely not executed; will be tried again.
    case retryable
    /// May have been executed; funds are in flight.
    case unknown
    case completed
    case failedTerminal = "failed_terminal"
    /// Will not be sent.
    case cancelled
    /// Is being got back.
    case reversing
    case reversed

    /// Whether nothing is left to do for its job.
    package var isTerminal: Bool {
      switch self {
      case .completed, .failedTerminal, .cancelled, .reversing, .reversed: true
      case .held, .pending, .processing, .retryable, .unknown: false
      }
    }
  }

  /// What the caller has to do with an event, in the same database transaction as the new state.
  package enum Action: Sendable, Equatable {
    /// Move the funds user → in flight.
    case reserve
    /// in flight → external.
    case settle
    /// in flight → user.
    case release
    /// external → user.
    case giveBack
    /// Nothing moves, but the outcome is written down in the ledger.
    case note
    /// Stop the whole job.
    case pauseJob(code: String)
  }

  /// What a claim is for.
  package struct Claim: Sendable, Equatable {
    package let operation: RailCall.Operation
    package let key: String
    package let actions: [Action]
  }

  package var state: State
  /// Calls that were begun, each counted once.
  package var attemptCount = 0
  /// Calls since the last admin's retry that were surely not executed.
  package var failureCount = 0
  /// Of the rail key: rises behind a definitive failure only.
  package var generation = 1
  package var reversalGeneration = 1
  /// When the first call under this generation's key was begun; milliseconds since 1970.
  package var firstSentAt: Int64?
  /// Whether a call under this generation's key may have been executed.
  package var isUncertain = false
  package var mustLookUp = false
  /// When a look-up last proved that the rail does not know the transfer.
  package var absentAt: Int64?
  /// False once the rail has said that it cannot look transfers up.
  package var canLookUp = true
  /// The rail refused for good after a call that may have been executed: absence is still to be proved.
  package var isRefused = false
  /// The rail repeats a stored outcome that is neither success nor refusal: this key will never do anything again.
  package var isKeySpent = false
  /// Whether its funds are in flight.
  package var isInFlight = false
  /// No claim before this time.
  package var dueAt: Int64 = 0
  /// Why it is held, or the code of its last trouble.
  package var reason: String?
  package var externalID: String?

  package init(_ state: State = .pending) { self.state = state }

  /// Rails keep keys for a day at least; before that is over a transfer is looked up instead of sent again.
  package static let keyLifeMilliseconds: Int64 = 23 * 3_600_000
  /// A proof of absence counts for as long as this.
  package static let absenceMilliseconds: Int64 = 600_000
  /// Never due: only an admin's decision helps.
  package static let never = Int64.max

  package static func key(_ transferID: String, generation: Int) -> String {
    "payout:\(transferID)" + (generation == 1 ? "" : ":g\(generation)")
  }

  package static func reversalKey(_ transferID: String, generation: Int) -> String {
    "reversal:\(transferID):\(generation)"
  }

  private func isKeyOld(at now: Int64) -> Bool {
    firstSentAt.map { now - $0 >= Transfer.keyLifeMilliseconds } ?? false
  }

  // MARK: Claims

  /// A process takes the transfer to make its next call. Nil where there is nothing that may be done.
  package mutating func claim(id: String, now: Int64) -> Claim? {
    guard dueAt <= now else { return nil }
    let operation: RailCall.Operation
    switch state {
    case .pending, .retryable:
      operation = mustLookUp && canLookUp ? .lookup : .transfer
    case .unknown:
      let isAbsenceFresh = absentAt.map { now - $0 < Transfer.absenceMilliseconds } ?? false
      if isKeyOld(at: now) && !isAbsenceFresh {
        guard canLookUp else {
          dueAt = Transfer.never
          reason = "unresolvable"
          return nil
        }
        operation = .lookup
      } else {
        operation = mustLookUp && canLookUp ? .lookup : .transfer
      }
    case .reversing:
      operation = .reverse
    case .held, .processing, .completed, .failedTerminal, .cancelled, .reversed:
      return nil
    }
    attemptCount += 1
    guard operation != .reverse else {
      return Claim(
        operation: .reverse, key: Transfer.reversalKey(id, generation: reversalGeneration), actions: [])
    }
    state = .processing
    // An old key that is used again has a new life.
    if operation == .transfer, firstSentAt == nil || isKeyOld(at: now) { firstSentAt = now }
    let actions: [Action] = isInFlight ? [] : [.reserve]
    isInFlight = true
    return Claim(operation: operation, key: Transfer.key(id, generation: generation), actions: actions)
  }

  /// The rules for what is tried again, and when.
  package struct Policy: Sendable {
    package var failureCountMax: Int
    package var backoff: Backoff

    package init(failureCountMax: Int = 5, backoff: Backoff = Backoff()) {
      self.failureCountMax = failureCountMax
      self.backoff = backoff
    }
  }

  // MARK: Outcomes

  /// The call of this claim has ended.
  package mutating func conclude(
    _ operation: RailCall.Operation, _ reply: RailReply, now: Int64, jitter: Int64, policy: Policy
  ) -> [Action] {
    reason = reply.code.isEmpty ? nil : reply.code
    let wait = { (attempt: Int) in
      now
        + policy.backoff.milliseconds(
          attempt: max(1, attempt), jitter: jitter, retryAfterSeconds: reply.retryAfterSeconds)
    }
    switch operation {
    case .transfer: return concludeTransfer(reply, now, wait, policy)
    case .lookup: return concludeLookup(reply, now, wait, policy)
    case .reverse: return concludeReversal(reply, wait)
    }
  }

  private mutating func concludeTransfer(
    _ reply: RailReply, _ now: Int64, _ wait: (Int) -> Int64, _ policy: Policy
  ) -> [Action] {
    precondition(state == .processing && isInFlight, "an outcome without a claim")
    switch reply.result {
    case .ok:
      guard let externalID = reply.externalID else {
        reason = "external_id_missing"
        return becomeUnknown(dueAt: wait(attemptCount))
      }
      return complete(externalID)
    case .unknown:
      if reply.isReplayed { isKeySpent = true }
      isUncertain = true
      mustLookUp = true
      return becomeUnknown(dueAt: wait(attemptCount))
    case .transient:
      return isUncertain ? becomeUnknown(dueAt: wait(attemptCount)) : fail(wait, policy)
    case .permanent:
      guard isUncertain else { return refuse() }
      isRefused = true
      mustLookUp = true
      // The key was used with other parameters: whatever was sent under it may have been executed.
      if reply.code == "idempotency_error" { isKeySpent = true }
      if canLookUp { return becomeUnknown(dueAt: now) }
      return isKeySpent ? becomeUnknown(dueAt: Transfer.never) : refuse()
    case .pause:
      let pause = Action.pauseJob(code: reply.code)
      guard !isUncertain else { return becomeUnknown(dueAt: now) + [pause] }
      // The rail keeps this answer under the key: another key has to ask anew.
      if reply.code == "balance_insufficient" { beginGeneration() }
      return free(.retryable, dueAt: now) + [pause]
    }
  }

  private mutating func concludeLookup(
    _ reply: RailReply, _ now: Int64, _ wait: (Int) -> Int64, _ policy: Policy
  ) -> [Action] {
    precondition(state == .processing && isInFlight, "an outcome without a claim")
    switch reply.result {
    case .ok:
      guard let externalID = reply.externalID else {
        reason = "external_id_missing"
        return cannotTell(now, wait, policy)
      }
      return complete(externalID)
    case .permanent where reply.code == "not_found":
      absentAt = now
      mustLookUp = false
      if isRefused { return refuse() }
      if !isUncertain { return free(.retryable, dueAt: now) }
      if isKeySpent {
        beginGeneration()
        return free(.retryable, dueAt: now)
      }
      return becomeUnknown(dueAt: now)
    case .permanent where reply.code == "unsupported":
      canLookUp = false
      mustLookUp = false
      if !isUncertain { return free(.retryable, dueAt: now) }
      if isRefused { return isKeySpent ? becomeUnknown(dueAt: Transfer.never) : refuse() }
      return becomeUnknown(dueAt: now)
    case .pause:
      let pause = Action.pauseJob(code: reply.code)
      return (isUncertain ? becomeUnknown(dueAt: now) : free(.retryable, dueAt: now)) + [pause]
    case .permanent, .transient, .unknown:
      return cannotTell(now, wait, policy)
    }
  }

  /// A look-up that says nothing: the same key is as safe, as long as the rail keeps it.
  private mutating func cannotTell(_ now: Int64, _ wait: (Int) -> Int64, _ policy: Policy) -> [Action] {
    guard isUncertain else { return fail(wait, policy) }
    mustLookUp = isRefused || isKeySpent || isKeyOld(at: now)
    return becomeUnknown(dueAt: wait(attemptCount))
  }

  private mutating func concludeReversal(_ reply: RailReply, _ wait: (Int) -> Int64) -> [Action] {
    precondition(state == .reversing, "an outcome without a claim")
    switch reply.result {
    case .ok:
      state = .reversed
      return [.giveBack]
    case .permanent:
      state = .completed
      reversalGeneration += 1
      return [.note]
    case .transient, .unknown:
      dueAt = wait(attemptCount)
      return [.note]
    case .pause:
      dueAt = wait(attemptCount)
      return [.note, .pauseJob(code: reply.code)]
    }
  }

  /// The process that made the call is gone without a word about it.
  package mutating func abandon(_ operation: RailCall.Operation, now: Int64) -> [Action] {
    reason = "abandoned"
    switch operation {
    case .transfer:
      isUncertain = true
      mustLookUp = true
      return becomeUnknown(dueAt: now)
    case .lookup:
      return isUncertain ? becomeUnknown(dueAt: now) : free(.retryable, dueAt: now)
    case .reverse:
      dueAt = now
      return [.note]
    }
  }

  /// The call was surely never made: it counts as no failure.
  package mutating func withdraw(_ operation: RailCall.Operation, now: Int64) -> [Action] {
    switch operation {
    case .transfer, .lookup:
      if isUncertain { return becomeUnknown(dueAt: now) }
      firstSentAt = nil
      return free(failureCount == 0 && generation == 1 && !mustLookUp ? .pending : .retryable, dueAt: now)
    case .reverse:
      dueAt = now
      return [.note]
    }
  }

  // MARK: What people decide

  /// It must not be sent for now. False where it is too late.
  package mutating func hold(_ why: String) -> Bool {
    guard [.pending, .retryable, .held].contains(state) else { return false }
    state = .held
    reason = why
    return true
  }

  /// What held it is gone.
  package mutating func resume(now: Int64) {
    precondition(state == .held, "only what is held is taken up again")
    state = attemptCount == 0 ? .pending : .retryable
    reason = nil
    dueAt = now
  }

  package mutating func cancel(_ why: String) -> Bool {
    guard [.pending, .retryable, .held, .failedTerminal].contains(state) else { return false }
    state = .cancelled
    reason = why
    return true
  }

  /// An admin wants it tried again now. False where there is nothing to try.
  package mutating func retry(now: Int64) -> Bool {
    switch state {
    case .failedTerminal:
      beginGeneration()
      // What failed for good may still have been sent in ways that nobody here knows of: asking costs little.
      mustLookUp = true
      state = .retryable
    case .retryable: break
    case .unknown: mustLookUp = true
    case .held, .pending, .processing, .completed, .cancelled, .reversing, .reversed: return false
    }
    failureCount = 0
    dueAt = now
    return true
  }

  /// An admin knows from elsewhere what became of a transfer whose outcome is unknown. Nil where it is not.
  package mutating func decide(executedAs externalID: String?, now: Int64) -> [Action]? {
    guard state == .unknown else { return nil }
    attemptCount += 1
    if let externalID { return complete(externalID) }
    beginGeneration()
    failureCount = 0
    reason = "decided_not_executed"
    return free(.retryable, dueAt: now)
  }

  /// An admin wants the money back. False where it has not left.
  package mutating func reverse(now: Int64) -> Bool {
    if state == .reversing {
      dueAt = now
      return true
    }
    guard state == .completed else { return false }
    state = .reversing
    dueAt = now
    return true
  }

  /// An admin records that the rail sent the money back. Nil where it has not left.
  package mutating func acceptReturn() -> [Action]? {
    guard state == .completed || state == .reversing else { return nil }
    attemptCount += 1
    state = .reversed
    reason = "returned"
    return [.giveBack]
  }

  // MARK: Pieces

  private mutating func complete(_ id: String) -> [Action] {
    precondition(isInFlight, "what was not in flight cannot leave")
    state = .completed
    externalID = id
    isInFlight = false
    isUncertain = false
    isRefused = false
    isKeySpent = false
    mustLookUp = false
    return [.settle]
  }

  private mutating func becomeUnknown(dueAt: Int64) -> [Action] {
    state = .unknown
    isUncertain = true
    self.dueAt = dueAt
    return [.note]
  }

  private mutating func fail(_ wait: (Int) -> Int64, _ policy: Policy) -> [Action] {
    failureCount += 1
    if failureCount >= policy.failureCountMax { return refuse() }
    return free(.retryable, dueAt: wait(failureCount))
  }

  private mutating func refuse() -> [Action] {
    isUncertain = false
    isRefused = false
    mustLookUp = false
    return free(.failedTerminal, dueAt: 0)
  }

  private mutating func free(_ next: State, dueAt: Int64) -> [Action] {
    precondition(!isUncertain, "funds that may have left are not given back")
    state = next
    isInFlight = false
    self.dueAt = dueAt
    return [.release]
  }

  /// Another key: only what is proved not to have been executed gets one.
  private mutating func beginGeneration() {
    generation += 1
    firstSentAt = nil
    isUncertain = false
    isRefused = false
    isKeySpent = false
    mustLookUp = false
    absentAt = nil
  }
}
