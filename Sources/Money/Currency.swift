// Which currencies are there, and how many decimals has their minor unit?

/// A currency code, `[A-Z0-9]{1,12}`.
public struct Currency: Hashable, Comparable, Sendable, CustomStringConvertible {
  public static let token = Currency("TOKEN")!
  public let code: String

  public init?(_ code: String) {
    self.init(bytes: Array(code.utf8))
  }

  public init?(bytes: [UInt8]) {
    guard (1...12).contains(bytes.count),
      bytes.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) })
    else { return nil }
    code = String(decoding: bytes, as: UTF8.self)
  }

  public static func < (left: Currency, right: Currency) -> Bool {
    left.code.utf8.lexicographicallyPrecedes(right.code.utf8)
  }
  public var description: String { code }

  /// The largest exponent a currency may be given: 10¹⁸ still fits an amount.
  public static let exponentMax = 18

  /// Decimals of the minor unit by ISO 4217 (2024); nil for a code that has none there.
  public var isoExponent: Int? {
    if Currency.withTwoDecimals.contains(code) { return 2 }
    return Currency.withOtherDecimals[code]
  }

  private static let withOtherDecimals: [String: Int] = [
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
  ]

  private static let withTwoDecimals = Set(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF \
    CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG \
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE \
    SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW \
    ZWG ZWL HRK
    """.split(separator: " ").map(String.init))
}

/// What the amounts of a batch are written in.
public enum AmountUnit: String, CaseIterable, Sendable {
  /// Whole minor units: `1250`.
  case minor
  /// Units of the currency with its decimals: `12.50`.
  case major
}
