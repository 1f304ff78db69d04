// Which markets of a run can be taken back, and what does each account give or get?
//
// Worked example, strict: a night posted m1 and then m2, each paid alice 100; she spent 50 of the 200. The last market
// comes first: m2 takes 100 of her 150. Then m1 would take 100 of the 50 that are left: it stays as it is.
internal import Interchange
internal import Ledger
internal import Markets

/// Judges markets in reverse order of application, by the net effect on each account, and draws accounts down as it goes.
struct RollbackPlanner {
  private let request: RollbackRequest
  private let proof: ManifestProof
  private let ledger: Ledger
  private let reader: ReversalReader
  /// What a rail was asked to send of the run's money, by user and currency.
  private var sent: SentMoney
  private var standings: [Int64: AccountStanding] = [:]
  private var suspense: [String: Int64] = [:]

  init(
    _ request: RollbackRequest, _ proof: ManifestProof, sent: SentMoney, _ ledger: Ledger
  ) throws(LedgerError) {
    self.request = request
    self.proof = proof
    self.ledger = ledger
    self.sent = sent
    reader = try ReversalReader(ledger)
  }

  /// Every market that is asked for, in the order in which it is taken back.
  /// - Throws: `unknown_market`, `later_run_depends`.
  mutating func plan() throws(BatchError) -> [MarketReversal] {
    var markets: [MarketReversal]
    do throws(LedgerError) { markets = try subjects() } catch { throw BatchError.ledger(error) }
    try requireKnown(markets)
    try requireIndependence(markets)
    do throws(LedgerError) {
      let states = try ledger.distributionStates(ofRun: proof.record.runID).filter { $0.status == .rolledBack }
      for index in markets.indices {
        guard markets[index].earlierRollback == nil else {
          markets[index].status = .alreadyRolledBack
          continue
        }
        let suspended = states.filter { Array($0.marketID.utf8) == markets[index].market }
        if request.users.isEmpty {
          try judge(&markets[index], suspended: suspended.map { Array($0.userID.utf8) })
        } else {
          try suspend(&markets[index], before: suspended)
        }
      }
    } catch {
      throw BatchError.ledger(error)
    }
    return markets
  }

  // MARK: Which markets

  /// What the run settled or posted, the last first.
  private func subjects() throws(LedgerError) -> [MarketReversal] {
    var entries: [[UInt8]: [PostedEntry]] = [:]
    for entry in proof.entries { entries[entry.market, default: []].append(entry) }
    var markets: [MarketReversal] = []
    for settlement in try ledger.settlements(ofRun: proof.record.runID) {
      let id = Array(settlement.marketID.utf8)
      var market = MarketReversal(
        market: id, kind: settlement.kind, resolutionID: settlement.resolutionID,
        entries: entries.removeValue(forKey: id) ?? [])
      market.earlierRollback = settlement.rolledBackBy
      markets.append(market)
    }
    // Entries that belong to nothing that was settled: taken back with the whole run.
    let reversed = try ledger.reversals(
      ofEntriesAfter: proof.record.sequenceBefore, through: proof.record.sequenceAfter)
    for (id, entries) in entries {
      var market = MarketReversal(market: id, kind: "", resolutionID: "", entries: entries)
      market.earlierRollback =
        entries.lazy.compactMap { entry in
          reversed.first { $0.reverses == entry.id }?.runID
        }.first
      markets.append(market)
    }
    let wanted = Set(request.markets.map(\.bytes))
    return markets.filter { wanted.isEmpty || wanted.contains($0.market) }.sorted { left, right in
      let (a, b) = (left.entries.last?.id ?? 0, right.entries.last?.id ?? 0)
      return a != b ? a > b : right.market.lexicographicallyPrecedes(left.market)
    }
  }

  private func requireKnown(_ markets: [MarketReversal]) throws(BatchError) {
    let known = Set(markets.map(\.market))
    for id in Set(request.markets).sorted() where !known.contains(id.bytes) {
      throw BatchError(
        "unknown_market", .usage,
        "run \(proof.record.runID) did not settle market \(Terminal.quoted(id.description))",
        hint: "`settle show \(proof.record.runID)` lists its markets; nothing was written")
    }
  }

  /// What others built on the run's entries has to go first: the last that was applied is the first to be undone.
  private func requireIndependence(_ markets: [MarketReversal]) throws(BatchError) {
    let later: [(entry: Int64, reverses: Int64, runID: String?)]
    let own: Set<String>
    do throws(LedgerError) {
      own = Set(try ledger.rollbacks(ofRun: proof.record.runID))
      later = try ledger.reversals(
        ofEntriesAfter: proof.record.sequenceBefore, through: proof.record.sequenceAfter
      ).filter { $0.runID.map { !own.contains($0) } ?? true }
    } catch {
      throw BatchError.ledger(error)
    }
    let concerned = Set(markets.filter { $0.earlierRollback == nil }.flatMap(\.entries).map(\.id))
    let blocking = later.filter { concerned.contains($0.reverses) }
    guard !blocking.isEmpty else { return }
    let names = Set(blocking.map { $0.runID.map { "run \($0)" } ?? "entry \($0.entry)" }).sorted()
    throw BatchError(
      "later_run_depends", .conflict,
      "\(names.prefix(8).joined(separator: ", ")) took back entries of run \(proof.record.runID) already",
      hint: "undo that first, or leave its markets out (--market); nothing was written")
  }

  // MARK: Whole markets

  private mutating func judge(_ market: inout MarketReversal, suspended: [[UInt8]]) throws(LedgerError) {
    let effects = try netEffects(of: market.entries)
    let suspended = Set(suspended)
    var draws = Draws()
    for effect in effects {
      let user = AccountName.userID(of: effect.account.name)
      let isSuspended = user.map { suspended.contains($0) } ?? false
      let source =
        isSuspended ? try suspenseAccount(effect.account.currency, for: effect.account) : effect.account
      try draw(effect, from: source, user: isSuspended ? nil : user, &draws)
    }
    market.shortfalls = draws.shortfalls
    guard !draws.shortfalls.contains(where: { $0.handling == .blocked }) else {
      market.status = .blocked
      return
    }
    market.status = .rolledBack
    market.rows = draws.rows
    market.detours = draws.detours
    commit(draws)
  }

  // MARK: Single users

  private mutating func suspend(
    _ market: inout MarketReversal, before: [DistributionState]
  ) throws(LedgerError) {
    let wanted = Set(request.users)
    for state in before where wanted.contains(ID(state.userID)) {
      market.suspendedBefore.append((Array(state.userID.utf8), state.by))
    }
    let done = Set(market.suspendedBefore.map(\.user))
    let effects = try netEffects(of: market.entries, ofUsers: wanted.subtracting(done.map { ID($0) }))
    for effect in effects {
      guard let user = AccountName.userID(of: effect.account.name) else { continue }
      var draws = Draws()
      draws.action = "suspended"
      try draw(effect, from: effect.account, user: user, &draws)
      market.shortfalls += draws.shortfalls
      guard !draws.shortfalls.contains(where: { $0.handling == .blocked }) else { continue }
      commit(draws)
      market.rows += draws.rows
      market.suspensions.append(
        MarketReversal.Suspension(
          user: user, account: effect.account.name, currency: effect.account.currency, amount: effect.amount,
          detour: draws.detours[effect.account.id] ?? MarketReversal.Detour()))
    }
    if !market.suspensions.isEmpty {
      market.status = .suspended
    } else if !market.shortfalls.isEmpty {
      market.status = .blocked
    } else if !market.suspendedBefore.isEmpty {
      market.status = .alreadyRolledBack
    }
  }

  // MARK: Effects

  /// What a market left on an account.
  private struct Effect {
    let account: AccountStanding
    let amount: Int64
  }

  /// Sums by account, those that give back first, then by name: what a shared account gets it may give on.
  private mutating func netEffects(
    of entries: [PostedEntry], ofUsers users: Set<ID>? = nil
  ) throws(LedgerError) -> [Effect] {
    var sums: [Int64: Int128] = [:]
    for entry in entries {
      for posting in try reader.postings(of: entry) { sums[posting.account, default: 0] += Int128(posting.amount) }
    }
    var effects: [Effect] = []
    for (id, sum) in sums {
      guard let account = try standing(id) else { throw LedgerError(.invariant, "account \(id) is not there") }
      if let users {
        guard let user = AccountName.userID(of: account.name), users.contains(ID(user)) else { continue }
      } else if sum == 0 {
        continue
      }
      guard let amount = Int64(exactly: sum) else {
        throw LedgerError(.outOfRange, "what account \(account.name) got would not fit 64 bits")
      }
      effects.append(Effect(account: account, amount: amount))
    }
    return effects.sorted { left, right in
      if (left.amount < 0) != (right.amount < 0) { return left.amount < 0 }
      let (a, b) = (Array(left.account.name.utf8), Array(right.account.name.utf8))
      return a != b ? a.lexicographicallyPrecedes(b) : left.account.currency < right.account.currency
    }
  }

  private mutating func standing(_ id: Int64) throws(LedgerError) -> AccountStanding? {
    if let known = standings[id] { return known }
    let account = try reader.account(id)
    standings[id] = account
    return account
  }

  private mutating func suspenseAccount(
    _ currency: String, for account: AccountStanding
  ) throws(LedgerError) -> AccountStanding {
    if let known = suspense[currency], let standing = standings[known] { return standing }
    guard let found = try reader.account(named: AccountName.suspense, currency: currency) else {
      throw LedgerError(.invariant, "what \(account.name) got went to suspense, but there is no such account")
    }
    suspense[currency] = found.id
    standings[found.id] = standings[found.id] ?? found
    return standings[found.id] ?? found
  }

  // MARK: Drawing down

  /// What one market would do to the accounts; kept only if the market goes.
  private struct Draws {
    var action = "reversed"
    var balances: [Int64: Int128] = [:]
    var rows: [MarketReversal.Row] = []
    var detours: [Int64: MarketReversal.Detour] = [:]
    var shortfalls: [MarketReversal.Shortfall] = []
    var sent = SentMoney()
  }

  /// Takes an effect back from `source`.
  /// - Parameter user: whose money may have left over a rail; nil where that does not matter any more.
  private mutating func draw(
    _ effect: Effect, from source: AccountStanding, user: [UInt8]?, _ draws: inout Draws
  ) throws(LedgerError) {
    let change = draws.balances[source.id] ?? 0
    var detour = MarketReversal.Detour()
    if source.id != effect.account.id { detour.source = source.name }
    if effect.amount > 0 {
      var need = Int128(effect.amount)
      if let user {
        let unknown = min(need, sent.inFlight(to: user, source.currency))
        if unknown > 0 { note(effect, source, need, need - unknown, .inFlight, .blocked, &draws) }
        let left = sent.sent(to: user, source.currency) - draws.sent.sent(to: user, source.currency)
        let external = min(need, max(0, left))
        if external > 0 {
          draws.sent.account(for: external, user, source.currency)
          note(
            effect, source, need, need - external, .sent, request.acceptsExternal ? .receivable : .blocked, &draws)
          detour.owed += Int64(external)
          need -= external
        }
      }
      let held = source.available.map { $0 + change }
      if let held, held < need {
        let handling: MarketReversal.Shortfall.Handling =
          switch request.onShortfall {
          case .strict: .blocked
          case .clamp: .receivable
          case .allowNegative: .belowZero
          }
        note(effect, source, need, max(0, held), .spent, handling, &draws)
        if handling == .receivable { detour.owed += Int64(need - max(0, held)) }
        if handling == .belowZero { detour.mayGoBelow = true }
      }
    }
    let reversed = -(Int128(effect.amount) - Int128(detour.owed))
    draws.balances[source.id] = change + reversed
    if detour.source != nil || detour.owed != 0 || detour.mayGoBelow { draws.detours[effect.account.id] = detour }
    draws.rows.append(
      MarketReversal.Row(
        account: effect.account.name, currency: effect.account.currency, effect: effect.amount, action: draws.action,
        source: source.name, reversed: Int64(reversed), receivable: detour.owed))
  }

  private func note(
    _ effect: Effect, _ source: AccountStanding, _ required: Int128, _ available: Int128,
    _ cause: MarketReversal.Shortfall.Cause,
    _ handling: MarketReversal.Shortfall.Handling, _ draws: inout Draws
  ) {
    draws.shortfalls.append(
      MarketReversal.Shortfall(
        account: effect.account.name, currency: source.currency, source: source.name, required: Int64(required),
        available: Int64(available),
        amount: Int64(required - available), cause: cause, handling: handling))
  }

  private mutating func commit(_ draws: Draws) {
    for (id, change) in draws.balances {
      guard var standing = standings[id] else { continue }
      standing.balance = Int64(clamping: Int128(standing.balance) + change)
      standings[id] = standing
    }
    sent.subtract(draws.sent)
  }
}
