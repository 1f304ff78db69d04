// Does a commitment come out of the store as it went in, whatever the size of its numbers?
import Interchange
import Testing

@testable import Batch

@Suite struct CommitmentStoreTests {
  private struct Fields: Equatable {
    var amount: Int64 = 1
    var file = 1
    var line = 2
    var option: UInt32 = 0
    var flags: UInt8 = 0
    var quotes: UInt8 = 0
    var commitmentID = "c1"
    var userID = "u1"
  }

  /// Each number at the border between the two shapes of a record, and at its own end.
  private static let cases: [Fields] =
    [0, 1, 1 << 32 - 1, 1 << 32, .max].map { Fields(amount: $0) }
    + [1, 255, 256, 65_535].map { Fields(file: $0) }
    + [2, 1 << 32 - 1, 1 << 32, 1 << 48 - 1].map { Fields(line: $0) }
    + [0, 255, 256, .max].map { Fields(option: $0) }
    + [0, 1, 0x7F].map { Fields(flags: $0) } + (0...3).map { Fields(quotes: $0) }
    + [
      Fields(commitmentID: String(repeating: "c", count: 128), userID: String(repeating: "u", count: 128)),
      Fields(userID: ""), Fields(amount: .max, file: 65_535, line: 1 << 48 - 1, option: .max, flags: 0x7F, quotes: 3),
    ]

  @Test func `a record says what was written, wide or narrow, one behind the other`() {
    let store = CommitmentStore()
    store.addMarket()
    store.addMarket()
    for fields in CommitmentStoreTests.cases {
      for market in 0...1 { CommitmentStoreTests.add(fields, to: market, of: store) }
    }
    for market in 0...1 {
      var found: [Fields] = []
      var bytes = 0
      store.forEachRecord(of: market) { record in
        found.append(CommitmentStoreTests.fields(of: record))
        bytes += record.count
      }
      #expect(found == CommitmentStoreTests.cases)
      #expect(store.recordCount(of: market) == found.count)
      #expect(store.byteCount(of: market) == bytes)
    }
    #expect(store.recordCount(of: 2) == 0)
  }

  @Test(arguments: CommitmentStoreTests.cases.indices)
  func `a record that is rejected keeps the rest`(number: Int) {
    var expected = CommitmentStoreTests.cases[number]
    let store = CommitmentStore()
    store.addMarket()
    CommitmentStoreTests.add(expected, to: 0, of: store)
    store.forEachRecord(of: 0) { $0.markRejected() }
    expected.flags |= CommitmentFlags.rejected.rawValue
    store.forEachRecord(of: 0) { #expect(CommitmentStoreTests.fields(of: $0) == expected) }
  }

  private static func add(_ fields: Fields, to market: Int, of store: CommitmentStore) {
    let head = CommitmentRecord.Head(
      amount: fields.amount, file: fields.file, line: fields.line, option: fields.option,
      flags: CommitmentFlags(rawValue: fields.flags), quotes: fields.quotes)
    store.append(to: market, head, commitmentID: fields.commitmentID, userID: fields.userID)
  }

  private static func fields(of record: CommitmentRecord) -> Fields {
    unsafe Fields(
      amount: record.amount, file: record.file, line: record.line, option: record.option,
      flags: record.flags.rawValue, quotes: (record.quotesCommitmentID ? 1 : 0) | (record.quotesUserID ? 2 : 0),
      commitmentID: String(decoding: record.commitmentID, as: UTF8.self),
      userID: String(decoding: record.userID, as: UTF8.self))
  }
}
