// Which records does a JSON or NDJSON file hold, and what is wrong with the others? The same however its bytes arrive.
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct JSONReaderTests {
  private let workspace = Workspace()

  private func expect(_ bytes: [UInt8], as format: InputFormat = .json, gives expected: [String]) {
    let (lines, differences) = Transcript.read(bytes, as: format, in: workspace)
    #expect(lines == expected)
    #expect(differences.isEmpty, "block borders matter")
  }

  // MARK: Batches

  @Test func `what is wrong with a record is not told of the one before it`() {
    expect(
      Array("{\"id\":\"c1\"}\n{\"amount\":1,\"amount\":1} x\n{\"id\":\"c3\"}\n".utf8), as: .ndjson,
      gives: ["1: c1 - - -", "2: broken malformed_row", "3: c3 - - -"])
    // Whatever is the last that a block of 64 bytes holds of it.
    for length in 1...64 {
      let note = String(repeating: "x", count: length)
      let text = "{\"id\":\"c1\"}\n{\"amount\":1,\"amount\":1,\"note\":\"\(note)\"}\n{\"id\":\"c3\"}\n"
      expect(
        Array(text.utf8), as: .ndjson,
        gives: ["1: c1 - - -", "2: - - ! \(note), duplicate_field amount", "3: c3 - - -"])
    }
  }

  // MARK: The record after

  private static let before = #"{"id":"c0","market_id":"m0","amount":70,"note":"n"}"#

  /// A record whose keys are those of the record before is read in one go, if its values are plain.
  @Test(
    arguments: [
      #"{"id":"c1","market_id":"m1","amount":5,"note":"n1"}"#,
      #"{ "id": "c1", "market_id": "m1", "amount": 5, "note": "n1" }"#,
      #"{"id" :"c1","market_id":"m1","amount":5,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1" ,"amount":5 ,"note":"n1"}"#,
      #"{"id":  "c1","market_id":"m1","amount":5,"note":"n1"}"#,
      "{\"id\":\t\"c1\",\"market_id\":\"m1\",\"amount\":5,\"note\":\"n1\"}",
      // Values that are not plain, each at its place.
      #"{"id":"c\"1","market_id":"m1","amount":5,"note":"n1"}"#,
      #"{"id":"\u0063","market_id":"m1","amount":5,"note":""}"#,
      #"{"id":"cé","market_id":"m1","amount":5,"note":"n1"}"#,
      #"{"id":"c 1,@|{}:[]~","market_id":"m1","amount":5,"note":""}"#,
      #"{"id":"","market_id":null,"amount":null,"note":null}"#, #"{"id":"c1","market_id":"m1","amount":"5","note":5}"#,
      #"{"id":"c1","market_id":"m1","amount":-5,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":5.5,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":5e3,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":0,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":123456789012345678901,"note":true}"#,
      #"{"id":"c1","market_id":["a","b"],"amount":{"x":{"y":1}},"note":[]}"#,
      // Other keys, other orders, more and fewer.
      #"{"market_id":"m1","id":"c1","amount":5,"note":"n1"}"#, #"{"id":"c1","market_id":"m1","amount":5}"#,
      #"{"id":"c1","market_id":"m1","amount":5,"note":"n1","x":1}"#,
      #"{"id":"c1","market_id":"m1","amoun":5,"note":"n1"}"#,
      #"{"id":"c1","id":"c2","amount":5,"note":"n1"}"#, #"{"id":"c1","market_id":"m1","amount":5,"amount":5}"#,
      #"{"id":"c1","market_id":"m1","tokensCommitted":5,"note":"n1"}"#, #"{}"#,
      // Damaged.
      #"{"id":"c1","market_id":"m1","amount":05,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":5x,"note":"n1"}"#,
      #"{"id":"c1","market_id":"m1","amount":5,"note":"n1",}"#,
      #"{"id":"c1","market_id":"m1","amount":5 6,"note":"n1"}"#,
      #"{"id":"c1","market_id":nulls,"amount":5,"note":"n1"}"#, #"{"id":"c1","market_id":nul,"amount":5,"note":"n1"}"#,
      #"{"id":"c1";"market_id":"m1","amount":5,"note":"n1"}"#, #"{"id":"c1","market_id":"m1","amount":5,"note":"n1"]"#,
      #"{"id":"c1","market_id":"m1","amount":5,"note":"n1"#, #"{"id":"c1""market_id":"m1","amount":5,"note":"n1"}"#,
      #"{"id":"\ud800","market_id":"m1","amount":5,"note":"n1"}"#,
      "{\"id\":\"c\u{0}1\",\"market_id\":\"m1\",\"amount\":5,\"note\":\"\"}",
    ])
  func `a record is read the same behind another as alone`(record: String) {
    let alone = Transcript.read(Array((record + "\n").utf8), as: .ndjson, in: workspace)
    #expect(alone.differences.isEmpty, "block borders matter")
    let text = [Self.before, record, Self.before, record, record].joined(separator: "\n") + "\n"
    let (lines, differences) = Transcript.read(Array(text.utf8), as: .ndjson, in: workspace)
    #expect(differences.isEmpty, "block borders matter")
    func shown(_ line: Int) -> [String] { alone.lines.map { $0.hasPrefix("1: ") ? "\(line): " + $0.dropFirst(3) : $0 } }
    let isUnknown = { (line: String) in line.hasPrefix("unknown") }
    let expected =
      ["1: c0 m0 #70 n"] + shown(2).filter { !isUnknown($0) } + ["3: c0 m0 #70 n"]
      + (shown(4) + shown(5)).filter { !isUnknown($0) } + alone.lines.filter(isUnknown)
    #expect(lines == expected)
    // In an array the same, as long as the record is whole.
    guard !alone.lines.contains(where: { $0.contains("malformed") }) else { return }
    let array = Transcript.read(
      Array("[\(text.dropLast().split(separator: "\n").joined(separator: ",\n"))]".utf8), as: .json, in: workspace)
    #expect(array.lines == expected)
    #expect(array.differences.isEmpty, "block borders matter")
  }

  // MARK: The document

  @Test(
    arguments: [
      ("[]", []),
      (" [ ] ", []),
      ("\n\n[\n\n]\n\n", []),
      ("[{}]", ["1: - - - -"]),
      ("[{\"id\":\"c1\"}]", ["1: c1 - - -"]),
      ("[{\"id\":\"c1\"},{\"id\":\"c2\"}]", ["1: c1 - - -", "1: c2 - - -"]),
      (
        "[\n{\"id\":\"c1\"},\n{\n\"id\"\n:\n\"c2\"\n}\n,\n\n{\"id\":\"c3\"}\n]",
        ["2: c1 - - -", "3: c2 - - -", "10: c3 - - -"]
      ),
      ("[\r\n  {\"id\":\"c1\"},\r\n\t{\"id\":\"c2\"}\r\n]\r\n", ["2: c1 - - -", "3: c2 - - -"]),
      ("\u{FEFF}[{\"id\":\"c1\"}]", ["1: c1 - - -"]),
      // An object that holds the table, whatever stands beside it.
      ("{\"commitments\":[]}", []),
      ("{\"commitments\":[{\"id\":\"c1\"}]}", ["1: c1 - - -"]),
      ("{ \"commitments\" : [ {\"id\":\"c1\"} , {\"id\":\"c2\"} ] }", ["1: c1 - - -", "1: c2 - - -"]),
      ("{\"version\":1,\"commitments\":[{\"id\":\"c1\"}],\"meta\":{\"a\":[1,{\"b\":null}]}}", ["1: c1 - - -"]),
      ("{\n\"a\": \"x\",\n\"commitments\": [\n{\"id\":\"c1\"}\n],\n\"b\": [[]]\n}\n", ["4: c1 - - -"]),
      ("{\"c\\u006fmmitments\":[{\"id\":\"c1\"}]}", ["1: c1 - - -"]),
      ("\u{FEFF} {\"commitments\":[]} ", []),
      // One that does not.
      ("{}", ["1: unreadable missing_field commitments"]),
      ("{\"a\":1}", ["1: unreadable missing_field commitments"]),
      ("{\"Commitments\":[]}", ["1: unreadable missing_field commitments"]),
      ("{\"resolutions\":[{\"id\":\"c1\"}]}", ["1: unreadable missing_field commitments"]),
      ("{\"data\":{\"commitments\":[]}}", ["1: unreadable missing_field commitments"]),
      ("{\"commitments\":{}}", ["1: unreadable malformed_row"]),
      ("{\"commitments\":null}", ["1: unreadable malformed_row"]),
      ("{\"commitments\":\"[]\"}", ["1: unreadable malformed_row"]),
      // Anything else.
      ("", ["1: unreadable malformed_row"]),
      ("  \n ", ["2: unreadable malformed_row"]),
      ("null", ["1: unreadable malformed_row"]),
      ("1", ["1: unreadable malformed_row"]),
      ("\"[]\"", ["1: unreadable malformed_row"]),
      ("id,market_id\nc1,m1", ["1: unreadable malformed_row"]),
      ("[] []", ["1: unreadable malformed_row"]),
      ("[]x", ["1: unreadable malformed_row"]),
      ("[],", ["1: unreadable malformed_row"]),
      ("{\"commitments\":[]}{}", ["1: unreadable malformed_row"]),
      ("[{\"id\":\"c1\"}]\n]", ["1: c1 - - -", "2: unreadable malformed_row"]),
      ("\u{FEFF}\u{FEFF}[]", ["1: unreadable malformed_row"]),
      ("[{\"id\":\"c1\"}]\u{0}", ["1: c1 - - -", "1: unreadable malformed_row"]),
      ("\u{0}[]", ["1: unreadable malformed_row"]),
    ] as [(String, [String])])
  func `the document around the records`(file: String, expected: [String]) {
    let (lines, differences) = Transcript.read(Array(file.utf8), as: .json, in: workspace)
    #expect(lines.filter { !$0.hasPrefix("unknown") } == expected)
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test(arguments: [
    // Trailing and missing commas.
    "[{\"id\":\"c1\"},]", "[,]", "[,{\"id\":\"c1\"}]", "[{\"id\":\"c1\"},,{}]", "[{\"id\":\"c1\"}{}]",
    "[{\"id\":\"c1\",}]",
    "[{,}]", "[{,\"id\":\"c1\"}]", "[{\"id\":\"c1\",,\"note\":1}]", "[{\"id\":\"c1\" \"note\":1}]", "[{\"note\":[1,]}]",
    "[{\"note\":[,1]}]", "[{\"note\":[1 2]}]", "[{\"note\":{\"a\":1,}}]", "[{\"note\":{,}}]", "[{\"note\":[,]}]",
    "{\"commitments\":[],}", "{,\"commitments\":[]}", "{\"commitments\":[] \"a\":1}", "{\"a\":[1,],\"commitments\":[]}",
    "{\"commitments\":[{\"id\":\"c1\"},]}",
    // Colons, keys, brackets.
    "[{\"id\"}]", "[{\"id\":}]", "[{\"id\" \"c1\"}]", "[{\"id\"::\"c1\"}]", "[{\"id\",\"c1\"}]", "[{id:\"c1\"}]",
    "[{1:2}]",
    "[{'id':'c1'}]", "[{null:1}]", "[{\"id\":\"c1\"]", "[{\"id\":\"c1\")]", "({\"id\":\"c1\"})", "[{\"note\":[1}]",
    "[{\"note\":{\"a\":1]}]", "[{\"note\":{\"a\"}}]", "[{\"note\":{1}}]", "[{\"note\":{\"a\":}}]", "[{\"note\":(1)}]",
    "{\"commitments\" []}", "{commitments:[]}",
    // Comments.
    "[{\"id\":\"c1\"} /* comment */]", "[{\"id\":\"c1\"} // comment\n]", "// comment\n[]", "# comment\n[]",
    "[{\"id\":/**/\"c1\"}]",
    // Words.
    "[{\"note\":True}]", "[{\"note\":TRUE}]", "[{\"note\":tru}]", "[{\"note\":truee}]", "[{\"note\":nul}]",
    "[{\"note\":Null}]",
    "[{\"note\":none}]", "[{\"note\":NaN}]", "[{\"note\":Infinity}]", "[{\"note\":-Infinity}]",
    "[{\"note\":undefined}]",
    "[{\"note\":fals}]", "[{\"note\":truefalse}]",
    // Numbers.
    "[{\"amount\":01}]", "[{\"amount\":00}]", "[{\"amount\":-01}]", "[{\"amount\":+1}]", "[{\"amount\":1.}]",
    "[{\"amount\":.5}]", "[{\"amount\":-}]", "[{\"amount\":-.5}]", "[{\"amount\":1e}]", "[{\"amount\":1e+}]",
    "[{\"amount\":1.e5}]", "[{\"amount\":1e5.5}]", "[{\"amount\":0x10}]", "[{\"amount\":1_000}]",
    "[{\"amount\":1,000}]",
    "[{\"amount\":--1}]", "[{\"amount\":1 000}]", "[{\"amount\":1.2.3}]", "[{\"amount\":１}]", "[{\"amount\":1f}]",
    // Strings.
    "[{\"id\":\"c1}]", "[{\"id\":\"c\n1\"}]", "[{\"id\":\"c\t1\"}]", "[{\"id\":\"c\u{0}1\"}]", "[{\"id\":\"\\x41\"}]",
    "[{\"id\":\"\\'\"}]", "[{\"id\":\"\\\n\"}]", "[{\"id\":\"\\u12\"}]", "[{\"id\":\"\\u12g4\"}]",
    "[{\"id\":\"\\u 123\"}]",
    "[{\"id\":\"\\U0041\"}]", "[{\"id\":\"\\u{41}\"}]", "[{\"id\":\"\\\"}]", "[{\"id\":\"\u{1F}\"}]", "[{\"i\nd\":1}]",
    "[{\"x\":\"\\q\"}]", "[{\"x\":{\"\\q\":1}}]", "[{\"id\":\"\\0\"}]", "[{\"id\":\"\\a\"}]",
    // Keys that are no text.
    "[{\"i\\u0000d\":1}]", "[{\"\\ud800\":1}]", "[{\"note\":{\"\\u0000\":1}}]", "[{\"note\":{\"\\udc00\":1}}]",
    "{\"\\u0000\":1,\"commitments\":[]}", "{\"\\ud800\":1,\"commitments\":[]}",
    // White space that is none.
    "[\u{A0}]", "[\u{C}]", "[\u{B}]", "[\u{2028}]", "[{\"id\":\u{FEFF}\"c1\"}]", "[\u{0}]",
    // Not closed.
    "[", "[{", "[{\"", "[{\"id", "[{\"id\"", "[{\"id\":", "[{\"id\":\"", "[{\"id\":1", "[{\"id\":1}", "[{\"id\":1},",
    "{",
    "{\"commitments", "{\"commitments\"", "{\"commitments\":", "{\"commitments\":[", "{\"commitments\":[]",
    "[{\"id\":tr",
    "[{\"id\":-", "[{\"id\":1.", "[{\"id\":1e", "[{\"id\":\"\\", "[{\"id\":\"\\u", "[{\"id\":\"\\u00",
    "[{\"id\":\"\\ud800",
    "[{\"id\":\"\\ud800\\", "[{\"id\":\"\\ud800\\u", "[{\"note\":[", "[{\"note\":{", "[{\"note\":{\"a",
    "[{\"note\":{\"a\":",
  ])
  func `a fault of syntax ends a document`(file: String) {
    let (lines, differences) = Transcript.read(Array(file.utf8), as: .json, in: workspace)
    let outcomes = lines.filter { !$0.hasPrefix("unknown") }
    #expect(outcomes.last?.contains("unreadable malformed_row") == true, "\(lines)")
    // A record in front of the fault may have been read, but nothing behind it.
    #expect(
      outcomes.dropLast().allSatisfy { $0.contains("c1") || $0.contains("#1") } && outcomes.count <= 2, "\(lines)")
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test(
    arguments: [
      ("[1]", ["1: broken malformed_row"]),
      ("[\"c1\"]", ["1: broken malformed_row"]),
      ("[null,true,{\"id\":\"c1\"}]", ["1: broken malformed_row", "1: broken malformed_row", "1: c1 - - -"]),
      ("[[{\"id\":\"c1\"}]]", ["1: broken malformed_row"]),
      ("[\n[],\n{\"id\":\"c1\"},\n5\n]", ["2: broken malformed_row", "3: c1 - - -", "4: broken malformed_row"]),
      ("{\"commitments\":[7,{\"id\":\"c1\"}]}", ["1: broken malformed_row", "1: c1 - - -"]),
    ] as [(String, [String])])
  func `a row that is no object is broken, and the next is read`(file: String, expected: [String]) {
    expect(Array(file.utf8), gives: expected)
  }

  // MARK: Values

  @Test(
    arguments: [
      ("\"\"", "-"), ("null", "-"), ("[]", "-"), ("[ ]", "-"), ("\"x\"", "x"), ("\" \"", " "), ("{}", "{}"),
      ("{ }", "{ }"),
      ("true", "?true"), ("false", "?false"),
      ("0", "#0"), ("5", "#5"), ("1250", "#1250"), ("9223372036854775808", "#9223372036854775808"),
      ("123456789012345678901234567890", "#123456789012345678901234567890"),
      // Numbers that JSON allows are handed over as written; that they are no amounts is for others to say.
      ("-1", "#-1(not an integer)"), ("-0", "#-0(not an integer)"), ("1.0", "#1.0(not an integer)"),
      ("12.50", "#12.50(not an integer)"), ("1e2", "#1e2(not an integer)"), ("1E+2", "#1E+2(not an integer)"),
      ("0.1e-7", "#0.1e-7(not an integer)"), ("0e0", "#0e0(not an integer)"),
      ("\"1e2\"", "1e2"), ("\"007\"", "007"),
      ("[\"a\",\"b\"]", "[\"a\",\"b\"]"), ("[ 1 , [ 2 ] ]", "[ 1 , [ 2 ] ]"), ("[null]", "[null]"), ("[[]]", "[[]]"),
      ("{\"a\":{\"b\":[1,\"}\"]}}", "{\"a\":{\"b\":[1,\"}\"]}}"), ("[\"\\u005d\",\"]\"]", "[\"\\u005d\",\"]\"]"),
      // Strings as they stand.
      ("\"é 漢 😀 e\u{301}\"", "é 漢 😀 e\u{301}"), ("\"a,b|c@d\"", "a,b|c@d"), ("\"\u{7F}\u{85}\"", "\\7f\\85"),
      ("\"/\"", "/"),
      // Escapes.
      ("\"\\\"\\\\\\/\"", "\"\\/"), ("\"\\b\\f\\n\\r\\t\"", "\\8\\c\\a\\d\\9"), ("\"\\u0041\\u00e9\\u6F22\"", "Aé漢"),
      ("\"\\ud83d\\ude00\"", "😀"), ("\"\\uD83D\\uDE00\"", "😀"), ("\"x\\uD800\\uDC00y\"", "x\u{10000}y"),
      ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"), ("\"\\uE000\\uD7FF\"", "\u{E000}\u{D7FF}"), ("\"\\u0000\"", "\\0"),
      ("\"\\u001f\\u007f\"", "\\1f\\7f"), ("\"a\\u002cb\"", "a,b"), ("\"\\u0040\\u007c\\u0020\"", "@| "),
      ("\"\\uFFFF\"", "\u{FFFF}"),
      ("\"\\u0022\\u005c\"", "\"\\"), ("\"\\\\u0041\"", "\\u0041"), ("\"a\\\\\"", "a\\"), ("\"\\u00410\"", "A0"),
    ] as [(String, String)])
  func `a value, and the cell that it gives`(value: String, expected: String) {
    expect(Array("[{\"note\":\(value)}]".utf8), gives: ["1: - - - " + expected])
    expect(Array("{\"note\":\(value)}".utf8), as: .ndjson, gives: ["1: - - - " + expected])
    expect(
      Array("[{\"id\":\"c1\",\"note\" :\t\(value)\r\n,\"x\":\(value)}]".utf8),
      gives: ["1: c1 - - " + expected, "unknown: x"])
  }

  @Test(arguments: [
    "\\ud800", "\\udc00", "\\udfff", "\\ud800x", "\\ud800\\n", "\\ud800\\u0041", "\\ud800\\ud800", "\\udc00\\ud800",
    "\\ud800\\ud800\\udc00", "x\\ud83dy", "\\ude00\\ud83d", "\\ud83d \\ude00", "\\ud83d\\\\ude00", "\\uD83D\\uD83D",
  ])
  func `half a surrogate pair is no text`(escapes: String) {
    let fault = ", invalid_utf8 note"
    expect(Array("[{\"id\":\"c1\",\"note\":\"\(escapes)\"}]".utf8), gives: ["1: c1 - - !" + fault])
    expect(
      Array("{\"note\":\"\(escapes)\"}\n{\"id\":\"c2\"}".utf8), as: .ndjson,
      gives: ["1: - - - !" + fault, "2: c2 - - -"])
  }

  @Test(
    arguments: [
      // A field twice, under one name or two.
      ("{\"amount\":1,\"amount\":1}", ["1: - - ! -, duplicate_field amount"]),
      ("{\"amount\":1,\"tokens_committed\":1}", ["1: - - ! -, duplicate_field amount"]),
      ("{\"id\":\"c1\",\"commitment_id\":\"c1\"}", ["1: ! - - -, duplicate_field commitment_id"]),
      ("{\"id\":\"c1\",\"commitmentId\":\"c1\"}", ["1: ! - - -, duplicate_field commitment_id"]),
      ("{\"id\":\"c1\",\"\\u0069d\":\"c1\"}", ["1: ! - - -, duplicate_field commitment_id"]),
      ("{\"amount\":null,\"amount\":1}", ["1: - - ! -, duplicate_field amount"]),
      (
        "{\"amount\":1,\"note\":2,\"amount\":3,\"note\":4}",
        ["1: - - ! !, duplicate_field amount, duplicate_field note"]
      ),
      // A key that nobody reads, and keys further down.
      ("{\"x\":1,\"x\":1}", ["1: - - - -, duplicate_field", "unknown: x"]),
      ("{\"x\":1,\"y\":2,\"x\":1,\"id\":\"c1\"}", ["1: c1 - - -, duplicate_field", "unknown: x y"]),
      ("{\"x\":1,\"\\u0078\":1}", ["1: - - - -, duplicate_field", "unknown: x"]),
      ("{\"id\":\"c1\",\"x\":{\"a\":1,\"a\":1}}", ["1: c1 - - -, duplicate_field", "unknown: x"]),
      ("{\"id\":\"c1\",\"x\":[{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]}", ["1: c1 - - -, duplicate_field", "unknown: x"]),
      ("{\"note\":{\"a\":1,\"\\u0061\":1}}", ["1: - - - {\"a\":1,\"\\u0061\":1}, duplicate_field"]),
      ("{\"note\":[{\"a\":1},{\"a\":1}]}", ["1: - - - [{\"a\":1},{\"a\":1}]"]),
      // No duplicates: other bytes, or other objects.
      ("{\"x\":1,\"X\":1}", ["1: - - - -", "unknown: X x"]),
      ("{\"\":1,\"x\":{\"x\":{\"x\":1}}}", ["1: - - - -", "unknown:  x"]),
      ("{\"note\":{\"é\":1,\"e\u{301}\":1}}", ["1: - - - {\"é\":1,\"e\u{301}\":1}"]),
    ] as [(String, [String])])
  func `a key that stands twice`(record: String, expected: [String]) {
    expect(Array("[\(record)]".utf8), gives: expected)
    expect(Array(record.utf8), as: .ndjson, gives: expected)
    expect(Array("{\"commitments\":[\(record)]}".utf8), gives: expected)
  }

  @Test(arguments: [
    "{\"a\":1,\"a\":1,\"commitments\":[]}", "{\"commitments\":[],\"commitments\":[]}",
    "{\"a\":{\"b\":1,\"b\":1},\"commitments\":[]}",
    "{\"commitments\":[],\"a\":1,\"b\":1,\"a\":1}", "{\"commitments\":[],\"c\\u006fmmitments\":[]}",
  ])
  func `a key twice in the object around the table ends the document`(file: String) {
    expect(Array(file.utf8), gives: ["1: unreadable duplicate_field"])
  }

  @Test func `keys are compared with the record before, and a repeated one is found all the same`() {
    let records = [
      "{\"id\":\"c1\",\"x\":1,\"note\":\"a\"}", "{\"id\":\"c2\",\"x\":1,\"note\":\"b\"}",
      "{\"id\":\"c3\",\"x\":1,\"note\":\"c\",\"x\":1}", "{\"id\":\"c4\",\"x\":1,\"note\":\"d\",\"x\":1}",
      "{\"id\":\"c5\",\"x\":1,\"x\":1,\"note\":\"e\"}", "{\"note\":\"f\",\"x\":1,\"id\":\"c6\"}", "{\"id\":\"c7\"}",
      "{\"x\":1,\"id\":\"c8\",\"x\":1}", "{}", "{\"x\":1,\"x\":2,\"x\":3}", "{\"id\":\"c9\",\"x\":1,\"id\":\"c9\"}",
      "{\"id\":\"c10\",\"x\":1,\"note\":\"g\"}",
    ]
    let expected = [
      "c1 - - a", "c2 - - b", "c3 - - c, duplicate_field", "c4 - - d, duplicate_field", "c5 - - e, duplicate_field",
      "c6 - - f", "c7 - - -", "c8 - - -, duplicate_field", "- - - -", "- - - -, duplicate_field",
      "! - - -, duplicate_field commitment_id", "c10 - - g",
    ]
    expect(
      Array(records.joined(separator: "\n").utf8), as: .ndjson,
      gives: expected.enumerated().map { "\($0 + 1): \($1)" } + ["unknown: x"])
    expect(
      Array(("[" + records.joined(separator: ",\n") + "]").utf8),
      gives: expected.enumerated().map { "\($0 + 1): \($1)" } + ["unknown: x"])
  }

  @Test func `what a broken line held does not excuse the next one`() {
    expect(
      Array("{\"x\":1,\"x\":2,oops}\n{\"x\":1,\"x\":2}\n{\"x\":1}\n".utf8), as: .ndjson,
      gives: ["1: broken malformed_row", "2: - - - -, duplicate_field", "3: - - - -", "unknown: x"])
  }

  @Test(arguments: [(62, true), (63, false)] as [(Int, Bool)])
  func `values nest 64 deep, the array and the object around them counted`(depth: Int, isFine: Bool) {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      for inner in ["1", "\"x\""] {
        let value = String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
        for key in ["note", "x"] {
          let (lines, differences) = Transcript.read(Array("[{\"\(key)\":\(value)}]".utf8), as: .json, in: workspace)
          #expect((lines.first?.hasPrefix("1: - - - ") ?? false) == isFine, "\(depth) of \(open): \(lines)")
          #expect(lines.contains("1: unreadable malformed_row") != isFine, "\(depth) of \(open): \(lines)")
          #expect(differences.isEmpty, "block borders matter")
        }
        // A level less around the record, or one more.
        let line = Transcript.read(Array("{\"note\":\(open)\(value)\(close)}".utf8), as: .ndjson, in: workspace)
        #expect((line.lines == ["1: broken malformed_row"]) != isFine, "\(depth) of \(open): \(line.lines)")
        let wrapped = Transcript.read(
          Array("{\"commitments\":[{\"note\":\(value)}]}".utf8), as: .json, in: workspace)
        #expect(wrapped.lines == ["1: unreadable malformed_row"], "\(depth) of \(open): \(wrapped.lines)")
      }
    }
  }

  // MARK: UTF-8

  @Test(
    arguments: [
      (Array("[{\"note\":\"a".utf8) + [0xFF] + Array("\"}]".utf8), ["1: - - - !, invalid_utf8 note"]),
      (
        Array("[{\"note\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\",\"id\":\"c1\"}]".utf8),
        ["1: c1 - - !, invalid_utf8 note"]
      ),
      (Array("[{\"note\":\"\\n".utf8) + [0xC3] + Array("\"}]".utf8), ["1: - - - !, invalid_utf8 note"]),
      (Array("[{\"note\":[\"".utf8) + [0xC3] + Array("\"]}]".utf8), ["1: - - - !, invalid_utf8 note"]),
      (Array("[{\"x\":\"".utf8) + [0xC3] + Array("\"}]".utf8), ["1: - - - -, invalid_utf8", "unknown: x"]),
      (Array("[{\"x\":{\"".utf8) + [0xC3] + Array("\":1}}]".utf8), ["1: - - - -, invalid_utf8", "unknown: x"]),
      (Array("[{\"".utf8) + [0xC3] + Array("\":1}]".utf8), ["1: - - - -, invalid_utf8", "unknown: \u{FFFD}"]),
      (
        Array("[{\"x".utf8) + [0xFF] + Array("\":1,\"id\":\"c1\"}]".utf8),
        ["1: c1 - - -, invalid_utf8", "unknown: x\u{FFFD}"]
      ),
      (Array("[{\"note\":\"é\"}]".utf8), ["1: - - - é"]),
    ] as [([UInt8], [String])])
  func `strings that are not UTF-8 are named`(file: [UInt8], expected: [String]) {
    expect(file, gives: expected)
    expect(Array(file.dropFirst().dropLast()), as: .ndjson, gives: expected)
  }

  @Test func `a key that is not UTF-8 is a fault of every record that has it`() {
    let record = Array("{\"x".utf8) + [0xFF] + Array("\":1}".utf8)
    let fault = "- - - -, invalid_utf8"
    let unknown = "unknown: x\u{FFFD}"
    expect(
      Array("[".utf8) + record + [0x2C] + record + Array("]".utf8), gives: ["1: " + fault, "1: " + fault, unknown])
    expect(record + [0x0A] + record, as: .ndjson, gives: ["1: " + fault, "2: " + fault, unknown])
  }

  @Test(arguments: [
    "{\"x\":\"?\",\"commitments\":[]}", "{\"?\":1,\"commitments\":[]}", "{\"commitments\":[],\"x\":[\"?\"]}",
  ])
  func `the object around the table has to be UTF-8 as well`(file: String) {
    let (lines, differences) = Transcript.read(
      file.utf8.map { $0 == 0x3F ? 0xFF : $0 }, as: .json, in: workspace)
    #expect(lines.last?.hasSuffix("unreadable invalid_utf8") == true, "\(lines)")
    #expect(differences.isEmpty, "block borders matter")
  }

  @Test func `bytes outside of strings are no JSON, and neither is UTF-16`() {
    for bytes in [[0x5B, 0xFF, 0x5D], [0x5B, 0xC3, 0xA9, 0x5D]] as [[UInt8]] {
      expect(bytes, gives: ["1: unreadable malformed_row"])
    }
    for text in ["[]", "[{\"id\":\"c1\"}]", "{\"commitments\":[]}"] {
      let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
      let big = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
      for bytes in [little, big, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
        expect(bytes, gives: ["1: unreadable malformed_row"])
      }
    }
  }

  // MARK: NDJSON

  @Test(
    arguments: [
      ("", []),
      ("\n\n", []),
      ("{\"id\":\"c1\"}", ["1: c1 - - -"]),
      ("{\"id\":\"c1\"}\n", ["1: c1 - - -"]),
      ("{\"id\":\"c1\"}\r\n{\"id\":\"c2\"}\r\n", ["1: c1 - - -", "2: c2 - - -"]),
      ("\u{FEFF}{\"id\":\"c1\"}\n", ["1: c1 - - -"]),
      // Blank lines, and lines of white space.
      ("\n\n{\"id\":\"c1\"}\n \t \n\r\n{\"id\":\"c2\"}\n\n", ["3: c1 - - -", "6: c2 - - -"]),
      ("  {\"id\":\"c1\"}  \n\t{ \"id\" : \"c2\" }\t", ["1: c1 - - -", "2: c2 - - -"]),
      ("{}\n{}\n", ["1: - - - -", "2: - - - -"]),
      // A line that is no object is broken, and only that line.
      ("1\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("[{\"id\":\"c1\"}]\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("[\n{\"id\":\"c2\"}\n]\n", ["1: broken malformed_row", "2: c2 - - -", "3: broken malformed_row"]),
      ("oops\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"c1\"}{\"id\":\"c1\"}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"c1\"},\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"c1\"} x\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":01}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"a\\qb\"}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"c\u{0}1\"}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("\u{0}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("// comment\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      ("{\"id\":\"\\u0000\",\"\\u0000\":1}\n{\"id\":\"c2\"}\n", ["1: broken malformed_row", "2: c2 - - -"]),
      (
        "x\ny\n{\"id\":\"c2\"}\nz",
        [
          "1: broken malformed_row", "2: broken malformed_row", "3: c2 - - -",
          "4: broken malformed_row",
        ]
      ),
    ] as [(String, [String])])
  func `an object a line`(file: String, expected: [String]) {
    expect(Array(file.utf8), as: .ndjson, gives: expected)
  }

  @Test(arguments: [
    "{\"id\":\"c1\"", "{\"id\":\"c1\",", "{\"id\":", "{\"id\"", "{\"id", "{", "{\"id\":\"c1", "{\"id\":\"c1\\",
    "{\"id\":\"\\u00",
    "{\"id\":\"\\ud800", "{\"id\":\"\\ud800\\", "{\"id\":\"\\ud800\\u", "{\"id\":1", "{\"id\":-", "{\"id\":1.",
    "{\"id\":1e", "{\"id\":t",
    "{\"id\":nul", "{\"note\":[", "{\"note\":[1", "{\"note\":[1,", "{\"note\":[]", "{\"note\":{", "{\"note\":{\"a\"",
    "{\"note\":{\"a\":", "{\"note\":{\"a\":1", "{\"note\":{\"a\":1,", "{\"note\":{\"a\":1}", "[", "[1", "[1,", "\"",
    "\"x", "-", "t",
  ])
  func `a line that is cut off breaks no other line, and nothing is read behind the end of the file`(line: String) {
    let broken = "1: broken malformed_row"
    expect(Array(line.utf8), as: .ndjson, gives: [broken])
    expect(Array((line + "\n").utf8), as: .ndjson, gives: [broken])
    expect(Array((line + "\r\n").utf8), as: .ndjson, gives: [broken])
    expect(Array((line + "\n{\"id\":\"c2\"}\n").utf8), as: .ndjson, gives: [broken, "2: c2 - - -"])
    expect(
      Array((line + "\n{\"id\":\"c2\"}\n\n" + line + "\n{\"id\":\"c5\"}\n" + line).utf8), as: .ndjson,
      gives: [broken, "2: c2 - - -", "4: broken malformed_row", "5: c5 - - -", "6: broken malformed_row"])
  }

  // MARK: Cut off and damaged

  private static let rich =
    "{\"id\":\"c\\u00e91\",\"market_id\":\"m\\\"1\",\"amount\":-12.5e+3,\"note\":[\"é\",{\"a\":null}],\"x\":true}"

  @Test func `a document cut off anywhere is unreadable`() {
    for file in [
      "[\(JSONReaderTests.rich),\n \(JSONReaderTests.rich)]",
      "{\"a\":{\"b\":[]},\"commitments\":[\(JSONReaderTests.rich)],\"c\":\"\\ud83d\\ude00\"}",
    ] {
      let bytes = Array(file.utf8)
      for count in bytes.indices {
        let (lines, differences) = Transcript.read(
          Array(bytes.prefix(count)), as: .json, in: workspace, Transcript.Way.few)
        let last = lines.last { !$0.hasPrefix("unknown") } ?? ""
        #expect(last.contains("unreadable"), "cut off behind \(count) bytes: \(lines)")
        #expect(differences.isEmpty, "cut off behind \(count) bytes, block borders matter")
      }
      let (lines, _) = Transcript.read(bytes, as: .json, in: workspace)
      #expect(!lines.joined().contains("unreadable"), "the whole file")
    }
  }

  @Test func `NDJSON cut off anywhere loses its last line or says so`() {
    let shown = "cé1 m\"1 #-12.5e+3(not an integer) [\"é\",{\"a\":null}]"
    let line = Array(JSONReaderTests.rich.utf8)
    let bytes = line + [0x0A] + line + [0x0A]
    for count in 1...bytes.count {
      let (lines, differences) = Transcript.read(
        Array(bytes.prefix(count)), as: .ndjson, in: workspace, Transcript.Way.few)
      let outcomes = lines.filter { !$0.hasPrefix("unknown") }
      var expected: [String] = []
      if count >= line.count { expected.append("1: " + shown) } else { expected.append("1: broken malformed_row") }
      if count >= 2 * line.count + 1 {
        expected.append("2: " + shown)
      } else if count > line.count + 1 {
        expected.append("2: broken malformed_row")
      }
      #expect(outcomes == expected, "cut off behind \(count) bytes")
      #expect(differences.isEmpty, "cut off behind \(count) bytes, block borders matter")
    }
  }
}
