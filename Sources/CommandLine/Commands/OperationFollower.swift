// How are operations posted that another program sends one after the other, and waits for?
internal import Batch
internal import Interchange
internal import Ledger

/// `settle ledger post --follow`: what has come goes into one transaction, and is told when that is durable.
final class OperationFollower {
  private let ledger: Ledger
  private let feed: OperationFeed
  private let operatorID: String
  private let console: Console
  private var outcome: PostedLines

  init(_ ledger: Ledger, _ feed: OperationFeed, by operatorID: String, _ console: Console) {
    self.ledger = ledger
    self.feed = feed
    self.operatorID = operatorID
    self.console = console
    outcome = PostedLines(isAtomic: false, follows: true, console)
  }

  /// Posts to the end of the input, or until SIGTERM or SIGINT.
  func run() throws(BatchError) -> ExitStatus {
    StopSignal.listen()
    var flushesOnce = ledger.beginManyCommits()
    defer {
      if !ledger.endManyCommits() {
        console.warn(
          "another process has the ledger open: until it has closed it, a part of the ledger stands in "
            + Terminal.safe("\(ledger.path)-wal"))
      }
    }
    while !StopSignal.isAsked, try postAtHand() {
      try outcome.tellDurable(console)
      if !flushesOnce { flushesOnce = ledger.beginManyCommits() }
    }
    if StopSignal.isAsked { outcome.stop(leavingLines: feed.hasLinesLeft) }
    outcome.tell(console)
    return outcome.status
  }

  /// Whether there was anything to be posted, in one transaction.
  private func postAtHand() throws(BatchError) -> Bool {
    do throws(LedgerError) {
      guard try feed.waitForNext(unless: { StopSignal.isAsked }) else { return false }
      let before = (outcome: outcome, mark: feed.mark)
      do throws(LedgerError) {
        try ledger.apply(
          by: operatorID, isAtomic: false, next: { feed.nextAtHand() }, told: { outcome.add($0, line: feed.line) })
      } catch {
        // Another process, a night perhaps, holds the book for long: nothing was applied, and it is tried again.
        guard error.code == .busy else { throw error }
        outcome = before.outcome
        feed.goBack(to: before.mark)
      }
    } catch {
      throw BatchError.ledger(error)
    }
    return true
  }
}
