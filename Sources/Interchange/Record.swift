// What does a reader hand over: one row of a table, whatever its format?

/// One cell of a record: bytes in the reader's buffer, valid until the next record is read. Behind it the reader has at
/// least 16 more bytes that may be read; who makes a cell of bytes elsewhere, has them too.
@safe
public struct Cell {
  public enum Kind: UInt8, Sendable {
    /// Not given: no such column or key, an empty cell, `null`, an empty list.
    case absent
    case text
    /// A JSON number, as written.
    case number
    case boolean
    /// A JSON array, as written.
    case array
    case object
    /// Given, but already reported as a fault.
    case faulty
  }

  public var kind = Kind.absent
  /// Of its bytes, all of them and no others. Where none is `nonDigit` it is a number without another look.
  public var classes: ByteClass = []
  public var count = 0
  public var start: UnsafePointer<UInt8>

  public init(_ kind: Kind, start: UnsafePointer<UInt8>, count: Int, classes: ByteClass) {
    self.kind = kind
    unsafe self.start = start
    self.count = count
    self.classes = classes
  }

  public var buffer: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(start: start, count: count) }
  public var bytes: [UInt8] { unsafe Array(buffer) }

  /// The cell's bytes as an integer, the first lowest, zeros behind the end; of a longer cell the first eight. The cell is
  /// not empty. Found without a branch: what stands behind the cell is read, and cut off.
  @inline(__always)
  public var word: UInt64 {
    let bytes = unsafe UnsafeRawPointer(start).loadUnaligned(as: UInt64.self).littleEndian
    return bytes & UInt64.max &>> UInt64(8 * max(0, 8 - count))
  }
}

/// Why a record, or the rest of a file, cannot be read.
public struct Fault: Error, Sendable, Equatable {
  /// `malformed_row`, `missing_field`, `duplicate_field` or `invalid_utf8`.
  public let code: String
  /// The column, or empty.
  public let field: String
  /// Physical line where the record starts, from 1.
  public let line: Int
  public let message: String

  public init(_ code: String, field: String = "", line: Int, _ message: String) {
    self.code = code
    self.field = field
    self.line = line
    self.message = message
  }
}

public enum ReadOutcome: Sendable {
  /// `cells` holds a record; `faults` what is wrong with it (its other cells may still be used).
  case record
  /// A record that cannot be told; the next one may be read.
  case broken(Fault)
  /// The file cannot be read any further.
  case unreadable(Fault)
  case end
}

/// A reader of one file of a table, or of a piece of one; used by one thread at a time.
public protocol RecordReader: AnyObject, Sendable {
  /// One for each field of the schema, in its order.
  var cells: UnsafeMutableBufferPointer<Cell> { get }
  /// Physical line where the record starts, from 1; in JSON the line of its `{`.
  var line: Int { get }
  var faults: [Fault] { get }
  /// Whether the record read last ended where the input ended, without a line's end: a part of it may be missing.
  var endsWithInput: Bool { get }
  /// Columns or keys that the schema does not know, as written.
  var unknownFields: Set<[UInt8]> { get }
  /// Reads one record.
  func next() throws(FileError) -> ReadOutcome
  /// Reads a few records at once; `.record` stands for `batchCount` of them, and `faults` are those of the last.
  func nextBatch() throws(FileError) -> ReadOutcome
  var batchCount: Int { get }
  /// The cells of a record of the batch.
  func cells(of record: Int) -> UnsafeMutableBufferPointer<Cell>
  /// Where a record of the batch starts.
  func line(of record: Int) -> Int
}

extension RecordReader {
  /// JSON tells by itself where a record ends.
  public var endsWithInput: Bool { false }
}

/// The columns of a table and the ways to spell them.
public struct Schema: Sendable {
  /// `resolutions` or `commitments`: also the key that holds the rows in a JSON object.
  public let table: String
  /// snake_case names; a field's number is its index here.
  public let fields: [String]
  /// A file without one of these columns is refused; of each group one is enough.
  public let requiredColumns: [[String]]
  private let numbers: [[UInt8]: Int]

  public init(table: String, fields: [String], requiredColumns: [[String]], aliases: [String: String] = [:]) {
    self.table = table
    self.fields = fields
    self.requiredColumns = requiredColumns
    var numbers: [[UInt8]: Int] = [:]
    for (number, field) in fields.enumerated() {
      let names = [field] + aliases.filter { $0.value == field }.keys
      for name in names {
        numbers[Array(name.utf8)] = number
        numbers[Array(Schema.camelCase(name).utf8)] = number
      }
    }
    self.numbers = numbers
  }

  public func number(of name: [UInt8]) -> Int? { numbers[name] }

  /// Every name under which a field is understood, its own first.
  public func spellings(of field: String) -> [String] {
    guard let number = fields.firstIndex(of: field) else { return [] }
    let names = numbers.filter { $0.value == number }.map { String(decoding: $0.key, as: UTF8.self) }
    return [field] + names.filter { $0 != field }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `total_payout` → `totalPayout`.
  public static func camelCase(_ name: String) -> String {
    let parts = name.split(separator: "_")
    return parts.prefix(1).joined() + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}

public enum InputFormat: String, CaseIterable, Sendable {
  case csv, json, ndjson

  /// By the file's extension; nil where it says nothing.
  public init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "csv": self = .csv
    case "json": self = .json
    case "ndjson", "jsonl": self = .ndjson
    default: return nil
    }
  }

  public func reader(of stream: InputStream, schema: Schema) -> any RecordReader {
    switch self {
    case .csv: CSVReader(stream, schema: schema)
    case .json: JSONReader(stream, schema: schema, layout: .document)
    case .ndjson: JSONReader(stream, schema: schema, layout: .lines)
    }
  }

  /// How a file of this format is cut for several threads.
  public var pieceLayout: InputPieces.Layout {
    switch self {
    case .csv: .csv
    case .json: .array
    case .ndjson: .lines
    }
  }

  /// A reader of one piece of a file.
  /// - Parameter header: for later pieces of a CSV file, its header.
  public func reader(of piece: InputPieces.Piece, schema: Schema, header: CSVHeader?) -> any RecordReader {
    switch self {
    case .csv:
      header.map { CSVReader(piece, schema: schema, header: $0) } ?? CSVReader(piece.stream, schema: schema)
    case .json: JSONReader(piece, schema: schema, layout: .document)
    case .ndjson: JSONReader(piece, schema: schema, layout: .lines)
    }
  }
}
