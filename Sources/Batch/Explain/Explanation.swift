// How is a payout told so that it can be worked out again by hand?
package import Interchange

/// One step of the arithmetic.
package struct ExplanationStep: Sendable {
  /// A stable name: `pool`, `house_fee`, `share`, …
  package let step: String
  package let text: String
  package let values: [String: JSONValue]

  package var json: JSONValue {
    .object(["step": .string(step), "text": .string(text), "values": .object(values)])
  }
}

/// The steps from the inputs to a result, and whether the files say the same.
package struct Explanation: Sendable {
  package let title: String
  /// `market_id`, `commitment_id`, `user_id`.
  package var subject: [String: JSONValue] = [:]
  package private(set) var steps: [ExplanationStep] = []
  /// Figures that the files have otherwise.
  package private(set) var mismatches: [String] = []
  package private(set) var notes: [String] = []

  init(_ title: String) { self.title = title }

  package var isConsistent: Bool { mismatches.isEmpty }

  mutating func add(_ step: String, _ text: String, _ values: [String: JSONValue] = [:]) {
    steps.append(ExplanationStep(step: step, text: text, values: values))
  }

  mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  /// A figure with its place in the files: `20 (markets.csv, house_fee)`; both where the file has another.
  mutating func figure(_ value: Int128, _ column: String, of row: AuditRow) -> String {
    let recorded = row.text(column)
    guard recorded != String(value) else { return "\(value) (\(row.schema.file), \(column))" }
    let text =
      "\(value), but \(row.schema.file), \(column) says \(recorded.isEmpty ? "nothing" : Terminal.safe(recorded))"
    mismatches.append("\(column): \(text)")
    return text
  }

  /// The same for a figure that is text.
  mutating func figure(text value: String, _ column: String, of row: AuditRow) -> String {
    let recorded = row.text(column)
    guard recorded != value else { return "\(value) (\(row.schema.file), \(column))" }
    let text =
      "\(value), but \(row.schema.file), \(column) says \(recorded.isEmpty ? "nothing" : Terminal.safe(recorded))"
    mismatches.append("\(column): \(text)")
    return text
  }

  /// The same beside a figure of the manifest: `20 (manifest.json, counts, settled)`.
  mutating func figure(_ value: Int128, recorded: JSONValue?, _ place: String) -> String {
    guard recorded != .int(value) else { return "\(value) (\(place))" }
    let other = if case .number(let digits) = recorded { digits } else { "nothing" }
    let text = "\(value), but \(place) says \(other)"
    mismatches.append("\(place): \(text)")
    return text
  }

  mutating func mismatch(_ name: String, _ text: String) { mismatches.append("\(name): \(text)") }

  package var json: JSONValue {
    var members = subject
    members["ok"] = .bool(isConsistent)
    members["title"] = .string(title)
    members["steps"] = .array(steps.map(\.json))
    members["mismatches"] = .array(mismatches.map { .string($0) })
    members["notes"] = .array(notes.map { .string($0) })
    return .object(members)
  }
}

/// Sums in words.
enum Figures {
  /// `1 market`, `2 markets`.
  static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// `810 × 250 ÷ 10000 = 20.25, rounded down: ` to be followed by the value.
  static func rate(_ amount: Int128, _ basisPoints: Int64, up: Bool = false) -> (text: String, value: Int128) {
    let (whole, rest) = (amount * Int128(basisPoints)).quotientAndRemainder(dividingBy: 10_000)
    let value = whole + (up && rest > 0 ? 1 : 0)
    let product = "\(amount) × \(basisPoints) ÷ 10000"
    guard rest > 0 else { return ("\(product) = ", value) }
    var decimals = String(String(Int(rest) + 10_000).dropFirst())
    while decimals.last == "0" { decimals.removeLast() }
    return ("\(product) = \(whole).\(decimals), rounded \(up ? "up" : "down"): ", value)
  }

  /// `25 × 250 ÷ 350 = 17 remainder 300, 25 × 100 ÷ 350 = 7 remainder 50`.
  static func shares(_ amount: Int128, by weights: [Int64]) -> String {
    let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
    return weights.map { share(Int128($0), of: amount, over: total, isWeightFirst: false).text }.joined(separator: ", ")
  }

  /// `400 × 782 ÷ 500 = 625 remainder 300`.
  static func share(
    _ stake: Int128, of amount: Int128, over total: Int128, isWeightFirst: Bool = true
  ) -> (text: String, floor: Int128, rest: Int128) {
    let (floor, rest) = (stake * amount).quotientAndRemainder(dividingBy: total)
    let product = isWeightFirst ? "\(stake) × \(amount)" : "\(amount) × \(stake)"
    return ("\(product) ÷ \(total) = \(floor) remainder \(rest)", floor, rest)
  }

  /// `numerator ÷ denominator` truncated to twelve decimals.
  static func winShare(_ numerator: Int128, _ denominator: Int128) -> String {
    let scale: Int128 = 1_000_000_000_000
    // Long division, because numerator × scale would not fit 128 bits.
    var rest = numerator % denominator
    var decimals: Int128 = 0
    for _ in 0..<12 {
      rest *= 10
      decimals = decimals * 10 + rest / denominator
      rest %= denominator
    }
    return "\(numerator / denominator)." + String(String(decimals + scale).dropFirst())
  }
}
