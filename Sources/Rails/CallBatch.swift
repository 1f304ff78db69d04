// Which calls of a batch are written, which wait for an answer, and which surely never arrived?

/// The book-keeping of one batch of calls over a pipe. Pure: no files, no clock.
struct CallBatch {
  private enum State: Equatable {
    case unsent
    /// From this byte of all that is written to the program.
    case waiting(from: Int)
    case decided(RailOutcome)
  }

  private let calls: [RailCall]
  private var states: [State]
  private var numbers: [String: Int] = [:]
  /// Bytes that the program has not been given yet.
  var outbox: [UInt8] = []
  /// Bytes that were written to the program that runs now.
  var written = 0
  private(set) var waitingCount = 0
  /// When the program last answered, or was first asked behind its last answer.
  private(set) var lastSign: Int64 = 0
  private var cursor = 0

  init(_ calls: [RailCall]) {
    self.calls = calls
    states = calls.map { _ in .unsent }
    for (number, call) in calls.enumerated() {
      precondition(numbers.updateValue(number, forKey: call.transferID) == nil, "a transfer stands twice in a batch")
    }
  }

  /// The next call that was not made yet.
  var nextCall: RailCall? { cursor < calls.count ? calls[cursor] : nil }
  var isDone: Bool { cursor == calls.count && waitingCount == 0 }
  var hasUnsent: Bool { states.contains { $0 == .unsent || $0 == .decided(.notSent) } }

  mutating func enqueue(now: Int64) {
    precondition(cursor < calls.count, "every call is made")
    if waitingCount == 0 { lastSign = now }
    states[cursor] = .waiting(from: written + outbox.count)
    outbox += Array(calls[cursor].line.utf8)
    waitingCount += 1
    moveOn()
  }

  /// - Returns: false where nobody waits for this answer.
  mutating func answer(_ reply: RailReply, now: Int64) -> Bool {
    guard let number = numbers[reply.transferID], case .waiting(let start) = states[number], start < written else {
      return false
    }
    states[number] = .decided(.answered(reply))
    waitingCount -= 1
    lastSign = now
    return true
  }

  /// The program is gone. What it did not read is made again; what it may have read is unknown.
  /// - Parameter unreadBytes: how many of the last bytes written it did not read.
  /// - Returns: how many calls are unknown now.
  mutating func lose(unreadBytes: Int, code: String) -> Int {
    precondition(unreadBytes <= written, "\(unreadBytes) of \(written) bytes were not read")
    let read = written - unreadBytes
    var lost = 0
    for (number, state) in states.enumerated() {
      guard case .waiting(let start) = state else { continue }
      if start >= read {
        states[number] = .unsent
      } else {
        states[number] = .decided(.answered(RailReply(calls[number].transferID, .unknown, code: code)))
        lost += 1
      }
    }
    outbox = []
    written = 0
    waitingCount = 0
    cursor = 0
    if cursor < states.count, states[cursor] != .unsent { moveOn() }
    return lost
  }

  /// To the next call that was not made.
  private mutating func moveOn() {
    repeat { cursor += 1 } while cursor < states.count && states[cursor] != .unsent
  }

  var outcomes: [RailOutcome] {
    states.enumerated().map { number, state in
      switch state {
      case .unsent: .notSent
      case .decided(let outcome): outcome
      case .waiting: .answered(RailReply(calls[number].transferID, .unknown, code: "timeout"))
      }
    }
  }
}
