// Is the program's own JSON read strictly and written the same every time?
import Interchange
import TestSupport
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String) -> Result<JSONValue, Fault> {
    Result { () throws(Fault) in try JSONValue(parsing: Array(text.utf8)) }
  }

  @Test(
    arguments: [
      ("null", .null),
      (" true ", .bool(true)),
      ("false\n", .bool(false)),
      ("0", .number("0")),
      ("-12.50e+3", .number("-12.50e+3")),
      ("123456789012345678901234567890", .number("123456789012345678901234567890")),
      ("\"\"", .string("")),
      ("\"a\\u00e9\\n\\ud83d\\ude00\"", .string("aé\n😀")),
      ("[]", .array([])),
      ("{}", .object([:])),
      (
        "[1, [2, []], {\"a\": null}]",
        .array([.number("1"), .array([.number("2"), .array([])]), .object(["a": .null])])
      ),
      (
        "{\"a\": {\"b\": [true]}, \"c\": \"\"}",
        .object(["a": .object(["b": .array([.bool(true)])]), "c": .string("")])
      ),
      ("\u{FEFF}[1]", .array([.number("1")])),
    ] as [(String, JSONValue)])
  func `a document and its value`(text: String, expected: JSONValue) {
    #expect(parse(text) == .success(expected))
  }

  @Test(
    arguments: [
      ("", "malformed_row", 1),
      (" \n ", "malformed_row", 2),
      ("[1,]", "malformed_row", 1),
      ("[,1]", "malformed_row", 1),
      ("[1 2]", "malformed_row", 1),
      ("{\"a\":1,}", "malformed_row", 1),
      ("{\"a\" 1}", "malformed_row", 1),
      ("{\"a\":}", "malformed_row", 1),
      ("{a:1}", "malformed_row", 1),
      ("{1:1}", "malformed_row", 1),
      ("{'a':1}", "malformed_row", 1),
      ("[1] x", "malformed_row", 1),
      ("1 1", "malformed_row", 1),
      ("{\n\"a\": 1,\n\"b\": oops\n}", "malformed_row", 3),
      ("// x\n1", "malformed_row", 1),
      ("[1, /* x */ 2]", "malformed_row", 1),
      ("01", "malformed_row", 1),
      ("+1", "malformed_row", 1),
      ("1.", "malformed_row", 1),
      (".5", "malformed_row", 1),
      ("1e", "malformed_row", 1),
      ("NaN", "malformed_row", 1),
      ("True", "malformed_row", 1),
      ("\"a", "malformed_row", 1),
      ("\"a\nb\"", "malformed_row", 1),
      ("\"\\x\"", "malformed_row", 1),
      ("\"\\ud800\"", "malformed_row", 1),
      ("{\"\\ud800\":1}", "malformed_row", 1),
      ("[", "malformed_row", 1),
      ("{\"a\":1", "malformed_row", 1),
      ("[1}", "malformed_row", 1),
      ("[\u{0}]", "malformed_row", 1),
      ("1\u{0}", "malformed_row", 1),
      ("\u{FEFF}\u{FEFF}1", "malformed_row", 1),
      ("{\"a\":1,\"a\":1}", "duplicate_field", 1),
      ("{\"a\":1,\n\"\\u0061\":2}", "duplicate_field", 2),
      ("[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", "duplicate_field", 1),
    ] as [(String, String, Int)])
  func `anything else is refused, with its line`(text: String, code: String, line: Int) throws {
    let fault = try #require(throws: Fault.self) { try parse(text).get() }
    #expect(fault.code == code)
    #expect(fault.line == line)
  }

  @Test func `a text that is not UTF-8 is refused`() throws {
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0xFF, 0xFE, 0x31, 0x00], [0x22, 0xED, 0xA0, 0x80, 0x22]]
      as [[UInt8]]
    {
      #expect(throws: Fault("invalid_utf8", line: 1, "the text is not UTF-8")) { try JSONValue(parsing: bytes) }
    }
  }

  @Test(arguments: [("[", "]"), ("{\"a\":", "}")] as [(String, String)])
  func `values nest 64 deep`(open: String, close: String) throws {
    for inner in ["1", "\"x\"", "null"] {
      let text = { (depth: Int) in
        String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
      }
      #expect(throws: Never.self, "64 around \(inner)") { try parse(text(64)).get() }
      #expect(throws: Fault.self, "65 around \(inner)") { try parse(text(65)).get() }
    }
    let hollow = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(throws: Never.self) { try parse(hollow(64)).get() }
    #expect(throws: Fault.self) { try parse(hollow(65)).get() }
  }

  @Test func `members are sorted as bytes, with two spaces and a line feed at the end`() {
    let value = JSONValue.object([
      "b": .array([.int(1), .array([]), .object([:])]), "a": .string("x"), "Z": .null, "é": .bool(false),
      "10": .int(-5), "9": .bool(true),
    ])
    #expect(
      value.pretty == """
        {
          "10": -5,
          "9": true,
          "Z": null,
          "a": "x",
          "b": [
            1,
            [],
            {}
          ],
          "é": false
        }

        """)
    #expect(value.compact == "{\"10\":-5,\"9\":true,\"Z\":null,\"a\":\"x\",\"b\":[1,[],{}],\"é\":false}")
  }

  @Test(
    arguments: [
      ("plain é 漢 😀 e\u{301}", "\"plain é 漢 😀 e\u{301}\""),
      ("\"\\/", "\"\\\"\\\\/\""),
      ("\n\r\t", "\"\\n\\r\\t\""),
      ("\r\n", "\"\\r\\n\""),
      ("\u{0}\u{1}\u{8}\u{C}\u{1F}", "\"\\u0000\\u0001\\u0008\\u000c\\u001f\""),
      ("\u{7F}\u{85}\u{9F}\u{A0}", "\"\\u007f\\u0085\\u009f\u{A0}\""),
      ("\u{2028}\u{2029}", "\"\\u2028\\u2029\""),
      ("", "\"\""),
    ] as [(String, String)])
  func `a string as it is written`(value: String, expected: String) {
    #expect(Array(JSONValue.string(value).compact.utf8) == Array(expected.utf8))
    #expect(parse(expected) == .success(.string(value)))
  }

  @Test func `what a value holds`() {
    let value = JSONValue.object(["n": .int(Int64.max), "s": .string("x"), "b": .bool(true), "a": .array([.null])])
    #expect(value["n"]?.integer == .max)
    #expect(value["s"]?.text == "x")
    #expect(value["b"]?.flag == true)
    #expect(value["a"]?.elements == [.null])
    #expect(value.members?.count == 4)
    #expect(value["none"] == nil && value["s"]?["x"] == nil)
    // Nothing is taken for what it is not.
    #expect(
      value["s"]?.integer == nil && value["n"]?.text == nil && value["s"]?.flag == nil && value["b"]?.integer == nil)
    #expect(value["a"]?.members == nil && value.elements == nil)
    #expect(JSONValue.number("9223372036854775808").integer == nil && JSONValue.number("1.0").integer == nil)
    #expect(JSONValue.number("1e2").integer == nil)
    #expect(JSONValue.optional(nil) == .null && JSONValue.optional("") == .string(""))
    #expect(JSONValue.int(UInt64.max) == .number("18446744073709551615"))
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random values are read back as they were written, pretty or compact`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for number in 1...300 {
      let value = JSONValueTests.random(depth: 0, &generator)
      #expect(parse(value.pretty) == .success(value), "seed \(seed), value \(number): \(value.compact)")
      #expect(parse(value.compact) == .success(value), "seed \(seed), value \(number): \(value.compact)")
      #expect(!value.compact.unicodeScalars.contains("\n"), "seed \(seed), value \(number)")
    }
  }

  private static func random(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
    let texts = ["", "a", "key", "é", "😀", "\"", "\\", "\n", "\u{0}", "\u{2028}", "\u{85}", "a b", "\\u0041", "/"]
    switch Int.random(in: 0..<(depth < 5 ? 7 : 5), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .int(Int64.random(in: .min ... .max, using: &generator))
    case 3: return .number(["0", "-0.5", "1e10", "12.50"].randomElement(using: &generator)!)
    case 4: return .string(texts.randomElement(using: &generator)! + texts.randomElement(using: &generator)!)
    case 5:
      return .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in random(depth: depth + 1, &generator) })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        members[texts.randomElement(using: &generator)!] = random(depth: depth + 1, &generator)
      }
      return .object(members)
    }
  }
}
