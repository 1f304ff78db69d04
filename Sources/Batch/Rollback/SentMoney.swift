// How much of a run's money has left over a rail, or is on its way?

/// Amounts by user and currency.
package struct SentMoney: Sendable {
  private struct Key: Hashable {
    let user: [UInt8]
    let currency: String
  }

  private var amounts: [Key: Int128] = [:]

  package init() {}

  package func amount(_ user: [UInt8], _ currency: String) -> Int128 {
    amounts[Key(user: user, currency: currency)] ?? 0
  }

  package mutating func add(_ amount: Int128, _ user: [UInt8], _ currency: String) {
    amounts[Key(user: user, currency: currency), default: 0] += amount
  }

  mutating func subtract(_ other: SentMoney) {
    for (key, amount) in other.amounts { amounts[key, default: 0] -= amount }
  }
}
