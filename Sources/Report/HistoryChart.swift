// How did one number go over the last nights?

/// A bar for each night, this night's last and marked.
struct HistoryChart {
  struct Night {
    let value: Int128
    let title: String
  }

  let nights: [Night]
  let first: String
  let last: String
  let largest: String

  func markup(title: String, description: String, name: String) -> String {
    var drawing = Drawing(width: BarChart.narrowWidth)
    let (top, tall) = (22.0, 90.0)
    let step = drawing.width / Double(max(nights.count, 6))
    let most = nights.map(\.value).max() ?? 0
    drawing.text(0, 14, "largest \(largest)", "soft", room: drawing.width, size: 12)
    for (index, night) in nights.enumerated() {
      let height = BarChart.length(night.value, of: most, room: tall)
      drawing.rectangle(
        Double(index) * step + 1, top + tall - height, step - 2, height,
        index == nights.count - 1 ? "now" : "before", title: night.title)
    }
    drawing.rectangle(0, top + tall, drawing.width, 1, "axis")
    // The dates stand below the first and the last bar, as far as both have room.
    let end = min(drawing.width, max(Double(nights.count) * step, 170))
    if nights.count > 1 { drawing.text(0, top + tall + 17, first, "soft", room: end / 2 - 4, size: 12) }
    drawing.text(
      nights.count > 1 ? end : 0, top + tall + 17, last, "soft", anchor: nights.count > 1 ? .end : .start,
      room: nights.count > 1 ? end / 2 - 4 : drawing.width, size: 12)
    drawing.height = top + tall + 22
    return drawing.markup(title: title, description: description, name: name, style: "small")
  }
}
