// How do words fit the width of a terminal?
internal import Glibc

/// Text broken between words.
enum TextLayout {
  /// Lines of at most `width` characters where words allow it; every line but the first begins with `indent` spaces.
  static func lines(_ text: String, width: Int, indent: Int = 0) -> [String] {
    guard text.count > width else { return [text] }
    let start = String(repeating: " ", count: indent)
    var lines: [String] = []
    // Spaces at the start belong to the text: an indented line stays so.
    var line = String(text.prefix { $0 == " " })
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (start, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }

  /// Every line of a text, broken; lines that were broken by hand stay as they are where they fit.
  static func wrapped(_ text: String, width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      lines(String(line), width: width, indent: line.prefix { $0 == " " }.count)
    }.joined(separator: "\n")
  }

  /// Names on the left, what they mean beside them; below them where the names leave no room.
  static func listed(_ rows: [(name: String, text: String)], width: Int) -> String {
    let names = rows.map(\.name.count).max() ?? 0
    let column = names + 4
    guard width - column >= 24 else {
      return rows.map { row in
        (["  \(row.name)"] + lines("      \(row.text)", width: width, indent: 6)).joined(separator: "\n")
      }.joined(separator: "\n")
    }
    return rows.map { row in
      let padding = String(repeating: " ", count: names - row.name.count)
      let text = lines(row.text, width: width - column)
      return "  \(row.name)\(padding)  \(text[0])"
        + text.dropFirst().map { "\n\(String(repeating: " ", count: column))\($0)" }.joined()
    }.joined(separator: "\n")
  }
}

extension Console {
  /// Columns of the terminal that reads the answer: COLUMNS where it is set, else what the terminal says; nil where no
  /// terminal reads it.
  static let columns: Int? = {
    if let text = unsafe getenv("COLUMNS").map({ unsafe String(cString: $0) }), let count = Int(text), count >= 20 {
      return count
    }
    guard isTerminal(STDOUT_FILENO) else { return nil }
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
    return Int(size.ws_col)
  }()
}
