// What does the distribution cell of an event say?
internal import Interchange
internal import Money
internal import Prizes

/// Reads distributions. Events of one organizer mostly share theirs, so that the last ones are kept.
struct DistributionReader {
  private struct Key: Hashable {
    let bytes: [UInt8]
    let exponent: Int?
  }

  private let unit: AmountUnit
  private var known: [Key: Result<PrizeDistribution, RowCodeError>] = [:]
  private static let knownMax = 4_096

  init(unit: AmountUnit) { self.unit = unit }

  /// - Parameter exponent: decimals of the event's currency, for amounts in its major unit.
  mutating func distribution(_ cell: Cell, exponent: Int?) -> Result<PrizeDistribution, RowCodeError> {
    guard cell.kind == .object || cell.kind == .text else { return .failure(RowCodeError(code: .invalidDistribution)) }
    let key = Key(bytes: cell.bytes, exponent: unit == .major ? exponent : nil)
    if let known = known[key] { return known }
    let read = DistributionReader.read(key.bytes, unit: unit, exponent: exponent)
    if known.count == DistributionReader.knownMax { known.removeAll() }
    known[key] = read
    return read
  }

  static func read(_ bytes: [UInt8], unit: AmountUnit, exponent: Int?) -> Result<PrizeDistribution, RowCodeError> {
    guard let members = (try? JSONValue(parsing: bytes))?.members else {
      return .failure(RowCodeError(code: .invalidDistribution))
    }
    var tiers: [PrizeTier] = []
    var faults: Set<RowCode> = []
    for (name, value) in members {
      switch tier(name, value, unit: unit, exponent: exponent) {
      case .success(let tier): tiers.append(tier)
      case .failure(let error): faults.insert(error.code)
      }
    }
    // Members come in no order. Of several faults one is told, the same in every run: what cannot be read comes first.
    for code in [RowCode.invalidDistribution, .amountOutOfRange, .distributionExceedsPool] where faults.contains(code) {
      return .failure(RowCodeError(code: code))
    }
    do throws(PrizeError) {
      return .success(try PrizeDistribution(tiers))
    } catch {
      return .failure(RowCodeError(code: RowCode(rawValue: error.code) ?? .invalidDistribution))
    }
  }

  private static func tier(
    _ name: String, _ value: JSONValue, unit: AmountUnit, exponent: Int?
  ) -> Result<PrizeTier, RowCodeError> {
    let text: [UInt8]
    switch value {
    case .string(let string): text = Array(string.utf8)
    case .number(let digits): text = Array(digits.utf8)
    default: return .failure(RowCodeError(code: .invalidDistribution))
    }
    guard let places = Places(name.utf8) else { return .failure(RowCodeError(code: .invalidDistribution)) }
    guard text.last == 0x25, case .string = value else {
      return amount(text, unit: unit, exponent: exponent).map { PrizeTier(places, .fixed($0)) }
    }
    guard let hundredths = share(text.dropLast()) else { return .failure(RowCodeError(code: .invalidDistribution)) }
    guard let rate = BasisPoints(hundredths) else { return .failure(RowCodeError(code: .distributionExceedsPool)) }
    return .success(PrizeTier(places, .share(rate)))
  }

  /// `45.5` as 4550 hundredths of a percent: at most two decimals, no sign, no leading zero.
  private static func share(_ text: ArraySlice<UInt8>) -> Int64? {
    let parts = text.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, (1...9).contains(whole.count), whole.count == 1 || whole.first != 0x30,
      text.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
    else { return nil }
    var decimals = parts.count == 2 ? Array(parts[1]) : [0x30]
    guard (1...2).contains(decimals.count), !decimals.contains(0x2E) else { return nil }
    if decimals.count == 1 { decimals.append(0x30) }
    return (whole + decimals).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  private static func amount(_ text: [UInt8], unit: AmountUnit, exponent: Int?) -> Result<Int64, RowCodeError> {
    let number =
      unit == .minor
      ? unsafe text.withUnsafeBufferPointer { unsafe CellCheck.integer($0) }
      : CellCheck.decimal(text, exponent: exponent)
    return switch number {
    case .value(let amount): .success(amount)
    case .misspelt: .failure(RowCodeError(code: .invalidDistribution))
    case .tooLarge: .failure(RowCodeError(code: .amountOutOfRange))
    }
  }
}
