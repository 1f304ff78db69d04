// Which records does a CSV file hold, and what is wrong with the others? The same however its bytes arrive.
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct CSVReaderTests {
  private static let header = "commitment_id,market_id,amount,note\n"
  private let workspace = Workspace()

  private func expect(_ bytes: [UInt8], gives expected: [String]) {
    let (lines, differences) = Transcript.read(bytes, as: .csv, in: workspace)
    #expect(lines == expected)
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test(
    arguments: [
      ("c1,m1,5,hello\n", ["2: c1 m1 5 hello"]),
      ("c1,m1,5,hello", ["2: c1 m1 5 hello"]),
      ("c1,m1,5,hello\r\n", ["2: c1 m1 5 hello"]),
      ("c1,m1,5,a\r\nc2,m2,6,b\nc3,m3,7,c\r\n", ["2: c1 m1 5 a", "3: c2 m2 6 b", "4: c3 m3 7 c"]),
      ("", []),
      // Empty cells are not given, quoted or not.
      ("c1,m1,5,\n", ["2: c1 m1 5 -"]),
      ("c1,m1,5,", ["2: c1 m1 5 -"]),
      ("c1,m1,5,\"\"\n", ["2: c1 m1 5 -"]),
      ("c1,m1,5,\"\"", ["2: c1 m1 5 -"]),
      (",,,\n", ["2: - - - -"]),
      // Blank lines are skipped, but counted.
      ("\nc1,m1,5,a\n\n\nc2,m2,6,b\n\n", ["3: c1 m1 5 a", "6: c2 m2 6 b"]),
      ("\r\nc1,m1,5,a\r\n\r\nc2,m2,6,b\r\n\r\n", ["3: c1 m1 5 a", "5: c2 m2 6 b"]),
      ("c1,m1,5,a\n\n", ["2: c1 m1 5 a"]),
      ("\n\n\n", []),
      // A line of spaces is not blank.
      (" \n", ["2: broken malformed_row"]),
      // Spaces belong to the cell, and to a reader of cells.
      (" c1 ,m1, 5 ,  \n", ["2:  c1  m1  5    "]),
      ("é,漢,😀,e\u{301}\n", ["2: é 漢 😀 e\u{301}"]),
      ("a@b,c|d,=1,\t\n", ["2: a@b c|d =1 \\9"]),
      ("a'b,c;d,{},[1]\n", ["2: a'b c;d {} [1]"]),
      ("\u{7F},\u{1B},a\\b,c\u{FEFF}\n", ["2: \\7f \\1b a\\b c\u{FEFF}"]),
      ("null,NULL,-,N/A\n", ["2: null NULL - N/A"]),
    ] as [(String, [String])])
  func `plain cells`(rows: String, expected: [String]) {
    expect(Array((CSVReaderTests.header + rows).utf8), gives: expected)
  }

  @Test(
    arguments: [
      ("\"c1\",\"m1\",\"5\",\"a\"\n", ["2: c1 m1 5 a"]),
      ("\"c1\",\"m1\",\"5\",\"a\"\r\n\"c2\",m2,6,\"b\"", ["2: c1 m1 5 a", "3: c2 m2 6 b"]),
      ("c1,m1,5,\"a,b\"\n", ["2: c1 m1 5 a,b"]),
      ("c1,m1,5,\",\"\n", ["2: c1 m1 5 ,"]),
      // Doubled quotes.
      ("c1,m1,5,\"say \"\"hi\"\"\"\n", ["2: c1 m1 5 say \"hi\""]),
      ("c1,m1,5,\"\"\"\"\n", ["2: c1 m1 5 \""]),
      ("c1,m1,5,\"\"\"\"\"\"\n", ["2: c1 m1 5 \"\""]),
      ("\"a\"\"\",\"\"\"b\",\"c\"\"d\",\"\"\"\"\"\"\"\"", ["2: a\" \"b c\"d \"\"\""]),
      ("\"1\"\"2\",\"3\",\"4\"\"\"\"5\",6\n\"7\"\"\",8,9,\"10\"\"\"\n", ["2: 1\"2 3 4\"\"5 6", "3: 7\" 8 9 10\""]),
      ("c1,m1,5,\"\"\"a\"\",\"\"b\"\"\n\"\"\"\n", ["2: c1 m1 5 \"a\",\"b\"\\a\""]),
      // Line breaks in quotes: the record's line is the one where it starts.
      ("c1,m1,5,\"a\nb\"\nc2,m2,6,c\n", ["2: c1 m1 5 a\\ab", "4: c2 m2 6 c"]),
      ("c1,m1,5,\"a\r\nb\"\r\nc2,m2,6,c\r\n", ["2: c1 m1 5 a\\d\\ab", "4: c2 m2 6 c"]),
      ("c1,m1,5,\"a\rb\"\nc2,m2,6,c\n", ["2: c1 m1 5 a\\db", "3: c2 m2 6 c"]),
      ("c1,m1,5,\"\n\n\n\"\n\nc2,m2,6,c\n", ["2: c1 m1 5 \\a\\a\\a", "7: c2 m2 6 c"]),
      ("\"\nc1\",m1,5,a\nc2,m2,6,b\n", ["2: \\ac1 m1 5 a", "4: c2 m2 6 b"]),
      ("c1,m1,5,\"é,\n😀\"\"漢\"\n", ["2: c1 m1 5 é,\\a😀\"漢"]),
      // What looks like a record inside a cell is none.
      ("c1,m1,5,\"\nc9,m9,9,z\n\"\nc2,m2,6,b\n", ["2: c1 m1 5 \\ac9,m9,9,z\\a", "5: c2 m2 6 b"]),
    ] as [(String, [String])])
  func `cells in quotes`(rows: String, expected: [String]) {
    expect(Array((CSVReaderTests.header + rows).utf8), gives: expected)
  }

  @Test(
    arguments: [
      // Too few or too many cells; the next record is read.
      ("c1,m1,5\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,a,b\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,a,\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,\"5,a\"\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,\"\n5\"\nc2,m2,6,b\n", ["2: broken malformed_row", "4: c2 m2 6 b"]),
      ("\"\"\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5", ["2: broken malformed_row"]),
      // A quote inside a cell that does not start with one.
      ("c1,m1,5,a\"b\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,a\"\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5, \"a\"\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      // Something behind a closing quote.
      ("\"c1\"x,m1,5,a\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("\"c1\" ,m1,5,a\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,\"a\"\"\"b\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,\"a\"b", ["2: broken malformed_row"]),
      // The later cells of a broken record are told apart: a line feed in quotes does not end it.
      ("\"c1\"x,m1,5,\"a\nb\"\nc2,m2,6,b\n", ["2: broken malformed_row", "4: c2 m2 6 b"]),
      ("a\"b,m1,5,\"a\n\"\"\nb\"\nc2,m2,6,b\n", ["2: broken malformed_row", "5: c2 m2 6 b"]),
      ("\"c\n1\"x,m1,5,a\nc2,m2,6,b\n", ["2: broken malformed_row", "4: c2 m2 6 b"]),
      // But a quote that is never closed does not take the rest of the file with it.
      ("a\"b,m1,5,\"a\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      // NUL bytes.
      ("c\u{0},m1,5,a\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,\"a\u{0}\"\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,\u{0}", ["2: broken malformed_row"]),
      ("\u{0}\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      // A carriage return without a line feed.
      ("c1,m1,5,a\rc2,m2,6,b\n", ["2: broken malformed_row"]),
      ("c1,m1,5,a\r", ["2: broken malformed_row"]),
      ("c1,m1,5,a\n\r", ["2: c1 m1 5 a", "3: broken malformed_row"]),
      ("c1,m1,5,a\r\r\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("c1,m1,5,\"a\"\rb\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      ("\rc1,m1,5,a\nc2,m2,6,b\n", ["2: broken malformed_row", "3: c2 m2 6 b"]),
      // Several in a row.
      (
        "x\ny\nc2,m2,6,b\nz\n",
        [
          "2: broken malformed_row", "3: broken malformed_row", "4: c2 m2 6 b",
          "5: broken malformed_row",
        ]
      ),
    ] as [(String, [String])])
  func `records that cannot be told`(rows: String, expected: [String]) {
    expect(Array((CSVReaderTests.header + rows).utf8), gives: expected)
  }

  @Test(
    arguments: [
      // The NUL stands inside a quoted cell: the record ends behind that cell, not with its first line.
      ("c1,m1,5,\"a\u{0}\nc9,m9,9,z\n\"\nc2,m2,6,b\n", ["2: broken malformed_row", "5: c2 m2 6 b"]),
      ("c1,m1,5,\"a\u{0}\n\"\"\n\"\nc2,m2,6,b\n", ["2: broken malformed_row", "5: c2 m2 6 b"]),
      ("\"\u{0}\n\",m1,5,\"\n\"\nc2,m2,6,b\n", ["2: broken malformed_row", "5: c2 m2 6 b"]),
    ] as [(String, [String])])
  func `a NUL in quotes breaks its own record and no other`(rows: String, expected: [String]) {
    expect(Array((CSVReaderTests.header + rows).utf8), gives: expected)
  }

  @Test(
    arguments: [
      ("c1,m1,5,\"a", ["2: unreadable malformed_row"]),
      ("c1,m1,5,\"", ["2: unreadable malformed_row"]),
      ("c1,m1,5,\"a\nc2,m2,6,b\n", ["2: unreadable malformed_row"]),
      ("c1,m1,5,\"a\"\"\nc2,m2,6,b\n", ["2: unreadable malformed_row"]),
      ("c1,m1,5,a\nc2,m2,6,\"b\n", ["2: c1 m1 5 a", "3: unreadable malformed_row"]),
      ("c1,m1,5,a\n\"", ["2: c1 m1 5 a", "3: unreadable malformed_row"]),
      // The twin: closed at the very end.
      ("c1,m1,5,\"a\"", ["2: c1 m1 5 a"]),
    ] as [(String, [String])])
  func `a quote that is never closed cannot be read past`(rows: String, expected: [String]) {
    expect(Array((CSVReaderTests.header + rows).utf8), gives: expected)
  }

  @Test(
    arguments: [
      ("commitment_id,market_id,amount,note\nc1,m1,5,a\n", ["2: c1 m1 5 a"]),
      // Any order, any column missing that may be.
      ("note,amount,market_id,commitment_id\na,5,m1,c1\n", ["2: c1 m1 5 a"]),
      ("commitment_id,market_id,amount\nc1,m1,5\n", ["2: c1 m1 5 -"]),
      ("commitment_id,market_id,note\nc1,m1,a\n", ["2: c1 m1 - a"]),
      ("commitment_id,note\nc1,a\n", ["1: unreadable missing_field market_id"]),
      ("market_id,amount\nm1,5\n", ["1: unreadable missing_field commitment_id"]),
      ("commitment_id,market_id\nc1,m1\n", ["1: unreadable missing_field amount"]),
      ("c1,m1,5,a\n", ["1: unreadable missing_field commitment_id"]),
      // camelCase and aliases, not other spellings.
      ("commitmentId,marketId,amount\nc1,m1,5\n", ["2: c1 m1 5 -"]),
      ("id,market_id,tokens_committed\nc1,m1,5\n", ["2: c1 m1 5 -"]),
      ("id,market_id,tokensCommitted\nc1,m1,5\n", ["2: c1 m1 5 -"]),
      ("Commitment_id,market_id,amount\nc1,m1,5\n", ["1: unreadable missing_field commitment_id"]),
      ("commitment_id ,market_id,amount\nc1,m1,5\n", ["1: unreadable missing_field commitment_id"]),
      ("COMMITMENT_ID,MARKET_ID,AMOUNT\nc1,m1,5\n", ["1: unreadable missing_field commitment_id"]),
      // Duplicates: the same name, or two names of the same field.
      ("commitment_id,market_id,amount,amount\nc1,m1,5,5\n", ["1: unreadable duplicate_field amount"]),
      ("commitment_id,market_id,amount,tokens_committed\nc1,m1,5,5\n", ["1: unreadable duplicate_field amount"]),
      ("commitment_id,commitmentId,market_id,amount\nc1,c1,m1,5\n", ["1: unreadable duplicate_field commitment_id"]),
      ("id,commitment_id,market_id,amount\nc1,c1,m1,5\n", ["1: unreadable duplicate_field commitment_id"]),
      ("commitment_id,market_id,amount,x,x\nc1,m1,5,1,2\n", ["1: unreadable duplicate_field"]),
      ("commitment_id,market_id,amount,,\nc1,m1,5,1,2\n", ["1: unreadable duplicate_field"]),
      // Unknown columns are left out, and named.
      ("commitment_id,email,market_id,amount,x\nc1,a@b,m1,5,y\n", ["2: c1 m1 5 -", "unknown: email x"]),
      ("commitment_id,market_id,amount,\nc1,m1,5,\n", ["2: c1 m1 5 -", "unknown: "]),
      ("commitment_id,market_id,amount,x\nc1,m1,5\n", ["2: broken malformed_row", "unknown: x"]),
      // The header may be quoted, stand behind blank lines, end with the file.
      ("\"commitment_id\",\"market_id\",\"amount\"\nc1,m1,5\n", ["2: c1 m1 5 -"]),
      ("commitment_id,market_id,amount,\"a\nb\"\"\"\nc1,m1,5,\n", ["3: c1 m1 5 -", "unknown: a\nb\""]),
      ("\n\r\n\ncommitment_id,market_id,amount\nc1,m1,5\n", ["5: c1 m1 5 -"]),
      ("commitment_id,market_id,amount", []),
      ("commitment_id,market_id,amount\r\nc1,m1,5\r\n", ["2: c1 m1 5 -"]),
      ("", ["1: unreadable malformed_row"]),
      ("\n\n\n", ["1: unreadable malformed_row"]),
      // Faults of the header.
      ("commitment_id,market_id,amo\u{0}unt\nc1,m1,5\n", ["1: unreadable malformed_row"]),
      ("commitment_id,market_id,\"amount\nc1,m1,5\n", ["1: unreadable malformed_row"]),
      ("commitment_id,market_id,\"amount\"x\nc1,m1,5\n", ["1: unreadable malformed_row"]),
      ("commitment_id,market_id,am\"ount\nc1,m1,5\n", ["1: unreadable malformed_row"]),
      ("commitment_id,market_id,amount\rc1,m1,5\r", ["1: unreadable malformed_row"]),
      ("\n\ncommitment_id,market_id,amount,amount\n", ["3: unreadable duplicate_field amount"]),
      (
        "commitment_id;market_id;amount\nc1;m1;5\n",
        [
          "1: unreadable missing_field commitment_id",
          "unknown: "
            + "commitment_id;market_id;amount",
        ]
      ),
    ] as [(String, [String])])
  func `the header`(file: String, expected: [String]) {
    // Unknown columns of a header that is refused are not looked at.
    let (lines, differences) = Transcript.read(Array(file.utf8), as: .csv, in: workspace)
    let isRefused = lines.first?.contains("unreadable") ?? false
    #expect((isRefused ? Array(lines.prefix(1)) : lines) == (isRefused ? Array(expected.prefix(1)) : expected))
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test(
    arguments: [
      ("\u{FEFF}commitment_id,market_id,amount,note\nc1,m1,5,a\n", ["2: c1 m1 5 a"]),
      ("\u{FEFF}\"commitment_id\",market_id,amount,note\nc1,m1,5,a\n", ["2: c1 m1 5 a"]),
      ("\u{FEFF}\ncommitment_id,market_id,amount,note\nc1,m1,5,a\n", ["3: c1 m1 5 a"]),
      ("\u{FEFF}", ["1: unreadable malformed_row"]),
      // One, at the start; a second one belongs to the first name.
      (
        "\u{FEFF}\u{FEFF}commitment_id,market_id,amount,note\nc1,m1,5,a\n",
        ["1: unreadable missing_field commitment_id"]
      ),
      ("\ncommitment_id,market_id,amount,note\n\u{FEFF}c1,m1,5,a\n", ["3: \u{FEFF}c1 m1 5 a"]),
    ] as [(String, [String])])
  func `one byte order mark is fine`(file: String, expected: [String]) {
    let (lines, differences) = Transcript.read(Array(file.utf8), as: .csv, in: workspace)
    #expect(lines.filter { !$0.hasPrefix("unknown") } == expected)
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test(
    arguments: [
      // In a cell that is read, in one that is not, in both.
      (Array("c1,m1,5,a".utf8) + [0xFF, 0x0A], ["2: c1 m1 5 !, invalid_utf8 note", "unknown: x"]),
      (
        Array("c1,m".utf8) + [0xC3] + Array(",5,\"a,".utf8) + [0xE9] + Array("\"".utf8),
        ["2: c1 ! 5 !, invalid_utf8 market_id, invalid_utf8 note", "unknown: x"]
      ),
      // A sequence cut in two by a comma is two faults, not one character.
      (
        Array("c1,m".utf8) + [0xC3, 0x2C, 0xA9, 0x2C, 0x61],
        ["2: c1 ! ! a, invalid_utf8 market_id, invalid_utf8 amount", "unknown: x"]
      ),
      (
        Array("\"c\"\"1".utf8) + [0x80] + Array("\",m1,5,a".utf8),
        ["2: ! m1 5 a, invalid_utf8 commitment_id", "unknown: x"]
      ),
      (Array("c1,m1,5,".utf8) + [0xED, 0xA0, 0x80], ["2: c1 m1 5 !, invalid_utf8 note", "unknown: x"]),
      (Array("c1,m1,5,é".utf8), ["2: c1 m1 5 é", "unknown: x"]),
    ] as [([UInt8], [String])])
  func `cells that are not UTF-8 are named`(row: [UInt8], expected: [String]) {
    // Another column, which nobody reads, stands last.
    let lines = row.last == 0x0A ? Array(row.dropLast()) + Array(",\n".utf8) : row + Array(",".utf8)
    expect(Array("commitment_id,market_id,amount,note,x\n".utf8) + lines, gives: expected)
  }

  @Test func `a column that is not read has to be UTF-8 too`() {
    let header = Array("commitment_id,market_id,amount,x\n".utf8)
    expect(header + Array("c1,m1,5,".utf8) + [0xFF], gives: ["2: c1 m1 5 -, invalid_utf8", "unknown: x"])
    expect(header + Array("c1,m1,5,é".utf8), gives: ["2: c1 m1 5 -", "unknown: x"])
    expect(
      Array("commitment_id,market_id,amount,".utf8) + [0xFF, 0x0A], gives: ["1: unreadable invalid_utf8"])
  }

  @Test func `a record with too few cells that is not UTF-8 is broken, whatever stood before it`() {
    let long = String(repeating: "x", count: 70_000)
    var bytes = Array((CSVReaderTests.header + "c1,m1,5,\"\(long)\"\"\"\n").utf8)
    for _ in 1...3 { bytes += [0x63, 0xFF, 0x2C, 0x6D] + Array(repeating: 0x78, count: 5_000) + [0x0A] }
    let path = workspace.write("short.csv", Data(bytes))
    for kind in Transcript.Way.Kind.allCases {
      let lines = Transcript.read(path, as: .csv, Transcript.Way(blockSize: 4_096, kind: kind))
      #expect(
        lines == [
          "2: c1 m1 5 \(long)\"", "3: broken malformed_row", "4: broken malformed_row", "5: broken malformed_row",
        ],
        "\(kind)")
    }
  }

  @Test func `UTF-16 is refused`() {
    let text = "commitment_id,market_id,amount\nc1,m1,5\n"
    let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    let big = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    for bytes in [little, big, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
      expect(bytes, gives: ["1: unreadable malformed_row"])
    }
  }

  @Test func `a file cut off anywhere loses its last record or says so`() {
    let records = ["c1,m1,5,a\n", "\"c\"\"2\",m2,6,\"b\nb\"\r\n", "c3,m3,7,é\n"]
    let shown = ["2: c1 m1 5 a", "3: c\"2 m2 6 b\\ab", "5: c3 m3 7 é"]
    let whole = Array((CSVReaderTests.header + records.joined()).utf8)
    for count in CSVReaderTests.header.utf8.count...whole.count {
      let (lines, differences) = Transcript.read(Array(whole.prefix(count)), as: .csv, in: workspace)
      #expect(differences.isEmpty, "cut off behind \(count) bytes, block borders matter")
      var end = CSVReaderTests.header.utf8.count
      var complete = 0
      while complete < records.count, end + records[complete].utf8.count <= count {
        end += records[complete].utf8.count
        complete += 1
      }
      #expect(Array(lines.prefix(complete)) == Array(shown.prefix(complete)), "cut off behind \(count) bytes")
      #expect(lines.count <= complete + 1, "cut off behind \(count) bytes: \(lines)")
      #expect((lines.count == complete) == (count == end), "cut off behind \(count) bytes: \(lines)")
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random records are read back as they were written`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for number in 1...25 {
      let buffer = ByteBuffer()
      buffer.append(CSVReaderTests.header)
      var expected: [String] = []
      var line = 2
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let cells = (0..<4).map { _ in CSVReaderTests.randomCell(&generator) }
        for (index, cell) in cells.enumerated() {
          if index > 0 { buffer.append(0x2C) }
          buffer.append(csvField: cell)
        }
        buffer.append(Bool.random(using: &generator) ? "\n" : "\r\n")
        let shown = cells.map { cell in
          cell.isEmpty ? "-" : cell.unicodeScalars.map { $0 == "\n" ? "\\a" : $0 == "\r" ? "\\d" : String($0) }.joined()
        }
        expected.append("\(line): " + shown.joined(separator: " "))
        line += 1 + cells.joined().unicodeScalars.filter { $0 == "\n" }.count
      }
      let (lines, differences) = Transcript.read(buffer.array, as: .csv, in: workspace)
      #expect(lines == expected, "seed \(seed), file \(number)")
      #expect(differences.isEmpty, "seed \(seed), file \(number)")
    }
  }

  private static func randomCell(_ generator: inout SeededGenerator) -> String {
    let pieces = ["a", "1", ",", "\"", "\n", "\r\n", " ", "é", "😀", "|", "@"]
    return (0..<Int.random(in: 0...4, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }.joined()
  }

  /// A plain line is looked at 64 bytes at once: cells that end at such a step, before it and behind it, of digits alone and
  /// with one byte that is none. The transcript says where a cell's kinds are not those of its bytes.
  @Test(arguments: ["\n", "\r\n", ""])
  func `plain lines of every length`(lineEnd: String) {
    for length in 0...200 {
      var digits = Array(String(repeating: "7", count: length))
      if length > 0 { digits[length / 3 * 2] = "x" }
      for note in [String(repeating: "7", count: length), String(digits)] {
        let rows = "c1,m1,5,\(note)\(lineEnd.isEmpty ? "\n" : lineEnd)c2,\(note),,\(note)\(lineEnd)"
        let shown = note.isEmpty ? "-" : note
        let path = workspace.write("plain.csv", CSVReaderTests.header + rows)
        for way in [Transcript.Way.all[0], Transcript.Way.all[1], Transcript.Way(blockSize: 70, kind: .pieces)] {
          let lines = Transcript.read(path, as: .csv, way)
          #expect(lines == ["2: c1 m1 5 \(shown)", "3: c2 \(shown) - \(shown)"], "\(length) bytes, \(way)")
        }
      }
    }
  }

  /// A byte that is not plain, at each place of the first three steps, sends its line the careful way.
  @Test(
    arguments: [
      (" ", true), ("@", true), ("|", true), ("\\", true), ("é", true), ("\u{7F}", true), ("\u{1}", true),
      ("\"", false), ("\r", false), ("\u{0}", false),
    ] as [(Character, Bool)])
  func `a byte that is not plain, at every place of a line`(other: Character, isCell: Bool) {
    for place in 1...180 {
      let note = String(repeating: "7", count: place) + String(other) + "77"
      let path = workspace.write("other.csv", CSVReaderTests.header + "c1,m1,5,\(note)\nc2,m2,6,b\n")
      let shown = note.replacing("\u{7F}", with: "\\7f").replacing("\u{1}", with: "\\1")
      for way in [Transcript.Way.all[0], Transcript.Way(blockSize: 70, kind: .pieces)] {
        let lines = Transcript.read(path, as: .csv, way)
        #expect(
          lines == [isCell ? "2: c1 m1 5 \(shown)" : "2: broken malformed_row", "3: c2 m2 6 b"], "\(place), \(way)")
      }
    }
  }

  @Test(
    arguments: [
      ("id\n\na\n\n\nb\n", ["3 a", "6 b"]),
      ("id\r\n\r\na\r\n\r\n\r\nb", ["3 a", "6 b"]),
      ("id\n\"\"\na\n", ["2 ", "3 a"]),
      // The twin: with a second column it is an empty record, not a blank line.
      ("id,x\n,\na,\n", ["2 ", "3 a"]),
    ] as [(String, [String])])
  func `a blank line is no record, even where there is one column`(file: String, expected: [String]) throws {
    let stream = try Interchange.InputStream(path: workspace.write("one.csv", file))
    let reader = CSVReader(stream, schema: Schema(table: "t", fields: ["id"], requiredColumns: [["id"]]))
    var lines: [String] = []
    while case .record = try reader.next() {
      lines.append(unsafe "\(reader.line) \(String(decoding: reader.cells[0].bytes, as: UTF8.self))")
    }
    #expect(lines == expected)
  }

  @Test func `a cell longer than any block is read whole`() {
    for length in [65_536, 65_537, 150_000] {
      let long = String(repeating: "x", count: length - 1) + "y"
      let path = workspace.write("long.csv", CSVReaderTests.header + "c1,m1,5,\"\(long)\"\"\"\nc2,m2,6,\(long)\n")
      for (blockSize, kind) in [
        (1 << 20, .ahead), (4_096, .ahead), (4_096, .alone), (4_096, .pieces), (65_536, .pieces), (100_000, .alone),
      ] as [(Int, Transcript.Way.Kind)] {
        let way = Transcript.Way(blockSize: blockSize, kind: kind)
        let lines = Transcript.read(path, as: .csv, way)
        #expect(lines == ["2: c1 m1 5 \(long)\"", "3: c2 m2 6 \(long)"], "\(length) bytes, \(way)")
      }
    }
  }
}
