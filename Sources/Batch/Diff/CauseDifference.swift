// Which causes make users be paid differently, and how much does each of them move?
package import Interchange

/// What lies in the markets behind one cause, in one currency.
package struct CauseDifference: Sendable {
  /// As `MarketReason` words it: `another option won`, `other fees`, …
  package let reason: String
  package let currency: String
  package internal(set) var markets = 0
  /// What the markets' payouts and refunds rose by.
  package internal(set) var change: Int128 = 0
  /// Users of these markets who are paid more in B, and by how much in all.
  package internal(set) var more: (users: Int, amount: Int128) = (0, 0)
  package internal(set) var less: (users: Int, amount: Int128) = (0, 0)
  /// The market that moves most money for this cause.
  package internal(set) var example = ""
  fileprivate var exampleWeight: Int128 = -1

  var weight: Int128 { more.amount + less.amount + change.magnitude128 }

  package var json: JSONValue {
    func users(_ group: (users: Int, amount: Int128)) -> JSONValue {
      .object(["rows": .int(group.users), "amount": .int(group.amount)])
    }
    return .object([
      "reason": .string(reason), "currency": .string(currency), "markets": .int(markets), "change": .int(change),
      "paid_more": users(more), "paid_less": users(less), "example": .string(example),
    ])
  }
}

/// Causes as they come, a bounded number of them: what is beyond goes under one name.
final class CauseCount {
  private static let causesMax = 200
  private var list: [CauseDifference] = []
  private var places: [String: Int] = [:]
  private var last = 0

  /// Those that move most first.
  var differences: [CauseDifference] {
    list.enumerated().sorted {
      let (left, right) = ($0.element.weight, $1.element.weight)
      return left != right ? left > right : $0.offset < $1.offset
    }.map(\.element)
  }

  private func place(_ reason: String, _ currency: String) -> Int {
    // Rows of one market stand together.
    if last < list.count, list[last].reason == reason, list[last].currency == currency { return last }
    let reason = list.count < CauseCount.causesMax || places["\(currency) \(reason)"] != nil ? reason : "other causes"
    let name = "\(currency) \(reason)"
    last = places[name] ?? list.count
    if last == list.count {
      places[name] = last
      list.append(CauseDifference(reason: reason, currency: currency))
    }
    return last
  }

  /// A row of markets.csv that differs, with its reason.
  func add(market row: DiffRow) {
    let place = place(row.reason, row.currencyShown)
    list[place].markets += 1
    list[place].change += row.table.weights.reduce(0) { $0 + (row.delta($1) ?? 0) }
    let weight = row.weight
    guard weight > list[place].exampleWeight else { return }
    list[place].exampleWeight = weight
    list[place].example = unsafe String(decoding: row.key(0), as: UTF8.self)
  }

  /// A user's row that differs, with the reason that lies in its market.
  func add(user row: DiffRow, _ column: Int, reason: String) {
    guard let delta = row.delta(column), delta != 0, row.currency.old == row.currency.new else { return }
    let place = place(reason, row.currencyShown)
    if delta > 0 {
      list[place].more.users += 1
      list[place].more.amount += delta
    } else {
      list[place].less.users += 1
      list[place].less.amount -= delta
    }
  }
}
