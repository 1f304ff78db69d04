// What does the reader of ten million commitments need of each one's market, within few lines of memory?
internal import CProcessor
internal import Interchange
internal import Markets
internal import Money

/// What an option word or a position means in its market, in 32 bits.
struct WordFacts {
  private let bits: UInt32

  init(option: Int, isKnownOption: Bool, mustMatchPosition: Bool, isYes: Bool) {
    precondition(option < 1 << 28, "a market has at most 268 million options")
    bits = UInt32(option) << 4 | 1 | (isKnownOption ? 2 : 0) | (mustMatchPosition ? 4 : 0) | (isYes ? 8 : 0)
  }

  /// The number of the option that the word stands for.
  var option: UInt32 { bits >> 4 }
  var isKnownOption: Bool { bits & 2 != 0 }
  /// Whether the option is one of yes and no, so that a position beside it must map to it.
  var mustMatchPosition: Bool { bits & 4 != 0 }
  var isYes: Bool { bits & 8 != 0 }
}

/// A market as the hot path sees it: no reference counts, and its first short option words inside.
struct HotMarket {
  static let wordMax = 8

  var isResolved = false
  var closes = false
  var checksPosition = true
  var wordCount: UInt8 = 0
  var currency: (low: UInt64, high: UInt64) = (0, 0)
  private var facts: InlineArray<8, WordFacts> = .init(
    repeating: WordFacts(option: 0, isKnownOption: false, mustMatchPosition: false, isYes: false))
  /// Words of up to 8 bytes; the first beside their facts, so that most markets are two lines of memory.
  private var words: InlineArray<8, UInt64> = .init(repeating: 0)
  /// To 128 bytes.
  private var padding: UInt64 = 0

  init() {}

  init(_ resolution: Resolution) {
    closes = resolution.closesAt != nil
    currency = unsafe Array(resolution.currency.code.utf8).withUnsafeBufferPointer { unsafe WordTable.packed($0) }
    checksPosition = resolution.policies.positionCheck == .strict
    isResolved = true
  }

  /// What a short word means; nil where it is not here.
  ///
  /// Looks at every place, because which one it is cannot be foreseen; no word is 0, as free places are.
  @inline(__always)
  func facts(of word: UInt64) -> WordFacts? {
    var found: UInt32 = 0
    for index in 0..<HotMarket.wordMax { found |= (words[index] == word ? 1 : 0) << UInt32(index) }
    return found == 0 ? nil : facts[found.trailingZeroBitCount]
  }

  /// Keeps a short word; false where there is no room.
  mutating func keep(_ word: UInt64, _ meaning: WordFacts) -> Bool {
    guard wordCount < HotMarket.wordMax else { return false }
    words[Int(wordCount)] = word
    facts[Int(wordCount)] = meaning
    wordCount += 1
    return true
  }
}

/// A growing run of hot markets that does not check or count on its way.
@safe
final class HotMarkets {
  private var markets: UnsafeMutablePointer<HotMarket>
  private var capacity = 1 << 10
  private var count = 0

  init() { unsafe markets = HotMarkets.allocate(capacity) }
  deinit { unsafe markets.deallocate() }

  /// Each market on lines of its own.
  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<HotMarket> {
    precondition(MemoryLayout<HotMarket>.stride == 128, "a hot market has \(MemoryLayout<HotMarket>.stride) bytes")
    return unsafe UnsafeMutableRawPointer.allocate(byteCount: capacity * 128, alignment: 128)
      .bindMemory(to: HotMarket.self, capacity: capacity)
  }

  func append(_ market: HotMarket) {
    if count == capacity {
      let larger = unsafe HotMarkets.allocate(capacity * 2)
      unsafe larger.moveInitialize(from: markets, count: count)
      unsafe markets.deallocate()
      unsafe markets = unsafe larger
      capacity *= 2
    }
    unsafe (markets + count).initialize(to: market)
    count += 1
  }

  /// Asks for a market that is needed soon.
  @inline(__always)
  func prefetch(_ number: Int) {
    let market = unsafe UnsafeRawPointer(markets + number)
    unsafe settle_prefetch(market)
    unsafe settle_prefetch(market + 64)
  }

  /// The market with this number; valid until one is added.
  @inline(__always)
  subscript(number: Int) -> UnsafeMutablePointer<HotMarket> {
    precondition(number < count, "market \(number) of \(count)")
    return unsafe markets + number
  }
}
