// How are many values spread, told in few numbers and constant memory?

/// Counts of amounts in bins of 1, 2, 5, 10, 20, 50, …
struct AmountSpread {
  struct Bin {
    let from: Int64
    /// Nil for no end.
    let below: Int64?
    var count = 0
    var sum: Int128 = 0
  }

  private(set) var bins: [Bin]
  private(set) var count = 0
  private(set) var largest: Int64 = 0

  init() {
    var edges: [Int64] = []
    var decade: Int64 = 1
    while true {
      for step in [1, 2, 5] as [Int64] {
        let (edge, overflow) = decade.multipliedReportingOverflow(by: step)
        if !overflow { edges.append(edge) }
      }
      let (next, overflow) = decade.multipliedReportingOverflow(by: 10)
      if overflow { break }
      decade = next
    }
    bins = edges.indices.map { index in
      Bin(from: edges[index], below: index + 1 < edges.count ? edges[index + 1] : nil)
    }
  }

  /// - Parameter value: above 0.
  mutating func add(_ value: Int64) {
    var (low, high) = (0, bins.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bins[middle].from <= value { low = middle } else { high = middle }
    }
    bins[low].count += 1
    bins[low].sum += Int128(value)
    count += 1
    largest = max(largest, value)
  }

  private static let shownMax = 20

  /// From the first to the last bin that holds something; decades where that would be many.
  var shown: ArraySlice<Bin> {
    guard let first = bins.firstIndex(where: { $0.count > 0 }), let last = bins.lastIndex(where: { $0.count > 0 })
    else { return [] }
    guard last - first >= AmountSpread.shownMax else { return bins[first...last] }
    // Bins 1, 2 and 5 of a decade become one.
    let decades = stride(from: first / 3 * 3, through: last, by: 3).map { start in
      let parts = bins[start..<min(start + 3, bins.count)]
      return Bin(
        from: bins[start].from, below: parts.last?.below, count: parts.reduce(0) { $0 + $1.count },
        sum: parts.reduce(0) { $0 + $1.sum })
    }
    return decades[...]
  }

  /// The bin in which the value lies that `permille` of all are not above.
  func bin(permille: Int) -> Bin? {
    let wanted = (count * permille + 999) / 1_000
    var seen = 0
    for bin in bins where bin.count > 0 {
      seen += bin.count
      if seen >= wanted { return bin }
    }
    return nil
  }
}

/// Counts of returns: what is got for what is staked.
struct ReturnSpread {
  static let names = [
    "lost all", "under half", "half to all", "exactly the stake", "up to 1.5 times", "1.5 to 2 times", "2 to 3 times",
    "3 to 5 times", "5 to 10 times", "10 times or more",
  ]

  private(set) var counts = [Int](repeating: 0, count: names.count)
  var count: Int { counts.reduce(0, +) }

  mutating func add(payout: Int64, stake: Int64) {
    let (payout, stake) = (Int128(payout), Int128(stake))
    let bin =
      if payout == 0 {
        0
      } else if payout * 2 < stake {
        1
      } else if payout < stake {
        2
      } else if payout == stake {
        3
      } else if payout * 2 < stake * 3 {
        4
      } else if payout < stake * 2 {
        5
      } else if payout < stake * 3 {
        6
      } else if payout < stake * 5 {
        7
      } else if payout < stake * 10 {
        8
      } else {
        9
      }
    counts[bin] += 1
  }
}

/// The largest of many, a bounded number of them, equal ones in the order they came.
struct Largest<Element> {
  private var kept: [(weight: Int128, place: Int, element: Element)] = []
  private(set) var count = 0
  private let limit: Int

  init(_ limit: Int) { self.limit = limit }

  mutating func add(_ weight: Int128, _ element: @autoclosure () -> Element) {
    count += 1
    if kept.count == limit, let last = kept.last, weight <= last.weight { return }
    let place = kept.firstIndex { $0.weight < weight } ?? kept.count
    kept.insert((weight, count, element()), at: place)
    if kept.count > limit { kept.removeLast() }
  }

  var elements: [Element] { kept.map(\.element) }
}
