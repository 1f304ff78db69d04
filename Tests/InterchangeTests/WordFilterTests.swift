// Does the filter never deny a word that is in it, and seldom take another for one?
import Interchange
import TestSupport
import Testing

@Suite struct WordFilterTests {
  @Test(arguments: [4, 64, 1_024, 1 << 16])
  func `a full filter knows its words, and few others`(capacity: Int) {
    let filter = WordFilter(capacity: capacity)
    #expect(!filter.mayHold("order-0"))
    for number in 0..<capacity { filter.add("order-\(number)") }
    #expect(filter.count == capacity && filter.capacity == capacity)
    let denied = (0..<capacity).filter { !filter.mayHold("order-\($0)") }
    #expect(denied == [])
    let taken = (0..<10_000).count { filter.mayHold("other-\($0)") }
    // One in a hundred or two where there are many; of four words one that lies badly counts for much.
    #expect(taken < (capacity < 1_024 ? 2_500 : 250), "\(taken) of 10,000")
  }

  @Test(arguments: [
    ("", "a", false), ("a", "a", true), ("m\u{E9}", "me\u{301}", false),
    ("a key of more than sixteen bytes", "a key of more than sixteen bytes", true),
    ("a key of more than sixteen bytes", "a key of more than sixteen bytez", false), ("ab", "ab\0", false),
  ])
  func `words differ by their bytes`(added: String, asked: String, isHeld: Bool) {
    // A word in a thousand is taken for another: with a seed of its own for each filter not by all of them.
    let filters = (0..<4).map { _ in WordFilter(capacity: 1_024) }
    for filter in filters { filter.add(added) }
    #expect(filters.allSatisfy { $0.mayHold(asked) } == isHeld)
  }
}
