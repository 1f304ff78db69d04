// How much is a rate of an amount, in whole units?

/// A rate in hundredths of a percent, 0…10000.
public struct BasisPoints: Hashable, Sendable {
  public static let whole: Int64 = 10_000
  public static let zero = BasisPoints(0)!
  public static let all = BasisPoints(whole)!

  public let value: Int64

  public init?(_ value: Int64) {
    guard (0...BasisPoints.whole).contains(value) else { return nil }
    self.value = value
  }

  /// ⌊amount · rate / 10000⌋, exactly.
  public func roundedDown(of amount: Int64) -> Int64 {
    Int64(Int128(amount) * Int128(value) / Int128(BasisPoints.whole))
  }

  /// ⌈amount · rate / 10000⌉, exactly. `amount` is not negative.
  public func roundedUp(of amount: Int64) -> Int64 {
    Int64((Int128(amount) * Int128(value) + Int128(BasisPoints.whole - 1)) / Int128(BasisPoints.whole))
  }
}
