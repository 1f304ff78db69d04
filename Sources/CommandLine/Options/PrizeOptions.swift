// How do options become a request about events?
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets
internal import Money
internal import Prizes

extension Option {
  /// Elsewhere `--events FILE` is where events are told to, here `--stream FILE` is; the other placeholder and variable
  /// keep the two apart.
  static let eventFiles = Option(
    "events", takes: "EVENTS", isRepeatable: true, variable: "SETTLE_EVENT_FILES", "events (CSV, JSON, NDJSON)")
  static let registrationFiles = Option("registrations", takes: "FILE", isRepeatable: true, "registrations, likewise")
  static let placementFiles = Option("placements", takes: "FILE", isRepeatable: true, "placements, likewise")
  static let eventsFormat = format(of: "events")
  static let registrationsFormat = format(of: "registrations")
  static let placementsFormat = format(of: "placements")
  static let dryRun = Option("dry-run", "compute and check everything, move nothing")
  static let notes = Option("notes", takes: "TEXT", "why, for run-info.json and the ledger's record of actions")
  static let tie = Option(
    "tie", takes: "WAY", choices: TiePolicy.allCases.map(\.rawValue),
    "how those who share a place are paid (default: split)")
  static let prizeRemainder = Option(
    "remainder", takes: "WHO", choices: RemainderPolicy.allCases.map(\.rawValue),
    "who gets units that shares leave over (default: first)")

  static let awardKind = Option(
    "kind", takes: "KIND", choices: ["participation", "placement"], "participation or placement")
  static let awardAmount = Option("amount", takes: "AMOUNT", "what everyone who took part gets")
  static let awardAmounts = Option("amounts", takes: "JSON", "what each place gets, like {\"1\": 500, \"2-4\": 100}")
  static let backfill = Option("backfill", "give what is missing, leave alone what was given before")
  static let refunds = Option("refunds", "the refunds of cancelled events, not the prizes of completed ones")
  static let actual = Option(
    "actual", takes: "FILE", isRepeatable: true, "payments to compare with, in place of the ledger's")
  static let actualFormat = Option(
    "actual-format", takes: "FORMAT", choices: ["csv", "json", "ndjson"], "format of the payments")

  private static func format(of table: String) -> Option {
    Option(
      "\(table)-format", takes: "FORMAT", choices: ["csv", "json", "ndjson"],
      "format of the \(table), whatever their extension")
  }

  static let eventInputs = [
    eventFiles, registrationFiles, placementFiles, eventsFormat, registrationsFormat, placementsFormat, config,
  ]
  /// Of settle.json these count for events too.
  static let eventDefaults = [currency] + policies.filter { ["currencies", "amount-unit"].contains($0.name) }
  static let eventRun = [only, strict, rejects, asOf]
  static let eventWatch = [stream, metrics]
}

extension Invocation {
  /// The files, the configuration and the ways to read them.
  /// - Parameter needed: tables that must be given.
  func prizeRequest(_ operation: PrizeOperation, needed: [Table]) throws(BatchError) -> PrizeRequest {
    var request = PrizeRequest(operation)
    request.inputs = try eventFiles(needed: needed)
    request.configuration = try prizeConfiguration()
    request.configuration.base.only = Set(arguments.all(.only).map { ID($0) })
    request.isStrict = arguments.has(.strict)
    request.asOf = try time(.asOf)
    request.notes = arguments[.notes]
    request.rejectsPath = arguments[.rejects]
    return request
  }

  func eventFiles(needed: [Table]) throws(BatchError) -> [InputFile] {
    var files =
      try inputs(.eventFiles, .eventsFormat, .events)
      + inputs(.registrationFiles, .registrationsFormat, .registrations)
      + inputs(.placementFiles, .placementsFormat, .placements)
    if files.isEmpty { files = implicitEventFiles() }
    let missing = needed.filter { table in !files.contains { $0.table == table } }
    guard missing.isEmpty else {
      throw BatchError(
        "usage", .usage, "no " + missing.map { "--\($0.rawValue) FILE" }.joined(separator: " and no "),
        hint: "name the files, or work in a folder that holds events.csv, registrations.csv and placements.csv")
    }
    if files.filter({ $0.path == "-" }).count > 1 {
      throw BatchError("usage", .usage, "standard input is given twice", hint: "- can stand for one file only")
    }
    return files
  }

  /// In a folder of its own no file need be named.
  private func implicitEventFiles() -> [InputFile] {
    var files: [InputFile] = []
    for table in [Table.events, .registrations, .placements] {
      for format in InputFormat.allCases where FileSystem.exists("\(table.rawValue).\(format.rawValue)") {
        files.append(InputFile(table: table, path: "\(table.rawValue).\(format.rawValue)", format: format))
      }
    }
    let tables = files.map(\.table)
    return Set(tables).count == tables.count ? files : []
  }

  /// Default, then settle.json, then environment and flags.
  private func prizeConfiguration() throws(BatchError) -> PrizeConfiguration {
    var configuration = PrizeConfiguration()
    if let path = arguments[.config] {
      try configuration.base.apply(file: path)
    } else if FileSystem.exists("settle.json") {
      try configuration.base.apply(file: "settle.json")
      console.notice("defaults are read from settle.json")
    }
    for option in Option.eventDefaults + [.refundRate] {
      guard let value = arguments[option] else { continue }
      try configuration.base.set(option.name.split(separator: "-").joined(separator: "_"), to: value)
    }
    if let tie = arguments[.tie].flatMap(TiePolicy.init(rawValue:)) { configuration.tie = tie }
    if let remainder = arguments[.prizeRemainder].flatMap(RemainderPolicy.init(rawValue:)) {
      configuration.remainder = remainder
    }
    return configuration
  }
}

extension Option {
  static let refundRate = Option("refund-bps", takes: "BPS", "what cancelled events refund (default: 10000)")
}
