// What stands next in a JSON text? RFC 8259, strictly: no comments, no trailing commas, one spelling per number,
// no duplicate keys, nesting up to 64.

/// Why a scan stopped.
enum JSONStop: Error {
  /// The window ends inside the value.
  case more
  case malformed(StaticString)
  case duplicateKey
  case notUTF8
}

/// A position in a JSON text. A copy is a bookmark: a scan that stops is repeated from one.
///
/// A NUL byte stands behind the window as a sentinel; it is a control character, so every loop stops there. Behind it
/// `Block.slack` bytes in all may be read, because strings are looked at 16 bytes at once.
@safe
struct JSONScanner {
  static let depthMax = 64

  var position: UnsafePointer<UInt8>
  let limit: UnsafePointer<UInt8>
  /// Whether the text ends where the window ends.
  let isLast: Bool
  /// Whether a line feed ends the text (NDJSON) instead of being white space.
  let isOneLine: Bool
  var line: Int
  /// Whether an object inside a value had a key twice.
  var hasDuplicateKey = false
  /// Kinds of all bytes in strings so far.
  var classes: ByteClass = []
  private let table = unsafe ByteClass.table
  /// Owned by the reader, which outlives its scanners; a plain reference keeps this struct free of counting.
  private unowned(unsafe) let scratch: Scratch

  init(
    _ start: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>, isLast: Bool, isOneLine: Bool, line: Int,
    scratch: Scratch
  ) {
    unsafe position = start
    unsafe self.limit = limit
    self.isLast = isLast
    self.isOneLine = isOneLine
    self.line = line
    unsafe self.scratch = scratch
  }

  /// The byte here; 0 at the end of the text.
  @inline(__always)
  func peek() throws(JSONStop) -> UInt8 {
    if unsafe position == limit, !isLast { throw .more }
    return unsafe position.pointee
  }

  var isAtEnd: Bool { unsafe position == limit }

  @inline(__always)
  mutating func skipWhiteSpace() throws(JSONStop) {
    if unsafe position.pointee > 0x20 { return }
    try skipSomeWhiteSpace()
  }

  private mutating func skipSomeWhiteSpace() throws(JSONStop) {
    while true {
      switch unsafe position.pointee {
      case 0x20, 0x09, 0x0D: unsafe position += 1
      case 0x0A:
        if isOneLine { return }
        line += 1
        unsafe position += 1
      case 0 where unsafe position == limit && !isLast: throw .more
      default: return
      }
    }
  }

  /// Skips white space and the byte, which must stand there.
  @inline(__always)
  mutating func expect(_ byte: UInt8, _ message: StaticString) throws(JSONStop) {
    if unsafe position.pointee == byte {
      unsafe position += 1
      return
    }
    try skipWhiteSpace()
    guard try peek() == byte else { throw .malformed(message) }
    unsafe position += 1
  }

  private static let null = UInt32(littleEndian: 0x6C6C_756E)

  /// A value at `position`, which moves behind it, if it needs no second look: a string of ASCII without escapes, a whole number without a sign, or `null`.
  /// - Returns: nil for any other, and where the text may go on behind the window.
  @inline(__always)
  func plainValue(_ position: inout UnsafePointer<UInt8>) -> Cell? {
    var p = unsafe position
    let first = unsafe p.pointee
    if first == 0x22 {
      unsafe p += 1
      let start = unsafe p
      var kinds: UInt16 = 0
      let stops = ByteClass.jsonStop.union(.high).rawValue
      unsafe p = ByteClass.pass(from: p, to: stops, by: table, &kinds)
      guard unsafe p.pointee == 0x22 else { return nil }
      let count = unsafe p - start
      unsafe position = p + 1
      return unsafe Cell(count == 0 ? .absent : .text, start: start, count: count, classes: ByteClass(rawValue: kinds))
    }
    if first &- 0x30 <= 9 {
      let start = unsafe p
      repeat { unsafe p += 1 } while unsafe p.pointee &- 0x30 <= 9
      // What a number may go on with is not looked at here; nor is a zero that others follow.
      let end = unsafe p.pointee
      guard end == 0x2C || end == 0x7D || end == 0x20, unsafe first != 0x30 || p == start + 1 else { return nil }
      unsafe position = p
      return unsafe Cell(.number, start: start, count: p - start, classes: [])
    }
    guard unsafe UnsafeRawPointer(p).loadUnaligned(as: UInt32.self) == JSONScanner.null else { return nil }
    unsafe position = p + 4
    return unsafe Cell(.absent, start: p, count: 0, classes: [])
  }

  /// A string, the position on its opening quote. The cell is `faulty` where an escape is half a surrogate pair.
  mutating func string() throws(JSONStop) -> Cell {
    unsafe position += 1
    var start = unsafe position
    var p = unsafe position
    var kinds: UInt16 = 0
    unsafe p = ByteClass.pass(from: p, to: ByteClass.jsonStop.rawValue, by: table, &kinds)
    if unsafe p.pointee == 0x22 {
      unsafe position = p + 1
      classes.formUnion(ByteClass(rawValue: kinds))
      return unsafe Cell(.text, start: start, count: p - start, classes: ByteClass(rawValue: kinds))
    }
    if unsafe p.pointee < 0x20 {
      if unsafe p == limit { throw isLast ? .malformed("a string is not closed") : .more }
      throw .malformed("a control character inside a string")
    }
    // An escape: from here the string is put together in the scratch.
    unsafe position = p
    let plainCount = unsafe p - start
    let room = unsafe limit - start
    let plain = unsafe start
    unsafe start = scratch.beginCell(windowCount: room)
    unsafe scratch.append(plain, plainCount)
    var kind = Cell.Kind.text
    while true {
      let byte = unsafe position.pointee
      if byte == 0x22 { break }
      if byte == 0x5C {
        if try !escape(&kinds) { kind = .faulty }
      } else if byte < 0x20 {
        if unsafe position == limit { throw isLast ? .malformed("a string is not closed") : .more }
        throw .malformed("a control character inside a string")
      } else {
        unsafe kinds |= table[Int(byte)]
        unsafe scratch.append(byte)
        unsafe position += 1
      }
    }
    unsafe position += 1
    classes.formUnion(ByteClass(rawValue: kinds))
    return unsafe Cell(kind, start: start, count: scratch.end - start, classes: ByteClass(rawValue: kinds))
  }

  /// One escape sequence. False for half a surrogate pair.
  private mutating func escape(_ kinds: inout UInt16) throws(JSONStop) -> Bool {
    unsafe position += 1
    let letter = try peek()
    let byte: UInt8
    switch letter {
    case 0x22, 0x5C, 0x2F: byte = letter
    case 0x62: byte = 0x08
    case 0x66: byte = 0x0C
    case 0x6E: byte = 0x0A
    case 0x72: byte = 0x0D
    case 0x74: byte = 0x09
    case 0x75:
      unsafe position += 1
      let first = try fourHexDigits()
      var scalar = first
      if (0xD800...0xDFFF).contains(first) {
        guard first < 0xDC00, try peek() == 0x5C else { return false }
        if unsafe position + 1 == limit, !isLast { throw .more }
        guard unsafe position[1] == 0x75 else { return false }
        unsafe position += 2
        let second = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(second) else { return false }
        scalar = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
      }
      guard let decoded = Unicode.Scalar(scalar) else { return false }
      for byte in UTF8.encode(decoded)! {
        unsafe kinds |= table[Int(byte)]
        unsafe scratch.append(byte)
      }
      return true
    default: throw .malformed(isAtEnd ? "a string is not closed" : "an unknown escape inside a string")
    }
    unsafe position += 1
    unsafe kinds |= table[Int(byte)]
    unsafe scratch.append(byte)
    return true
  }

  private mutating func fourHexDigits() throws(JSONStop) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let digit = try peek()
      switch digit {
      case 0x30...0x39: value = value << 4 + UInt32(digit - 0x30)
      case 0x41...0x46: value = value << 4 + UInt32(digit - 0x41 + 10)
      case 0x61...0x66: value = value << 4 + UInt32(digit - 0x61 + 10)
      default: throw .malformed("an escape needs four hexadecimal digits")
      }
      unsafe position += 1
    }
    return value
  }

  /// Any value: strings decoded, numbers as written, arrays and objects checked and given as written.
  mutating func value(depth: Int) throws(JSONStop) -> Cell {
    let start = unsafe position
    let kind: Cell.Kind
    switch try peek() {
    case 0x22: return try string()
    case 0x7B, 0x5B:
      kind = unsafe start.pointee == 0x7B ? .object : .array
      let isEmpty = try skipContainer(depth: depth)
      if kind == .array && isEmpty {
        return unsafe Cell(.absent, start: start, count: 0, classes: [])
      }
    case 0x2D, 0x30...0x39: return try number()
    case 0x74:
      try word("true")
      kind = .boolean
    case 0x66:
      try word("false")
      kind = .boolean
    case 0x6E:
      try word("null")
      return unsafe Cell(.absent, start: start, count: 0, classes: [])
    default: throw .malformed("a value is expected here")
    }
    return unsafe Cell(kind, start: start, count: position - start, classes: .nonDigit)
  }

  private mutating func word(_ word: StaticString) throws(JSONStop) {
    for index in 0..<word.utf8CodeUnitCount {
      guard unsafe try peek() == word.utf8Start[index] else { throw .malformed("a value is expected here") }
      unsafe position += 1
    }
  }

  private mutating func number() throws(JSONStop) -> Cell {
    let start = unsafe position
    var isInteger = true
    if unsafe position.pointee == 0x2D {
      isInteger = false
      unsafe position += 1
    }
    let first = try peek()
    let integerDigits = digits()
    guard integerDigits > 0, first != 0x30 || integerDigits == 1 else {
      throw try peek() == 0 && isAtEnd ? .malformed("a number is cut off") : .malformed("a number is misspelt")
    }
    if try peek() == 0x2E {
      isInteger = false
      unsafe position += 1
      _ = try peek()
      guard digits() > 0 else { throw .malformed("a number is misspelt") }
    }
    if try peek() | 0x20 == 0x65 {
      isInteger = false
      unsafe position += 1
      let sign = try peek()
      if sign == 0x2B || sign == 0x2D { unsafe position += 1 }
      _ = try peek()
      guard digits() > 0 else { throw .malformed("a number is misspelt") }
    }
    _ = try peek()
    return unsafe Cell(.number, start: start, count: position - start, classes: isInteger ? [] : .nonDigit)
  }

  private mutating func digits() -> Int {
    let start = unsafe position
    while unsafe (0x30...0x39).contains(position.pointee) { unsafe position += 1 }
    return unsafe position - start
  }

  /// Skips an array or object, checking all of it. `depth` containers are open around it.
  /// - Returns: whether it is empty.
  private mutating func skipContainer(depth outerDepth: Int) throws(JSONStop) -> Bool {
    /// The keys of each open object; nil for an array.
    var open: [Set<[UInt8]>?] = []
    var isEmpty = true
    func push(_ byte: UInt8) throws(JSONStop) {
      guard outerDepth + open.count < JSONScanner.depthMax else { throw .malformed("values are nested deeper than 64") }
      open.append(byte == 0x7B ? [] : nil)
    }
    try push(unsafe position.pointee)
    unsafe position += 1
    var expectsElement = true  // behind `[`, `{` or `,`
    var isFirst = true  // behind `[` or `{`
    while !open.isEmpty {
      try skipWhiteSpace()
      let byte = try peek()
      let isObject = open[open.count - 1] != nil
      if byte == (isObject ? 0x7D : 0x5D), isFirst || !expectsElement {
        unsafe position += 1
        open.removeLast()
        isFirst = false
        expectsElement = false
        continue
      }
      if !expectsElement {
        guard byte == 0x2C else { throw .malformed("a comma or a closing bracket is expected") }
        unsafe position += 1
        expectsElement = true
        continue
      }
      isEmpty = false
      isFirst = false
      if isObject {
        guard byte == 0x22 else { throw .malformed("a key is expected") }
        let key = try string()
        guard key.kind != .faulty, !key.classes.contains(.control) else { throw .malformed("a key is not text") }
        if !open[open.count - 1]!.insert(key.bytes).inserted { hasDuplicateKey = true }
        try expect(0x3A, "a colon is expected behind a key")
        try skipWhiteSpace()
      }
      let next = try peek()
      if next == 0x7B || next == 0x5B {
        try push(next)
        unsafe position += 1
        isFirst = true
      } else {
        _ = try value(depth: outerDepth + open.count)
        expectsElement = false
      }
    }
    return isEmpty
  }
}
