// Would an amount still fit the balance of an account?
internal import Interchange
internal import Ledger
internal import Markets
internal import Money

/// A prize, refund or award, by those whom it is for.
struct PaymentID: Hashable {
  let event: ID
  let registration: ID
}

/// The accounts that stand so high that the run's payments might not fit them. All others surely have room, so that
/// nothing need be looked up for them.
struct WalletRoom {
  private var balances: [Currency: [[UInt8]: Int64]] = [:]
  /// Payments that are known not to have fitted.
  private var failed: Set<PaymentID> = []

  /// No ledger, no limits.
  init() {}

  /// As a run's files record it.
  init(failed: Set<PaymentID>) { self.failed = failed }

  /// - Parameter bounds: more than this is paid to nobody, by currency.
  init(_ ledger: Ledger, bounds: [Currency: Int64]) throws(BatchError) {
    do throws(LedgerError) {
      for (currency, bound) in bounds {
        let high = try ledger.accounts(in: currency.code, above: .max - bound)
        if !high.isEmpty { balances[currency] = high }
      }
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// Takes room for amounts on accounts that are named only where it matters; all of them or none.
  mutating func take(
    _ currency: Currency, for payment: @autoclosure () -> PaymentID,
    _ amounts: @autoclosure () -> [(account: String, amount: Int64)]
  ) -> Bool {
    if !failed.isEmpty, failed.contains(payment()) { return false }
    guard var known = balances[currency] else { return true }
    for (account, amount) in amounts() {
      let name = Array(account.utf8)
      guard let balance = known[name] else { continue }
      let (sum, overflow) = balance.addingReportingOverflow(amount)
      if overflow { return false }
      known[name] = sum
    }
    balances[currency] = known
    return true
  }
}
