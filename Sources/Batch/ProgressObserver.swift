// Who is told how far a command is?

/// Told how far a command is.
package protocol ProgressObserver: AnyObject, Sendable {
  /// - Parameter total: bytes or rows to come, where known.
  func begin(stage: String, total: Int?)
  func advance(rows: Int)
  func end()
}
