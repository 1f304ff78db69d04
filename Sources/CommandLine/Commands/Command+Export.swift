// settle ledger export, settle export
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let exportCommands: [Command] = [.ledgerExport, .export]

  static let ledgerExport = Command(
    name: "ledger export", summary: "write the whole book as a journal or a table",
    options: Option.place + [.bookFormat, .exportFile],
    details: """
      hledger, beancount: journals that those programs accept, balance and check: every posting (hledger) or every account
      (beancount) with its balance asserted. csv, ndjson: a row for each posting with its entry and the link of the hash
      chain. Amounts are minor units. Without --out the book goes to standard output. It is read in pieces: nobody who
      writes to the ledger has to wait, and entries that are added meanwhile are left for the next time.
      """
  ) { (call) throws(BatchError) in
    guard let format = call.arguments[.bookFormat].flatMap(BookFormat.init(rawValue:)) else {
      throw BatchError(
        "usage", .usage, "no format is given",
        hint: "--format \(BookFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard call.arguments[.exportFile] != nil || !call.console.isJSON else {
      throw BatchError(
        "usage", .usage, "standard output cannot hold the book and a JSON answer", hint: "give --out FILE with --json")
    }
    guard let ledger = try call.ledger(.readOnly, try call.place()) else { preconditionFailure("no ledger") }
    let export: BookExport
    do throws(LedgerError) { export = try BookExport(ledger) } catch { throw BatchError.ledger(error) }
    guard let path = call.arguments[.exportFile] else {
      _ = try export.write(as: format, mapping: BatchError.ledger) { (piece) throws(BatchError) in
        guard call.console.pass(piece) else {
          throw BatchError(
            "output_closed", .usage, "standard output is closed or full",
            hint: "read it to its end, or write it to a file")
        }
      }
      return .done
    }
    let counts = try export.write(as: format, to: path)
    if call.console.isJSON {
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "format": .string(format.rawValue), "path": .string(path),
          "entries": .int(counts.entries), "postings": .int(counts.postings), "last_entry": .int(export.lastEntry),
        ]))
    } else {
      call.console.print(
        "wrote \(Console.counted(Int(counts.postings), "posting")) of entries 1 to \(export.lastEntry) to \(Terminal.safe(path))"
      )
    }
    return .done
  }

  static let export = Command(
    name: "export", summary: "write runs and the book into a database for dashboards", operands: "[RUN]…",
    operandCount: 0...10_000, options: Option.place + [.sqlite, .overwrite],
    details: """
      A SQLite file with the tables runs, markets, commitments, distributions and transactions. Commitments have their
      status (active, won, lost, refunded, rolled_back) and what stands paid; distributions theirs (completed, failed,
      disputed, rolled_back); transactions are all movements of wallets, all fees, and the losses of the runs.
      Without RUN every run of the ledger is taken. The file is whole or not there; one that exists stays, unless it is an
      export itself and --overwrite is given.
      """
  ) { (call) throws(BatchError) in
    guard let path = call.arguments[.sqlite] else {
      throw BatchError("usage", .usage, "no file is named", hint: "settle export --sqlite FILE [RUN]…")
    }
    let place = try call.place()
    guard let ledger = try call.ledger(.readOnly, place) else { preconditionFailure("no ledger") }
    let outputs = Outputs(place.outputsPath)
    let sources = try call.sources(ledger, outputs)
    let counts = try DashboardExport(ledger, sources).write(to: path, replaces: call.arguments.has(.overwrite))
    let missing = sources.filter { $0.files == nil && $0.record.kind == DashboardExport.loadedKind }.map(\.record.runID)
    if !missing.isEmpty {
      call.console.warn("without files, and so without markets and commitments: \(missing.joined(separator: ", "))")
    }
    if call.console.isJSON {
      call.console.print(
        .object([
          "ledger": .string(ledger.identity), "path": .string(path), "runs": .int(counts.runs),
          "markets": .int(counts.markets), "commitments": .int(counts.commitments),
          "distributions": .int(counts.distributions), "transactions": .int(counts.transactions),
          "runs_without_files": .array(missing.map { .string($0) }),
        ]))
    } else {
      call.console.print(
        """
        wrote \(Console.counted(counts.runs, "run")), \(Console.counted(counts.markets, "market")), \
        \(Console.counted(counts.commitments, "commitment")), \(Console.counted(counts.distributions, "distribution")) and \
        \(Console.counted(counts.transactions, "transaction")) to \(Terminal.safe(path))
        """)
    }
    return .done
  }
}

extension Invocation {
  /// The runs that are named, or all; each once, in the order they were applied.
  fileprivate func sources(_ ledger: Ledger, _ outputs: Outputs) throws(BatchError) -> [DashboardExport.Source] {
    var directories: [String: String] = [:]
    for text in arguments.positionals {
      let location = try RunReference(text: text, outputs: outputs, ledger: ledger).location()
      guard let record = location.record else {
        throw BatchError(
          "unknown_run", .usage, "\(Terminal.quoted(text)) is no run of this ledger",
          hint: "`settle runs` lists its runs; a plan is not applied yet")
      }
      directories[record.runID] = location.directory
    }
    let records: [RunRecord]
    do throws(LedgerError) { records = try ledger.runs() } catch { throw BatchError.ledger(error) }
    return records.filter { directories.isEmpty || directories[$0.runID] != nil }.map { record in
      let files = RunFiles(directories[record.runID] ?? outputs.directory(of: record.runID))
      let hasFiles = record.kind == DashboardExport.loadedKind && FileSystem.exists(files.path("manifest.json"))
      return DashboardExport.Source(record, hasFiles ? files : nil)
    }
  }
}
