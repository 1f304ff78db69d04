// settle show
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets
internal import Report

extension Command {
  static let show = Command(
    name: "show", summary: "show a run, or one market, user or commitment of it", operands: "RUN", operandCount: 1...1,
    options: Option.place + [.market, .user, .commitment, .hist],
    details: """
      Alone: the night's summary and the markets that are not settled. --market: its row by names, and its options.
      --user: what the user staked and got, in every market or in --market. --commitment: how it stands (active, won,
      lost, refunded, rolled_back) and what it paid; with --market it is found at once, however large the run.
      Of a run of prizes, refunds or awards --market is an event, and --commitment a registration.
      --hist: how payouts and returns are spread, as bars.
      RUN is a run id, the start of one, a directory, a manifest or latest. Exit 1 where what is asked for is not there.
      """
  ) { (call) throws(BatchError) in
    let (location, ledger) = try call.run(call.arguments.positionals[0])
    let market = call.arguments[.market].map { ID($0) }
    let user = call.arguments[.user].map { ID($0) }
    let commitment = call.arguments[.commitment].map { ID($0) }
    let show = ShowText(location: location, lookup: RunLookup(location, ledger), console: call.console)
    if let events = EventLookup(location), market != nil || commitment != nil || user != nil {
      guard user == nil else {
        throw BatchError("usage", .usage, "a run of events names no users", hint: "--commitment takes a registration")
      }
      return try show.events(events, event: market, registration: commitment)
    }
    if call.arguments.has(.hist) {
      guard market == nil, user == nil, commitment == nil else {
        throw BatchError("usage", .usage, "--hist tells of a whole run", hint: "give it alone")
      }
      return show.histograms(try Histograms(location, ledger))
    }
    if user != nil && commitment != nil {
      throw BatchError("usage", .usage, "--user and --commitment are two questions", hint: "give one of them")
    }
    if let commitment { return try show.commitment(commitment, market) }
    if let user { return try show.user(user, market) }
    if let market { return try show.market(market) }
    return try show.summary()
  }
}
