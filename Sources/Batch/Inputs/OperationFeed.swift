// How are the lines of a file read while those before them are posted?
internal import Interchange
package import Ledger

/// The operations of a file, read by a thread of its own ahead of whoever takes them.
@safe
package final class OperationFeed {
  fileprivate struct Line: Sendable {
    let number: Int
    let operation: Result<Operation, LedgerError>
  }

  private struct Queue {
    var lines: [Line] = []
    /// Nothing comes behind the lines; with an error where the file could not be read to its end.
    var end: Result<Void, LedgerError>?
    var isStopped = false
  }

  /// As many lines may wait, however long the file.
  private static let waitingMax = 4_096
  /// Lines that the thread hands over at once, to lock seldom; where each is awaited, every one by itself.
  private static let handedOverMax = 512

  /// The line of the operation taken last, from 1.
  package private(set) var line = 0
  private let file: OperationFile
  private let handedOver: Int
  private let queue = Monitor(Queue())
  private var worker: Worker?
  private var atHand: ArraySlice<Line> = []

  /// - Parameter asTheyCome: hand over each line when it is there, not some hundred at once.
  package init(_ file: OperationFile, asTheyCome: Bool = false) {
    self.file = file
    handedOver = asTheyCome ? 1 : OperationFeed.handedOverMax
  }

  /// Nobody waits for the thread: it may be in the middle of reading from a pipe that stays open.
  deinit { queue.update { $0.isStopped = true } }

  /// Columns that are not known, and not read; ask behind the last operation.
  package var unknownFields: Set<[UInt8]> { file.unknownFields }

  /// The next operation, or what is wrong with its line; nil behind the last.
  /// - Throws: where the file cannot be read to its end: nothing of it may be applied then.
  package func next() throws(LedgerError) -> Result<Operation, LedgerError>? {
    try waitForNext() ? nextAtHand() : nil
  }

  /// Waits until there is an operation at hand.
  /// - Parameter isStopped: asked ten times a second; true ends the waiting.
  /// - Returns: false behind the last, and where it was stopped.
  /// - Throws: where the file cannot be read any further.
  package func waitForNext(unless isStopped: () -> Bool = { false }) throws(LedgerError) -> Bool {
    guard atHand.isEmpty else { return true }
    if worker == nil { readAhead() }
    while !isStopped() {
      let taken: Result<[Line], LedgerError>? = queue.wait(milliseconds: 100) { queue in
        guard queue.lines.isEmpty else {
          defer { queue.lines = [] }
          return .success(queue.lines)
        }
        return queue.end?.map { [] }
      }
      guard let taken else { continue }
      atHand = try taken.get()[...]
      return !atHand.isEmpty
    }
    return false
  }

  /// Where the feed stands: what was taken behind it can be taken again.
  package struct Mark {
    fileprivate let atHand: ArraySlice<Line>
    fileprivate let line: Int
  }

  package var mark: Mark { Mark(atHand: atHand, line: line) }

  package func goBack(to mark: Mark) { (atHand, line) = (mark.atHand, mark.line) }

  /// Whether lines were read that nobody has taken.
  package var hasLinesLeft: Bool { !atHand.isEmpty || queue.update { !$0.lines.isEmpty } }

  /// The next of the operations that are there already; nil where they are used up.
  package func nextAtHand() -> Result<Operation, LedgerError>? {
    guard let first = atHand.popFirst() else { return nil }
    line = first.number
    return first.operation
  }

  private func readAhead() {
    // From here on the thread alone uses the file, until it has said that it is at the end.
    nonisolated(unsafe) let file = file
    let (queue, handedOver) = (queue, handedOver)
    worker = Worker {
      let end = Result { () throws(LedgerError) in
        var isWanted = true
        while isWanted {
          let lines = unsafe try OperationFeed.lines(of: file, atMost: handedOver)
          guard !lines.isEmpty else { return }
          isWanted = queue.wait { queue in
            if queue.isStopped { return false }
            guard queue.lines.count < OperationFeed.waitingMax else { return nil }
            queue.lines += lines
            return true
          }
        }
      }
      queue.update { $0.end = end }
    }
  }

  /// The next lines of the file; none behind the last.
  private static func lines(of file: OperationFile, atMost count: Int) throws(LedgerError) -> [Line] {
    var lines: [Line] = []
    lines.reserveCapacity(count)
    while lines.count < count, let operation = try file.next() {
      lines.append(Line(number: file.line, operation: operation))
    }
    return lines
  }
}
