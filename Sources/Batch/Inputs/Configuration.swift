// Which defaults hold where a resolution is silent, and how are the inputs to be read?
package import Interchange
package import Markets
package import Money

/// Everything beside the inputs that decides what a night pays. Part of the batch key and of the manifest.
package struct Configuration: Sendable {
  package var policies = Policies()
  package var currency = Currency.token
  /// Decimals of currencies, beside and above ISO 4217.
  package var exponents: [Currency: Int] = [:]
  package var amountUnit = AmountUnit.minor
  /// Settle a market without its rejected commitments instead of holding it.
  package var settlesWithRejects = false
  /// Only these markets are settled; empty for all.
  package var only: Set<ID> = []

  package init() {}

  package func exponent(of currency: Currency) -> Int? { exponents[currency] ?? currency.isoExponent }

  /// Keys of `settle.json`, also names of options and columns.
  package static let keys: [String] = [
    "house_fee_bps", "creator_fee_bps", "currency", "fee_base", "fee_rounding", "winner_split", "remainder",
    "minus_pool", "no_winner", "refund_bps", "position_check", "currencies", "amount_unit",
  ]

  /// Sets one of `keys` from its text.
  /// - Throws: what the value must be.
  package mutating func set(_ key: String, to text: String) throws(BatchError) {
    func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws(BatchError) -> Choice
    where Choice.RawValue == String {
      guard let choice = Choice(rawValue: text) else {
        throw BatchError.invalidConfiguration(
          "\(key) is \(Terminal.quoted(text))",
          hint: "one of: " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return choice
    }
    func rate() throws(BatchError) -> BasisPoints {
      guard let rate = Configuration.basisPoints(text) else {
        throw BatchError.invalidConfiguration(
          "\(key) is \(Terminal.quoted(text))", hint: "a whole number of basis points, 0 to 10000")
      }
      return rate
    }
    switch key {
    case "house_fee_bps": policies.houseFee = try rate()
    case "creator_fee_bps": policies.creatorFee = try rate()
    case "refund_bps": policies.refund = try rate()
    case "currency":
      guard let currency = Currency(text) else {
        throw BatchError.invalidConfiguration(
          "currency is \(Terminal.quoted(text))", hint: "1 to 12 capital letters or digits")
      }
      self.currency = currency
    case "fee_base": policies.feeBase = try choice(FeeBase.self)
    case "fee_rounding": policies.feeRounding = try choice(FeeRounding.self)
    case "winner_split": policies.winnerSplit = try choice(WinnerSplit.self)
    case "remainder": policies.remainder = try choice(RemainderPolicy.self)
    case "minus_pool": policies.minusPool = try choice(MinusPoolPolicy.self)
    case "no_winner": policies.noWinner = try choice(NoWinnerPolicy.self)
    case "position_check": policies.positionCheck = try choice(PositionCheck.self)
    case "amount_unit": amountUnit = try choice(AmountUnit.self)
    case "currencies":
      // As an option: POINTS=0,COIN=3
      for part in text.split(separator: ",") {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        try setExponent(String(pair[0]), pair.count == 2 ? String(pair[1]) : "")
      }
    default:
      throw BatchError.invalidConfiguration(
        "there is no setting \(Terminal.quoted(key))",
        hint: "known settings: " + Configuration.keys.joined(separator: ", "))
    }
  }

  private mutating func setExponent(_ code: String, _ text: String) throws(BatchError) {
    guard let currency = Currency(code), let exponent = Int(text), String(exponent) == text,
      (0...Currency.exponentMax).contains(exponent)
    else {
      throw BatchError.invalidConfiguration(
        "currencies has \(Terminal.quoted(code)): \(Terminal.quoted(text))",
        hint: "a code of 1 to 12 capital letters or digits, and its decimals, 0 to \(Currency.exponentMax)")
    }
    exponents[currency] = exponent
  }

  /// Applies a `settle.json`: a flat object of `keys`.
  package mutating func apply(file path: String) throws(BatchError) {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: try FileSystem.contents(of: path))
    } catch let fault as Fault {
      throw BatchError.invalidConfiguration(
        "\(Terminal.safe(path)):\(fault.line): \(fault.message)", hint: "correct the JSON")
    } catch let error as FileError {
      throw BatchError.file(error)
    } catch {
      preconditionFailure("reading \(path): \(error)")
    }
    guard let members = document.members else {
      throw BatchError.invalidConfiguration(
        "\(Terminal.safe(path)) is not a JSON object", hint: "see `settle help formats`")
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .null: continue
      case .string(let text) where text.isEmpty: continue
      case .string(let text) where key != "currencies": try set(key, to: text)
      case .number(let digits) where key != "currencies": try set(key, to: digits)
      case .object(let codes) where key == "currencies":
        for (code, exponent) in codes.sorted(by: { $0.key < $1.key }) {
          guard case .number(let digits) = exponent else {
            throw BatchError.invalidConfiguration(
              "currencies has no number for \(Terminal.quoted(code))", hint: "like {\"POINTS\": 0}")
          }
          try setExponent(code, digits)
        }
      default:
        guard Configuration.keys.contains(key) else {
          try set(key, to: "")
          continue
        }
        throw BatchError.invalidConfiguration(
          "\(key) in \(Terminal.safe(path)) has the wrong type", hint: "see `settle help formats`")
      }
    }
    try checkFees()
  }

  /// Both default fees together are at most the whole pool.
  package func checkFees() throws(BatchError) {
    guard policies.houseFee.value + policies.creatorFee.value <= BasisPoints.whole else {
      throw BatchError.invalidConfiguration(
        "house_fee_bps and creator_fee_bps are together above 10000", hint: "lower one of them")
    }
  }

  static func basisPoints(_ text: String) -> BasisPoints? {
    guard let value = Int64(text), String(value) == text else { return nil }
    return BasisPoints(value)
  }

  /// For the manifest and the batch key.
  package var json: JSONValue {
    .object([
      "house_fee_bps": .int(policies.houseFee.value),
      "creator_fee_bps": .int(policies.creatorFee.value),
      "currency": .string(currency.code),
      "fee_base": .string(policies.feeBase.rawValue),
      "fee_rounding": .string(policies.feeRounding.rawValue),
      "winner_split": .string(policies.winnerSplit.rawValue),
      "remainder": .string(policies.remainder.rawValue),
      "minus_pool": .string(policies.minusPool.rawValue),
      "no_winner": .string(policies.noWinner.rawValue),
      "refund_bps": .int(policies.refund.value),
      "position_check": .string(policies.positionCheck.rawValue),
      "amount_unit": .string(amountUnit.rawValue),
      "currencies": .object(
        Dictionary(uniqueKeysWithValues: exponents.map { ($0.key.code, JSONValue.int($0.value)) })),
      "settle_with_rejects": .bool(settlesWithRejects),
      "only": .array(only.sorted().map { .string($0.description) }),
    ])
  }

  /// The configuration that a manifest records.
  package init(json: JSONValue) throws(BatchError) {
    self.init()
    for (key, value) in (json.members ?? [:]).sorted(by: { $0.key < $1.key }) {
      switch (key, value) {
      case ("settle_with_rejects", .bool(let flag)): settlesWithRejects = flag
      case ("only", .array(let ids)): only = Set(ids.compactMap { $0.text.map { ID($0) } })
      case ("currencies", .object(let codes)):
        for (code, exponent) in codes.sorted(by: { $0.key < $1.key }) {
          if case .number(let digits) = exponent { try setExponent(code, digits) }
        }
      case (_, .string(let text)), (_, .number(let text)): try set(key, to: text)
      default:
        throw BatchError.invalidConfiguration("\(key) in the manifest has the wrong type", hint: "restore the manifest")
      }
    }
  }
}
