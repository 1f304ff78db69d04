// How is a picture drawn as SVG, with texts that fit?

/// A picture that grows. Coordinates are written with at most one decimal, so that the same figures give the same bytes.
struct Drawing {
  let width: Double
  var height: Double = 0
  private var body = ""

  init(width: Double) { self.width = width }

  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    return tenths % 10 == 0
      ? "\(sign)\(tenths.magnitude / 10)" : "\(sign)\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil,
    round: Double = 0
  ) {
    let corner = round > 0 ? " rx=\"\(Drawing.number(round))\"" : ""
    let shape =
      "<rect x=\"\(Drawing.number(x))\" y=\"\(Drawing.number(y))\" width=\"\(Drawing.number(max(width, 0.5)))\" "
      + "height=\"\(Drawing.number(height))\"\(corner) class=\"\(style)\""
    add(shape, "rect", title)
  }

  mutating func path(_ data: String, _ style: String, title: String? = nil) {
    add("<path d=\"\(data)\" class=\"\(style)\"", "path", title)
  }

  private mutating func add(_ start: String, _ name: String, _ title: String?) {
    body += title.map { "\(start)><title>\(Markup.escaped($0))</title></\(name)>\n" } ?? "\(start)/>\n"
  }

  enum Anchor: String {
    case start, middle, end
  }

  /// A line of text, cut with an ellipsis where it is wider than `room`.
  mutating func text(
    _ x: Double, _ y: Double, _ text: String, _ style: String = "", anchor: Anchor = .start, room: Double,
    size: Double = 13
  ) {
    let shown = Drawing.fitted(text, room: room, size: size)
    body +=
      "<text x=\"\(Drawing.number(x))\" y=\"\(Drawing.number(y))\" class=\"t\(Int(size)) \(style)\" "
      + "text-anchor=\"\(anchor.rawValue)\">\(Markup.escaped(shown))</text>\n"
  }

  /// The picture with its title and description for those who cannot see it.
  func markup(title: String, description: String, name: String, style: String) -> String {
    """
    <svg class="\(style)" role="img" aria-labelledby="\(name)-t \(name)-d" viewBox="0 0 \(Drawing.number(width)) \
    \(Drawing.number(height))" width="\(Drawing.number(width))" height="\(Drawing.number(height))">
    <title id="\(name)-t">\(Markup.escaped(title))</title><desc id="\(name)-d">\(Markup.escaped(description))</desc>
    \(body)</svg>
    """
  }

  // MARK: Widths

  /// How wide a text is at most, in a font as wide as people use: there are no font metrics here.
  static func width(_ text: String, size: Double) -> Double {
    var ems = 0.0
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x20, 0x2C, 0x2E, 0x3A, 0x3B, 0x27, 0x21, 0x7C, 0x69, 0x6C, 0x6A: ems += 0.36
      case 0x49, 0x66, 0x72, 0x74, 0x28, 0x29, 0x2D, 0x2F: ems += 0.46
      case 0x6D, 0x77, 0x4D, 0x57, 0x40, 0x25: ems += 1.0
      case 0x41...0x5A: ems += 0.76
      case 0x20...0x7E: ems += 0.65
      default:
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: ems += 0
        default: ems += scalar.value < 0x1100 ? 0.8 : 1.1
        }
      }
    }
    return ems * size
  }

  static func fitted(_ text: String, room: Double, size: Double) -> String {
    guard width(text, size: size) > room else { return text }
    var shown = ""
    var used = size
    for character in text {
      used += width(String(character), size: size)
      if used > room { break }
      shown.append(character)
    }
    return shown + "…"
  }
}
