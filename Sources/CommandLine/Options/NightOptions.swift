// How do options become a request?
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger
internal import Markets

extension Invocation {
  /// Where the night is kept, by the options.
  func place() throws(BatchError) -> NightPlace {
    var place = NightPlace()
    place.outputsPath = arguments[.outputs] ?? "outputs"
    place.ledgerPath = arguments[.ledger] ?? "\(place.outputsPath)/ledger.db"
    place.operatorID = operatorID
    place.lockTimeoutSeconds = try arguments.integer(.lockTimeout, in: 0...86_400) ?? 0
    place.commandLine = commandLine
    return place
  }

  /// Who does this: --operator, SETTLE_OPERATOR, or the login name.
  var operatorID: String {
    if let given = arguments[.operatorID] ?? environment["SETTLE_OPERATOR"], !given.isEmpty { return given }
    if let entry = unsafe getpwuid(getuid()) { return unsafe String(cString: entry.pointee.pw_name) }
    return "uid-\(getuid())"
  }

  /// The files, the configuration and the ways to read them.
  /// - Parameter needsBoth: resolutions and commitments must both be given.
  func nightRequest(needsBoth: Bool) throws(BatchError) -> NightRequest {
    var request = NightRequest()
    request.inputs =
      try inputs(.resolutions, .resolutionsFormat, .resolutions)
      + inputs(.commitments, .commitmentsFormat, .commitments)
    if request.inputs.isEmpty { request.inputs = implicitInputs() }
    try requireInputs(request.inputs, needsBoth: needsBoth)
    request.configuration = try configuration()
    request.isStrict = arguments.has(.strict)
    request.configuration.settlesWithRejects = arguments.has(.settleWithRejects)
    request.configuration.only = Set(arguments.all(.only).map { ID($0) })
    if request.isStrict && request.configuration.settlesWithRejects {
      throw BatchError("usage", .usage, "--strict and --settle-with-rejects contradict each other", hint: "give one")
    }
    request.auditFormat = arguments[.auditFormat].flatMap(AuditFormat.init(rawValue:)) ?? .csv
    request.asOf = try time(.asOf)
    request.rejectsPath = arguments[.rejects]
    request.threads = try threads()
    return request
  }

  func threads() throws(BatchError) -> Int {
    try arguments.integer(.threads, in: 1...256) ?? max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }

  func time(_ option: Option) throws(BatchError) -> String? {
    guard let text = arguments[option] else { return nil }
    // A plain date is fine too: it is only recorded.
    guard Instant(text.utf8) != nil || Instant((text + "T00:00:00Z").utf8) != nil else {
      throw BatchError(
        "usage", .usage, "--\(option.name) is \(Terminal.quoted(text))",
        hint: "an RFC 3339 time or a date, like 2026-01-31T18:00:00Z or 2026-01-31")
    }
    return text
  }

  func inputs(_ option: Option, _ format: Option, _ table: Table) throws(BatchError) -> [InputFile] {
    var files: [InputFile] = []
    for path in arguments.all(option) {
      guard let format = arguments[format].flatMap(InputFormat.init(rawValue:)) ?? InputFormat(path: path) else {
        throw BatchError(
          "unknown_format", .usage, "\(Terminal.safe(path)): the format cannot be told by its name",
          hint: "name it .csv, .json or .ndjson, or give --\(table.rawValue)-format")
      }
      files.append(InputFile(table: table, path: path, format: format))
    }
    return files
  }

  /// In a night's folder no file need be named: resolutions.* and commitments.* are meant.
  private func implicitInputs() -> [InputFile] {
    var files: [InputFile] = []
    for (table, name) in [(Table.resolutions, "resolutions"), (.commitments, "commitments")] {
      for format in InputFormat.allCases where FileSystem.exists("\(name).\(format.rawValue)") {
        files.append(InputFile(table: table, path: "\(name).\(format.rawValue)", format: format))
      }
    }
    let tables = files.map(\.table)
    // Two spellings of one table are shards or copies: only the user knows.
    return Set(tables).count == tables.count ? files : []
  }

  private func requireInputs(_ files: [InputFile], needsBoth: Bool) throws(BatchError) {
    let tables = Set(files.map(\.table))
    if tables.isEmpty || needsBoth && tables.count < 2 {
      let missing = [Table.resolutions, .commitments].filter { !tables.contains($0) }.map { "--\($0.rawValue) FILE" }
      throw BatchError(
        "usage", .usage, "no \(needsBoth ? missing.joined(separator: " and no ") : "input files")",
        hint: "name the files, or work in a folder that holds resolutions.csv and commitments.csv")
    }
    if files.filter({ $0.path == "-" }).count > 1 {
      throw BatchError("usage", .usage, "standard input is given twice", hint: "- can stand for one file only")
    }
  }

  /// Default, then settle.json, then environment and flags.
  private func configuration() throws(BatchError) -> Configuration {
    var configuration = Configuration()
    if let path = arguments[.config] {
      try configuration.apply(file: path)
    } else if FileSystem.exists("settle.json") {
      try configuration.apply(file: "settle.json")
      console.notice("defaults are read from settle.json")
    }
    for option in Option.policies {
      guard let value = arguments[option] else { continue }
      try configuration.set(option.name.split(separator: "-").joined(separator: "_"), to: value)
    }
    try configuration.checkFees()
    return configuration
  }

  /// Opens the ledger; nil where the default one is missing and none was named.
  func ledger(_ access: Ledger.Access, _ place: NightPlace, isOptional: Bool = false) throws(BatchError) -> Ledger? {
    if isOptional, arguments[.ledger] == nil, !FileSystem.exists(place.ledgerPath) { return nil }
    let ledger: Ledger
    do throws(LedgerError) { ledger = try Ledger(place.ledgerPath, access) } catch { throw BatchError.ledger(error) }
    if access == .readWrite { finishInterrupted(ledger, place) }
    return ledger
  }

  /// Whoever writes puts right what a crash left, if nobody is at work. Commands that hold the locks do it themselves,
  /// and tell what stands in their way; for the others it is no part of their own work.
  private func finishInterrupted(_ ledger: Ledger, _ place: NightPlace) {
    let outputs = Outputs(place.outputsPath)
    guard let names = try? FileSystem.list(outputs.stagingPath), !names.isEmpty,
      let first = try? FileLock.take("\(place.ledgerPath).lock", timeoutSeconds: 0),
      let second = try? FileLock.take("\(place.outputsPath)/.lock", timeoutSeconds: 0)
    else { return }
    defer { withExtendedLifetime([first, second]) {} }
    for note in (try? outputs.recover(ledger)) ?? [] { console.notice(note) }
  }

  /// Keeps other runs on the same ledger or outputs away as long as the locks live.
  func lock(_ place: NightPlace) throws(BatchError) -> [FileLock] {
    Interruption.install(json: console.isJSON)
    do throws(FileError) {
      try FileSystem.createDirectories(place.outputsPath)
    } catch {
      throw BatchError.file(error)
    }
    return [
      try take("\(place.ledgerPath).lock", for: place.ledgerPath, place),
      try take("\(place.outputsPath)/.lock", for: place.outputsPath, place),
    ]
  }

  /// The same; the ledger is made where it is missing and that is asked for. Of two that start at once, one makes it.
  /// - Throws: `ledger_missing` where there is none then.
  func lockMakingLedger(_ place: NightPlace) throws(BatchError) -> [FileLock] {
    let makes = arguments.has(.initLedger)
    func missing() -> BatchError {
      BatchError.ledger(LedgerError(.missing, "\(place.ledgerPath): there is no ledger"))
    }
    guard makes || FileSystem.exists(place.ledgerPath) else { throw missing() }
    if makes { try makeParent(of: place.ledgerPath) }
    let locks = try lock(place)
    if makes, !FileSystem.exists(place.ledgerPath) {
      do throws(LedgerError) {
        try Ledger.create(place.ledgerPath, operatorID: place.operatorID)
      } catch {
        throw BatchError.ledger(error)
      }
      console.notice("made a new ledger at \(Terminal.safe(place.ledgerPath))")
    }
    guard FileSystem.exists(place.ledgerPath) else { throw missing() }
    return locks
  }

  /// Keeps others from making the same ledger.
  func lockNewLedger(_ place: NightPlace) throws(BatchError) -> FileLock {
    try makeParent(of: place.ledgerPath)
    return try take("\(place.ledgerPath).lock", for: place.ledgerPath, place)
  }

  private func makeParent(of path: String) throws(BatchError) {
    do throws(FileError) {
      try FileSystem.createDirectories(FileSystem.parentDirectory(of: path))
    } catch {
      throw BatchError.file(error)
    }
  }

  private func take(_ path: String, for what: String, _ place: NightPlace) throws(BatchError) -> FileLock {
    let lock: FileLock?
    do throws(FileError) {
      lock = try FileLock.take(path, timeoutSeconds: place.lockTimeoutSeconds)
    } catch {
      throw BatchError.file(error)
    }
    guard let lock else {
      throw BatchError(
        "locked", .locked, "another settle works on \(Terminal.safe(what))",
        hint: "wait for it, or give --lock-timeout SECONDS")
    }
    return lock
  }

  /// Told how far the command is; nil where nobody wants to know.
  var progress: (any ProgressObserver)? { telemetry.observer }
}
