// Which records does a JSON or NDJSON file hold? An array of objects, an object whose key names the table and holds
// it, or an object a line.
//
// Keys mostly come in the same order in every record: the keys of the record before are compared first, and only
// where one differs is it looked up and are duplicates searched for.

@safe
public final class JSONReader: BatchingReader, @unchecked Sendable {
  public enum Layout: Sendable {
    case document
    case lines
  }

  let batch: RecordBatch
  var waiting: ReadOutcome?
  public private(set) var line = 1
  public private(set) var faults: [Fault] = []
  public private(set) var unknownFields: Set<[UInt8]> = []

  private enum Place {
    case start
    /// In the object around the table, where a key or its end is expected.
    case member(isFirst: Bool)
    /// In the object around the table, behind a value.
    case afterMember
    /// Behind the `[` of the table.
    case firstElement
    /// Behind a comma of the table.
    case element
    case afterElement
    /// Behind all that is read.
    case trailing
  }

  private let stream: InputStream
  private let schema: Schema
  private let layout: Layout
  /// The text may end behind a comma: the next piece goes on with an element.
  private let endsBehindComma: Bool
  private let scratch = Scratch()
  private var cursor: UnsafeMutablePointer<UInt8>
  private var limit: UnsafeMutablePointer<UInt8>
  private var nextLine = 1
  private var place = Place.start
  private var hasWrapper = false
  private var memberKeys: Set<[UInt8]> = []
  private var isUnreadable = false
  private var isBehindMark = false

  /// The keys of the record before, free of duplicates, and their fields.
  private var keys: [(name: [UInt8], field: Int?)] = []
  /// The first keys as they were written, quotes included: compared without being scanned.
  private let written = UnsafeMutablePointer<WrittenKey>.allocate(capacity: JSONReader.writtenMax)
  private var writtenCount = 0
  private let writtenBytes = UnsafeMutablePointer<UInt8>.allocate(
    capacity: JSONReader.writtenMax * WrittenKey.lengthMax)

  /// So many keys of a record, each of so many bytes, are compared as they are written.
  private static let writtenMax = 48

  private struct WrittenKey {
    static let lengthMax = 40
    var count: Int
    /// -1 for a key that is ignored.
    var field: Int
  }

  /// Reads one piece of a file; the first and the last may be the same.
  public convenience init(_ piece: InputPieces.Piece, schema: Schema, layout: Layout) {
    self.init(piece.stream, schema: schema, layout: layout, endsBehindComma: !piece.isLast)
    nextLine = piece.line
    if !piece.isFirst {
      place = .element
      isBehindMark = true
    }
  }

  public init(_ stream: InputStream, schema: Schema, layout: Layout, endsBehindComma: Bool = false) {
    self.endsBehindComma = endsBehindComma
    self.stream = stream
    self.schema = schema
    self.layout = layout
    unsafe batch = RecordBatch(schema, nowhere: UnsafePointer(stream.start))
    unsafe cursor = stream.start
    unsafe limit = stream.limit
    unsafe limit.pointee = 0
  }

  deinit {
    unsafe written.deallocate()
    unsafe writtenBytes.deallocate()
  }

  func forgetFaults() {
    if !faults.isEmpty { faults.removeAll(keepingCapacity: true) }
  }

  func read(mayMove: Bool) throws(FileError) -> ReadOutcome? {
    if !isBehindMark { try skipByteOrderMark() }
    while !isUnreadable {
      if batch.count == 0 { scratch.reset() }
      // Of a scan that is repeated; a batch ends with its first record that has any.
      forgetFaults()
      var scanner = unsafe JSONScanner(
        cursor, limit, isLast: stream.isAtEnd, isOneLine: layout == .lines, line: nextLine, scratch: scratch)
      line = nextLine
      do throws(JSONStop) {
        let outcome = try layout == .lines ? lineRecord(&scanner) : documentStep(&scanner)
        unsafe cursor = UnsafeMutablePointer(mutating: scanner.position)
        nextLine = scanner.line
        if let outcome { return outcome }
      } catch {
        let fault: Fault
        switch error {
        case .more:
          guard mayMove else { return nil }
          _ = try unsafe stream.extend(keeping: cursor)
          adoptWindow()
          continue
        case .malformed(let message):
          fault = Fault(
            "malformed_row", line: line, scanner.line == line ? "\(message)" : "\(message) (line \(scanner.line))")
        case .notUTF8:
          fault = Fault("invalid_utf8", line: line, "the object around the rows is not UTF-8")
        case .duplicateKey:
          fault = Fault("duplicate_field", line: line, "a key stands twice in an object")
        }
        guard layout == .lines else {
          isUnreadable = true
          return .unreadable(fault)
        }
        switch unsafe try skipLine(from: scanner.position, mayMove: mayMove) {
        case .skipped: return .broken(fault)
        case .moved: continue
        case .mustMove: return nil
        }
      }
    }
    return .end
  }

  // MARK: NDJSON

  private func lineRecord(_ scanner: inout JSONScanner) throws(JSONStop) -> ReadOutcome? {
    try scanner.skipWhiteSpace()
    let byte = try scanner.peek()
    if scanner.isAtEnd { return .end }
    if byte == 0x0A {
      unsafe scanner.position += 1
      scanner.line += 1
      return nil
    }
    let outcome = try element(&scanner, depth: 0)
    try scanner.skipWhiteSpace()
    let end = try scanner.peek()
    if end == 0x0A {
      unsafe scanner.position += 1
      scanner.line += 1
    } else if !scanner.isAtEnd {
      throw .malformed("only one object may stand on a line")
    }
    return outcome
  }

  private enum Skip {
    case skipped
    /// There was more of the file, and the record is to be read again.
    case moved
    /// There may be more of the file, but the window may not be moved.
    case mustMove
  }

  /// Moves behind the line feed that ends a broken record.
  private func skipLine(from fault: UnsafePointer<UInt8>, mayMove: Bool) throws(FileError) -> Skip {
    // A scan that fails at the end of the text may have stepped behind it.
    var p = unsafe UnsafeMutablePointer(mutating: min(fault, UnsafePointer(limit)))
    while unsafe p < limit, unsafe p.pointee != 0x0A { unsafe p += 1 }
    if unsafe p == limit {
      if !mayMove, !stream.isAtEnd { return .mustMove }
      if try unsafe stream.extend(keeping: cursor) {
        adoptWindow()
        return .moved
      }
      unsafe cursor = limit
    } else {
      unsafe cursor = p + 1
      nextLine += 1
    }
    return .skipped
  }

  // MARK: One JSON document

  private func documentStep(_ scanner: inout JSONScanner) throws(JSONStop) -> ReadOutcome? {
    try scanner.skipWhiteSpace()
    let byte = try scanner.peek()
    line = scanner.line
    switch place {
    case .start:
      guard byte == 0x5B || byte == 0x7B else {
        throw .malformed(scanner.isAtEnd ? "the file holds nothing" : "an array or an object is expected")
      }
      hasWrapper = byte == 0x7B
      place = hasWrapper ? .member(isFirst: true) : .firstElement
    case .member(let isFirst):
      if byte == 0x7D && isFirst {
        place = .trailing
        break
      }
      return try member(&scanner)
    case .afterMember:
      guard byte == 0x2C || byte == 0x7D else { throw .malformed("a comma or } is expected") }
      place = byte == 0x2C ? .member(isFirst: false) : .trailing
    case .firstElement where byte == 0x5D, .afterElement where byte == 0x5D:
      place = hasWrapper ? .afterMember : .trailing
    case .firstElement:
      let outcome = try element(&scanner, depth: hasWrapper ? 2 : 1)
      place = .afterElement
      return outcome
    case .element:
      if endsBehindComma && scanner.isAtEnd { return .end }
      let outcome = try element(&scanner, depth: hasWrapper ? 2 : 1)
      place = .afterElement
      return outcome
    case .afterElement:
      guard byte == 0x2C else { throw .malformed("a comma or ] is expected") }
      place = .element
    case .trailing:
      guard scanner.isAtEnd else { throw .malformed("something stands behind the end of the document") }
      if hasWrapper && !memberKeys.contains(Array(schema.table.utf8)) {
        isUnreadable = true
        return .unreadable(
          Fault("missing_field", field: schema.table, line: 1, "the object has no key \(schema.table) with the rows"))
      }
      return .end
    }
    unsafe scanner.position += 1
    return nil
  }

  /// A key of the object around the table: the table itself, or something to ignore.
  private func member(_ scanner: inout JSONScanner) throws(JSONStop) -> ReadOutcome? {
    guard try scanner.peek() == 0x22 else { throw .malformed("a key is expected") }
    let start = unsafe scanner.position
    scanner.classes = []
    let key = try scanner.string()
    guard key.kind == .text, !key.classes.contains(.control) else { throw .malformed("a key is not text") }
    let name = key.bytes
    try scanner.expect(0x3A, "a colon is expected behind a key")
    try scanner.skipWhiteSpace()
    if name == Array(schema.table.utf8) {
      guard try scanner.peek() == 0x5B else { throw .malformed("the key of the table must hold an array") }
      guard memberKeys.insert(name).inserted else { throw .duplicateKey }
      unsafe scanner.position += 1
      place = .firstElement
    } else {
      _ = try scanner.value(depth: 1)
      if scanner.classes.contains(.high),
        unsafe !UTF8Check.isValid(UnsafeBufferPointer(start: start, count: scanner.position - start))
      {
        throw .notUTF8
      }
      guard memberKeys.insert(name).inserted, !scanner.hasDuplicateKey else { throw .duplicateKey }
      place = .afterMember
    }
    return nil
  }

  // MARK: One record

  private func element(_ scanner: inout JSONScanner, depth: Int) throws(JSONStop) -> ReadOutcome {
    guard try scanner.peek() == 0x7B else {
      _ = try scanner.value(depth: depth)
      return .broken(Fault("malformed_row", line: line, "a row must be an object"))
    }
    let cells = unsafe batch.cells(of: batch.count)
    func forgetCells() { for index in cells.indices { unsafe cells[index].kind = .absent } }
    forgetCells()
    if unsafe takePlainObject(&scanner, cells) { return .record }
    forgetCells()
    let start = unsafe scanner.position
    unsafe scanner.position += 1
    scanner.classes = []
    var found: [Fault] = []
    var seen: UInt64 = 0
    var position = 0
    /// All keys so far, once one came that the record before did not have at its place; and those from there on.
    /// They are remembered when the whole record is read, not before: a scan that stops is repeated.
    var slowKeys: Set<[UInt8]>?
    var newKeys: [NewKey] = []
    var newKeysStart = 0
    var repeatsUnknownKey = false
    scanner.hasDuplicateKey = false
    try scanner.skipWhiteSpace()
    if try scanner.peek() == 0x7D {
      unsafe scanner.position += 1
    } else {
      while true {
        try scanner.skipWhiteSpace()
        guard try scanner.peek() == 0x22 else { throw .malformed("a key is expected") }
        let field: Int?
        if position < writtenCount, slowKeys == nil, let known = knownKey(position, &scanner) {
          field = known >= 0 ? known : nil
        } else {
          let keyStart = unsafe scanner.position
          let key = try scanner.string()
          guard key.kind == .text, !key.classes.contains(.control) else { throw .malformed("a key is not text") }
          if slowKeys == nil {
            slowKeys = Set(keys.prefix(position).map(\.name))
            newKeysStart = position
          }
          let name = key.bytes
          field = schema.number(of: name)
          if !slowKeys!.insert(name).inserted, field == nil { repeatsUnknownKey = true }
          unsafe newKeys.append(
            NewKey(
              name: name, field: field,
              written: Array(UnsafeBufferPointer(start: keyStart, count: scanner.position - keyStart)),
              isPlain: key.classes.isDisjoint(with: .high)))
        }
        position += 1
        try scanner.expect(0x3A, "a colon is expected behind a key")
        try scanner.skipWhiteSpace()
        let value = try scanner.value(depth: depth + 1)
        if let field {
          if seen & (1 << UInt64(field)) != 0 {
            found.append(
              Fault("duplicate_field", field: schema.fields[field], line: line, "two keys stand for the same field"))
            unsafe cells[field].kind = .faulty
          } else {
            seen |= 1 << UInt64(field)
            unsafe cells[field] = value
            if value.kind == .text && value.count == 0 { unsafe cells[field].kind = .absent }
            if value.kind == .faulty {
              found.append(
                Fault("invalid_utf8", field: schema.fields[field], line: line, "an escape is half a surrogate pair"))
            }
          }
        }
        try scanner.skipWhiteSpace()
        let byte = try scanner.peek()
        guard byte == 0x2C || byte == 0x7D else { throw .malformed("a comma or } is expected") }
        unsafe scanner.position += 1
        if byte == 0x7D { break }
      }
    }
    if repeatsUnknownKey || scanner.hasDuplicateKey {
      found.append(Fault("duplicate_field", line: line, "a key stands twice in an object"))
    }
    remember(
      newKeys, from: newKeysStart, areDistinct: !repeatsUnknownKey && !found.contains { $0.code == "duplicate_field" })
    if !found.isEmpty { faults = found }
    if scanner.classes.contains(.high),
      unsafe !UTF8Check.isValid(UnsafeBufferPointer(start: start, count: scanner.position - start))
    {
      unsafe reportInvalidUTF8(in: cells, schema: schema, line: line, to: &faults)
    }
    return .record
  }

  /// Takes the object at the position, if it is one as nearly all are: the keys of the record before, in their order and
  /// written as there, each with a string without escapes, digits or `null`, and no white space but single spaces in front of
  /// a key and around a value. Any other is left to `element`, the position where it was and some of the cells filled.
  ///
  /// Every loop and every comparison ends at the NUL behind the window, which stands in none of these.
  @inline(__always)
  private func takePlainObject(_ scanner: inout JSONScanner, _ cells: UnsafeMutableBufferPointer<Cell>) -> Bool {
    guard writtenCount > 0, writtenCount == keys.count else { return false }
    var p = unsafe scanner.position
    for place in 0..<writtenCount {
      // The brace, or a comma.
      unsafe p += 1
      if unsafe p.pointee == 0x20 { unsafe p += 1 }
      let key = unsafe written[place]
      guard unsafe isWritten(place, key.count, at: p) else { return false }
      unsafe p += key.count
      guard unsafe p.pointee == 0x3A else { return false }
      unsafe p += 1
      if unsafe p.pointee == 0x20 { unsafe p += 1 }
      guard let cell = unsafe scanner.plainValue(&p) else { return false }
      if key.field >= 0 { unsafe cells[key.field] = cell }
      if unsafe p.pointee == 0x20 { unsafe p += 1 }
      guard unsafe p.pointee == (place == writtenCount - 1 ? 0x7D : 0x2C) else { return false }
    }
    unsafe scanner.position = unsafe p + 1
    return true
  }

  /// The field of the key that the record before had at this place, if the same stands here: -1 for one that is ignored.
  @inline(__always)
  private func knownKey(_ place: Int, _ scanner: inout JSONScanner) -> Int? {
    let key = unsafe written[place]
    guard unsafe scanner.limit - scanner.position > key.count else { return nil }
    guard unsafe isWritten(place, key.count, at: scanner.position) else { return nil }
    unsafe scanner.position += key.count
    return key.field
  }

  /// Whether the key that the record before had at this place stands here; as many bytes as it has may be read.
  @inline(__always)
  private func isWritten(_ place: Int, _ count: Int, at position: UnsafePointer<UInt8>) -> Bool {
    let here = unsafe UnsafeRawPointer(position)
    let expected = unsafe UnsafeRawPointer(writtenBytes + place * WrittenKey.lengthMax)
    var offset = 0
    while offset + 8 <= count {
      if unsafe here.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        != expected.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      {
        return false
      }
      offset += 8
    }
    while offset < count {
      if unsafe here.load(fromByteOffset: offset, as: UInt8.self)
        != expected.load(fromByteOffset: offset, as: UInt8.self)
      {
        return false
      }
      offset += 1
    }
    return true
  }

  /// A key that the record before did not have at its place.
  private struct NewKey {
    let name: [UInt8]
    let field: Int?
    /// As it stands in the file, quotes included.
    let written: [UInt8]
    /// Holds ASCII only: its bytes need no further look.
    let isPlain: Bool
  }

  /// Takes over the keys of a record that was read to its end. Only distinct keys vouch for the next record's.
  private func remember(_ newKeys: [NewKey], from start: Int, areDistinct: Bool) {
    guard !newKeys.isEmpty else { return }
    for key in newKeys where key.field == nil && unknownFields.count < 100 { unknownFields.insert(key.name) }
    guard areDistinct else { return }
    keys.removeSubrange(min(start, keys.count)...)
    writtenCount = min(writtenCount, start)
    for key in newKeys {
      let place = keys.count
      keys.append((key.name, key.field))
      guard writtenCount == place, place < JSONReader.writtenMax, key.isPlain, key.written.count <= WrittenKey.lengthMax
      else { continue }
      unsafe written[place] = WrittenKey(count: key.written.count, field: key.field ?? -1)
      unsafe key.written.withUnsafeBufferPointer { bytes in
        unsafe (writtenBytes + place * WrittenKey.lengthMax).update(from: bytes.baseAddress!, count: bytes.count)
      }
      writtenCount += 1
    }
  }

  // MARK: The window

  private func skipByteOrderMark() throws(FileError) {
    isBehindMark = true
    while unsafe limit - cursor < 3, unsafe try stream.extend(keeping: cursor) { adoptWindow() }
    if unsafe limit - cursor >= 3, unsafe cursor[0] == 0xEF, unsafe cursor[1] == 0xBB, unsafe cursor[2] == 0xBF {
      unsafe cursor += 3
    }
  }

  private func adoptWindow() {
    unsafe cursor = stream.start
    unsafe limit = stream.limit
    unsafe limit.pointee = 0
  }
}
