// How does the program read and write its own JSON: manifests, configuration, answers?

/// A JSON value. Numbers are kept as written: no floating point anywhere.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// As written; integers only come from `int`.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public static func int(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
  /// Null for nil.
  public static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  public var text: String? { if case .string(let text) = self { text } else { nil } }
  public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  public var members: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
  public var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  /// An integer that fits 64 bits.
  public var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }

  // MARK: Writing

  /// Sorted keys, two spaces, a line feed at the end: the same value always gives the same bytes.
  public var pretty: String {
    var text = ""
    write(to: &text, indent: 0, isPretty: true)
    return text + "\n"
  }

  /// One line, sorted keys.
  public var compact: String {
    var text = ""
    write(to: &text, indent: 0, isPretty: false)
    return text
  }

  private func write(to text: inout String, indent: Int, isPretty: Bool) {
    func lineBreak(_ indent: Int) { if isPretty { text += "\n" + String(repeating: "  ", count: indent) } }
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let value): JSONValue.writeString(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        lineBreak(indent + 1)
        element.write(to: &text, indent: indent + 1, isPretty: isPretty)
      }
      if !elements.isEmpty { lineBreak(indent) }
      text += "]"
    case .object(let members):
      text += "{"
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        if index > 0 { text += "," }
        lineBreak(indent + 1)
        JSONValue.writeString(member.key, to: &text)
        text += isPretty ? ": " : ":"
        member.value.write(to: &text, indent: indent + 1, isPretty: isPretty)
      }
      if !members.isEmpty { lineBreak(indent) }
      text += "}"
    }
  }

  /// A JSON string in quotes; control characters are escaped, everything else stands as it is.
  public static func writeString(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  // MARK: Reading

  /// Reads one JSON document strictly: no duplicate keys, no trailing commas, valid UTF-8.
  /// - Throws: what is wrong, and in which line.
  public init(parsing bytes: [UInt8]) throws(Fault) {
    guard UTF8Check.isValid(bytes) else { throw Fault("invalid_utf8", line: 1, "the text is not UTF-8") }
    var text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    text.append(contentsOf: repeatElement(0, count: Block.slack))
    let scratch = Scratch()
    let result = unsafe text.withUnsafeBufferPointer { buffer -> Result<JSONValue, Fault> in
      var scanner = unsafe JSONScanner(
        buffer.baseAddress!, buffer.baseAddress! + buffer.count - Block.slack, isLast: true, isOneLine: false, line: 1,
        scratch: scratch)
      do throws(JSONStop) {
        try scanner.skipWhiteSpace()
        let value = try JSONValue(&scanner, scratch: scratch, depth: 0)
        try scanner.skipWhiteSpace()
        guard scanner.isAtEnd else { throw .malformed("something stands behind the end of the document") }
        return .success(value)
      } catch {
        switch error {
        case .more: return .failure(Fault("malformed_row", line: scanner.line, "the text is cut off"))
        case .notUTF8: return .failure(Fault("invalid_utf8", line: scanner.line, "the text is not UTF-8"))
        case .duplicateKey: return .failure(Fault("duplicate_field", line: scanner.line, "a key stands twice"))
        case .malformed(let message): return .failure(Fault("malformed_row", line: scanner.line, "\(message)"))
        }
      }
    }
    self = try result.get()
  }

  init(_ scanner: inout JSONScanner, scratch: Scratch, depth: Int) throws(JSONStop) {
    let opening = try scanner.peek()
    guard depth < JSONScanner.depthMax || opening != 0x5B && opening != 0x7B else {
      throw .malformed("values are nested deeper than 64")
    }
    switch opening {
    case 0x22:
      self = .string(try JSONValue.text(&scanner, scratch: scratch))
    case 0x5B:
      unsafe scanner.position += 1
      var elements: [JSONValue] = []
      try scanner.skipWhiteSpace()
      if try scanner.peek() == 0x5D {
        unsafe scanner.position += 1
      } else {
        while true {
          try scanner.skipWhiteSpace()
          elements.append(try JSONValue(&scanner, scratch: scratch, depth: depth + 1))
          try scanner.skipWhiteSpace()
          let byte = try scanner.peek()
          unsafe scanner.position += 1
          if byte == 0x5D { break }
          guard byte == 0x2C else { throw .malformed("a comma or ] is expected") }
        }
      }
      self = .array(elements)
    case 0x7B:
      unsafe scanner.position += 1
      var members: [String: JSONValue] = [:]
      try scanner.skipWhiteSpace()
      if try scanner.peek() == 0x7D {
        unsafe scanner.position += 1
      } else {
        while true {
          try scanner.skipWhiteSpace()
          guard try scanner.peek() == 0x22 else { throw .malformed("a key is expected") }
          let key = try JSONValue.text(&scanner, scratch: scratch)
          try scanner.expect(0x3A, "a colon is expected behind a key")
          try scanner.skipWhiteSpace()
          let value = try JSONValue(&scanner, scratch: scratch, depth: depth + 1)
          guard members.updateValue(value, forKey: key) == nil else { throw .duplicateKey }
          try scanner.skipWhiteSpace()
          let byte = try scanner.peek()
          unsafe scanner.position += 1
          if byte == 0x7D { break }
          guard byte == 0x2C else { throw .malformed("a comma or } is expected") }
        }
      }
      self = .object(members)
    default:
      let cell = try scanner.value(depth: depth)
      switch cell.kind {
      case .absent: self = .null
      case .boolean: self = .bool(cell.count == 4)
      default: self = .number(String(decoding: cell.bytes, as: UTF8.self))
      }
    }
  }

  private static func text(_ scanner: inout JSONScanner, scratch: Scratch) throws(JSONStop) -> String {
    scratch.reset()
    let cell = try scanner.string()
    guard cell.kind == .text else { throw .malformed("an escape is half a surrogate pair") }
    return String(decoding: cell.bytes, as: UTF8.self)
  }
}
