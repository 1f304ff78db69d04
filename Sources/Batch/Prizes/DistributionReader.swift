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
    for (name, value) in members {
      guard let places = Places(name.utf8) else { return .failure(RowCodeError(code: .invalidDistribution)) }
      let text: [UInt8]
      switch value {
      case .string(let string): text = Array(string.utf8)
      case .number(let digits): text = Array(digits.utf8)
      default: return .failure(RowCodeError(code: .invalidDistribution))
      }
      if text.last == 0x25, case .string = value {
        guard let hundredths = share(text.dropLast()) else {
          return .failure(RowCodeError(code: .invalidDistribution))
        }
        guard let rate = BasisPoints(hundredths) else {
          return .failure(RowCodeError(code: .distributionExceedsPool))
        }
        tiers.append(PrizeTier(places, .share(rate)))
      } else {
        switch amount(text, unit: unit, exponent: exponent) {
        case .success(let amount): tiers.append(PrizeTier(places, .fixed(amount)))
        case .failure(let error): return .failure(error)
        }
      }
    }
    do throws(PrizeError) {
      return .success(try PrizeDistribution(tiers))
    } catch {
      return .failure(RowCodeError(code: RowCode(rawValue: error.code) ?? .invalidDistribution))
    }
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
