// How much is a rate of an amount, in whole units?

/// A rate in hundredths of a percent, 0…10000.
package struct BasisPoints: Hashable, Sendable {
  package static let whole: Int64 = 10_000
  package static let zero = BasisPoints(0)!
  package static let all = BasisPoints(whole)!

  package let value: Int64

  package init?(_ value: Int64) {
    guard (0...BasisPoints.whole).contains(value) else { return nil }
    self.value = value
  }

  /// ⌊amount · rate / 10000⌋, exactly.
  package func roundedDown(of amount: Int64) -> Int64 {
    Int64(Int128(amount) * Int128(value) / Int128(BasisPoints.whole))
  }

  /// ⌈amount · rate / 10000⌉, exactly. `amount` is not negative.
  package func roundedUp(of amount: Int64) -> Int64 {
    Int64((Int128(amount) * Int128(value) + Int128(BasisPoints.whole - 1)) / Int128(BasisPoints.whole))
  }
}
