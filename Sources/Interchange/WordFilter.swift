// Which words are surely not among these, in two bytes for each?

/// A Bloom filter over byte strings. It never denies a word that was added; of those that were not it takes one in a
/// hundred or two for one of its own, as long as it holds no more than it was made for.
@safe
public final class WordFilter {
  /// How many words it is made for.
  public let capacity: Int
  public private(set) var count = 0
  /// A word sets some bits of one place, so that a look touches memory once.
  private var places: [UInt64]
  private let seed = UInt64.random(in: .min ... .max)

  /// - Parameter capacity: at least 4; a power of two.
  public init(capacity: Int) {
    precondition(capacity >= 4 && capacity.nonzeroBitCount == 1, "a filter is made for a power of two of words")
    self.capacity = capacity
    places = Array(repeating: 0, count: capacity / 4)
  }

  public func add(_ word: String) {
    let (place, bits) = self.place(of: word)
    places[place] |= bits
    count += 1
  }

  /// False where the word was certainly not added.
  public func mayHold(_ word: String) -> Bool {
    let (place, bits) = self.place(of: word)
    return places[place] & bits == bits
  }

  private func place(of word: String) -> (index: Int, bits: UInt64) {
    var word = word
    let hash = word.withUTF8 { unsafe WordTable.hash($0, seed: seed) }
    let bits = UInt64(1) << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
    return (Int(truncatingIfNeeded: hash >> 24) & (places.count - 1), bits)
  }
}
