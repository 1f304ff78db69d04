// How much differs between two runs, in money first?
package import Interchange

/// What a currency's money comes to on both sides.
package struct MoneyDifference: Sendable {
  package static let columns = [
    "gross_pool", "total_payout", "total_refund", "house_fee", "creator_fee", "retained", "breakage",
  ]

  package let currency: String
  /// By `columns`.
  package var old = [Int128](repeating: 0, count: columns.count)
  package var new = [Int128](repeating: 0, count: columns.count)
  /// Users of a market who are paid more in B, and by how much in all.
  package var more: (users: Int, amount: Int128) = (0, 0)
  package var less: (users: Int, amount: Int128) = (0, 0)

  init(_ currency: String) { self.currency = currency }

  package var isDifferent: Bool { old != new || more.users > 0 || less.users > 0 }

  package var json: JSONValue {
    var totals: [String: JSONValue] = [:]
    for (index, column) in MoneyDifference.columns.enumerated() {
      totals[column] = .object([
        "old": .int(old[index]), "new": .int(new[index]), "delta": .int(new[index] - old[index]),
      ])
    }
    func users(_ group: (users: Int, amount: Int128)) -> JSONValue {
      .object(["rows": .int(group.users), "amount": .int(group.amount)])
    }
    return .object([
      "currency": .string(currency), "totals": .object(totals), "paid_more": users(more), "paid_less": users(less),
    ])
  }
}

/// What differs in one table.
package struct TableDifference: Sendable {
  package let table: DiffTable
  package internal(set) var same = 0
  package internal(set) var changed = 0
  package internal(set) var added = 0
  package internal(set) var removed = 0
  /// In the order of the file where all are kept, else those that matter most, the first first.
  package internal(set) var kept: [DiffRecord] = []

  package var different: Int { changed + added + removed }
  package var isCut: Bool { kept.count < different }

  package var counts: JSONValue {
    .object([
      "same": .int(same), "changed": .int(changed), "added": .int(added), "removed": .int(removed),
    ])
  }
}

/// The whole comparison, with as many rows as were asked to be kept.
package struct DiffSummary: Sendable {
  package internal(set) var money: [MoneyDifference] = []
  /// Why, those that move most money first; empty where a side has no markets.csv.
  package internal(set) var causes: [CauseDifference] = []
  package internal(set) var tables: [TableDifference] = []
  /// What cannot be compared, and what else the two say about each other.
  package var notes: [String] = []

  package var isDifferent: Bool { tables.contains { $0.different > 0 } }
}

/// Rows that matter most, a bounded number of them.
struct KeptRows {
  private var rows: [(weight: Int128, place: Int, record: DiffRecord)] = []
  private var floor: Int128?
  private var count = 0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  mutating func add(_ row: DiffRow) {
    count += 1
    guard limit > 0 else { return }
    let weight = row.weight
    if let floor, weight <= floor { return }
    rows.append((weight, count, row.record))
    guard rows.count >= 2 * limit + 16 else { return }
    cut()
    floor = rows.last?.weight
  }

  private mutating func cut() {
    rows.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.place < $1.place }
    rows.removeLast(max(0, rows.count - limit))
  }

  /// In the order of the file where nothing was dropped.
  mutating func finish() -> [DiffRecord] {
    if count > limit { cut() }
    return rows.map(\.record)
  }
}
