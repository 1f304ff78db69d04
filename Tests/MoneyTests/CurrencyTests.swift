// Which codes are currencies, and how many decimals does each have?
import Money
import Testing

@Suite struct CurrencyTests {
  @Test(arguments: ["EUR", "TOKEN", "X", "7", "0123456789AB", "USDC2"])
  func `one to twelve capitals and digits are a code`(code: String) throws {
    let currency = try #require(Currency(code))
    #expect(currency.code == code)
    #expect(currency.description == code)
    #expect(Currency(bytes: Array(code.utf8)) == currency)
  }

  @Test(arguments: [
    "", "eur", "Eur", "0123456789ABC", "E R", " EUR", "EUR ", "EU-R", "EU\n", "ÉUR", "ＥＵＲ", "E\u{0}R", "€",
  ])
  func `anything else is not`(code: String) {
    #expect(Currency(code) == nil)
  }

  @Test func `bytes that are not UTF-8 are no code`() {
    #expect(Currency(bytes: [0x45, 0xFF, 0x52]) == nil)
    #expect(Currency(bytes: [0x45, 0x55, 0x52]) == Currency("EUR"))
  }

  @Test(
    arguments: [
      ("EUR", 2), ("USD", 2), ("GBP", 2), ("CHF", 2), ("CNY", 2), ("INR", 2), ("HUF", 2), ("IDR", 2), ("TWD", 2),
      ("COP", 2), ("LAK", 2), ("MGA", 2), ("MRU", 2), ("SLE", 2), ("ZWG", 2), ("VED", 2), ("STN", 2), ("CHE", 2),
      ("CHW", 2), ("COU", 2), ("MXV", 2), ("USN", 2), ("BOV", 2),
      ("BIF", 0), ("CLP", 0), ("DJF", 0), ("GNF", 0), ("ISK", 0), ("JPY", 0), ("KMF", 0), ("KRW", 0), ("PYG", 0),
      ("RWF", 0), ("UGX", 0), ("UYI", 0), ("VND", 0), ("VUV", 0), ("XAF", 0), ("XOF", 0), ("XPF", 0),
      ("BHD", 3), ("IQD", 3), ("JOD", 3), ("KWD", 3), ("LYD", 3), ("OMR", 3), ("TND", 3),
      ("CLF", 4), ("UYW", 4),
      // Codes without a minor unit in ISO 4217, and codes that are not there at all.
      ("XAU", nil), ("XDR", nil), ("XXX", nil), ("XTS", nil), ("TOKEN", nil), ("BTC", nil), ("DEM", nil), ("EU", nil),
    ] as [(String, Int?)])
  func `decimals by ISO 4217`(code: String, exponent: Int?) throws {
    #expect(try #require(Currency(code)).isoExponent == exponent)
  }

  @Test(
    arguments: [
      ("EUR", "USD", true), ("USD", "EUR", false), ("EUR", "EUR", false), ("9A", "A", true),
      ("TOKEN", "TOKEN2", true),
    ] as [(String, String, Bool)])
  func `currencies are ordered as bytes`(left: String, right: String, isBefore: Bool) throws {
    let (left, right) = (try #require(Currency(left)), try #require(Currency(right)))
    #expect((left < right) == isBefore)
  }

  @Test func `the largest exponent still fits an amount`() {
    var power: Int64 = 1
    for _ in 0..<Currency.exponentMax { power *= 10 }
    #expect(power.multipliedReportingOverflow(by: 10).overflow)
    #expect(Currency.token.code == "TOKEN")
  }
}

@Suite struct PolicyNamesTests {
  @Test(
    arguments: [("largest", .largest), ("house", .house), ("first", .first), ("Largest", nil), ("", nil)]
      as [(String, RemainderPolicy?)])
  func `remainder policies as they are written`(name: String, policy: RemainderPolicy?) {
    #expect(RemainderPolicy(rawValue: name) == policy)
  }

  @Test(
    arguments: [("minor", .minor), ("major", .major), ("MINOR", nil), ("cents", nil)]
      as [(String, AmountUnit?)])
  func `amount units as they are written`(name: String, unit: AmountUnit?) {
    #expect(AmountUnit(rawValue: name) == unit)
  }
}
