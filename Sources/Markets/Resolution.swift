// What was decided about a market?
public import Money

/// The decision that a market is settled by, with every choice filled in.
public struct Resolution: Sendable {
  public var marketID: ID
  public var resolutionID: ID
  public var outcome = Outcome.winner
  /// After mapping `yes`/`no`, as written; empty for `void`.
  public var winningOptions: [ID] = []
  /// One for each winning option, or empty.
  public var winningWeights: [Int64] = []
  /// The only options there are, or empty where any is.
  public var options: Set<ID> = []
  /// After mapping `yes`/`no`.
  public var voidOptions: [ID] = []
  public var yesOption: ID?
  public var noOption: ID?
  public var creatorID: ID?
  public var currency = Currency.token
  public var closesAt: Instant?
  public var policies = Policies()

  public init(marketID: ID, resolutionID: ID) {
    self.marketID = marketID
    self.resolutionID = resolutionID
  }

  /// The option that a word stands for: `yes` and `no`, in any case, unless the market has an option of that name,
  /// stand for the resolution's yes and no options.
  public func resolvedOption(_ word: ID) -> ID {
    guard word.isYesOrNo, !options.contains(word) else { return word }
    return word.isYes ? yesOption ?? ID("yes") : noOption ?? ID("no")
  }

  /// Whether a market of these options has this one.
  public func hasOption(_ option: ID) -> Bool { options.isEmpty || options.contains(option) }

  /// Whether an option is one of yes and no: the resolution names them, or the option is literally called so.
  public func isAboutYesAndNo(_ option: ID) -> Bool {
    yesOption != nil || noOption != nil || option.isLowerYesOrNo
  }

  /// Whether a position beside an option id says the same as the option.
  ///
  /// Where the market is about yes and no, the position must map to the option. Elsewhere `yes` goes with any option
  /// (it is what is backed) and `no` with none: a pool has no side against an option.
  public func position(_ position: ID, agreesWith option: ID) -> Bool {
    isAboutYesAndNo(option) ? resolvedOption(position) == option : position.isYes
  }
}
