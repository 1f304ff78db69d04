// Is a file that is cut for several threads cut between records, with every byte in one piece and one digest?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct InputPiecesTests {
  private let workspace = Workspace()

  /// The pieces of a file as text, all of them held before the first is looked at.
  private func pieces(_ text: String, _ layout: InputPieces.Layout, blockSize: Int) throws -> [(
    text: String, line: Int
  )] {
    let source = try InputPieces(path: workspace.write("file", text), layout: layout, blockSize: blockSize)
    var pieces: [InputPieces.Piece] = []
    while let piece = try source.next() { pieces.append(piece) }
    let contents = try pieces.map { piece in
      var bytes: [UInt8] = []
      var isMore = true
      while isMore {
        let window = unsafe UnsafeBufferPointer(
          start: piece.stream.start, count: piece.stream.limit - piece.stream.start)
        unsafe bytes += Array(window)
        isMore = unsafe try piece.stream.extend(keeping: piece.stream.limit)
      }
      return (String(decoding: bytes, as: UTF8.self), piece.line)
    }
    #expect(source.summary().byteCount == text.utf8.count)
    #expect(source.summary().digest == SHA256.digest(of: Array(text.utf8)))
    return contents
  }

  @Test(
    arguments: [
      // At the last line feed of a block, until a quote is seen.
      (.csv, 10, "a,b\n1,2\n3,4\n5,6\n", ["a,b\n1,2\n", "3,4\n5,6\n"], [1, 3]),
      (.csv, 4, "a,b\n1,2\n3,4", ["a,b\n", "1,2\n", "3,4"], [1, 2, 3]),
      (.csv, 4, "a,b\n1,2\n3,\"\n\"\n5,6\n", ["a,b\n", "1,2\n", "3,\"\n\"\n5,6\n"], [1, 2, 3]),
      (.csv, 3, "a,b\n1,\"2\"\n", ["a,b\n", "1,\"2\"\n"], [1, 2]),
      (.csv, 8, "a,b\n1,2\n", ["a,b\n1,2\n", ""], [1, 3]),
      (.csv, 100, "a,b\n1,2\n", ["a,b\n1,2\n"], [1]),
      (.csv, 4, "", [""], [1]),
      // Lines may be cut whatever they hold.
      (.lines, 10, "{\"a\":\"\"}\n{\"b\":\"\\n\"}\n\n{}", ["{\"a\":\"\"}\n", "{\"b\":\"\\n\"}\n", "\n{}"], [1, 2, 3]),
      // An array behind a comma between two objects.
      (.array, 8, "[{\"a\":1},{\"b\":2},\n{\"c\":3}]", ["[{\"a\":1},", "{\"b\":2},", "\n{\"c\":3}]"], [1, 1, 1]),
      (.array, 8, "[{\"a\":1} , {\"b\":2}\n,\n{}]", ["[{\"a\":1} ,", " {\"b\":2}\n,", "\n{}]"], [1, 1, 2]),
      (.array, 8, "[{\"a\":[1,2,3,4,5,6]}]", ["[{\"a\":[1,2,3,4,5,6]}]"], [1]),
      // An object around the table is not cut.
      (.array, 8, "{\"t\":[{\"a\":1},{\"b\":2}]}", ["{\"t\":[{\"a\":1},{\"b\":2}]}"], [1]),
    ] as [(InputPieces.Layout, Int, String, [String], [Int])])
  func `where a file is cut, and the line of each piece`(
    layout: InputPieces.Layout, blockSize: Int, text: String, expected: [String], lines: [Int]
  ) throws {
    let found = try pieces(text, layout, blockSize: blockSize)
    #expect(found.map(\.text) == expected)
    #expect(found.map(\.line) == lines)
  }

  @Test(arguments: [
    // A cut between `}` and `{` that is no border of records: inside a string, or deeper down.
    "[{\"id\":\"c1},{},{\"},{\"id\":\"c2\"}]",
    "[{\"id\":\"c1\",\"note\":[{\"a\":1},{\"a\":2}]},{\"id\":\"c2\"}]",
    "[{\"id\":\"c1\",\"x\":\"\\\"},{\\\"id\\\":\\\"c9\\\"},{\"},{\"id\":\"c2\"}]",
    "[{\"id\":\"c1\",\"x\":[[{},{}],[{},{}]]},{\"id\":\"c2\"}]",
  ])
  func `a wrong cut of an array is never taken for records`(file: String) {
    let (lines, differences) = Transcript.read(Array(file.utf8), as: .json, in: workspace)
    #expect(lines.filter { !$0.hasPrefix("unknown") }.count == 2, "\(lines)")
    #expect(differences.isEmpty)
    // Half of the file is no array, whatever the cuts.
    for count in file.utf8.indices.dropFirst().map({ file.utf8.distance(from: file.utf8.startIndex, to: $0) }) {
      let part = Transcript.read(Array(file.utf8.prefix(count)), as: .json, in: workspace, Transcript.Way.few)
      #expect(part.lines.contains { $0.contains("unreadable") }, "the first \(count) bytes: \(part.lines)")
      #expect(part.differences.isEmpty, "the first \(count) bytes")
    }
  }

  @Test func `several threads read every record once`() throws {
    let count = 20_000
    let rows = (1...count).map { "c\($0),m1,\($0)\n" }.joined()
    let path = workspace.write("rows.csv", "commitment_id,market_id,amount\n" + rows)
    let source = try InputPieces(path: path, layout: .csv, blockSize: 4_096)
    let first = try #require(try source.next())
    let opening = CSVReader(first.stream, schema: Transcript.schema)
    #expect(try opening.prepare() == nil)
    let header = opening.header
    let found = Monitor<[Int: Int]>([:])
    Worker.concurrently(4) { thread in
      var own: [Int: Int] = [:]
      func read(_ reader: CSVReader) throws {
        while case .record = try reader.next() {
          let cell = unsafe reader.cells[2]
          own[reader.line] = Int(String(decoding: cell.bytes, as: UTF8.self))
        }
      }
      do {
        if thread == 0 { try read(opening) }
        while let piece = try source.next() {
          try read(CSVReader(piece, schema: Transcript.schema, header: header))
        }
      } catch {
        own[-1] = -1
      }
      found.update { $0.merge(own) { _, _ in -2 } }
    }
    let amounts = found.update { $0 }
    #expect(amounts.count == count)
    #expect(amounts.allSatisfy { $0.key == $0.value + 1 }, "a record of another line, or one read twice")
    #expect(source.summary().digest == SHA256.digest(of: try FileSystem.contents(of: path)))
  }
}
