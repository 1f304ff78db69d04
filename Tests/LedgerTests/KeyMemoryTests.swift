// Is a key known just when an entry has it, whether it is written, kept aside, or was there before?
import TestSupport
import Testing

@testable import Ledger

@Suite struct KeyMemoryTests {
  /// Keys of entries that were in the book before, kept aside, and written; with filters that grow, and that grow too large.
  @Test(
    arguments: [1, 3, 40, 1_000], [8...8, 8...64, 8...4_096] as [ClosedRange<Int>])
  func `random keys are known as a set knows them`(looksMin: Int, capacities: ClosedRange<Int>) throws {
    let seed = UInt64(looksMin * 7 + capacities.upperBound)
    var generator = SeededGenerator(seed: seed)
    let book = try Book()
    try book.apply("credit user:a 1000 key=k1")
    for number in 2...30 { try book.apply("debit user:a 1 key=k\(number * 10)") }
    var expected = Set((1...30).map { $0 == 1 ? "k1" : "k\($0 * 10)" })
    try book.ledger.database.transaction { () throws(LedgerError) in
      let memory = try KeyMemory(book.ledger, looksMin: looksMin, capacities: capacities)
      let writer = try EntryWriter(book.ledger)
      for step in 1...600 {
        let key = "k\(Int.random(in: 1...500, using: &generator))"
        if !writer.hasUnwritten { memory.allAreWritten() }
        let isKnown = try memory.knows(key)
        guard isKnown == expected.contains(key) else {
          Issue.record("seed \(seed), step \(step): \(key) is \(isKnown ? "" : "not ")known")
          return
        }
        if !isKnown {
          writer.begin(EntryWriter.Entry(key: key, kind: "credit", runID: nil, marketID: nil, currency: "TOKEN"))
          try writer.post(-1, to: "external")
          try writer.post(1, to: "user:a")
          try writer.end()
          try memory.add(key)
          expected.insert(key)
        }
        if Int.random(in: 1...50, using: &generator) == 1 { try writer.write() }
      }
      try writer.finish()
    }
    #expect(expected.count > 300)
    #expect(try book.ledger.check().faults == [])
  }
}
