// What is kept back from a prize, for the tax office for instance?
public import Money

/// A rate that is kept back from prizes above a threshold. Where a prize is above it, the rate is taken of the whole
/// prize; a prize of exactly the threshold is paid in full.
public struct Withholding: Hashable, Sendable {
  public var rate: BasisPoints
  /// Minor units.
  public var threshold: Int64

  public static let none = Withholding(rate: .zero, above: 0)

  public init(rate: BasisPoints, above threshold: Int64) {
    self.rate = rate
    self.threshold = threshold
  }

  /// Rounded down: the winner gets the broken unit.
  public func amount(of prize: Int64) -> Int64 { prize > threshold ? rate.roundedDown(of: prize) : 0 }
}
