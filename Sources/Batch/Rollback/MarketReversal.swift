// What becomes of one market in a rollback?
internal import Ledger

/// How one market is taken back, or why it is not.
struct MarketReversal {
  enum Status: String {
    /// All of it, but what was taken back before.
    case rolledBack = "rolled_back"
    /// What some users got went to `suspense`; the market stays settled.
    case suspended
    /// Nothing: somebody does not hold what would be taken, or it has left over a rail.
    case blocked
    /// An earlier rollback did it.
    case alreadyRolledBack = "already_rolled_back"
    /// The users that were asked for got nothing here.
    case untouched
  }

  /// Where the mirrored postings of an account go, if not to the account itself.
  struct Detour {
    /// The account that gives instead; nil for the account itself.
    var source: String?
    /// How much of what is taken becomes a receivable.
    var owed: Int64 = 0
    var mayGoBelow = false
  }

  /// A user whose net effect goes to `suspense`.
  struct Suspension {
    let user: [UInt8]
    let account: String
    let currency: String
    /// What the market left on the wallet; below zero where it took.
    let amount: Int64
    var detour = Detour()
  }

  /// A wallet or other account that does not hold what would be taken.
  struct Shortfall {
    enum Handling: String {
      case blocked, receivable
      case belowZero = "below_zero"
    }
    enum Cause: String {
      /// It was spent within the ledger.
      case spent
      /// It has left over a rail.
      case sent
      /// A rail was asked to send it, and has not said whether it did.
      case inFlight = "in_flight"
    }

    let account: String
    let currency: String
    /// The account that would give: itself, or `suspense`.
    let source: String
    let required: Int64
    let available: Int64
    let amount: Int64
    let cause: Cause
    let handling: Handling
  }

  /// What the run left on an account, and how it is taken back.
  struct Row {
    let account: String
    let currency: String
    let effect: Int64
    let action: String
    let source: String
    let reversed: Int64
    let receivable: Int64
  }

  let market: [UInt8]
  /// `market`, `prizes`, …; empty for entries that belong to nothing that was settled.
  let kind: String
  let resolutionID: String
  /// In the order of the book.
  let entries: [PostedEntry]
  var status = Status.untouched
  var earlierRollback: String?
  var detours: [Int64: Detour] = [:]
  var suspensions: [Suspension] = []
  var rows: [Row] = []
  var shortfalls: [Shortfall] = []
  /// Users of the request whose part went to `suspense` before.
  var suspendedBefore: [(user: [UInt8], by: String)] = []

  var name: String { String(decoding: market, as: UTF8.self) }
  /// Whether anything is posted or noted for it.
  var isApplied: Bool { status == .rolledBack || status == .suspended }
}
