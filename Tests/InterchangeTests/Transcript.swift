// What does a reader say about a file, from its first record to its end, on a few lines of text?
//
// Worked example. The CSV file
//
//     commitment_id,market_id,amount
//     c1,m1,5
//     c2,m1
//
// is read as `2: c1 m1 5 -` (the line, and a cell for each field of the schema) and `3: broken malformed_row`.
import Foundation
import Interchange
import TestSupport

enum Transcript {
  static let schema = Schema(
    table: "commitments", fields: ["commitment_id", "market_id", "amount", "note"],
    requiredColumns: [["commitment_id"], ["market_id"], ["amount", "note"]],
    aliases: ["id": "commitment_id", "tokens_committed": "amount"])

  /// A way to read a file. None of them may change what is read.
  struct Way: CustomStringConvertible {
    enum Kind: String, CaseIterable {
      /// One stream, filled by a thread of its own; several records at once.
      case ahead
      /// One stream, filled when it runs dry; one record at a time.
      case alone
      /// Cut between records; all pieces are there before the first is read, and the last is read first. Several records
      /// at once.
      case pieces
    }

    let blockSize: Int
    let kind: Kind
    var description: String { "\(kind), blocks of \(blockSize)" }

    /// The way that the program goes, first; the others have borders everywhere.
    static let all = ways([1 << 20, 1, 2, 3, 7, 64])
    /// For tests that read very many files.
    static let few = ways([1 << 20, 1, 5])

    private static func ways(_ sizes: [Int]) -> [Way] {
      sizes.flatMap { size in Kind.allCases.map { Way(blockSize: size, kind: $0) } }
    }
  }

  /// Reads a file in one way.
  static func read(_ path: String, as format: InputFormat, _ way: Way) -> [String] {
    do {
      switch way.kind {
      case .ahead, .alone:
        return try readStream(path, as: format, blockSize: way.blockSize, isAhead: way.kind == .ahead)
      case .pieces:
        // An array that is damaged, or was cut inside a string, has to be read again as a whole.
        return try readPieces(path, as: format, blockSize: way.blockSize)
          ?? readStream(path, as: format, blockSize: way.blockSize, isAhead: false)
      }
    } catch {
      return ["\(error)"]
    }
  }

  /// Reads a file in every way.
  /// - Returns: what the first way gave, and what each way gave that differs.
  static func read(
    _ bytes: [UInt8], as format: InputFormat, in workspace: Workspace, _ ways: [Way] = Way.all
  ) -> (lines: [String], differences: [String]) {
    let path = workspace.write("input.\(format.rawValue)", Data(bytes))
    let expected = read(path, as: format, ways[0])
    let differences = ways.dropFirst().compactMap { way -> String? in
      let lines = read(path, as: format, way)
      return lines == expected ? nil : "\(way): \(lines)"
    }
    return (expected, differences)
  }

  // MARK: Ways

  private static func readStream(
    _ path: String, as format: InputFormat, blockSize: Int, isAhead: Bool
  ) throws -> [String] {
    let stream = try Interchange.InputStream(path: path, blockSize: blockSize, ahead: isAhead)
    let reader = format.reader(of: stream, schema: schema)
    let lines = try outcomes(reader, inBatches: isAhead, outcomeCountMax: outcomeCountMax(path)).lines
    return lines + unknown([reader]) + (try digestFault(of: stream.summary(), path))
  }

  /// - Returns: nil where a piece of an array did not end behind an element.
  private static func readPieces(_ path: String, as format: InputFormat, blockSize: Int) throws -> [String]? {
    let source = try InputPieces(path: path, layout: format.pieceLayout, blockSize: blockSize)
    var pieces: [InputPieces.Piece] = []
    while let piece = try source.next() { pieces.append(piece) }
    guard let first = pieces.first else { return ["no piece"] }
    if !first.isFirst || pieces.dropFirst().contains(where: \.isFirst) { return ["the first piece is not marked"] }
    if pieces.map(\.isLast).firstIndex(of: true) != pieces.count - 1 { return ["the last piece is not marked"] }
    let opening = format.reader(of: first, schema: schema, header: nil)
    if let opening = opening as? CSVReader, let fault = try opening.prepare() {
      return [shown(fault, "unreadable")] + unknown([opening])
    }
    let header = (opening as? CSVReader)?.header
    let readers = [opening] + pieces.dropFirst().map { format.reader(of: $0, schema: schema, header: header) }
    var lines: [String] = []
    for (reader, piece) in zip(readers, pieces).reversed() {
      let (ownLines, isUnreadable) = try outcomes(reader, inBatches: true, outcomeCountMax: outcomeCountMax(path))
      if isUnreadable && format == .json { return nil }
      lines = ownLines + lines
      try piece.stream.drain()
    }
    return lines + unknown(readers) + (try digestFault(of: source.summary(), path))
  }

  /// More outcomes than bytes come only from behind the end of the file.
  private static func outcomeCountMax(_ path: String) -> Int { (FileSystem.size(of: path) ?? 0) + 10 }

  private static func outcomes(
    _ reader: any RecordReader, inBatches: Bool, outcomeCountMax: Int
  ) throws -> (lines: [String], isUnreadable: Bool) {
    var lines: [String] = []
    var isUnreadable = false
    reading: while true {
      guard lines.count < outcomeCountMax else { return (lines.prefix(20) + ["runs on behind the end"], false) }
      switch try inBatches ? reader.nextBatch() : reader.next() {
      case .record:
        // The memory of a batch stays as it is until the next is read.
        for number in 0..<reader.batchCount { lines.append(record(number, of: reader)) }
      case .broken(let fault): lines.append(shown(fault, "broken"))
      case .unreadable(let fault):
        lines.append(shown(fault, "unreadable"))
        isUnreadable = true
        break reading
      case .end: break reading
      }
    }
    if case .end = try reader.next() {} else { lines.append("does not stay at its end") }
    return (lines, isUnreadable)
  }

  private static func unknown(_ readers: [any RecordReader]) -> [String] {
    let names = readers.reduce(into: Set<[UInt8]>()) { $0.formUnion($1.unknownFields) }
    return names.isEmpty
      ? [] : ["unknown: " + names.map { String(decoding: $0, as: UTF8.self) }.sorted().joined(separator: " ")]
  }

  private static func digestFault(of summary: (byteCount: Int, digest: Digest), _ path: String) throws -> [String] {
    let content = try FileSystem.contents(of: path)
    let isRight = summary.byteCount == content.count && summary.digest == SHA256.digest(of: content)
    return isRight ? [] : ["another digest than the file's"]
  }

  // MARK: Lines

  private static func shown(_ fault: Fault, _ outcome: String) -> String { "\(fault.line): \(outcome) " + name(fault) }

  private static func name(_ fault: Fault) -> String { fault.code + (fault.field.isEmpty ? "" : " \(fault.field)") }

  private static func record(_ number: Int, of reader: any RecordReader) -> String {
    let line = reader.line(of: number)
    var text = "\(line):"
    for index in schema.fields.indices {
      let cell = unsafe reader.cells(of: number)[index]
      text += " " + shown(cell)
    }
    guard number == reader.batchCount - 1 else { return text }
    for fault in reader.faults {
      text += ", " + (fault.line == line ? "" : "line \(fault.line): ") + name(fault)
    }
    return text
  }

  private static let shownKinds: ByteClass = [.control, .high, .at, .space, .bar, .quoted, .nonDigit]

  private static func shown(_ cell: Cell) -> String {
    let bytes = cell.kind == .absent ? [] : cell.bytes
    let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? "\\" + String(scalar.value, radix: 16) : String(scalar)
    }.joined()
    switch cell.kind {
    case .absent: return "-"
    case .text:
      // A wrong union of kinds would send a cell down the wrong checks.
      let kinds = bytes.reduce(into: ByteClass()) { $0.formUnion(ByteClass.of($1)) }
      let isRight = cell.classes.intersection(shownKinds) == kinds.intersection(shownKinds)
      return isRight ? text : text + "(kinds \(cell.classes.rawValue), not \(kinds.rawValue))"
    case .number: return "#" + text + (cell.classes.contains(.nonDigit) ? "(not an integer)" : "")
    case .boolean: return "?" + text
    case .array, .object: return text
    case .faulty: return "!"
    }
  }
}
