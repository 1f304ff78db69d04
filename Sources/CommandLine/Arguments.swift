// What did the user ask for?
internal import Batch
internal import Glibc

/// The command line of one command, read by its options; values come from flags, then from the environment.
struct Arguments {
  private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]
  private let options: [Option]
  private let environment: [String: String]

  /// - Throws: `usage` with a suggestion, where an option is unknown or misses its value.
  init(_ words: [String], options: [Option], command: String, environment: [String: String]) throws(BatchError) {
    self.options = options
    self.environment = environment
    var rest = words[...]
    func failure(_ message: String, _ hint: String) -> BatchError {
      BatchError("usage", .usage, message, hint: hint)
    }
    while let word = rest.popFirst() {
      if word == "--" {
        positionals += rest
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        positionals.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let option = options.first { option in
        "--\(option.name)" == parts[0] || option.short.map { "-\($0)" == parts[0] } ?? false
      }
      guard let option else {
        let near = Suggestion.nearest(parts[0], among: options.map { "--\($0.name)" })
        throw failure(
          "\(command) has no option \(Terminal.quoted(parts[0]))",
          (near.map { "did you mean \($0)? " } ?? "") + "see `settle help \(command)`")
      }
      if option.value == nil {
        guard parts.count == 1 else { throw failure("--\(option.name) takes no value", "write --\(option.name) alone") }
        values[option.name] = ["true"]
      } else {
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw failure("--\(option.name) needs a value", "write --\(option.name) \(option.value ?? "VALUE")")
        }
        if option.isRepeatable {
          values[option.name, default: []].append(value)
        } else {
          guard values[option.name] == nil else {
            throw failure("--\(option.name) is given twice", "give it once")
          }
          values[option.name] = [value]
        }
      }
    }
    for option in options {
      for value in all(option) where !option.choices.isEmpty && !option.choices.contains(value) {
        throw failure(
          "--\(option.name) is \(Terminal.quoted(value))", "one of: \(option.choices.joined(separator: ", "))")
      }
    }
  }

  /// Every value of an option, or none.
  func all(_ option: Option) -> [String] {
    if let given = values[option.name] { return given }
    guard option.isReadFromEnvironment, let value = environment[option.environmentName], !value.isEmpty else {
      return []
    }
    return [value]
  }

  /// The value, or nil.
  subscript(option: Option) -> String? { all(option).last }

  func has(_ option: Option) -> Bool {
    guard let value = self[option] else { return false }
    return !["0", "false", "no"].contains(value)
  }

  /// A whole number in a range, or nil where it is not given.
  func integer(_ option: Option, in range: ClosedRange<Int>) throws(BatchError) -> Int? {
    guard let text = self[option] else { return nil }
    guard let value = Int(text), String(value) == text, range.contains(value) else {
      throw BatchError(
        "usage", .usage, "--\(option.name) is \(Terminal.quoted(text))",
        hint: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}

/// Words that were perhaps meant.
enum Suggestion {
  /// The nearest of `candidates`, if it is near.
  static func nearest(_ word: String, among candidates: [String]) -> String? {
    let scored = candidates.map { (distance(Array(word), Array($0)), $0) }.min { $0.0 < $1.0 }
    guard let scored, scored.0 <= max(2, word.count / 3) else { return nil }
    return scored.1
  }

  /// Letters to insert, delete, replace or swap.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
