// Why is somebody paid differently: other stakes, another winner, other fees?
internal import Interchange

/// What two rows of one market say about the cause of their difference, the first cause first.
struct MarketReason {
  let text: String

  /// - Parameter row: of markets.csv.
  init(_ row: DiffRow) {
    func cell(_ name: String, new: Bool) -> String {
      guard let column = row.table.number(of: name) else { return "" }
      let bytes = unsafe new ? row.new(column) : row.old(column)
      return unsafe bytes.map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }
    func isChanged(_ names: String...) -> Bool {
      names.contains { name in row.table.number(of: name).map { row.isChanged($0) } ?? false }
    }
    func standing(new: Bool) -> String {
      let reason = cell("hold_reason", new: new)
      return Terminal.safe(cell("status", new: new)) + (reason.isEmpty ? "" : " (\(Terminal.safe(reason)))")
    }
    switch row.change {
    case .added: text = "only in B: \(standing(new: true))"
    case .removed: text = "only in A: \(standing(new: false))"
    case .changed:
      guard !isChanged("status", "hold_reason") else {
        text = "\(standing(new: false)) in A, \(standing(new: true)) in B"
        return
      }
      var reasons: [String] = []
      if isChanged("currency") { reasons.append("another currency") }
      if isChanged("outcome") {
        reasons.append("\(Terminal.safe(cell("outcome", new: true))) in B")
      } else if isChanged("winning_options") {
        reasons.append("another option won")
      }
      if isChanged("gross_pool", "commitments") {
        reasons.append("other stakes")
      } else if reasons.isEmpty, isChanged("winning_stake") {
        reasons.append("the stakes lie otherwise")
      }
      if isChanged("house_fee", "creator_fee") {
        if reasons.isEmpty {
          reasons.append("other fees")
        } else if ["house_fee", "creator_fee"].contains(where: { MarketReason.isOtherShare(row, $0) }) {
          reasons.append("fees take another share")
        }
      }
      if reasons.isEmpty, isChanged("total_refund", "retained") { reasons.append("other refunds") }
      if reasons.isEmpty, isChanged("total_payout", "breakage", "net_pool") { reasons.append("another split") }
      if reasons.isEmpty, isChanged("creator_id") { reasons.append("another creator") }
      if reasons.isEmpty, isChanged("resolution_id") { reasons.append("another resolution id, the same result") }
      text = reasons.joined(separator: ", ")
    }
  }

  /// Whether a fee is another part of the stakes than it was, by more than rounding can do.
  private static func isOtherShare(_ row: DiffRow, _ fee: String) -> Bool {
    func amount(_ name: String, new: Bool) -> Int128 {
      guard let column = row.table.number(of: name) else { return 0 }
      let places = row.table.columns[column].places
      return (new ? row.amount(row.new, places.new) : row.amount(row.old, places.old)) ?? 0
    }
    let pools = (old: amount("gross_pool", new: false), new: amount("gross_pool", new: true))
    let fees = (old: amount(fee, new: false), new: amount(fee, new: true))
    guard pools.old > 0, pools.new > 0 else { return false }
    return (fees.old * pools.new - fees.new * pools.old).magnitude128 > pools.old + pools.new
  }

  /// The reason of a row below its market: its own stake, else what lies in the market.
  static func ofRow(_ row: DiffRow, market: String) -> String {
    let own = row.table.stakes.contains { row.isChanged($0) }
    let choice = row.table.choice.map { row.isChanged($0) } ?? false
    switch row.change {
    case .added: return market.isEmpty || market == "other stakes" ? "a new stake" : market
    case .removed: return market.isEmpty || market == "other stakes" ? "the stake is gone" : market
    case .changed:
      // Most rows are as they were: no text is put together for them.
      if !own, !choice, !market.isEmpty { return market == "other stakes" ? "others' stakes differ" : market }
      var reasons: [String] = []
      if own { reasons.append("its stake differs") }
      if choice { reasons.append("on another option") }
      // Whose stakes are other: a row that is as it was is paid by those of others.
      if market == "other stakes" {
        if !own { reasons.append("others' stakes differ") }
      } else if !market.isEmpty {
        reasons.append(market)
      }
      return reasons.isEmpty ? "the market's other stakes lie otherwise" : reasons.joined(separator: "; ")
    }
  }
}
