// What was decided about a market?
package import Money

/// The decision that a market is settled by, with every choice filled in.
package struct Resolution: Sendable {
  package var marketID: ID
  package var resolutionID: ID
  package var outcome = Outcome.winner
  /// After mapping `yes`/`no`, as written; empty for `void`.
  package var winningOptions: [ID] = []
  /// One for each winning option, or empty.
  package var winningWeights: [Int64] = []
  /// The only options there are, or empty where any is.
  package var options: Set<ID> = []
  /// After mapping `yes`/`no`.
  package var voidOptions: [ID] = []
  package var yesOption: ID?
  package var noOption: ID?
  package var creatorID: ID?
  package var currency = Currency.token
  package var closesAt: Instant?
  package var policies = Policies()

  package init(marketID: ID, resolutionID: ID) {
    self.marketID = marketID
    self.resolutionID = resolutionID
  }

  /// The option that a word stands for: `yes` and `no`, in any case, unless the market has an option of that name,
  /// stand for the resolution's yes and no options.
  package func resolvedOption(_ word: ID) -> ID {
    guard word.isYesOrNo, !options.contains(word) else { return word }
    return word.isYes ? yesOption ?? ID("yes") : noOption ?? ID("no")
  }

  /// Whether a market of these options has this one.
  package func hasOption(_ option: ID) -> Bool { options.isEmpty || options.contains(option) }

  /// Whether a position beside an option id says the same as the option.
  ///
  /// Where the market is about yes and no, the position must map to the option. Elsewhere `yes` goes with any option
  /// (it is what is backed) and `no` with none: a pool has no side against an option.
  package func position(_ position: ID, agreesWith option: ID) -> Bool {
    let isAboutYesAndNo = yesOption != nil || noOption != nil || option == ID("yes") || option == ID("no")
    return isAboutYesAndNo ? resolvedOption(position) == option : position.isYes
  }
}
