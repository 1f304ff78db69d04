// Does the hash table find just the words that were put in, each with its owner's number?
import Interchange
import TestSupport
import Testing

@Suite struct WordTableTests {
  private struct Key: Hashable {
    let word: [UInt8]
    let owner: Int
  }

  private func number(of key: Key, in table: WordTable) -> Int? {
    unsafe key.word.withUnsafeBufferPointer { unsafe table.number(of: $0, owner: key.owner) }
  }

  private func add(_ key: Key, _ number: Int, to table: WordTable) {
    unsafe key.word.withUnsafeBufferPointer { unsafe table.add($0, owner: key.owner, number: number) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random words have the numbers that a dictionary has`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let table = WordTable()
    var dictionary: [Key: Int] = [:]
    var misses = 0
    for step in 1...20_000 {
      let key = WordTableTests.randomKey(&generator)
      let found = number(of: key, in: table)
      guard found == dictionary[key] else {
        Issue.record("seed \(seed), step \(step): \(key) is \(found ?? -1), not \(dictionary[key] ?? -1)")
        return
      }
      if found == nil {
        misses += 1
        add(key, step, to: table)
        dictionary[key] = step
      }
    }
    // The table has grown several times, and many words came again.
    #expect((5_000...19_000).contains(misses), "seed \(seed): \(misses) of 20000 were new")
    for (key, expected) in dictionary where number(of: key, in: table) != expected {
      Issue.record("seed \(seed): \(key) was lost")
      return
    }
  }

  /// Words that look alike: zeros, common beginnings, lengths around 4, 8 and 16.
  private static func randomKey(_ generator: inout SeededGenerator) -> Key {
    let length = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 40].randomElement(using: &generator)!
    var word = [UInt8](repeating: 0, count: length)
    for _ in 0..<Int.random(in: 0...2, using: &generator) {
      word[Int.random(in: 0..<length, using: &generator)] = UInt8.random(in: 0...40, using: &generator)
    }
    return Key(word: word, owner: Int.random(in: 0...5, using: &generator))
  }

  @Test func `a word belongs to its owner alone`() {
    let table = WordTable()
    add(Key(word: [1], owner: 1), 10, to: table)
    add(Key(word: [1], owner: 2), 20, to: table)
    #expect(number(of: Key(word: [1], owner: 1), in: table) == 10)
    #expect(number(of: Key(word: [1], owner: 2), in: table) == 20)
    #expect(number(of: Key(word: [1], owner: 3), in: table) == nil)
    #expect(number(of: Key(word: [1, 0], owner: 1), in: table) == nil)
  }

  @Test func `words are kept as they were, longer ones than a slab among them`() {
    let table = WordTable()
    var long = [UInt8](repeating: 7, count: 70_000)
    add(Key(word: long, owner: 0), 1, to: table)
    add(Key(word: [7], owner: 0), 2, to: table)
    let copy = long
    long[69_999] = 8
    #expect(number(of: Key(word: long, owner: 0), in: table) == nil)
    add(Key(word: long, owner: 0), 3, to: table)
    #expect(number(of: Key(word: copy, owner: 0), in: table) == 1)
    #expect(number(of: Key(word: long, owner: 0), in: table) == 3)
    #expect(number(of: Key(word: [7], owner: 0), in: table) == 2)
  }
}
