// Are rates of amounts exact, also where the product does not fit 64 bits?
import Money
import Testing

@Suite struct BasisPointsTests {
  @Test(
    arguments: [
      (amount: 0, rate: 250, down: 0, up: 0),
      (amount: 1, rate: 1, down: 0, up: 1),
      (amount: 39, rate: 250, down: 0, up: 1),
      (amount: 40, rate: 250, down: 1, up: 1),
      (amount: Int64.max, rate: 10_000, down: Int64.max, up: Int64.max),
      (amount: Int64.max, rate: 9_999, down: 9222449699651090329, up: 9222449699651090330),
    ] as [(amount: Int64, rate: Int64, down: Int64, up: Int64)])
  func `a rate of an amount, rounded down and up`(amount: Int64, rate: Int64, down: Int64, up: Int64) throws {
    let points = try #require(BasisPoints(rate))
    #expect(points.roundedDown(of: amount) == down)
    #expect(points.roundedUp(of: amount) == up)
  }

  @Test(arguments: [-1, 10_001, Int64.min, Int64.max] as [Int64])
  func `rates outside 0 to 10000 do not exist`(rate: Int64) {
    #expect(BasisPoints(rate) == nil)
  }
}
