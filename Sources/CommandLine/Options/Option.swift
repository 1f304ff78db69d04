// Which options are there? One table: the parser, the help and the environment's names are made from it.
internal import Batch
internal import Markets
internal import Money

/// An option of one or more commands.
struct Option: Sendable {
  /// Without the dashes: `lock-timeout`.
  let name: String
  var short: Character?
  /// What stands for its value in help, or nil for a flag.
  var value: String?
  var isRepeatable = false
  /// The only values there are, or empty.
  var choices: [String] = []
  /// False for a filter that a variable with another purpose would set by the way.
  var isReadFromEnvironment = true
  let explanation: String
  /// Where another option of that name has the variable already.
  var variable: String?

  /// `SETTLE_LOCK_TIMEOUT`
  var environmentName: String {
    variable ?? "SETTLE_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }
  /// `-q, --quiet` or `--ledger FILE`, as help and the manual write it.
  var usage: String { (short.map { "-\($0), " } ?? "") + "--\(name)" + (value.map { " \($0)" } ?? "") }
  /// The explanation, with what else the table knows.
  var fullExplanation: String {
    var text = explanation
    if isRepeatable, !text.contains("again"), !text.contains("several") { text += " (may be given again)" }
    // Where the explanation names every choice already, they are not told twice.
    if !choices.allSatisfy({ text.contains($0) }) { text += " [\(choices.joined(separator: ", "))]" }
    return text
  }

  init(
    _ name: String, short: Character? = nil, takes value: String? = nil, isRepeatable: Bool = false,
    choices: [String] = [], variable: String? = nil, _ explanation: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.isRepeatable = isRepeatable
    self.choices = choices
    self.variable = variable
    self.explanation = explanation
  }
}

extension Option {
  static let resolutions = Option(
    "resolutions", takes: "FILE", isRepeatable: true, "resolutions (CSV, JSON, NDJSON; - is standard input)")
  static let commitments = Option(
    "commitments", takes: "FILE", isRepeatable: true, "commitments, likewise; several files are shards of one table")
  static let resolutionsFormat = Option(
    "resolutions-format", takes: "FORMAT", choices: ["csv", "json", "ndjson"],
    "format of the resolutions, whatever their extension")
  static let commitmentsFormat = Option(
    "commitments-format", takes: "FORMAT", choices: ["csv", "json", "ndjson"],
    "format of the commitments, whatever their extension")
  static let config = Option(
    "config", takes: "FILE", "defaults for fees, currency and policies (default: settle.json, where it exists)")
  static let ledger = Option("ledger", takes: "FILE", "the ledger (default: ledger.db in the outputs directory)")
  static let outputs = Option("outputs", takes: "DIR", "where runs go (default: outputs)")
  static let initLedger = Option("init-ledger", "make the ledger where it is missing")
  static let asOf = Option("as-of", takes: "TIME", "the night's date, recorded in the manifest; no rule reads a clock")
  static let strict = Option("strict", "refuse the whole batch where any row is rejected")
  static let settleWithRejects = Option("settle-with-rejects", "settle markets without their rejected commitments")
  static let only = Option("only", takes: "MARKET", isRepeatable: true, "settle this market alone (may be given again)")
  static let auditFormat = Option(
    "audit-format", takes: "FORMAT", choices: AuditFormat.allCases.map(\.rawValue),
    "distributions as csv, jsonl or both (default: csv)")
  static let rejects = Option("rejects", takes: "FILE", "write the rejected rows here too, also of a refused batch")
  static let threads = Option("threads", takes: "N", "threads to use (default: all processors)")
  static let lockTimeout = Option("lock-timeout", takes: "SECONDS", "how long to wait for another run (default: 0)")
  static let operatorID = Option("operator", takes: "ID", "who does this (default: the login name)")
  static let out = Option("out", takes: "DIR", "save the plan here, to apply it later")
  static let inputs = Option("inputs", takes: "DIR", "where the inputs are now, if they were moved")
  static let requireRecompute = Option("require-recompute", "count inputs that are gone as a finding")
  static let market = Option("market", takes: "ID", "of this market")
  static let user = Option("user", takes: "ID", "of this user")
  static let commitment = Option("commitment", takes: "ID", "this commitment")
  static let currency = Option("currency", takes: "CODE", "currency of markets that name none (default: TOKEN)")
  static let level = Option(
    "level", takes: "LEVEL", isRepeatable: true, "market, user, commitment, or another table (default: all)")
  static let onlyMarket = Option("only", takes: "MARKET", isRepeatable: true, "of this market alone")
  static let summaryOnly = Option("summary", "the money and the counts alone")
  static let diffFormat = Option(
    "format", takes: "FORMAT", choices: ["text", "json", "csv"], "text, json or csv (default: text)")
  static let html = Option("html", takes: "FILE", "write a page for a browser, too")
  static let compare = Option("compare", takes: "RUN", "show what changed since this run, too")
  static let reportFile = Option(
    "out", takes: "FILE", "where the page goes (default: report.html; - is standard output)")
  static let limitRuns = Option("limit", takes: "N", "runs that are shown, the last ones (default: 1000)")
  static let hist = Option("hist", "how payouts and returns are spread, as bars")
  static let limit = Option("limit", takes: "N", "rows of a table that are shown before it is cut (default: 20)")

  // Of the ledger's commands.
  static let from = Option("from", takes: "ACCOUNT", "where the money comes from (default: external)")
  static let to = Option("to", takes: "ACCOUNT", "where the money goes (default: external)")
  static let key = Option("key", takes: "KEY", "idempotency key: the same key with the same content is applied once")
  static let metadata = Option("metadata", takes: "TEXT", "anything to be found again with the entry; ids only")
  static let overdraft = Option("overdraft", takes: "LIMIT", "none, unlimited, or minor units below zero")
  static let atomic = Option("atomic", "all or nothing: where one operation fails, none is applied")
  static let follow = Option("follow", "apply operations as they come, and tell each when it is durable")
  static let operationsFormat = Option(
    "format", takes: "FORMAT", choices: ["csv", "json", "ndjson"], "format of the operations, whatever their extension")
  static let head = Option("head", takes: "SHA256", "a link of the hash chain that was noted elsewhere")
  static let runID = Option("run", takes: "RUN", "of this run")

  static let currencies = Option(
    "currencies", takes: "LIST", "decimals of currencies beside ISO 4217, like POINTS=0,COIN=3")

  // What is told about the work, beside the answer.
  static let events = Option("events", takes: "FILE", "add what happens to this file, a JSON object a line")
  /// The same for commands whose `--events` are inputs.
  static let stream = Option(
    "stream", takes: "FILE", variable: "SETTLE_EVENTS",
    "add what happens to this file, a JSON object a line (--events of other commands)")
  static let metrics = Option("metrics", takes: "FILE", "write metrics for Prometheus to this file at the end")

  static let schemaFormat = Option(
    "format", takes: "FORMAT", choices: ["json-schema", "table-schema"], variable: "SETTLE_SCHEMA_FORMAT",
    "which schema (default: json-schema)")
  static let load = Option(
    "load", takes: "PROGRAM", choices: LoadScript.allCases.map(\.rawValue), "print a script that loads a run there")

  // Of rollbacks and disputes.
  static let reason = Option("reason", takes: "TEXT", "why; it is kept with the ledger and in the manifest")
  static let markets = Option("market", takes: "ID", isRepeatable: true, "only this market (may be given again)")
  static let users = Option("user", takes: "ID", isRepeatable: true, "only this user's part (may be given again)")
  static let onShortfall = Option(
    "on-shortfall", takes: "WAY", choices: ShortfallPolicy.allCases.map(\.rawValue),
    "where money was spent already: strict, clamp or allow-negative (default: strict)")
  static let allDisputes = Option("all", "closed ones too")
  static let acceptExternal = Option("accept-external", "note money that was sent over a rail as a receivable")

  // Of every command.
  static let json = Option("json", "print one JSON object, on failure too")
  static let quiet = Option(
    "quiet", short: "q", "no progress, no notices; run, apply, check, verify are silent where all is well")
  static let verbose = Option("verbose", short: "v", "say more")
  static let color = Option(
    "color", takes: "WHEN", choices: ["auto", "always", "never"],
    "colour: auto (on a terminal), always or never (default: auto)")
  static let yes = Option("yes", "never ask")
  static let help = Option("help", short: "h", "show help")

  static let everywhere = [json, quiet, verbose, color, yes, help]

  /// Fees, currency and policies: also keys of settle.json and columns of resolutions.
  static let policies: [Option] = [
    Option("house-fee-bps", takes: "BPS", "house fee in basis points, 0 to 10000 (default: 0)"),
    Option("creator-fee-bps", takes: "BPS", "creator fee in basis points (default: 0)"),
    currency,
    Option(
      "fee-base", takes: "BASE", choices: FeeBase.allCases.map(\.rawValue), "what fees are taken on (default: pool)"),
    Option(
      "fee-rounding", takes: "WAY", choices: FeeRounding.allCases.map(\.rawValue),
      "rounding of each fee (default: down)"),
    Option(
      "winner-split", takes: "WAY", choices: WinnerSplit.allCases.map(\.rawValue),
      "how several winning options share (default: pooled)"),
    Option(
      "remainder", takes: "WHO", choices: RemainderPolicy.allCases.map(\.rawValue),
      "who gets left-over units (default: largest)"),
    Option(
      "minus-pool", takes: "WAY", choices: MinusPoolPolicy.allCases.map(\.rawValue),
      "winners would lose to fees (default: allow)"),
    Option(
      "no-winner", takes: "WAY", choices: NoWinnerPolicy.allCases.map(\.rawValue),
      "nobody backed a winner (default: refund)"),
    Option("refund-bps", takes: "BPS", "what void markets refund (default: 10000)"),
    Option(
      "position-check", takes: "WAY", choices: PositionCheck.allCases.map(\.rawValue),
      "a position beside an option id (default: strict)"),
    currencies,
    Option(
      "amount-unit", takes: "UNIT", choices: AmountUnit.allCases.map(\.rawValue),
      "amounts are minor units or decimals (default: minor)"),
  ]

  static let inputFiles = [resolutions, commitments, resolutionsFormat, commitmentsFormat, config]
  static let night = inputFiles + policies + [asOf, strict, settleWithRejects, only, auditFormat, rejects, threads]
  static let place = [ledger, outputs]
  /// Of commands that a scheduler runs.
  static let watch = [events, metrics]
}
