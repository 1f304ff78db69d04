// Is a market's money found to be whole only where it is, and are its options numbered as they should be?
import Markets
import Money
import Settlement
import Testing

@Suite struct ConservationTests {
  private static var whole: MarketTotals {
    var totals = MarketTotals()
    (totals.grossPool, totals.totalPayout, totals.totalRefund) = (100, 70, 10)
    (totals.houseFee, totals.creatorFee, totals.retained, totals.breakage) = (8, 4, 5, 3)
    return totals
  }

  private static let parts: [any WritableKeyPath<MarketTotals, Int64> & Sendable] = [
    \.grossPool, \.totalPayout, \.totalRefund, \.houseFee, \.creatorFee, \.retained, \.breakage,
  ]

  @Test func `parts that sum to the stakes are whole`() {
    #expect(ConservationTests.whole.isConserved)
    #expect(ConservationTests.whole.distributed == 100)
  }

  @Test(arguments: parts.indices, [-1, 1] as [Int64])
  func `one unit too much or too little anywhere is not`(part: Int, change: Int64) {
    var totals = ConservationTests.whole
    totals[keyPath: ConservationTests.parts[part]] += change
    #expect(!totals.isConserved)
  }

  @Test(arguments: parts.indices.dropFirst())
  func `a negative part is not, even where the sum is right`(part: Int) {
    var totals = ConservationTests.whole
    let path = ConservationTests.parts[part]
    let other = ConservationTests.parts[part == 1 ? 2 : 1]
    totals[keyPath: other] += totals[keyPath: path] + 1
    totals[keyPath: path] = -1
    #expect(totals.distributed == 100)
    #expect(!totals.isConserved)
  }

  @Test func `parts whose sum passes 64 bits are counted in 128`() {
    var totals = MarketTotals()
    (totals.grossPool, totals.totalPayout, totals.totalRefund) = (.max, .max, .max)
    #expect(totals.distributed == 2 * Int128(Int64.max))
    #expect(!totals.isConserved)
    totals.totalRefund = 0
    #expect(totals.isConserved)
  }
}

@Suite struct MarketTermsTests {
  @Test func `winners stand in the order of their ids, and weights go with them`() {
    var resolution = Resolution(marketID: ID("m"), resolutionID: ID("r"))
    resolution.winningOptions = [ID("b"), ID("a"), ID("B")]
    resolution.winningWeights = [1, 2, 3]
    resolution.voidOptions = [ID("v")]
    let terms = MarketTerms(resolution, options: [ID("v"), ID("a"), ID("x"), ID("b"), ID("e\u{301}")])
    #expect(terms.roles == [.void, .winning(1), .losing, .winning(2), .losing])
    #expect(terms.winnerCount == 3)
    #expect(terms.weights == [3, 2, 1])
  }

  @Test func `NFC and NFD are two options`() {
    var resolution = Resolution(marketID: ID("m"), resolutionID: ID("r"))
    resolution.winningOptions = [ID("é")]
    let terms = MarketTerms(resolution, options: [ID("e\u{301}"), ID("é")])
    #expect(terms.roles == [.losing, .winning(0)])
    #expect(terms.weights.isEmpty)
  }
}
