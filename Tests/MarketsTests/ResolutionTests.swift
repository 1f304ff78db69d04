// For which option does a word stand, and does a position say the same?
import Markets
import Money
import Testing

@Suite struct ResolutionTests {
  /// A market by its yes option, its no option and the list of its options; nil and empty where not given.
  private func resolution(_ yes: String?, _ no: String?, _ options: [String]) -> Resolution {
    var resolution = Resolution(marketID: ID("m"), resolutionID: ID("r"))
    resolution.yesOption = yes.map { ID($0) }
    resolution.noOption = no.map { ID($0) }
    resolution.options = Set(options.map { ID($0) })
    return resolution
  }

  @Test(
    arguments: [
      // Without yes_option and no_option the words stand for the options `yes` and `no`.
      (nil, nil, [], "yes", "yes"),
      (nil, nil, [], "YES", "yes"),
      (nil, nil, [], "No", "no"),
      (nil, nil, [], "red", "red"),
      (nil, nil, [], "Red", "Red"),
      ("red", "blue", [], "yes", "red"),
      ("red", "blue", [], "YES", "red"),
      ("red", "blue", [], "no", "blue"),
      ("red", "blue", [], "red", "red"),
      ("red", "blue", [], "yesterday", "yesterday"),
      ("red", nil, [], "no", "no"),
      (nil, "blue", [], "yes", "yes"),
      // A word that is one of the options stands for itself: that very spelling, no other.
      ("red", "blue", ["red", "blue", "yes"], "yes", "yes"),
      ("red", "blue", ["red", "blue", "yes"], "Yes", "red"),
      ("red", "blue", ["red", "blue", "yes"], "no", "blue"),
      (nil, nil, ["Yes", "No"], "Yes", "Yes"),
      (nil, nil, ["Yes", "No"], "yes", "yes"),
      (nil, nil, ["Yes", "No"], "NO", "no"),
    ] as [(String?, String?, [String], String, String)])
  func `the option that a word stands for`(
    yes: String?, no: String?, options: [String], word: String, expected: String
  ) {
    #expect(resolution(yes, no, options).resolvedOption(ID(word)) == ID(expected))
  }

  @Test(
    arguments: [
      ([], "anything", true),
      (["red", "blue"], "red", true),
      (["red", "blue"], "Red", false),
      (["red", "blue"], "green", false),
      (["é"], "é", true),
      (["é"], "e\u{301}", false),
    ] as [([String], String, Bool)])
  func `the options that a market has`(options: [String], option: String, expected: Bool) {
    #expect(resolution(nil, nil, options).hasOption(ID(option)) == expected)
  }

  @Test(
    arguments: [
      // A market about yes and no by its option.
      (nil, nil, [], "yes", "yes", true),
      (nil, nil, [], "YES", "yes", true),
      (nil, nil, [], "no", "yes", false),
      (nil, nil, [], "no", "no", true),
      (nil, nil, [], "yes", "no", false),
      // A market that names its yes or no option: the position must map to the option.
      ("red", "blue", [], "yes", "red", true),
      ("red", "blue", [], "no", "red", false),
      ("red", "blue", [], "no", "blue", true),
      ("red", "blue", [], "yes", "blue", false),
      ("red", "blue", [], "yes", "green", false),
      ("red", "blue", [], "no", "green", false),
      ("red", nil, [], "yes", "red", true),
      ("red", nil, [], "no", "red", false),
      ("red", nil, [], "no", "blue", false),
      ("red", nil, [], "yes", "blue", false),
      (nil, "blue", [], "no", "blue", true),
      (nil, "blue", [], "yes", "blue", false),
      (nil, "blue", [], "yes", "red", false),
      // Elsewhere yes goes with any option, and no with none.
      (nil, nil, [], "yes", "red", true),
      (nil, nil, [], "Yes", "red", true),
      (nil, nil, [], "no", "red", false),
      (nil, nil, [], "NO", "red", false),
      (nil, nil, ["Yes", "No"], "yes", "Yes", true),
      (nil, nil, ["Yes", "No"], "no", "Yes", false),
      (nil, nil, ["Yes", "No"], "no", "No", false),
      // An option that is itself called yes wins over the yes option.
      ("red", "blue", ["red", "blue", "yes"], "yes", "yes", true),
      ("red", "blue", ["red", "blue", "yes"], "yes", "red", false),
      ("red", "blue", ["red", "blue", "yes"], "YES", "red", true),
    ] as [(String?, String?, [String], String, String, Bool)])
  func `a position beside an option`(
    yes: String?, no: String?, options: [String], position: String, option: String, agrees: Bool
  ) {
    #expect(resolution(yes, no, options).position(ID(position), agreesWith: ID(option)) == agrees)
  }

  @Test func `a new resolution has the defaults`() {
    let resolution = Resolution(marketID: ID("m"), resolutionID: ID("r"))
    #expect(resolution.outcome == .winner)
    #expect(resolution.currency.code == "TOKEN")
    #expect(resolution.winningOptions.isEmpty && resolution.winningWeights.isEmpty && resolution.options.isEmpty)
    #expect(resolution.closesAt == nil && resolution.creatorID == nil)
    let policies = resolution.policies
    #expect((policies.houseFee.value, policies.creatorFee.value, policies.refund.value) == (0, 0, 10_000))
    #expect((policies.feeBase, policies.feeRounding, policies.winnerSplit) == (.pool, .down, .pooled))
    #expect((policies.remainder, policies.minusPool, policies.noWinner) == (.largest, .allow, .refund))
    #expect(policies.positionCheck == .strict)
  }

  @Test(
    arguments: [
      (Outcome.allCases.map(\.rawValue), ["winner", "void"]),
      (FeeBase.allCases.map(\.rawValue), ["pool", "losing_pool"]),
      (FeeRounding.allCases.map(\.rawValue), ["down", "up"]),
      (WinnerSplit.allCases.map(\.rawValue), ["pooled", "equal", "profit"]),
      (MinusPoolPolicy.allCases.map(\.rawValue), ["allow", "cap_fees"]),
      (NoWinnerPolicy.allCases.map(\.rawValue), ["refund", "refund_net", "house"]),
      (PositionCheck.allCases.map(\.rawValue), ["strict", "ignore"]),
    ] as [([String], [String])])
  func `policies as they are written`(names: [String], expected: [String]) {
    #expect(names == expected)
  }
}
