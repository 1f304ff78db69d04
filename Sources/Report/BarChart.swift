// How large are these beside each other, and what are they made of?

/// Bars below each other, each of one or more parts: with room beside them for their names, or above where it is narrow.
struct BarChart {
  struct Part {
    let value: Int128
    /// A class of the style sheet.
    let style: String
    let title: String
    /// Stands inside the part where there is room for it.
    var label = ""
  }

  struct Bar {
    let name: String
    let value: String
    let parts: [Part]

    var total: Int128 { parts.reduce(0) { $0 + $1.value } }
  }

  let bars: [Bar]
  /// Every bar as long as the others, its parts as shares of it; else the largest is the longest.
  var isShares = false

  static let wideWidth = 1_000.0
  static let narrowWidth = 330.0

  /// Both pictures; the style sheet shows one of them.
  func markup(title: String, description: String, name: String) -> String {
    [true, false].map { isWide in
      drawing(isWide: isWide).markup(
        title: title, description: description, name: "\(name)-\(isWide ? "w" : "n")", style: isWide ? "wide" : "narrow"
      )
    }.joined(separator: "\n")
  }

  private func drawing(isWide: Bool) -> Drawing {
    var drawing = Drawing(width: isWide ? BarChart.wideWidth : BarChart.narrowWidth)
    let largest = bars.map(\.total).max() ?? 0
    let widest = bars.map { Drawing.width($0.value, size: 13) }.max() ?? 0
    let valueRoom = min(max(widest + 2, 60), isWide ? 320 : drawing.width - 90)
    let nameRoom = isWide ? 250.0 : drawing.width - valueRoom - 10
    let start = isWide ? nameRoom + 14 : 0
    let room = isWide ? drawing.width - start - valueRoom - 14 : drawing.width
    let (step, barHeight) = isWide ? (30.0, 18.0) : (46.0, 14.0)
    for (index, bar) in bars.enumerated() {
      let top = Double(index) * step + 4
      let whole = isShares ? bar.total : largest
      var x = start
      for part in bar.parts where part.value > 0 && whole > 0 {
        let length = BarChart.length(part.value, of: whole, room: room)
        drawing.rectangle(
          x, isWide ? top : top + 19, max(length - (bar.parts.count > 1 ? 1 : 0), 1), barHeight, part.style,
          title: part.title, round: 2)
        if isWide, !part.label.isEmpty, Drawing.width(part.label, size: 12) + 12 < length {
          drawing.text(x + length / 2, top + 13.5, part.label, "on", anchor: .middle, room: length - 8, size: 12)
        }
        x += length
      }
      if isWide {
        drawing.text(nameRoom, top + 14, bar.name, anchor: .end, room: nameRoom)
        // Behind its bar; behind the longest where all are as long.
        let behind = isShares ? drawing.width : x + 8
        let value = BarChart.shown(bar.value, room: valueRoom)
        drawing.text(behind, top + 14, value, "soft", anchor: isShares ? .end : .start, room: valueRoom)
      } else {
        drawing.text(0, top + 13, bar.name, room: nameRoom)
        let value = BarChart.shown(bar.value, room: valueRoom)
        drawing.text(drawing.width, top + 13, value, "soft", anchor: .end, room: valueRoom)
      }
    }
    drawing.height = Double(bars.count) * step + 6
    return drawing
  }

  /// A value without its share in parentheses where both have no room: an amount is never cut.
  private static func shown(_ value: String, room: Double) -> String {
    guard Drawing.width(value, size: 13) > room, let end = value.firstIndex(of: "("), end > value.startIndex else {
      return value
    }
    return String(value[..<value.index(before: end)])
  }

  /// Integers far beyond what a Double holds exactly are scaled first.
  static func length(_ value: Int128, of whole: Int128, room: Double) -> Double {
    guard whole > 0 else { return 0 }
    return Double(value) / Double(whole) * room
  }
}
