// How do tests put a commitment into the store?
import Interchange

@testable import Batch

extension CommitmentStore {
  /// Adds a commitment whose ids are given as text; in memory they stand as a reader has them, with bytes behind them that
  /// may be read.
  func append(to market: Int, _ head: CommitmentRecord.Head, commitmentID: String, userID: String) {
    let slack = [UInt8](repeating: 0x78, count: RowCursor.slack)
    unsafe (Array(commitmentID.utf8) + slack).withUnsafeBufferPointer { commitmentBytes in
      unsafe (Array(userID.utf8) + slack).withUnsafeBufferPointer { userBytes in
        unsafe append(
          to: market, head, commitmentID: UnsafeBufferPointer(rebasing: commitmentBytes.dropLast(slack.count)),
          userID: UnsafeBufferPointer(rebasing: userBytes.dropLast(slack.count)))
      }
    }
  }
}
