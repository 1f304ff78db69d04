// Are numbers, shares and fields written as they should be, to the byte?
import Interchange
import TestSupport
import Testing

@Suite struct ByteBufferTests {
  private func text(_ write: (ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer()
    write(buffer)
    return String(decoding: buffer.array, as: UTF8.self)
  }

  @Test func `powers of ten and their neighbours`() {
    var numbers: [Int64] = [0, .max, .max - 1, .min, .min + 1]
    var power: Int64 = 1
    for _ in 0...18 {
      numbers += [power - 1, power, power + 1, -power - 1, -power, 1 - power]
      power = power.multipliedReportingOverflow(by: 10).partialValue
    }
    for exponent in 0..<63 { numbers += [(1 << exponent) - 1, 1 << exponent, -(1 << exponent)] }
    for number in numbers { #expect(text { $0.append(decimal: number) } == String(number)) }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random numbers are written as the standard library writes them`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let buffer = ByteBuffer(capacity: 0)
    var expected = ""
    for _ in 1...5_000 {
      let number = Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator)
      buffer.append(decimal: number)
      buffer.append(0x0A)
      expected += "\(number)\n"
    }
    #expect(String(decoding: buffer.array, as: UTF8.self) == expected, "seed \(seed)")
  }

  @Test(
    arguments: [
      (0, 1, "0.000000000000"),
      (1, 1, "1.000000000000"),
      (1, 2, "0.500000000000"),
      (1, 3, "0.333333333333"),
      (2, 3, "0.666666666666"),
      (999_999_999_999, 1_000_000_000_000, "0.999999999999"),
      (9_999_999_999_999, 10_000_000_000_000, "0.999999999999"),
      (1, 1_000_000_000_000, "0.000000000001"),
      (1, 1_000_000_000_001, "0.000000000000"),
      (7, 90, "0.077777777777"),
      (.max, .max, "1.000000000000"),
      (.max - 1, .max, "0.999999999999"),
      (1, .max, "0.000000000000"),
      (9_223_372, .max, "0.000000000000"),
      (9_223_373, .max, "0.000000000001"),
    ] as [(Int64, Int64, String)])
  func `a share has twelve digits, cut off`(numerator: Int64, denominator: Int64, expected: String) {
    #expect(text { $0.append(share: numerator, of: denominator) } == expected)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `random shares equal division by hand, digit by digit`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for number in 1...2_000 {
      let denominator = max(
        1, Int64.random(in: 1 ... .max, using: &generator) >> Int64.random(in: 0...62, using: &generator))
      let numerator =
        Int.random(in: 0..<10, using: &generator) == 0
        ? denominator : Int64.random(in: 0...denominator, using: &generator)
      var expected = "\(numerator / denominator)."
      var rest = Int128(numerator % denominator)
      for _ in 1...12 {
        rest *= 10
        expected += "\(rest / Int128(denominator))"
        rest %= Int128(denominator)
      }
      let share = text { $0.append(share: numerator, of: denominator) }
      #expect(share == expected, "seed \(seed), share \(number): \(numerator)/\(denominator)")
    }
  }

  @Test(
    arguments: [
      ("", ""),
      ("plain", "plain"),
      ("with space", "with space"),
      (" edge ", " edge "),
      ("a|b;c\td", "a|b;c\td"),
      ("it's", "it's"),
      ("é ü 漢 😀", "é ü 漢 😀"),
      ("=1+1", "=1+1"),
      ("a,b", "\"a,b\""),
      (",", "\",\""),
      ("\"", "\"\"\"\""),
      ("say \"hi\"", "\"say \"\"hi\"\"\""),
      ("\"\"", "\"\"\"\"\"\""),
      ("line\nbreak", "\"line\nbreak\""),
      ("carriage\rreturn", "\"carriage\rreturn\""),
      ("\r\n", "\"\r\n\""),
    ] as [(String, String)])
  func `a CSV field is quoted only where it must be`(field: String, expected: String) {
    // Compared as bytes: to Swift's strings CR LF is one character.
    #expect(Array(text { $0.append(csvField: field) }.utf8) == Array(expected.utf8))
    #expect(Array(text { $0.append(csvField: Array(field.utf8)) }.utf8) == Array(expected.utf8))
  }

  @Test func `bytes stay as they are while the buffer grows, and are gone when it is emptied`() {
    var generator = SeededGenerator(seed: 5)
    let buffer = ByteBuffer(capacity: 64)
    for round in 1...3 {
      var expected: [UInt8] = []
      for _ in 1...500 {
        let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
          UInt8.random(in: .min ... .max, using: &generator)
        }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
          buffer.append(bytes)
          expected += bytes
        case 1:
          for byte in bytes { buffer.append(byte) }
          expected += bytes
        default:
          buffer.append("Ωμέγα")
          buffer.append("static" as StaticString)
          expected += Array("Ωμέγαstatic".utf8)
        }
      }
      #expect(buffer.array == expected, "seed 5, round \(round)")
      #expect(buffer.count == expected.count)
      buffer.removeAll()
      #expect(buffer.array.isEmpty)
    }
  }

  @Test func `a row is put together field by field, behind what stands there`() {
    var generator = SeededGenerator(seed: 6)
    let buffer = ByteBuffer(capacity: 64)
    var expected: [UInt8] = []
    for _ in 1...500 {
      let field = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        [0x22, 0x2C, 0x61, 0x0A, 0xC3].randomElement(using: &generator)! as UInt8
      }
      let number = Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0...63, using: &generator)
      // Behind the source of a short copy some more bytes may be read.
      let source = field + [UInt8](repeating: 0x78, count: RowCursor.slack)
      unsafe source.withUnsafeBufferPointer { source in
        let start = source.baseAddress!
        buffer.row(countMax: 4 * field.count + 48) { row in
          unsafe row.copyShort(start, field.count)
          row.byte(0x2C)
          unsafe row.copy(start, field.count)
          row.text(",é,")
          row.decimal(number)
          row.byte(0x2C)
          unsafe row.quoted(start, field.count)
          row.share(1, of: 3)
          row.bytes(0x0A_302C, 3)
        }
      }
      let quoted = field.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] as [UInt8] }
      expected += field + [0x2C] + field + Array(",é,\(number),\"".utf8) + quoted + Array("\"0.333333333333,0\n".utf8)
    }
    #expect(buffer.array == expected, "seed 6")
  }

  @Test(arguments: [(5, "abcde"), (6, "abcde"), (2, "ab"), (0, "")] as [(Int, String)])
  func `what stands behind a place is dropped`(total: Int, expected: String) {
    #expect(
      text { buffer in
        buffer.append("abcde" as String)
        buffer.truncate(to: total)
      } == expected)
  }

  @Test func `room that was reserved keeps the buffer in its place`() {
    let buffer = ByteBuffer(capacity: 64)
    buffer.append([1, 2, 3])
    buffer.reserve(total: 10_000)
    let before = unsafe Int(bitPattern: buffer.start)
    while buffer.count < 10_000 { buffer.append(7) }
    let after = unsafe Int(bitPattern: buffer.start)
    #expect(before == after)
    #expect(buffer.array.prefix(4) == [1, 2, 3, 7])
  }
}
