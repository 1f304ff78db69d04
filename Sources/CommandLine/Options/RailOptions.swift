// How do options become a rail?
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger
internal import Markets
internal import Money
internal import Payouts
internal import Rails

/// A rail that is ready to be asked.
struct ChosenRail {
  let name: String
  let rail: any Rail
  let pace: RailPace
  /// Nil unless it writes files.
  let files: FileRail?
}

extension Invocation {
  /// - Parameters:
  ///   - words: the program and its arguments, for a `command` rail.
  ///   - worker: this process, as the ledger knows it.
  func rail(_ words: [String], worker: Int64, _ place: NightPlace) throws(BatchError) -> ChosenRail {
    guard let kind = arguments[.rail] else {
      throw BatchError(
        "usage", .usage, "no --rail is given", hint: "--rail file, --rail stripe, or --rail command -- PROGRAM …")
    }
    guard kind == "command" || words.isEmpty else {
      throw BatchError("usage", .usage, "--rail \(kind) takes no program", hint: "a program goes with --rail command")
    }
    let rate = try arguments.integer(.callRate, in: 1...1_000_000).map(Int64.init) ?? (kind == "stripe" ? 20 : nil)
    let bucket = TokenBucket(ratePerSecond: rate, burst: max(1, rate ?? 1), now: Ticks.now())
    let pace = RailPace(bucket) { StopSignal.isAsked }
    let timeout = Int64(try arguments.integer(.callTimeout, in: 1...3_600) ?? 60) * 1_000
    let inFlight = try arguments.integer(.inFlight, in: 1...10_000) ?? (kind == "stripe" ? 4 : 64)
    switch kind {
    case "file":
      let files = try fileRail(worker: worker, place)
      return ChosenRail(name: arguments[.railName] ?? "file", rail: files, pace: pace, files: files)
    case "stripe":
      let rail = CommandRail([stripeProgram], timeoutMilliseconds: timeout, inFlightMax: inFlight)
      return ChosenRail(name: arguments[.railName] ?? "stripe", rail: rail, pace: pace, files: nil)
    default:
      guard let program = words.first else {
        throw BatchError(
          "usage", .usage, "--rail command needs a program", hint: "settle payouts process --rail command -- PROGRAM …")
      }
      let name = program.split(separator: "/").last.map(String.init) ?? program
      return ChosenRail(
        name: arguments[.railName] ?? "command:\(name)",
        rail: CommandRail(words, timeoutMilliseconds: timeout, inFlightMax: inFlight), pace: pace, files: nil)
    }
  }

  /// `settle-rail-stripe` beside this program.
  private var stripeProgram: String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let me = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return FileSystem.parentDirectory(of: me) + "/settle-rail-stripe"
  }

  private func fileRail(worker: Int64, _ place: NightPlace) throws(BatchError) -> FileRail {
    let format = arguments[.fileFormat].flatMap(PaymentFile.Format.init(rawValue:)) ?? .csv
    let account = arguments[.debtorAccount] ?? ""
    if format == .pain001 {
      guard let name = arguments[.debtorName], !name.isEmpty, PaymentOrder.isIBAN(account) else {
        throw BatchError(
          "usage", .usage, "a pain.001 needs --debtor-name and a sound IBAN as --debtor-account",
          hint: "they name who pays; the bank refuses a file without them")
      }
    }
    if let bic = arguments[.debtorBIC] {
      let isBIC =
        [8, 11].contains(bic.utf8.count)
        && bic.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
      guard isBIC else {
        throw BatchError(
          "usage", .usage, "--debtor-bic is \(Terminal.quoted(bic))", hint: "8 or 11 capital letters and digits")
      }
    }
    if let date = arguments[.executionDate] {
      let isDate = date.utf8.count == 10 && Instant((date + "T00:00:00Z").utf8) != nil
      guard isDate else {
        throw BatchError(
          "usage", .usage, "--execution-date is \(Terminal.quoted(date))", hint: "a date like 2026-02-01")
      }
    }
    var configuration = Configuration()
    if let list = arguments[.currencies] { try configuration.set("currencies", to: list) }
    let settings = FileRail.Settings(
      directory: arguments[.railDirectory] ?? "\(place.outputsPath)/payouts", format: format,
      debtor: Debtor(name: arguments[.debtorName] ?? "", account: account, bic: arguments[.debtorBIC]),
      executionDate: arguments[.executionDate],
      exponents: Dictionary(uniqueKeysWithValues: configuration.exponents.map { ($0.key.code, $0.value) }),
      worker: worker)
    return FileRail(settings) { Clock.now() }
  }
}
