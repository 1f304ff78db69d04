// How are payouts and returns spread, as bars in a terminal?
package import Batch
package import Interchange
package import Ledger

/// The spreads of a run, for each of its currencies.
package struct Histograms {
  /// One picture: bars below each other.
  package struct Picture: Sendable {
    package let name: String
    package let currency: String
    package let title: String
    package let bars: [(name: String, count: Int)]

    package var json: JSONValue {
      .object([
        "name": .string(name), "currency": .string(currency), "title": .string(title),
        "bars": .array(bars.map { .object(["name": .string($0.name), "count": .int($0.count)]) }),
      ])
    }

    /// Columns of the longest name.
    package var labelWidth: Int { bars.map(\.name.count).max() ?? 0 }

    /// Lines of the picture: names, bars as long as `room` at most, counts.
    package func lines(room: Int) -> [String] {
      let width = bars.map(\.name.count).max() ?? 0
      let most = max(bars.map(\.count).max() ?? 0, 1)
      return bars.map { bar in
        // Eighths of a character; whatever is more than nothing is seen.
        let eighths = max(Int(Int128(bar.count) * Int128(room * 8) / Int128(most)), bar.count > 0 ? 1 : 0)
        let blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let drawn = String(repeating: "█", count: eighths / 8) + blocks[eighths % 8]
        let padding = String(repeating: " ", count: width - bar.name.count)
        return "\(padding)\(bar.name)  \(drawn)\(drawn.isEmpty ? "" : " ")\(Amounts.grouped(bar.count))"
      }
    }
  }

  package let pictures: [Picture]
  package let notes: [String]

  /// Reads markets.csv and distributions.csv once.
  package init(_ location: RunLocation, _ ledger: Ledger?) throws(BatchError) {
    let figures = try NightFigures(location, ledger, readsPools: false)
    notes = figures.notes
    pictures = figures.currencies.filter { $0.returns.count > 0 }.flatMap { currency in
      let payouts = currency.payouts
      let middle = payouts.bin(permille: 500).map { ", the middle one from \(SpreadSection.range($0, currency))" } ?? ""
      return [
        Picture(
          name: "payouts", currency: currency.code,
          title: "\(Amounts.counted(payouts.count, "payout")) in \(currency.code)\(middle), the largest "
            + currency.amount(payouts.largest),
          bars: payouts.shown.map { (SpreadSection.range($0, currency), $0.count) }),
        Picture(
          name: "returns", currency: currency.code,
          title:
            "what \(Amounts.counted(currency.returns.count, "user")) got for what they staked in \(currency.code), "
            + "each once in a market",
          bars: zip(ReturnSpread.names, currency.returns.counts).map { ($0, $1) }),
      ]
    }
  }
}
