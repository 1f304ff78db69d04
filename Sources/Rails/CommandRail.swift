// How is money sent by another program that reads and writes lines of JSON?
internal import Glibc

/// Any program as a rail (docs/RAILS.md): started once, asked many times, several calls at once, started again where
/// it ends or hangs.
///
/// What is certain decides. A call that the program has not read is `notSent`; one that it may have read is answered,
/// or else `unknown`.
package final class CommandRail: Rail {
  private let words: [String]
  private let timeoutMilliseconds: Int64
  private let inFlightMax: Int
  private var child: ChildProcess?
  private var inbox: [UInt8] = []

  /// How often a program that ends early is started again within one batch.
  private static let restartMax = 3
  /// Longest line of an answer.
  private static let lineMax = 1 << 20

  /// - Parameters:
  ///   - timeoutMilliseconds: how long the program may be silent while calls wait for their answer.
  ///   - inFlightMax: how many calls may wait for their answer at once.
  package init(_ words: [String], timeoutMilliseconds: Int64 = 60_000, inFlightMax: Int = 64) {
    precondition(!words.isEmpty && timeoutMilliseconds > 0 && inFlightMax > 0, "a program, a time-out, a window")
    self.words = words
    self.timeoutMilliseconds = timeoutMilliseconds
    self.inFlightMax = inFlightMax
  }

  package func commit() {}

  package func close() {
    _ = child?.end(graceMilliseconds: 5_000)
    child = nil
    inbox = []
  }

  package func perform(_ calls: [RailCall], pace: RailPace) -> RailBatch {
    var batch = CallBatch(calls)
    var restarts = 0
    var failure: String?
    while !batch.isDone {
      if pace.isStopping(), batch.waitingCount == 0 { break }
      if child == nil {
        if batch.nextCall == nil { break }
        guard restarts <= CommandRail.restartMax else { break }
        do throws(RailProtocolError) {
          child = try ChildProcess(words)
          failure = nil
        } catch {
          failure = "\(words[0]): \(error.message)"
          break
        }
        restarts += 1
      }
      if let trouble = converse(&batch, pace) {
        let unread = child?.end(graceMilliseconds: 0) ?? 0
        child = nil
        inbox = []
        let lost = batch.lose(unreadBytes: unread, code: trouble.code)
        failure = lost == 0 ? "\(words[0]) \(trouble.text)" : nil
      }
    }
    return RailBatch(batch.outcomes, failure: batch.hasUnsent && !pace.isStopping() ? failure : nil)
  }

  private struct Trouble {
    let code: String
    let text: String
  }

  /// Writes what may be written and reads what is there, once.
  /// - Returns: why the program is no good any more; nil where it is.
  private func converse(_ batch: inout CallBatch, _ pace: RailPace) -> Trouble? {
    guard let child else { return nil }
    let now = Ticks.now()
    var waitMilliseconds: Int64 = 200
    while batch.waitingCount < inFlightMax, batch.nextCall != nil, !pace.isStopping() {
      let wait = pace.bucket.take(now: now)
      guard wait == 0 else {
        waitMilliseconds = min(waitMilliseconds, wait)
        break
      }
      batch.enqueue(now: now)
    }
    if batch.waitingCount > 0 {
      let left = batch.lastSign + timeoutMilliseconds - now
      guard left > 0 else { return Trouble(code: "timeout", text: "did not answer") }
      waitMilliseconds = min(waitMilliseconds, left)
    }
    var polls = [
      pollfd(fd: child.output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: child.input, events: Int16(POLLOUT), revents: 0),
    ]
    let ready = unsafe poll(&polls, batch.outbox.isEmpty ? 1 : 2, Int32(waitMilliseconds))
    guard ready > 0 else { return nil }
    if !batch.outbox.isEmpty, polls[1].revents != 0 {
      let count = unsafe batch.outbox.withUnsafeBytes {
        unsafe write(child.input, $0.baseAddress, min($0.count, 1 << 15))
      }
      if count > 0 {
        batch.outbox.removeFirst(count)
        batch.written += count
      } else if errno != EAGAIN && errno != EINTR {
        return Trouble(code: "rail_ended", text: "ended")
      }
    }
    return polls[0].revents == 0 ? nil : read(child, &batch)
  }

  private func read(_ child: ChildProcess, _ batch: inout CallBatch) -> Trouble? {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe Glibc.read(child.output, &chunk, chunk.count)
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return nil }
    guard count > 0 else { return Trouble(code: "rail_ended", text: "ended") }
    inbox.append(contentsOf: chunk[..<count])
    var start = 0
    while let end = inbox[start...].firstIndex(of: 0x0A) {
      let line = Array(inbox[start..<end])
      start = end + 1
      guard !line.isEmpty else { continue }
      guard let reply = try? RailReply(parsing: line), batch.answer(reply, now: Ticks.now()) else {
        return Trouble(code: "rail_protocol", text: "answered what does not follow the protocol")
      }
    }
    inbox.removeFirst(start)
    guard inbox.count <= CommandRail.lineMax else {
      return Trouble(code: "rail_protocol", text: "answered a line without an end")
    }
    return nil
  }
}
