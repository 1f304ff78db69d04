// How does text from outside get into a page without becoming a part of it?
internal import Batch

/// HTML that grows; whatever is not the page's own goes through `escaped`.
struct Markup {
  private(set) var text = ""

  /// The page's own markup.
  mutating func add(_ markup: String) { text += markup + "\n" }

  /// Text from outside as HTML: control characters shown, markup characters escaped.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in Terminal.safe(text).unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// A number that may break behind its commas.
  static func breakable(_ text: String) -> String {
    escaped(text).split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",<wbr>")
  }

  /// An id: isolated, so that its direction changes nothing around it.
  static func id(_ text: String) -> String {
    "<bdi class=\"id\(text.utf8.count <= 16 ? " whole" : "")\">\(escaped(text))</bdi>"
  }

  // MARK: Tables

  /// A cell of a table: its text, and whether it is a number.
  struct Cell {
    let markup: String
    let isNumber: Bool

    /// Stays on one line, but for one that is very long: that may break behind its commas.
    static func number(_ text: String) -> Cell {
      guard text.utf8.count > 18 else { return Cell(markup: escaped(text), isNumber: true) }
      return Cell(markup: "<span class=\"long\">\(breakable(text))</span>", isNumber: true)
    }
    /// Breaks between its words, and within those that are very long.
    static func text(_ text: String) -> Cell {
      let isLong = text.split(separator: " ").contains { $0.count > 24 }
      return Cell(markup: isLong ? "<span class=\"any\">\(escaped(text))</span>" : escaped(text), isNumber: false)
    }
    static func id(_ text: String) -> Cell { Cell(markup: Markup.id(text), isNumber: false) }
    static func markup(_ markup: String) -> Cell { Cell(markup: markup, isNumber: false) }
  }

  /// A table; on a narrow screen a wide one, or one of many columns, becomes a list of its cells with their names.
  /// - Parameter continued: rows that go on with the row before them.
  mutating func table(
    _ caption: String, _ header: [String], _ rows: [[Cell]], isWide: Bool = false, continued: Set<Int> = []
  ) {
    let isWide = isWide || header.count > 3
    let isNumber = header.indices.map { column in rows.first.map { column < $0.count && $0[column].isNumber } ?? false }
    add("<table\(isWide ? " class=\"wide\"" : "")><caption>\(Markup.escaped(caption))</caption>")
    add(
      "<thead><tr>"
        + header.enumerated().map {
          "<th scope=\"col\"\(isNumber[$0.offset] ? " class=\"n\"" : "")>\(Markup.escaped($0.element))</th>"
        }.joined() + "</tr></thead><tbody>")
    for (number, row) in rows.enumerated() {
      let cells = row.enumerated().map { column, cell in
        let name = isWide ? " data-name=\"\(Markup.escaped(header[column]))\"" : ""
        return column == 0
          ? "<th scope=\"row\"\(cell.isNumber ? " class=\"n\"" : "")\(name)>\(cell.markup)</th>"
          : "<td\(cell.isNumber ? " class=\"n\"" : "")\(name)>\(cell.markup)</td>"
      }
      add("<tr\(continued.contains(number) ? " class=\"more\"" : "")>\(cells.joined())</tr>")
    }
    add("</tbody></table>")
  }

  /// What stands below a figure: its numbers, folded away on a screen, open on paper.
  mutating func numbers(_ body: (inout Markup) -> Void) {
    add("<details><summary>The numbers</summary>")
    body(&self)
    add("</details>")
  }
}
