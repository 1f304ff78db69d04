// What is a rail to the program that pays over it?

/// How one call ended.
package enum RailOutcome: Sendable, Equatable {
  case answered(RailReply)
  /// The call surely never reached the rail.
  case notSent
}

/// What became of a batch of calls.
package struct RailBatch: Sendable, Equatable {
  /// One for each call, in their order.
  package var outcomes: [RailOutcome]
  /// Why the rail cannot be reached at all; nil where it can.
  package var failure: String?

  package init(_ outcomes: [RailOutcome], failure: String? = nil) {
    self.outcomes = outcomes
    self.failure = failure
  }
}

/// A way for money to leave.
package protocol Rail: AnyObject {
  /// Makes these calls and waits for their answers. Every transfer stands in it at most once.
  func perform(_ calls: [RailCall], pace: RailPace) -> RailBatch
  /// The outcomes of the last batch are recorded: what was kept back until then may go.
  func commit() throws(RailFileError)
  /// Nothing more will be asked.
  func close()
}

/// How fast calls may be made, and whether to stop making them.
package final class RailPace {
  package var bucket: TokenBucket
  /// Asked between calls: no further call is made once it says yes.
  package let isStopping: () -> Bool

  package init(_ bucket: TokenBucket, isStopping: @escaping () -> Bool = { false }) {
    self.bucket = bucket
    self.isStopping = isStopping
  }
}

/// A rail's file that could not be written or is not what it should be.
package struct RailFileError: Error, Sendable, Equatable {
  package let path: String
  package let message: String
  /// Worth trying again without a change: the disk is full.
  package let isTransient: Bool

  package init(_ path: String, _ message: String, isTransient: Bool = false) {
    self.path = path
    self.message = message
    self.isTransient = isTransient
  }
}
