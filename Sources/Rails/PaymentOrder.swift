// What does a bank need to know to carry out a payment?
package import Money

/// One payment of a file.
package struct PaymentOrder: Sendable, Equatable {
  /// At most 35 letters, digits and `-`.
  package let transferID: String
  package let key: String
  package let amount: Int64
  package let currency: Currency
  /// An IBAN, or an account number of at most 34 characters.
  package let account: String

  /// - Throws: why no file can hold this payment, as a code.
  ///
  /// A pain.001 knows ISO 4217 alone. In CSV a currency without known decimals is written in minor units.
  package init(_ call: RailCall, _ format: PaymentFile.Format, exponents: [String: Int]) throws(RailProtocolError) {
    guard call.transferID.utf8.count <= 35, call.transferID.utf8.allSatisfy(PaymentOrder.isPlain) else {
      throw RailProtocolError("transfer_id_invalid")
    }
    guard let currency = Currency(call.currency), (exponents[currency.code] ?? currency.isoExponent ?? 0) <= 5,
      format == .csv
        || currency.isoExponent != nil && currency.code.utf8.count == 3
          && currency.code.utf8.allSatisfy({ $0 >= 0x41 })
    else { throw RailProtocolError("currency_unsupported") }
    let account = call.destination
    guard (1...34).contains(account.utf8.count), account.utf8.allSatisfy({ PaymentOrder.isPlain($0) || $0 == 0x2F }),
      !PaymentOrder.looksLikeIBAN(account) || PaymentOrder.isIBAN(account)
    else { throw RailProtocolError("account_invalid") }
    transferID = call.transferID
    key = call.key
    amount = call.amount
    self.currency = currency
    self.account = account
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
      || byte == 0x5F
  }

  /// Two letters and two digits in front: meant as an IBAN, so it has to be a sound one.
  package static func looksLikeIBAN(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count >= 15 && bytes[..<2].allSatisfy { (0x41...0x5A).contains($0) }
      && bytes[2..<4].allSatisfy { (0x30...0x39).contains($0) }
      && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
  }

  /// ISO 13616: the check digits leave 1 modulo 97.
  package static func isIBAN(_ text: String) -> Bool {
    guard looksLikeIBAN(text), text.utf8.count <= 34 else { return false }
    let bytes = Array(text.utf8)
    var rest = 0
    for byte in bytes[4...] + bytes[..<4] {
      if byte <= 0x39 {
        rest = (rest * 10 + Int(byte - 0x30)) % 97
      } else {
        rest = (rest * 100 + Int(byte - 0x41) + 10) % 97
      }
    }
    return rest == 1
  }
}

/// Amounts as decimal text: exact, never through a floating-point value.
package enum DecimalText {
  /// 1250 with exponent 2 is `12.50`; with exponent 0 it is `1250`.
  package static func of(_ minorUnits: Int128, exponent: Int) -> String {
    precondition(minorUnits >= 0 && exponent >= 0, "an amount is not below zero")
    guard exponent > 0 else { return String(minorUnits) }
    var digits = String(minorUnits)
    if digits.utf8.count <= exponent {
      digits = String(repeating: "0", count: exponent + 1 - digits.utf8.count) + digits
    }
    return String(digits.dropLast(exponent)) + "." + String(digits.suffix(exponent))
  }

  /// `12.50` in units of 10⁻ˢᶜᵃˡᵉ; nil where it is not plain decimal text or has more decimals.
  package static func parse(_ text: some StringProtocol, scale: Int) -> Int128? {
    let parts = text.utf8.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? Array(parts[1]) : []
    guard !parts[0].isEmpty, parts.count == 1 || !decimals.isEmpty, decimals.count <= scale else { return nil }
    var value: Int128 = 0
    for byte in Array(parts[0]) + decimals + [UInt8](repeating: 0x30, count: scale - decimals.count) {
      guard (0x30...0x39).contains(byte) else { return nil }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = tens.addingReportingOverflow(Int128(byte - 0x30))
      guard !over, !more else { return nil }
      value = sum
    }
    return value
  }
}
