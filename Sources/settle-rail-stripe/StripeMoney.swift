// How does Stripe write an amount?
import Rails

/// Stripe's smallest units are those of ISO 4217, but for a few currencies.
enum StripeMoney {
  struct Amount {
    let value: Int64
    let currency: String
  }

  /// Two decimals at Stripe, none in ISO 4217.
  private static let timesHundred: Set<String> = ["ISK", "UGX"]
  /// Three decimals, of which the last must be 0.
  private static let timesTen: Set<String> = ["BHD", "JOD", "KWD", "OMR", "TND"]

  /// - Throws: a code, where Stripe cannot send this.
  static func amount(_ call: RailCall) throws(RailProtocolError) -> Amount {
    guard call.currency.utf8.count == 3, call.currency.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      throw RailProtocolError("currency_unsupported")
    }
    if timesTen.contains(call.currency), call.amount % 10 != 0 { throw RailProtocolError("amount_not_representable") }
    guard timesHundred.contains(call.currency) else {
      return Amount(value: call.amount, currency: call.currency.lowercased())
    }
    let (value, overflow) = call.amount.multipliedReportingOverflow(by: 100)
    guard !overflow else { throw RailProtocolError("amount_too_large") }
    return Amount(value: value, currency: call.currency.lowercased())
  }
}
