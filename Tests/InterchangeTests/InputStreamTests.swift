// Does every byte of a file reach its reader once, in order, and into the digest?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct InputStreamTests {
  private let workspace = Workspace()

  private func window(_ stream: Interchange.InputStream) -> [UInt8] {
    unsafe Array(UnsafeBufferPointer(start: stream.start, count: stream.limit - stream.start))
  }

  /// Gives up the first `count` bytes of the window and adds a block behind.
  private func extend(_ stream: Interchange.InputStream, givingUp count: Int) throws -> Bool {
    let kept = unsafe stream.start + count
    return unsafe try stream.extend(keeping: kept)
  }

  @Test(arguments: [true, false])
  func `the window moves over the file`(isAhead: Bool) throws {
    let path = workspace.write("file", "ab\ncdefgh\nij")
    let stream = try Interchange.InputStream(path: path, blockSize: 8, ahead: isAhead)
    #expect(String(decoding: window(stream), as: UTF8.self) == "ab\ncdefg")
    #expect(!stream.isAtEnd)
    #expect(try extend(stream, givingUp: 3))
    #expect(String(decoding: window(stream), as: UTF8.self) == "cdefgh\nij")
    #expect(stream.isAtEnd)
    #expect(try !extend(stream, givingUp: 7))
    #expect(String(decoding: window(stream), as: UTF8.self) == "ij")
    let summary = try stream.summary()
    #expect(summary.byteCount == 12)
    #expect(summary.digest == SHA256.digest(of: Array("ab\ncdefgh\nij".utf8)))
  }

  @Test func `what a pipe has is read without waiting for more`() throws {
    let path = "\(workspace.path)/pipe"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    // Open for both: a pipe that nobody writes to could not be opened.
    let writer = try #require(FileHandle(forUpdatingAtPath: path))
    try writer.write(contentsOf: Data("ab\n".utf8))
    let stream = try Interchange.InputStream(path: path, blockSize: 64, ahead: false, fillsBlocks: false)
    #expect(String(decoding: window(stream), as: UTF8.self) == "ab\n")
    #expect(!stream.isAtEnd)
    try writer.write(contentsOf: Data("cd".utf8))
    #expect(try extend(stream, givingUp: 1))
    #expect(String(decoding: window(stream), as: UTF8.self) == "b\ncd")
    try writer.close()
    #expect(try !extend(stream, givingUp: 3) || window(stream) == Array("d".utf8))
    #expect(stream.isAtEnd)
    #expect(try stream.summary().digest == SHA256.digest(of: Array("ab\ncd".utf8)))
  }

  @Test(arguments: [0, 1, 7, 8, 9, 16, 64, 65_536, 65_537, 300_000], [true, false])
  func `kept whole or given up at once, a file is what it is`(size: Int, isAhead: Bool) throws {
    var generator = SeededGenerator(seed: UInt64(size))
    let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let path = workspace.write("file", Data(bytes))
    for blockSize in [8, 4_096, 65_536, 1 << 20] where size / blockSize < 1_000 {
      let keeping = try Interchange.InputStream(path: path, blockSize: blockSize, ahead: isAhead)
      while try extend(keeping, givingUp: 0) {}
      #expect(window(keeping) == bytes, "\(size) bytes in blocks of \(blockSize)")
      #expect(try keeping.summary().digest == SHA256.digest(of: bytes))

      let moving = try Interchange.InputStream(path: path, blockSize: blockSize, ahead: isAhead)
      var passed: [UInt8] = []
      repeat { passed += window(moving) } while try extend(moving, givingUp: window(moving).count)
      #expect(passed == bytes, "\(size) bytes in blocks of \(blockSize)")
      #expect(try moving.summary().byteCount == size)

      let unread = try Interchange.InputStream(path: path, blockSize: blockSize, ahead: isAhead)
      #expect(try unread.summary().digest == SHA256.digest(of: bytes), "\(size) bytes in blocks of \(blockSize)")
    }
  }

  @Test func `a stream that nobody reads to its end goes away quietly`() throws {
    let path = workspace.write("file", Data(repeating: 7, count: 100_000))
    for _ in 1...50 {
      let stream = try Interchange.InputStream(path: path, blockSize: 16, ahead: true)
      #expect(try extend(stream, givingUp: 16))
    }
  }

  @Test func `a pipe is read to its end`() throws {
    let path = "\(workspace.path)/pipe"
    let status = unsafe mkfifo(path, 0o600)
    try #require(status == 0)
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let writer = Worker { try? Data(bytes).write(to: URL(fileURLWithPath: path), options: []) }
    let stream = try Interchange.InputStream(path: path, blockSize: 1_000, ahead: true)
    #expect(try stream.summary().digest == SHA256.digest(of: bytes))
    writer.join()
  }

  @Test func `a missing file and a directory are errors`() {
    let none = "\(workspace.path)/none"
    #expect(throws: FileError("open", none, number: ENOENT)) { try Interchange.InputStream(path: none) }
    #expect(throws: FileError("read", workspace.path, number: EISDIR)) {
      try Interchange.InputStream(path: workspace.path)
    }
  }
}

@Suite struct InputFormatTests {
  @Test(
    arguments: [
      ("a.csv", .csv), ("a.CSV", .csv), ("/x/y.z/a.json", .json), ("a.ndjson", .ndjson), ("a.jsonl", .ndjson),
      ("a.b.csv", .csv), (".csv", .csv), ("a.csv.gz", nil), ("a", nil), ("-", nil), ("", nil), ("x.csv/a", nil),
      ("a.", nil), ("a.tsv", nil), ("csv", nil),
    ] as [(String, InputFormat?)])
  func `the format that an extension names`(path: String, expected: InputFormat?) {
    #expect(InputFormat(path: path) == expected)
  }

  @Test(
    arguments: [
      ("total_payout", "totalPayout"), ("market_id", "marketId"), ("reason", "reason"),
      ("house_fee_bps", "houseFeeBps"),
      ("a_1_b", "a1B"),
    ] as [(String, String)])
  func `snake case in camel case`(name: String, expected: String) {
    #expect(Schema.camelCase(name) == expected)
  }

  @Test(
    arguments: [
      ("commitment_id", 0), ("commitmentId", 0), ("id", 0), ("market_id", 1), ("marketId", 1), ("amount", 2),
      ("tokens_committed", 2), ("tokensCommitted", 2), ("note", 3), ("Note", nil), ("commitmentid", nil), ("Id", nil),
      ("", nil),
      ("note ", nil),
    ] as [(String, Int?)])
  func `the field that a name stands for`(name: String, expected: Int?) {
    #expect(Transcript.schema.number(of: Array(name.utf8)) == expected)
  }
}
