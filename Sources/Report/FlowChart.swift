// Where did the money of these markets go?

/// A Sankey diagram of two columns: sources on the left, what became of them on the right, ribbons as wide as amounts.
///
/// Worked example: sources m1 = 30 + 10 and m2 = 20 + 0 of the parts winners and house. A scale gives each unit its
/// height; the right column has winners 50 and house 10. The ribbon m1 → winners is 30 high, it leaves m1 at its top and
/// arrives at the top of winners; m2 → winners arrives below it.
struct FlowChart {
  struct Source {
    let name: String
    let value: String
    /// One for each target.
    let parts: [Int128]
    let titles: [String]

    var total: Int128 { parts.reduce(0, +) }
  }

  struct Target {
    let name: String
    let value: String
    /// Stands for the value where that has no room.
    let short: String
    let style: String

    func value(in room: Double) -> String { Drawing.width(value, size: 13) > room ? short : value }
  }

  let sources: [Source]
  let targets: [Target]

  func markup(title: String, description: String, name: String) -> String {
    [true, false].map { isWide in
      drawing(isWide: isWide).markup(
        title: title, description: description, name: "\(name)-\(isWide ? "w" : "n")", style: isWide ? "wide" : "narrow"
      )
    }.joined(separator: "\n")
  }

  private struct Node {
    var top: Double
    let height: Double
    /// Where the next ribbon leaves or arrives.
    var next: Double
    var middle: Double { top + height / 2 }

    mutating func move(by distance: Double) {
      top += distance
      next += distance
    }
  }

  private func drawing(isWide: Bool) -> Drawing {
    var drawing = Drawing(width: isWide ? BarChart.wideWidth : BarChart.narrowWidth)
    let total = sources.map(\.total).reduce(0, +)
    let tall = isWide ? 380.0 : 300.0
    let slot = isWide ? 24.0 : 38.0
    let used = targets.indices.filter { target in sources.contains { $0.parts[target] > 0 } }
    let targetTotals = targets.indices.map { target in sources.reduce(Int128(0)) { $0 + $1.parts[target] } }
    var left = FlowChart.column(sources.map(\.total), of: total, tall: tall, slot: slot)
    var right = FlowChart.column(used.map { targetTotals[$0] }, of: total, tall: tall, slot: slot)
    let height = max(left.height, right.height)
    for index in left.nodes.indices { left.nodes[index].move(by: (height - left.height) / 2) }
    for index in right.nodes.indices { right.nodes[index].move(by: (height - right.height) / 2) }
    drawing.height = height + 4
    let (labelLeft, labelRight) = isWide ? labelWidths(used) : (0.0, 0.0)
    let (x0, x1) = (labelLeft + 10, drawing.width - labelRight - 10)
    // Ribbons first, texts above them.
    for (place, target) in used.enumerated() {
      for (index, source) in sources.enumerated() where source.parts[target] > 0 {
        let thickness = BarChart.length(source.parts[target], of: total, room: tall)
        let (y0, y1) = (left.nodes[index].next, right.nodes[place].next)
        left.nodes[index].next += thickness
        right.nodes[place].next += thickness
        drawing.path(
          FlowChart.ribbon(x0, y0, x1, y1, max(thickness, 0.6)), "ribbon \(targets[target].style)",
          title: source.titles[target])
      }
    }
    for (index, source) in sources.enumerated() {
      let node = left.nodes[index]
      drawing.rectangle(x0 - 8, node.top, 8, max(node.height, 1), "node", title: "\(source.name): \(source.value)")
      let middle = left.nodes[index].middle
      if isWide {
        let value = Drawing.width(source.value, size: 13)
        let room = max(labelLeft - value - 26, 60)
        drawing.text(labelLeft - 8, middle + 4.5, source.value, "soft", anchor: .end, room: labelLeft - 60)
        drawing.text(labelLeft - 20 - value, middle + 4.5, source.name, anchor: .end, room: room)
      } else {
        drawing.text(x0 + 6, middle - 2, source.name, "halo", anchor: .start, room: 128)
        drawing.text(x0 + 6, middle + 13, source.value, "halo", anchor: .start, room: 128)
      }
    }
    for (place, target) in used.enumerated() {
      let node = right.nodes[place]
      drawing.rectangle(
        x1, node.top, 8, max(node.height, 1), targets[target].style,
        title: "\(targets[target].name): \(targets[target].value)")
      if isWide {
        let name = Drawing.width(targets[target].name, size: 13)
        let room = labelRight - name - 24
        drawing.text(x1 + 16, node.middle + 4.5, targets[target].name, anchor: .start, room: 120)
        drawing.text(
          x1 + 28 + name, node.middle + 4.5, targets[target].value(in: room), "soft", anchor: .start, room: room)
      } else {
        drawing.text(x1 - 6, node.middle - 2, targets[target].name, "halo", anchor: .end, room: 164)
        drawing.text(x1 - 6, node.middle + 13, targets[target].value(in: 164), "halo", anchor: .end, room: 164)
      }
    }
    return drawing
  }

  /// Room for the texts on either side: what they need, within bounds that leave the ribbons half of the picture.
  private func labelWidths(_ used: [Int]) -> (left: Double, right: Double) {
    func width(_ name: String, _ value: String) -> Double {
      Drawing.width(name, size: 13) + Drawing.width(value, size: 13)
    }
    let left = sources.map { width($0.name, $0.value) + 30 }.max() ?? 0
    let right = used.map { width(targets[$0].name, targets[$0].value) + 26 }.max() ?? 0
    return (min(max(left, 140), 300), min(max(right, 140), 330))
  }

  /// Nodes below each other, none closer to the next than its label needs.
  private static func column(
    _ amounts: [Int128], of total: Int128, tall: Double, slot: Double
  ) -> (nodes: [Node], height: Double) {
    var nodes: [Node] = []
    var y = 2.0
    for amount in amounts {
      let height = BarChart.length(amount, of: total, room: tall)
      let room = max(height, slot)
      let top = y + (room - height) / 2
      nodes.append(Node(top: top, height: height, next: top))
      y += room + 6
    }
    return (nodes, max(y - 6, 0))
  }

  private static func ribbon(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ thickness: Double) -> String {
    let n = Drawing.number
    let middle = (x0 + x1) / 2
    return
      "M\(n(x0)),\(n(y0))C\(n(middle)),\(n(y0)) \(n(middle)),\(n(y1)) \(n(x1)),\(n(y1))L\(n(x1)),\(n(y1 + thickness))"
      + "C\(n(middle)),\(n(y1 + thickness)) \(n(middle)),\(n(y0 + thickness)) \(n(x0)),\(n(y0 + thickness))Z"
  }
}
