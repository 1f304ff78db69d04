// What is read from a rail, and what does it mean?
import Rails
import Testing

@Suite struct RailRulesTests {
  /// Status, type, code → what it means. By code, then by status; never by text.
  static let outcomes: [(HTTPOutcome, RailReply.Result, String)] = [
    (HTTPOutcome(status: 200), .ok, "http_200"),
    (HTTPOutcome(status: 400, type: "invalid_request_error", code: "resource_missing"), .permanent, "resource_missing"),
    (
      HTTPOutcome(status: 400, type: "invalid_request_error", code: "parameter_unknown"), .permanent,
      "parameter_unknown"
    ),
    (HTTPOutcome(status: 400, type: "idempotency_error"), .permanent, "idempotency_error"),
    (HTTPOutcome(status: 400, code: "rate_limit"), .transient, "rate_limit"),
    (HTTPOutcome(status: 400, code: "balance_insufficient"), .pause, "balance_insufficient"),
    (HTTPOutcome(status: 401), .pause, "http_401"),
    (HTTPOutcome(status: 401, code: "api_key_expired"), .pause, "api_key_expired"),
    (HTTPOutcome(status: 402, type: "card_error"), .permanent, "http_402"),
    (HTTPOutcome(status: 403), .pause, "http_403"),
    (HTTPOutcome(status: 404, code: "resource_missing"), .permanent, "resource_missing"),
    (HTTPOutcome(status: 408), .unknown, "http_408"),
    (HTTPOutcome(status: 409, code: "idempotency_key_in_use"), .unknown, "idempotency_key_in_use"),
    (HTTPOutcome(status: 429, code: "lock_timeout"), .transient, "lock_timeout"),
    (HTTPOutcome(status: 429), .transient, "http_429"),
    (HTTPOutcome(status: 500, type: "api_error", isReplayed: true), .unknown, "http_500"),
    (HTTPOutcome(status: 502), .unknown, "http_502"),
    (HTTPOutcome(status: 503), .unknown, "http_503"),
    (HTTPOutcome(status: 504), .unknown, "http_504"),
    (HTTPOutcome(status: 302), .unknown, "http_302"),
    (HTTPOutcome(status: 400, code: "<script>"), .permanent, "unnamed"),
  ]

  @Test(arguments: outcomes.indices)
  func `an answer of an HTTP rail means what its code says`(row: Int) {
    let (outcome, result, code) = RailRulesTests.outcomes[row]
    #expect(outcome.result == result)
    #expect(outcome.recordedCode == code)
  }

  static let replies: [(String, RailReply?)] = [
    (#"{"transfer_id":"t","result":"ok","external_id":"x1"}"#, RailReply("t", .ok, externalID: "x1")),
    (#"{"transfer_id":"t","result":"ok","external_id":""}"#, RailReply("t", .ok)),
    (
      #"{"transfer_id":"t","result":"transient","code":"busy","retry_after":7,"more":[1]}"#,
      RailReply("t", .transient, code: "busy", retryAfterSeconds: 7)
    ),
    (
      #"{"transfer_id":"t","result":"unknown","code":"late","replayed":true}"#,
      RailReply("t", .unknown, code: "late", isReplayed: true)
    ),
    (
      #"{"transfer_id":"t","result":"transient","retry_after":99999999}"#,
      RailReply("t", .transient, retryAfterSeconds: 86_400)
    ),
    (
      #"{"transfer_id":"t","result":"permanent","code":"no such account"}"#, RailReply("t", .permanent, code: "unnamed")
    ),
    (#"{"transfer_id":"t","result":"done"}"#, nil),
    (#"{"result":"ok"}"#, nil),
    (#"{"transfer_id":"t","result":"ok","external_id":"a b"}"#, nil),
    (#"{"transfer_id":"t","transfer_id":"u","result":"ok"}"#, nil),
    (#"["ok"]"#, nil),
    ("ok", nil),
    ("", nil),
  ]

  @Test(arguments: replies.indices)
  func `an answer is read strictly`(row: Int) {
    let (line, reply) = RailRulesTests.replies[row]
    #expect((try? RailReply(parsing: Array(line.utf8))) == reply, "\(line)")
  }

  @Test func `calls are written and read alike`() throws {
    let call = RailCall(
      .reverse, transferID: "t1", key: "reversal:t1:1", amount: 1_250, currency: "EUR", destination: "acct_1",
      group: "run-1", externalID: "tr_1")
    #expect(
      call.line
        == #"{"amount":1250,"currency":"EUR","destination":"acct_1","external_id":"tr_1","group":"run-1","#
        + #""idempotency_key":"reversal:t1:1","op":"reverse","transfer_id":"t1","v":1}"# + "\n")
    #expect(try RailCall(parsing: Array(call.line.utf8)) == call)
    for broken in [
      "{}", #"{"v":2}"#, call.line.replacing("1250", with: "0"), call.line.replacing("reverse", with: "x"),
    ] {
      #expect(throws: RailProtocolError.self) { try RailCall(parsing: Array(broken.utf8)) }
    }
  }

  @Test func `a bucket gives its burst at once and then keeps its rate`() {
    var bucket = TokenBucket(ratePerSecond: 20, burst: 3, now: 0)
    #expect((0..<4).map { _ in bucket.take(now: 0) } == [0, 0, 0, 50])
    #expect(bucket.take(now: 49) == 1)
    #expect(bucket.take(now: 50) == 0)
    #expect(bucket.take(now: 50) == 50)
    // However long nothing happened, no more than the burst is saved up.
    #expect((0..<4).map { _ in bucket.take(now: 1_000_000) } == [0, 0, 0, 50])
    // A clock that goes back gives nothing away.
    #expect(bucket.take(now: 10) == 50)
    bucket.close(until: 5_000)
    #expect(bucket.take(now: 4_000) == 1_000)
    #expect(bucket.take(now: 5_000) == 0)
    var free = TokenBucket(ratePerSecond: nil, burst: 1, now: 0)
    #expect((0..<100).allSatisfy { _ in free.take(now: 0) == 0 })
  }
}
