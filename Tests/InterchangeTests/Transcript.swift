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
    let blockSize: Int
    let isAhead: Bool
    var description: String { "blocks of \(blockSize), \(isAhead ? "ahead" : "not ahead")" }

    /// The way that the program goes, first; the others have borders everywhere.
    static let all = [1 << 20, 1, 2, 3, 7, 64].flatMap { size in [true, false].map { Way(blockSize: size, isAhead: $0) } }
  }

  /// Reads a file in one way.
  static func read(_ path: String, as format: InputFormat, _ way: Way) -> [String] {
    var lines: [String] = []
    do {
      let stream = try Interchange.InputStream(path: path, blockSize: way.blockSize, ahead: way.isAhead)
      let reader = format.reader(of: stream, schema: schema)
      let outcomeCountMax = (FileSystem.size(of: path) ?? 0) + 10
      reading: while true {
        guard lines.count < outcomeCountMax else {
          // Going on might leave the file's memory.
          return lines.prefix(20) + ["runs on behind the end"]
        }
        switch try reader.next() {
        case .record: lines.append(record(reader))
        case .broken(let fault): lines.append("\(fault.line): broken" + name(fault))
        case .unreadable(let fault):
          lines.append("\(fault.line): unreadable" + name(fault))
          break reading
        case .end: break reading
        }
      }
      if case .end = try reader.next() {} else { lines.append("does not stay at its end") }
      let unknown = reader.unknownFields.map { String(decoding: $0, as: UTF8.self) }.sorted()
      if !unknown.isEmpty { lines.append("unknown: " + unknown.joined(separator: " ")) }
      let content = try FileSystem.contents(of: path)
      let summary = try stream.summary()
      if summary.byteCount != content.count || summary.digest != SHA256.digest(of: content) {
        lines.append("another digest than the file's")
      }
    } catch {
      lines.append("\(error)")
    }
    return lines
  }

  /// Reads a file in every way.
  /// - Returns: what the first way gave, and what each way gave that differs.
  static func read(
    _ bytes: [UInt8], as format: InputFormat, in workspace: Workspace
  ) -> (lines: [String], differences: [String]) {
    let path = workspace.write("input.\(format.rawValue)", Data(bytes))
    let expected = read(path, as: format, Way.all[0])
    let differences = Way.all.dropFirst().compactMap { way -> String? in
      let lines = read(path, as: format, way)
      return lines == expected ? nil : "\(way): \(lines)"
    }
    return (expected, differences)
  }

  private static func name(_ fault: Fault) -> String { " \(fault.code)" + (fault.field.isEmpty ? "" : " \(fault.field)") }

  private static func record(_ reader: any RecordReader) -> String {
    var text = "\(reader.line):"
    for index in schema.fields.indices {
      let cell = unsafe reader.cells[index]
      text += " " + shown(cell)
    }
    for fault in reader.faults {
      text += ", \(fault.line == reader.line ? "" : "line \(fault.line): ")" + name(fault).dropFirst()
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
