// What does an answer of an HTTP rail mean: was the transfer executed, can it be tried again?

/// What came back, reduced to what decides. Never the message's text.
package struct HTTPOutcome: Sendable, Equatable {
  package var status: Int
  /// `error.type` and `error.code` of the body; empty where the body has none or is not JSON.
  package var type: String
  package var code: String
  /// The header `Stripe-Should-Retry`; nil where it is not sent.
  package var shouldRetry: Bool?
  /// The header `Idempotent-Replayed`.
  package var isReplayed: Bool

  package init(
    status: Int, type: String = "", code: String = "", shouldRetry: Bool? = nil, isReplayed: Bool = false
  ) {
    self.status = status
    self.type = type
    self.code = code
    self.shouldRetry = shouldRetry
    self.isReplayed = isReplayed
  }

  /// Codes that stop every transfer, not this one alone.
  package static let pausingCodes: Set<String> = [
    "api_key_expired", "platform_api_key_expired", "secret_key_required", "balance_insufficient", "insufficient_funds",
  ]

  /// By code, then by status.
  package var result: RailReply.Result {
    if (200...299).contains(status) { return .ok }
    if HTTPOutcome.pausingCodes.contains(code) { return .pause }
    switch status {
    case 401, 403: return .pause
    // Another call under the same key is being executed: it may be ours.
    case 409: return .unknown
    // Turned away before anything was executed.
    case 429: return .transient
    case 400 where code == "rate_limit": return .transient
    // The rail gave up waiting for the request, or for something behind it.
    case 408, 424, 425: return .unknown
    case 400...499: return .permanent
    // 5xx, and whatever nobody has promised anything about.
    default: return .unknown
    }
  }

  /// The code that is recorded: the rail's own, else its type, else the status.
  package var recordedCode: String {
    if !code.isEmpty { return RailReply.code(code) }
    return type == "idempotency_error" ? type : "http_\(status)"
  }
}
