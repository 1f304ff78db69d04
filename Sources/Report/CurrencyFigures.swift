// What happened in one currency?
internal import Batch
internal import Markets
internal import Money

/// A night's figures in one currency.
struct CurrencyFigures {
  /// Markets that are drawn one by one.
  static let marketsMax = 12
  static let creatorsMax = 15
  static let payoutsMax = 10

  struct Payout {
    let market: ID
    let user: ID
    let staked: Int64
    let paid: Int64
  }

  let code: String
  let exponent: Int?
  var gross: Int128 = 0
  /// In the order of `Share.allCases`.
  var shares = [Int128](repeating: 0, count: Share.allCases.count)
  var markets = Largest<MarketFigures>(marketsMax)
  /// Markets with stakes.
  var marketsWithStakes = 0
  var minusPools = 0
  var marketsWithoutWinner = 0
  var creators: [ID: (amount: Int128, markets: Int)] = [:]
  var payouts = AmountSpread()
  var returns = ReturnSpread()
  var largestPayouts = Largest<Payout>(payoutsMax)
  /// The markets that are drawn, with their options.
  var drawn: [MarketFigures] = []

  init(_ code: String, exponent: Int?) {
    self.code = code
    self.exponent = exponent
  }

  /// Every unit staked is accounted for.
  var addsUp: Bool { shares.reduce(0, +) == gross }

  mutating func add(_ market: MarketFigures) {
    gross += market.gross
    for (index, amount) in market.shares.enumerated() { shares[index] += amount }
    guard market.gross > 0 else { return }
    marketsWithStakes += 1
    minusPools += market.isMinusPool ? 1 : 0
    marketsWithoutWinner += market.hasNoWinner ? 1 : 0
    markets.add(market.gross, market)
  }

  // MARK: Amounts

  /// `1,234.56`: units of the currency where its decimals are known, else minor units.
  func amount(_ value: Int128) -> String { Amounts.text(value, exponent: exponent) }
  func amount(_ value: Int64) -> String { amount(Int128(value)) }

  /// `1,234.56 USD`
  func money(_ value: Int128) -> String { "\(amount(value)) \(code)" }

  /// `20` for 20.00: an amount in words, its decimals only where there are some.
  func brief(_ value: Int64) -> String {
    let text = amount(value)
    guard let exponent, exponent > 0, text.hasSuffix("." + String(repeating: "0", count: exponent)) else { return text }
    return String(text.dropLast(exponent + 1))
  }
}

/// Numbers as people read them.
enum Amounts {
  static func grouped(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value.magnitude))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + text
  }

  static func text(_ value: Int128, exponent: Int?) -> String {
    guard let exponent, exponent > 0 else { return grouped(value) }
    var digits = String(value.magnitude)
    if digits.count <= exponent { digits = String(repeating: "0", count: exponent + 1 - digits.count) + digits }
    let whole = UInt128(digits.dropLast(exponent)) ?? 0
    return (value < 0 ? "−" : "") + "\(grouped(whole)).\(digits.suffix(exponent))"
  }

  /// `12.3 %`: a part of a whole, cut to a tenth; `< 0.1 %` where there is something, but less.
  static func share(_ part: Int128, of whole: Int128) -> String {
    guard whole > 0 else { return "–" }
    let permille = part.magnitude.multipliedPermille(of: whole.magnitude)
    if permille == 0, part != 0 { return "<\u{A0}0.1\u{A0}%" }
    return "\(permille / 10).\(permille % 10)\u{A0}%"
  }

  /// `+6.1 %`: what a number changed by; nil where it cannot be told.
  static func change(_ new: Int128, from old: Int128) -> String? {
    guard old > 0 else { return nil }
    if new == old { return "unchanged" }
    let difference = new - old
    let permille = difference.magnitude.multipliedPermille(of: old.magnitude)
    let sign = difference < 0 ? "−" : "+"
    if permille == 0 { return "\(sign)0.0\u{A0}%" }
    if permille >= 100_000 { return "\(sign)\(grouped(permille / 1_000)) times" }
    return "\(sign)\(permille / 10).\(permille % 10)\u{A0}%"
  }

  static func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }
}

extension UInt128 {
  /// ⌊self × 1000 ÷ whole⌋, without overflow for sums of 64-bit amounts.
  func multipliedPermille(of whole: UInt128) -> UInt128 {
    let (product, overflow) = multipliedReportingOverflow(by: 1_000)
    return overflow ? self / Swift.max(whole / 1_000, 1) : product / whole
  }
}
