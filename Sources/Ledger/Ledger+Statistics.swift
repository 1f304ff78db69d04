// What did it all come to: by market, creator, user, house, run and day?

/// A table of totals.
package enum StatisticsTable: String, CaseIterable, Sendable {
  case currency, market, creator, user, house, run, day

  /// Its columns, as the view has them; the first is what the totals are by.
  package var columns: [String] {
    let words =
      switch self {
      case .currency:
        """
        currency markets staked paid refunded house_fee creator_fee retained breakage wallets wallet_balance \
        creator_balance house_balance
        """
      case .market:
        """
        market_id currency run_id resolution_id staked paid refunded house_fee creator_fee retained breakage settled_at
        """
      case .creator: "creator_id currency markets fees rolled_back other balance"
      case .user: "user_id currency movements won refunded rolled_back other balance"
      case .house: "currency fees retained breakage rolled_back other balance"
      case .run:
        """
        run_id kind day operator reverses settled rolled_back currency staked paid refunded fees retained breakage other
        """
      case .day: "day currency runs staked paid refunded fees retained breakage other"
      }
    return words.split(separator: " ").map(String.init)
  }

  /// The largest first; runs and days: the newest first.
  fileprivate var order: String {
    switch self {
    case .currency, .house: "currency"
    case .market: "staked DESC, market_id, currency"
    case .creator: "fees DESC, creator_id, currency"
    case .user: "won DESC, user_id, currency"
    case .run: "number DESC, currency"
    case .day: "day DESC, currency"
    }
  }
}

extension Ledger {
  /// Rows of totals, one after the other.
  /// - Parameters:
  ///   - currency: of this currency alone.
  ///   - limit: at most so many; nil for all.
  package func forEachTotal<Failure: Error>(
    by table: StatisticsTable, currency: String?, limit: Int?, mapping: (LedgerError) -> Failure,
    _ body: ([DatabaseCell]) throws(Failure) -> Void
  ) throws(Failure) {
    func mapped<Value>(_ body: () throws(LedgerError) -> Value) throws(Failure) -> Value {
      do throws(LedgerError) { return try body() } catch { throw mapping(error) }
    }
    let statement = try mapped { () throws(LedgerError) in
      try database.prepare(
        """
        SELECT \(table.columns.joined(separator: ", ")) FROM \(table.rawValue)_totals
        WHERE ?1 IS NULL OR currency = ?1 ORDER BY \(table.order) LIMIT ?2
        """)
    }
    statement.bind(1, currency)
    statement.bind(2, Int64(limit ?? -1))
    while try mapped({ () throws(LedgerError) in try statement.step() }) {
      try body(table.columns.indices.map { statement.cell(Int32($0)) })
    }
  }
}
