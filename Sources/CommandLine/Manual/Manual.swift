// What stands in the manual page? Made from the command and option tables, in the man(7) language.
internal import Batch

/// `settle.1`: lines of at most 80 bytes, no blank lines, so that `mandoc -T lint` and `man` have nothing to say.
enum Manual {
  static var page: String {
    var page = Roff()
    page.raw(".TH SETTLE 1 \"\(Batch.Tool.date)\" \"settle \(Batch.Tool.version)\" \"User Commands\"")
    page.section("Name")
    page.raw("settle \\- settle prediction markets into a double\\-entry ledger")
    page.section("Synopsis")
    page.raw(".B settle")
    page.raw(".I command")
    page.raw(".RI [ option ...]")
    page.raw(".RI [ operand ...]")
    page.section("Description")
    page.text(
      """
      settle reads a night's resolutions and commitments (CSV, JSON or NDJSON), works out what everybody gets in whole \
      minor units, posts it to a double-entry ledger (one SQLite file) in one transaction, and leaves files that prove \
      it. The same batch again does nothing; a market with a bad row is held while the others settle.
      """)
    page.text("Options stand before or behind operands; -- ends them; - as a FILE is standard input.")
    page.section("Commands")
    for command in Command.all { page.command(command) }
    page.section("Common options")
    page.text("Every command takes these.")
    page.options(Option.everywhere)
    for topic in HelpTopic.all {
      page.section(topic.title)
      page.block(topic.text)
    }
    page.section("Files")
    for (name, text) in [
      ("settle.json", "defaults for fees, currency and policies, read from the current directory"),
      ("outputs/ledger.db", "the ledger; ledger.db.lock beside it keeps two runs apart"),
      ("outputs/RUN/", "the files of a run: manifest.json, SHA256SUMS, markets.csv, commitments.csv, …"),
    ] {
      page.tagged("\\fI\(Roff.escaped(name))\\fR", text)
    }
    page.section("Examples")
    page.block(
      """
      settle demo night && cd night        a sample night
      settle plan                          what would happen; posts nothing
      settle run --init-ledger             settle, post, publish
      settle verify                        prove the last run
      settle explain latest c-01           how one payout comes about
      """)
    page.section("See also")
    page.raw(".BR sqlite3 (1),")
    page.raw(".BR sha256sum (1)")
    return page.lines.joined(separator: "\n") + "\n"
  }
}

/// Lines of man(7).
struct Roff {
  private(set) var lines: [String] = []

  private static let widthMax = 78

  mutating func raw(_ line: String) { lines.append(line) }

  mutating func section(_ title: String) { lines.append(".SH \(title.uppercased())") }

  mutating func command(_ command: Command) {
    lines.append(".SS \(Roff.escaped("settle \(command.name)"))")
    lines.append(
      ".B \(Roff.escaped("settle \(command.name)"))\n.RI [ option ...]"
        + (command.operands.isEmpty ? "" : "\n.I \(Roff.escaped(command.operands))"))
    text(command.summary.prefix(1).uppercased() + command.summary.dropFirst() + ".")
    if !command.details.isEmpty { block(command.details) }
    options(command.options)
  }

  mutating func options(_ options: [Option]) {
    for option in options {
      let value = option.value.map { " \\fI\(Roff.escaped($0))\\fR" } ?? ""
      let short = option.short.map { "\\fB\(Roff.escaped("-\($0)"))\\fR, " } ?? ""
      tagged("\(short)\\fB\(Roff.escaped("--\(option.name)"))\\fR\(value)", option.fullExplanation)
    }
  }

  mutating func tagged(_ tag: String, _ text: String) {
    lines += [".TP", tag]
    lines += Roff.wrapped(text)
  }

  /// A heading begins a paragraph by itself.
  private mutating func paragraph() {
    if lines.last.map({ !$0.hasPrefix(".SH") }) ?? true { lines.append(".PP") }
  }

  /// A paragraph, filled.
  mutating func text(_ text: String) {
    paragraph()
    lines += Roff.wrapped(text)
  }

  /// Paragraphs; those with aligned columns stand as they are.
  mutating func block(_ text: String) {
    for paragraph in Roff.paragraphs(text) {
      guard paragraph.contains(where: { $0.contains("  ") }) else {
        self.text(paragraph.joined(separator: " "))
        continue
      }
      self.paragraph()
      lines.append(".nf")
      for line in paragraph {
        let indent = String(line.prefix { $0 == " " })
        var isFirst = true
        for part in Roff.cut(String(line.dropFirst(indent.count)), Roff.widthMax - indent.count) {
          lines.append(Roff.protected(Roff.escaped(indent + (isFirst ? "" : "    ") + part)))
          isFirst = false
        }
      }
      lines.append(".fi")
    }
  }

  private static func paragraphs(_ text: String) -> [[String]] {
    var paragraphs: [[String]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { paragraphs.append([]) } else { paragraphs[paragraphs.count - 1].append(String(line)) }
    }
    return paragraphs.filter { !$0.isEmpty }
  }

  private static func wrapped(_ text: String) -> [String] {
    let words = text.split(separator: " ").joined(separator: " ")
    return cut(words, widthMax).map { protected(escaped($0)) }
  }

  /// Cut at spaces so that each line is short even when it is escaped; spaces inside stay.
  private static func cut(_ text: String, _ width: Int) -> [String] {
    var cut: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let longer = line.isEmpty && cut.isEmpty && word.isEmpty ? "" : line.isEmpty ? String(word) : "\(line) \(word)"
      if escaped(longer).utf8.count > width - 4, !line.allSatisfy({ $0 == " " }) {
        cut.append(trimmed(line))
        line = String(word)
      } else {
        line = longer
      }
    }
    return (cut + [trimmed(line)]).filter { !$0.isEmpty }
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  /// A line that begins with a point or quote would be a request.
  private static func protected(_ line: String) -> String {
    line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : line
  }

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "…": escaped += "..."
      case "\u{20}"..."\u{7E}": escaped.unicodeScalars.append(scalar)
      default:
        let hex = String(scalar.value, radix: 16, uppercase: true)
        escaped += "\\[u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex + "]"
      }
    }
    return escaped
  }
}
