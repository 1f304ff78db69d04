// May another call be made now?

/// A rate limit: tokens come at a steady rate, a call takes one. The clock is handed in.
///
/// Worked example: 20 a second, burst 20. At 0 ms 20 calls may go; the next at 50 ms, and one each 50 ms from then.
package struct TokenBucket: Sendable, Equatable {
  /// Calls a second; nil is without limit.
  package let ratePerSecond: Int64?
  private let burst: Int64
  /// Thousandths of a token.
  private var level: Int64
  private var filledAt: Int64
  private var closedUntil: Int64 = 0

  package init(ratePerSecond: Int64?, burst: Int64, now: Int64) {
    precondition(ratePerSecond.map { $0 > 0 } ?? true && burst > 0, "a rate and a burst are above zero")
    self.ratePerSecond = ratePerSecond
    self.burst = burst
    level = burst * 1_000
    filledAt = now
  }

  /// Takes a token if there is one.
  /// - Returns: 0 where the call may go, else the milliseconds to wait before asking again.
  package mutating func take(now: Int64) -> Int64 {
    if now < closedUntil { return closedUntil - now }
    guard let ratePerSecond else { return 0 }
    // A clock that goes backwards adds nothing.
    if now > filledAt {
      let added = (now - filledAt).multipliedReportingOverflow(by: ratePerSecond)
      level = added.overflow ? burst * 1_000 : min(burst * 1_000, level + min(added.partialValue, burst * 1_000))
      filledAt = now
    } else if now < filledAt {
      filledAt = now
    }
    guard level < 1_000 else {
      level -= 1_000
      return 0
    }
    return (1_000 - level + ratePerSecond - 1) / ratePerSecond
  }

  /// The rail asked to wait: nothing goes before `instant`.
  package mutating func close(until instant: Int64) { closedUntil = max(closedUntil, instant) }
}
