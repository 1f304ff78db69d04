// What is known of a market before it is settled?
internal import Markets
internal import Money

/// A market of the batch: its resolution, if it has one, and the options its commitments name.
struct Market: Sendable {
  let id: ID
  /// Nil where the batch has none, or only rejected ones.
  var resolution: Resolution?
  /// A resolution row of this market was rejected: it is held under any flag.
  var hasRejectedResolution = false
  /// What markets.csv shows of a market that is not settled; nil for a cell whose input is invalid.
  var shownResolutionID: ID?
  var shownOutcome: Outcome?
  var shownCurrency: Currency?
  /// Why rows of this market were rejected while they were read.
  var rejectCodes = RowCodes()
  /// Options by their numbers, after mapping `yes` and `no`.
  var options: [ID] = []

  init(id: ID) { self.id = id }

  /// Whether markets.csv has a row for it.
  var isResolved: Bool { resolution != nil || hasRejectedResolution }
}
