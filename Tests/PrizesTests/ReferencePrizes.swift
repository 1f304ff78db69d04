// What does an event pay, worked out in the plainest way there is? Places one by one, units dealt out one by one.

/// A random event, and its prizes by slow and clear rules that share nothing with the program's.
struct ReferenceEvent: CustomStringConvertible {
  /// One entry for each place that gets something.
  struct Rule {
    var place: Int
    /// Minor units, or hundredths of a percent.
    var value: Int
  }

  var pool = 0
  var isShares = false
  var rules: [Rule] = []
  var isEach = false
  /// `first`, `largest` or `house`.
  var remainder = "first"
  var withheldRate = 0
  var withheldAbove = 0
  /// The place of each registration, in the order of their ids.
  var places: [Int] = []

  var description: String {
    let list = rules.map { "\($0.place):\($0.value)\(isShares ? " bps" : "")" }.joined(separator: " ")
    return "pool \(pool), \(list), \(isEach ? "each" : "split"), \(remainder), "
      + "\(withheldRate) bps above \(withheldAbove), places \(places)"
  }

  struct Result: Equatable {
    var prizes: [Int] = []
    var withheld: [Int] = []
    var unallocated = 0
    var breakage = 0
  }

  /// The result, or the code of the error.
  func result(seen: inout Set<String>) -> (result: Result?, code: String?) {
    func refused(_ code: String) -> (Result?, String?) {
      seen.insert(code)
      return (nil, code)
    }
    var byPlace: [Int: Int] = [:]
    var breakage = 0
    if isShares {
      guard rules.map(\.value).reduce(0, +) <= 10_000 else { return refused("distribution_exceeds_pool") }
      for rule in rules { byPlace[rule.place] = pool * rule.value / 10_000 }
      if rules.map(\.value).reduce(0, +) == 10_000 {
        var leftOver = pool - byPlace.values.reduce(0, +)
        if leftOver > 0 { seen.insert("left over \(remainder)") }
        // Whoever lost most by rounding, the better place first.
        var waiting = rules.sorted { left, right in
          let (a, b) = (pool * left.value % 10_000, pool * right.value % 10_000)
          return a == b ? left.place < right.place : a > b
        }
        while leftOver > 0 {
          switch remainder {
          case "house": breakage += 1
          case "first": byPlace[rules.map(\.place).min()!]! += 1
          default: byPlace[waiting.removeFirst().place]! += 1
          }
          leftOver -= 1
        }
      } else {
        seen.insert("shares below the whole")
      }
    } else {
      guard rules.map(\.value).reduce(0, +) <= pool else { return refused("distribution_exceeds_pool") }
      for rule in rules { byPlace[rule.place] = rule.value }
    }
    var result = Result(breakage: breakage)
    result.prizes = places.map { _ in 0 }
    for (index, place) in places.enumerated() {
      let tied = places.indices.filter { places[$0] == place }
      if isEach {
        result.prizes[index] = byPlace[place] ?? 0
        if tied.count > 1, byPlace[place] != nil { seen.insert("tie each") }
        continue
      }
      let better = places.filter { $0 < place }
      // Those before take a place each; nobody may stand where one of them does.
      for other in Set(better) where other + better.filter({ $0 == other }).count > place {
        return refused("place_conflict")
      }
      var pot = 0
      for taken in place..<(place + tied.count) { pot += byPlace[taken] ?? 0 }
      if tied.count > 1, pot > 0 { seen.insert("tie split") }
      if pot % tied.count != 0 { seen.insert("left over in a tie") }
      // Dealt out like cards, in the order of the registrations.
      var hand = 0
      while pot > 0 {
        if tied[hand] == index { result.prizes[index] += 1 }
        pot -= 1
        hand = (hand + 1) % tied.count
      }
    }
    result.unallocated = pool - result.prizes.reduce(0, +) - breakage
    guard result.unallocated >= 0 else {
      seen.insert("each exceeds the pool")
      return refused("distribution_exceeds_pool")
    }
    if result.unallocated > 0 { seen.insert("unallocated") }
    result.withheld = result.prizes.map { $0 > withheldAbove ? $0 * withheldRate / 10_000 : 0 }
    if result.withheld.contains(where: { $0 > 0 }) { seen.insert("withheld") }
    return (result, nil)
  }
}
