// Is it always certain what a program that ends, hangs or babbles has been told?
import Foundation
import Rails
import TestSupport
import Testing

@Suite struct CommandRailTests {
  static func calls(_ count: Int) -> [RailCall] {
    (1...count).map { number in
      RailCall(
        .transfer, transferID: "t\(number)", key: "payout:t\(number)", amount: Int64(number), currency: "USD",
        destination: "acct_\(number)", group: "run-1")
    }
  }

  /// A shell program: `$n` counts the lines it has read, `answer` says ok to the one in `$line`.
  static let shell = """
    n=0
    answer() { id=${line##*transfer_id\\":\\"}; id=${id%%\\"*}; printf '{"transfer_id":"%s","result":"ok","external_id":"x-%s"}\\n' "$id" "$id"; }

    """

  static func perform(
    _ program: String, _ count: Int, timeoutMilliseconds: Int64 = 20_000, inFlightMax: Int = 64,
    isStopping: @escaping () -> Bool = { false }
  ) -> RailBatch {
    let rail = CommandRail(
      ["/bin/sh", "-c", shell + program], timeoutMilliseconds: timeoutMilliseconds, inFlightMax: inFlightMax)
    defer { rail.close() }
    let pace = RailPace(TokenBucket(ratePerSecond: nil, burst: 1, now: 0), isStopping: isStopping)
    return rail.perform(calls(count), pace: pace)
  }

  static func brief(_ batch: RailBatch) -> String {
    batch.outcomes.map { outcome in
      switch outcome {
      case .notSent: "not-sent"
      case .answered(let reply): reply.result.rawValue + (reply.code.isEmpty ? "" : "(\(reply.code))")
      }
    }.joined(separator: " ")
  }

  @Test func `a program that answers is asked once for each call`() {
    let batch = CommandRailTests.perform("while IFS= read -r line; do answer; done", 300)
    #expect(batch.failure == nil)
    #expect(
      batch.outcomes.indices.allSatisfy { index in
        batch.outcomes[index] == .answered(RailReply("t\(index + 1)", .ok, externalID: "x-t\(index + 1)"))
      })
  }

  @Test func `what a program did not read before it ended is made again, what it read is unknown`() {
    // Reads two lines, answers one, ends. What it has read of the pipe is what the shell took: a line at a time.
    let batch = CommandRailTests.perform(
      "IFS= read -r line; answer; IFS= read -r line; exit 0", 6, inFlightMax: 6)
    #expect(CommandRailTests.brief(batch).hasPrefix("ok unknown(rail_ended) ok unknown(rail_ended) ok unknown"))
  }

  @Test func `a program that cannot be started has been told nothing`() {
    let rail = CommandRail(["./there-is-no-such-program"])
    let batch = rail.perform(
      CommandRailTests.calls(2), pace: RailPace(TokenBucket(ratePerSecond: nil, burst: 1, now: 0)))
    #expect(CommandRailTests.brief(batch) == "not-sent not-sent")
    #expect(batch.failure?.contains("No such file") == true)
  }

  @Test func `a program that ends at once has been told nothing`() {
    let batch = CommandRailTests.perform("exit 1", 3)
    #expect(CommandRailTests.brief(batch) == "not-sent not-sent not-sent")
    #expect(batch.failure?.contains("ended") == true)
  }

  @Test func `a program that is silent for too long is ended, and its call is unknown`() {
    let batch = CommandRailTests.perform(
      "while IFS= read -r line; do n=$((n+1)); if [ $n -eq 2 ]; then sleep 60; fi; answer; done", 2,
      timeoutMilliseconds: 400)
    #expect(CommandRailTests.brief(batch) == "ok unknown(timeout)")
  }

  @Test(arguments: [
    "echo hello", #"echo '{"transfer_id":"t1"}'"#, #"echo '{"transfer_id":"t9","result":"ok","external_id":"x"}'"#,
  ])
  func `a program that does not keep to the protocol is not believed`(line: String) {
    let batch = CommandRailTests.perform("IFS= read -r line; \(line); sleep 60", 1)
    #expect(CommandRailTests.brief(batch) == "unknown(rail_protocol)")
  }

  @Test func `an answer that comes twice is not believed the second time`() {
    let batch = CommandRailTests.perform("while IFS= read -r line; do answer; answer; done", 2, inFlightMax: 1)
    #expect(CommandRailTests.brief(batch).hasPrefix("ok "))
  }

  @Test func `once a stop is asked for no further call is made`() {
    var asked = 0
    let batch = CommandRailTests.perform("while IFS= read -r line; do answer; done", 50, inFlightMax: 1) {
      asked += 1
      return asked > 12
    }
    let sent = batch.outcomes.filter { $0 != .notSent }.count
    #expect(sent > 0 && sent < 50)
    #expect(batch.outcomes.prefix(sent).allSatisfy { $0 != .notSent })
    #expect(batch.failure == nil)
  }

  @Test func `a file that was not recorded is discarded, one that was is finished`() throws {
    for isRecorded in [true, false] {
      let workspace = Workspace()
      func rail(_ worker: Int64) -> FileRail {
        FileRail(
          FileRail.Settings(
            directory: "\(workspace.path)/bank", format: .csv, debtor: Debtor(name: "House", account: ""),
            executionDate: nil, exponents: [:], worker: worker)
        ) { "2026-01-31T18:00:00.000Z" }
      }
      let pace = RailPace(TokenBucket(ratePerSecond: nil, burst: 1, now: 0))
      let batch = rail(1).perform(CommandRailTests.calls(3), pace: pace)
      #expect(CommandRailTests.brief(batch) == "ok ok ok")
      // Killed here: nothing can be seen yet.
      #expect(workspace.names("bank") == [".staging"])
      let next = rail(2)
      try recover(next, isAlive: true, isRecorded: true)
      #expect(workspace.names("bank") == [".staging"], "a process that lives finishes its own files")
      try recover(next, isAlive: false, isRecorded: isRecorded)
      #expect(workspace.names("bank").count == (isRecorded ? 3 : 1))
      #expect(workspace.names("bank/.staging").isEmpty)
    }
  }

  private func recover(_ rail: FileRail, isAlive: Bool, isRecorded: Bool) throws(RailFileError) {
    try rail.recover(
      mapping: { $0 }, isAlive: { (_: Int64) throws(RailFileError) in isAlive },
      isRecorded: { (_: String) throws(RailFileError) in isRecorded })
  }
}
