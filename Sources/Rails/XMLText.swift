// How is XML written that a bank's parser takes?

/// Elements in two-space indentation. Content is escaped; names are ours.
struct XMLText {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  private var depth = 0

  mutating func open(_ name: String, attributes: String = "") {
    text += indent + "<\(name)\(attributes)>\n"
    depth += 1
  }

  mutating func close(_ name: String) {
    precondition(depth > 0, "nothing is open")
    depth -= 1
    text += indent + "</\(name)>\n"
  }

  mutating func leaf(_ name: String, _ content: String, attributes: String = "") {
    text += indent + "<\(name)\(attributes)>\(XMLText.escaped(content))</\(name)>\n"
  }

  private var indent: String { String(repeating: "  ", count: depth) }

  static func escaped(_ content: String) -> String {
    var text = ""
    for scalar in content.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The characters that every bank takes: `a-z A-Z 0-9 / - ? : ( ) . , ' +` and space; any other becomes a full stop.
  /// A slash neither begins nor ends it.
  static func latin(_ text: String, countMax: Int) -> String {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ".unicodeScalars)
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(countMax) { shown.append(allowed.contains(scalar) ? scalar : ".") }
    var result = String(shown)
    if result.hasPrefix("/") { result.replaceSubrange(result.startIndex...result.startIndex, with: ".") }
    if result.hasSuffix("/") {
      result.removeLast()
      result += "."
    }
    return result.isEmpty ? "." : result
  }
}
