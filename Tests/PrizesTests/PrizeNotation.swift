// How do the tests write a distribution down?
import Money
import Prizes

extension PrizeDistribution {
  /// `1:50% 2:30% 5-8:100`: shares with `%`, exact to 0.01, or fixed minor units.
  init(_ notation: String) throws(PrizeError) {
    var tiers: [PrizeTier] = []
    for word in notation.split(separator: " ") {
      let parts = word.split(separator: ":")
      let value = parts[1]
      let rule: PrizeRule
      if value.hasSuffix("%") {
        let digits = value.dropLast().split(separator: ".")
        let decimals = digits.count == 2 ? Int64(digits[1])! * (digits[1].count == 1 ? 10 : 1) : 0
        rule = .share(BasisPoints(Int64(digits[0])! * 100 + decimals)!)
      } else {
        rule = .fixed(Int64(value)!)
      }
      tiers.append(PrizeTier(Places(parts[0].utf8)!, rule))
    }
    try self.init(tiers)
  }
}

extension PrizeSettlement {
  /// `50 30 20 | 0 unallocated` and, where there is any, ` | 1 house` and ` | 10 withheld`.
  var notation: String {
    prizes.map { String($0.amount) }.joined(separator: " ") + " | \(unallocated) unallocated"
      + (breakage > 0 ? " | \(breakage) house" : "") + (withheld > 0 ? " | \(withheld) withheld" : "")
  }
}

/// What an event pays, or the code of its error.
func settled(
  _ distribution: String, pool: Int64, places: [Int], tie: TiePolicy = .split, remainder: RemainderPolicy = .first,
  withholding: Withholding = .none
) -> String {
  do throws(PrizeError) {
    let terms = PrizeTerms(
      pool: pool, distribution: try PrizeDistribution(distribution), tie: tie, remainder: remainder,
      withholding: withholding)
    let settlement = try PrizeSettlement(terms, places: places)
    return settlement.isConserved ? settlement.notation : "not conserved: \(settlement.notation)"
  } catch {
    return error.code
  }
}
