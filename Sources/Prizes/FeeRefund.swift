// What does a cancelled event return of its entry fees?
public import Money

/// Every confirmed registration gets the same: ⌊fee · rate⌋. The rest of a partial refund stays with the house.
public struct FeeRefund: Hashable, Sendable {
  public let fee: Int64
  public let registrations: Int
  /// What each registration gets.
  public let each: Int64

  /// - Returns: nil where the fees together do not fit 2⁶³−1.
  public init?(fee: Int64, rate: BasisPoints, registrations: Int) {
    precondition(fee >= 0 && registrations >= 0, "a fee of \(fee) for \(registrations) registrations")
    guard !fee.multipliedReportingOverflow(by: Int64(registrations)).overflow else { return nil }
    self.fee = fee
    self.registrations = registrations
    each = rate.roundedDown(of: fee)
  }

  public var fees: Int64 { fee * Int64(registrations) }
  public var total: Int64 { each * Int64(registrations) }
  /// What a partial refund leaves with the house.
  public var retained: Int64 { fees - total }
}
