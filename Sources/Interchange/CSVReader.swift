// Which records does a CSV file hold? RFC 4180, strictly: UTF-8, one BOM, LF or CRLF, a header row.
//
// Worked example. Header `market_id,note,amount` for a schema [market_id, amount] gives the fields [0, nil, 1]; the
// line `m1,"a ""b""",5` sets cells[0] to `m1` and cells[1] to `5`, both pointing into the stream's window. Only a
// quoted cell with doubled quotes is copied (to `scratch`).
internal import CProcessor

/// Which field each column stands for; nil for columns that are ignored.
public struct CSVHeader: Sendable {
  fileprivate(set) var fields: [Int?] = []
}

@safe
public final class CSVReader: BatchingReader, @unchecked Sendable {
  let batch: RecordBatch
  var waiting: ReadOutcome?
  public private(set) var line = 0
  public private(set) var faults: [Fault] = []
  public private(set) var endsWithInput = false
  public private(set) var unknownFields: Set<[UInt8]> = []

  private let stream: InputStream
  private let schema: Schema
  private let classes = unsafe ByteClass.table
  /// Empty until it is read.
  public private(set) var header = CSVHeader() {
    didSet { adoptHeader() }
  }
  /// The header's fields as the hot loop reads them: -1 for a column that is ignored.
  private var fields = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
  private var columnCount = 0
  /// Where the cells of a plain line end.
  private var ends = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  private var cursor: UnsafeMutablePointer<UInt8>
  private var limit: UnsafeMutablePointer<UInt8>
  private var nextLine = 1
  private let scratch = Scratch()
  private var hasHeader = false
  private var isUnreadable = false

  public init(_ stream: InputStream, schema: Schema) {
    self.stream = stream
    self.schema = schema
    unsafe batch = RecordBatch(schema, nowhere: UnsafePointer(stream.start))
    unsafe cursor = stream.start
    unsafe limit = stream.limit
    unsafe limit.pointee = CSVReader.lineFeed
  }

  /// Reads a later piece of a file whose header is known.
  public init(_ piece: InputPieces.Piece, schema: Schema, header: CSVHeader) {
    stream = piece.stream
    self.schema = schema
    self.header = header
    hasHeader = true
    nextLine = piece.line
    unsafe batch = RecordBatch(schema, nowhere: UnsafePointer(stream.start))
    unsafe cursor = unsafe stream.start
    unsafe limit = unsafe stream.limit
    unsafe limit.pointee = CSVReader.lineFeed
    adoptHeader()
  }

  /// Reads the header now, so that later pieces can be read.
  /// - Returns: why the file cannot be read, if it cannot.
  public func prepare() throws(FileError) -> Fault? {
    guard !hasHeader, let fault = try readHeader() else { return nil }
    isUnreadable = true
    return fault
  }

  deinit {
    unsafe fields.deallocate()
    unsafe ends.deallocate()
  }

  private func adoptHeader() {
    unsafe fields.deallocate()
    unsafe ends.deallocate()
    columnCount = header.fields.count
    unsafe fields = .allocate(capacity: max(1, columnCount))
    unsafe ends = .allocate(capacity: max(1, columnCount))
    for (column, field) in header.fields.enumerated() { unsafe fields[column] = Int32(field ?? -1) }
  }

  func forgetFaults() {
    if !faults.isEmpty { faults.removeAll(keepingCapacity: true) }
  }

  @inline(__always)
  func read(mayMove: Bool) throws(FileError) -> ReadOutcome? {
    if isUnreadable { return .end }
    if !hasHeader {
      if let fault = try readHeader() {
        isUnreadable = true
        return .unreadable(fault)
      }
    }
    while true {
      if takePlainLine() { return .record }
      switch scan() {
      case .blank: continue
      case .end: return .end
      case .more:
        guard mayMove else { return nil }
        try extend()
      case .broken(let message): return .broken(Fault("malformed_row", line: line, message))
      case .cutOff:
        isUnreadable = true
        return .unreadable(Fault("malformed_row", line: line, "a quoted cell is not closed before the end of the file"))
      case .record(let columnCount):
        if columnCount != self.columnCount {
          return .broken(
            Fault("malformed_row", line: line, "\(columnCount) cells where the header has \(self.columnCount)"))
        }
        return .record
      }
    }
  }

  // MARK: The header

  private func readHeader() throws(FileError) -> Fault? {
    hasHeader = true
    while unsafe limit - cursor < 3, unsafe try stream.extend(keeping: cursor) { adoptWindow() }
    if unsafe limit - cursor >= 3, unsafe cursor[0] == 0xEF, unsafe cursor[1] == 0xBB, unsafe cursor[2] == 0xBF {
      unsafe cursor += 3
    }
    var names: [[UInt8]] = []
    headerCells = names
    isHeader = true
    defer { isHeader = false }
    scanning: while true {
      headerCells.removeAll()
      switch scan() {
      case .blank: continue
      case .more: try extend()
      case .end: return Fault("malformed_row", line: 1, "the file is empty: a header row is needed")
      case .broken(let message): return Fault("malformed_row", line: line, "in the header: \(message)")
      case .cutOff: return Fault("malformed_row", line: line, "in the header: a quoted cell is not closed")
      case .record: break scanning
      }
    }
    names = headerCells
    guard names.allSatisfy({ UTF8Check.isValid($0) }) else {
      return Fault("invalid_utf8", line: line, "the header is not UTF-8")
    }
    var seen: Set<[UInt8]> = []
    var seenFields: Set<Int> = []
    for name in names {
      let field = schema.number(of: name)
      if !seen.insert(name).inserted || field.map({ !seenFields.insert($0).inserted }) ?? false {
        let shown = field.map { schema.fields[$0] } ?? ""
        return Fault("duplicate_field", field: shown, line: line, "two columns stand for the same field")
      }
      header.fields.append(field)
      if field == nil { unknownFields.insert(name) }
    }
    for group in schema.requiredColumns
    where !group.contains(where: { name in
      seenFields.contains { schema.fields[$0] == name }
    }) {
      return Fault(
        "missing_field", field: group[0], line: line,
        "the header has no column \(group.joined(separator: " or ")): is the first line a header row?")
    }
    return nil
  }

  private var isHeader = false
  private var headerCells: [[UInt8]] = []

  // MARK: One record

  private enum Scan {
    case record(columnCount: Int)
    case blank, end, more, cutOff
    case broken(String)
  }

  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D
  private static let comma: UInt8 = 0x2C
  private static let quote: UInt8 = 0x22

  /// Takes the record at the cursor, if it is a line as nearly all are: whole, as many cells as the header, and nothing in
  /// them that needs a second look. Any other is left to `scan`.
  @inline(__always)
  private func takePlainLine() -> Bool {
    let start = unsafe cursor
    let count = unsafe settle_plain_line(start, limit - start, UInt32(truncatingIfNeeded: columnCount), ends)
    // A blank line is no record, not even where there is one column.
    guard count == columnCount, unsafe count > 1 || count == 1 && ends[0] != 0 else { return false }
    if batch.count == 0 { scratch.reset() }
    let cells = unsafe batch.cells(of: batch.count)
    var cellStart = 0
    for column in 0..<columnCount {
      let end = unsafe ends[column]
      let cellEnd = Int(end & ~SETTLE_NON_DIGIT)
      let field = unsafe Int(fields[column])
      if field >= 0 {
        let cellCount = cellEnd - cellStart
        unsafe cells[field] = Cell(
          cellCount == 0 ? .absent : .text, start: start + cellStart, count: cellCount,
          classes: end & SETTLE_NON_DIGIT == 0 ? [] : .nonDigit)
      }
      cellStart = cellEnd + 1
    }
    line = nextLine
    nextLine += 1
    let end = unsafe start + cellStart
    // Behind a carriage return stands the line feed.
    unsafe cursor = unsafe end[-1] == CSVReader.carriageReturn ? end + 1 : end
    return true
  }

  /// Scans one record from the cursor and moves behind it; `.more` leaves the cursor where it is.
  private func scan() -> Scan {
    var p = unsafe cursor
    let limit = unsafe self.limit
    let isLast = stream.isAtEnd
    if unsafe p == limit { return isLast ? .end : .more }
    if unsafe p.pointee == CSVReader.lineFeed { return unsafe blank(p + 1) }
    if unsafe p.pointee == CSVReader.carriageReturn {
      if unsafe p + 1 == limit, !isLast { return .more }
      if unsafe p + 1 < limit, unsafe p[1] == CSVReader.lineFeed { return unsafe blank(p + 2) }
    }
    line = nextLine
    if batch.count == 0 { scratch.reset() }
    let cells = unsafe batch.cells(of: batch.count)
    var column = 0
    var newlines = 0
    var rowClasses: UInt16 = 0
    let classes = unsafe self.classes
    let stop = ByteClass.csvStop.rawValue
    let fields = unsafe self.fields
    let columnCount = self.columnCount
    while true {
      var cellClasses: UInt16 = 0
      var start = unsafe UnsafePointer(p)
      var count = 0
      if unsafe p.pointee == CSVReader.quote {
        unsafe p += 1
        unsafe start = UnsafePointer(p)
        var segment = unsafe p
        var isCopied = false
        quoted: while true {
          while unsafe p.pointee != CSVReader.quote {
            if unsafe p == limit { return isLast ? .cutOff : .more }
            let byte = unsafe p.pointee
            if byte == 0 { return unsafe broken("a NUL byte", at: p, isQuoted: true) }
            if byte == CSVReader.lineFeed { newlines += 1 }
            unsafe cellClasses |= classes[Int(byte)]
            unsafe p += 1
          }
          if unsafe p + 1 == limit, !isLast { return .more }
          guard unsafe p + 1 < limit, unsafe p[1] == CSVReader.quote else { break quoted }
          // A doubled quote stands for one: from here the cell is put together in the scratch.
          if !isCopied {
            unsafe start = scratch.beginCell(windowCount: limit - cursor)
            isCopied = true
          }
          unsafe scratch.append(segment, p - segment + 1)
          cellClasses |= ByteClass.quoted.rawValue | ByteClass.nonDigit.rawValue
          unsafe p += 2
          unsafe segment = p
        }
        if isCopied {
          unsafe scratch.append(segment, p - segment)
          count = unsafe scratch.end - start
        } else {
          count = unsafe p - segment
        }
        unsafe p += 1
      } else {
        unsafe p = UnsafeMutablePointer(mutating: ByteClass.pass(from: p, to: stop, by: classes, &cellClasses))
        count = unsafe UnsafePointer(p) - start
      }
      rowClasses |= cellClasses
      if isHeader {
        unsafe headerCells.append(Array(UnsafeBufferPointer(start: start, count: count)))
      } else if column < columnCount, unsafe fields[column] >= 0 {
        let field = unsafe Int(fields[column])
        unsafe cells[field] = Cell(
          count == 0 ? .absent : .text, start: start, count: count, classes: ByteClass(rawValue: cellClasses))
      }
      column += 1
      if unsafe p == limit {
        if !isLast { return .more }
        endsWithInput = true
        return unsafe finish(column, from: cursor, to: p, next: p, newlines, rowClasses)
      }
      switch unsafe p.pointee {
      case CSVReader.comma:
        unsafe p += 1
      case CSVReader.lineFeed:
        return unsafe finish(column, from: cursor, to: p, next: p + 1, newlines + 1, rowClasses)
      case CSVReader.carriageReturn:
        if unsafe p + 1 == limit, !isLast { return .more }
        guard unsafe p + 1 < limit, unsafe p[1] == CSVReader.lineFeed else {
          return unsafe broken("a carriage return without a line feed", at: p)
        }
        return unsafe finish(column, from: cursor, to: p, next: p + 2, newlines + 1, rowClasses)
      case CSVReader.quote:
        return unsafe broken("a quote inside a cell that does not start with one", at: p)
      case 0:
        return unsafe broken("a NUL byte", at: p)
      default:
        return unsafe broken("characters behind a closing quote", at: p)
      }
    }
  }

  private func blank(_ next: UnsafeMutablePointer<UInt8>) -> Scan {
    unsafe cursor = next
    nextLine += 1
    return .blank
  }

  private func finish(
    _ columnCount: Int, from start: UnsafeMutablePointer<UInt8>, to end: UnsafeMutablePointer<UInt8>,
    next: UnsafeMutablePointer<UInt8>, _ newlines: Int, _ rowClasses: UInt16
  ) -> Scan {
    unsafe cursor = next
    nextLine += newlines
    // Only a whole record has filled every cell; after a short one some still point into a window that is gone.
    if rowClasses & ByteClass.high.rawValue != 0, !isHeader, columnCount == self.columnCount,
      unsafe !UTF8Check.isValid(UnsafeBufferPointer(start: start, count: end - start))
    {
      unsafe reportInvalidUTF8(in: cells(of: batch.count), schema: schema, line: line, to: &faults)
    }
    return .record(columnCount: columnCount)
  }

  /// Moves behind a broken record. Its later cells are still told apart, because a quoted one may hold line feeds; where
  /// that leads nowhere (a quote that is never closed) the record ends with its line.
  private func broken(_ message: String, at fault: UnsafeMutablePointer<UInt8>, isQuoted: Bool = false) -> Scan {
    let quoted = unsafe endOfBroken(from: fault, honoursQuotes: true, isQuoted: isQuoted)
    if !stream.isAtEnd, unsafe quoted == nil || quoted == limit { return .more }
    unsafe moveBehind(quoted ?? endOfBroken(from: fault, honoursQuotes: false, isQuoted: false) ?? limit)
    return .broken(message)
  }

  private func moveBehind(_ end: UnsafeMutablePointer<UInt8>) {
    var p = unsafe cursor
    while unsafe p < end {
      if unsafe p.pointee == CSVReader.lineFeed { nextLine += 1 }
      unsafe p += 1
    }
    unsafe cursor = unsafe end
  }

  /// One past the line feed that ends a broken record, or the limit; nil where a quote is not closed before the limit.
  private func endOfBroken(
    from fault: UnsafeMutablePointer<UInt8>, honoursQuotes: Bool, isQuoted: Bool
  ) -> UnsafeMutablePointer<UInt8>? {
    var p = unsafe fault
    var isCellStart = false
    var isInside = isQuoted
    while unsafe p < limit {
      if isInside {
        // To the closing quote; a doubled one closes nothing.
        while unsafe p < limit, unsafe p.pointee != CSVReader.quote { unsafe p += 1 }
        if unsafe p == limit { return nil }
        unsafe p += 1
        if unsafe p < limit, unsafe p.pointee == CSVReader.quote {
          unsafe p += 1
          continue
        }
        isInside = false
        continue
      }
      let byte = unsafe p.pointee
      unsafe p += 1
      if byte == CSVReader.lineFeed { return unsafe p }
      isInside = isCellStart && byte == CSVReader.quote && honoursQuotes
      isCellStart = byte == CSVReader.comma
    }
    if isInside { return nil }
    return unsafe limit
  }

  // MARK: The window

  private func extend() throws(FileError) {
    _ = try unsafe stream.extend(keeping: cursor)
    adoptWindow()
  }

  private func adoptWindow() {
    unsafe cursor = stream.start
    unsafe limit = stream.limit
    unsafe limit.pointee = CSVReader.lineFeed
  }
}

/// Names the cells of a record that are not UTF-8; where none is, the fault lies in a column that is not read.
func reportInvalidUTF8(
  in cells: UnsafeMutableBufferPointer<Cell>, schema: Schema, line: Int, to faults: inout [Fault]
) {
  var isNamed = false
  for index in cells.indices {
    let cell = unsafe cells[index]
    guard cell.kind != .absent, unsafe !UTF8Check.isValid(cell.buffer) else { continue }
    faults.append(Fault("invalid_utf8", field: schema.fields[index], line: line, "the cell is not UTF-8"))
    unsafe cells[index].kind = .faulty
    isNamed = true
  }
  if !isNamed { faults.append(Fault("invalid_utf8", line: line, "a cell that is not read is not UTF-8")) }
}
