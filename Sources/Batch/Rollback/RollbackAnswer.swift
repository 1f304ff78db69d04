// What does a rollback tell?
package import Interchange
internal import Ledger

/// What was taken back, or would be, and what was not.
package struct RollbackAnswer: Sendable {
  package enum State: String, Sendable {
    case applied, planned, blocked
    case alreadyRolledBack = "already_rolled_back"
    /// The run, or what was asked for of it, has nothing to take back.
    case nothingToDo = "nothing_to_do"
  }

  /// A market, as text and numbers.
  package struct Market: Sendable {
    package let marketID: String
    package let status: String
    package let entries: Int
    package let rolledBackBy: String?
    package let users: [String]
  }

  /// An account that does not hold what would be taken.
  package struct Shortfall: Sendable {
    package let marketID: String
    package let account: String
    package let currency: String
    package let source: String
    package let required: Int64
    package let available: Int64
    package let amount: Int64
    package let cause: String
    package let handling: String
  }

  /// An account and what moves on it.
  package struct Movement: Sendable {
    package let marketID: String
    package let account: String
    package let currency: String
    package let source: String
    package let reversed: Int64
    package let receivable: Int64
  }

  package let reverses: String
  package var state: State
  /// The rollback's run; nil where none was made.
  package var runID: String?
  package var directory: String?
  package var earlierRollbacks: [String] = []
  package var markets: [Market] = []
  package var shortfalls: [Shortfall] = []
  package var movements: [Movement] = []
  package var movementCount = 0
  package var entries = 0
  package var postings = 0
  package var position: LedgerPosition?
  package var notices: [String] = []
  package var isDryRun = false

  /// Movements that an answer lists; the files have all.
  static let movementMax = 1_000

  package var status: ExitStatus { markets.contains { $0.status == "blocked" } || hasBlockedUser ? .partial : .done }
  private var hasBlockedUser: Bool { shortfalls.contains { $0.handling == "blocked" } }

  init(_ reverses: String, _ state: State, _ plan: [MarketReversal]) {
    self.reverses = reverses
    self.state = state
    let sorted = plan.sorted { $0.market.lexicographicallyPrecedes($1.market) }
    markets = sorted.map { market in
      Market(
        marketID: market.name, status: market.status.rawValue,
        entries: market.postedEntries,
        rolledBackBy: market.earlierRollback ?? market.suspendedBefore.first?.by,
        users: market.suspensions.map { String(decoding: $0.user, as: UTF8.self) })
    }
    for market in sorted {
      for shortfall in market.shortfalls {
        shortfalls.append(
          Shortfall(
            marketID: market.name, account: shortfall.account, currency: shortfall.currency,
            source: shortfall.source, required: shortfall.required, available: shortfall.available,
            amount: shortfall.amount,
            cause: shortfall.cause.rawValue, handling: shortfall.handling.rawValue))
      }
      movementCount += market.rows.count
      for row in market.rows where movements.count < RollbackAnswer.movementMax {
        movements.append(
          Movement(
            marketID: market.name, account: row.account, currency: row.currency, source: row.source,
            reversed: row.reversed, receivable: row.receivable))
      }
    }
    var earlier: [String] = []
    for market in plan {
      for run in [market.earlierRollback].compactMap({ $0 }) + market.suspendedBefore.map(\.by)
      where !earlier.contains(run) {
        earlier.append(run)
      }
    }
    earlierRollbacks = earlier
  }

  package var json: JSONValue {
    func count(_ status: String) -> JSONValue { .int(markets.count { $0.status == status }) }
    return .object([
      "run_id": .optional(runID), "kind": .string("rollback"), "reverses": .string(reverses),
      "status": .string(state.rawValue), "exit": .int(status.rawValue), "dry_run": .bool(isDryRun),
      "directory": .optional(directory), "earlier_rollbacks": .array(earlierRollbacks.map { .string($0) }),
      "already_rolled_back": .bool(state == .alreadyRolledBack),
      "counts": .object([
        "markets": .int(markets.count), "rolled_back": count("rolled_back"), "suspended": count("suspended"),
        "blocked": count("blocked"), "already_rolled_back": count("already_rolled_back"),
        "untouched": count("untouched"), "shortfalls": .int(shortfalls.count), "movements": .int(movementCount),
      ]),
      "entries": .int(entries), "postings": .int(postings), "ledger": position?.json ?? .null,
      "markets": .array(
        markets.map {
          .object([
            "market_id": .string($0.marketID), "status": .string($0.status), "entries": .int($0.entries),
            "rolled_back_by": .optional($0.rolledBackBy), "users": .array($0.users.map { .string($0) }),
          ])
        }),
      "shortfalls": .array(
        shortfalls.map {
          .object([
            "market_id": .string($0.marketID), "account": .string($0.account), "currency": .string($0.currency),
            "source": .string($0.source), "required": .int($0.required), "available": .int($0.available),
            "shortfall": .int($0.amount),
            "cause": .string($0.cause), "handling": .string($0.handling),
          ])
        }),
      "movements": .array(
        movements.map {
          .object([
            "market_id": .string($0.marketID), "account": .string($0.account), "currency": .string($0.currency),
            "source": .string($0.source), "reversed": .int($0.reversed), "receivable": .int($0.receivable),
          ])
        }),
      "notices": .array(notices.map { .string($0) }),
    ])
  }
}
