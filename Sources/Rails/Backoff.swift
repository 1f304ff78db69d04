// How long is waited before the next attempt?

/// Exponential back-off with jitter: base · 2ⁿ⁻¹, at most the cap, of which between a half and all is waited.
package struct Backoff: Sendable, Equatable {
  package var baseMilliseconds: Int64
  package var capMilliseconds: Int64

  package init(baseMilliseconds: Int64 = 1_000, capMilliseconds: Int64 = 300_000) {
    self.baseMilliseconds = baseMilliseconds
    self.capMilliseconds = max(baseMilliseconds, capMilliseconds)
  }

  /// - Parameters:
  ///   - attempt: from 1.
  ///   - jitter: 0 to 1023, drawn by the caller; 0 waits half, 1023 all.
  ///   - retryAfterSeconds: what the rail asked for; never less is waited.
  package func milliseconds(attempt: Int, jitter: Int64, retryAfterSeconds: Int64? = nil) -> Int64 {
    precondition(attempt >= 1 && (0...1023).contains(jitter), "attempt \(attempt), jitter \(jitter)")
    let doublings = min(attempt - 1, 40)
    let (product, overflow) = baseMilliseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
    let full = overflow ? capMilliseconds : min(capMilliseconds, product)
    let waited = full / 2 + (full - full / 2) * jitter / 1023
    return max(waited, (retryAfterSeconds ?? 0) * 1_000)
  }
}
