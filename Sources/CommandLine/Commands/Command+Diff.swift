// settle diff
internal import Batch
internal import Interchange
internal import Ledger
internal import Markets
internal import Report

extension Command {
  static let diff = Command(
    name: "diff", summary: "compare two runs: money, markets, users, commitments, cell by cell", operands: "A B",
    operandCount: 2...2, options: Option.place + [.level, .onlyMarket, .summaryOnly, .diffFormat, .html, .limit],
    details: """
      A and B are runs, saved plans, manifests or directories with a run's files. Rows are found by their keys; the answer
      gives the money first, for each currency, then markets, users and commitments with each cell's old and new value
      and the reason that lies in the market. The causes stand before the rows, with what each of them moves. Text shows
      the rows that matter most and counts the rest, and of a user or commitment the cells that say it (-v: every cell);
      --format csv and json list all. Exit 0 where no row differs, 1 where one does, 2 where it cannot be told.
      """
  ) { (call) throws(BatchError) in
    do throws(BatchError) {
      return try compare(call)
    } catch {
      // What can go wrong is no difference, whatever its code: exit 2.
      throw BatchError(error.code, .usage, error.message, hint: error.hint)
    }
  }

  private static func compare(_ call: Invocation) throws(BatchError) -> ExitStatus {
    var notes: [String] = []
    let a = try call.side(call.arguments.positionals[0], "A", &notes)
    let b = try call.side(call.arguments.positionals[1], "B", &notes)
    var diff = RunDiff(a, b)
    diff.levels = call.arguments.all(.level)
    diff.only = Set(call.arguments.all(.onlyMarket).map { ID($0) })
    let format = call.arguments[.diffFormat] ?? (call.console.isJSON ? "json" : "text")
    guard !call.console.isJSON || format == "json" else {
      throw BatchError("usage", .usage, "--json and --format \(format) contradict each other", hint: "give one")
    }
    call.console.isJSON = format == "json"
    let isSummary = call.arguments.has(.summaryOnly)
    let limit = try call.arguments.integer(.limit, in: 0...10_000) ?? DiffText.shownMax
    let wantsRows = !isSummary && format == "text"
    var summary = try diff.summary(keeping: wantsRows ? limit : 0)
    summary.notes = notes + summary.notes
    switch format {
    case "json": try DiffStream(diff, summary, call.console).writeJSON(isSummary: isSummary)
    case "csv": try DiffStream(diff, summary, call.console).writeCSV(isSummary: isSummary)
    default:
      DiffText(
        diff, summary, call.console, operands: call.arguments.positionals, isVerbose: call.arguments.has(.verbose)
      ).show(isSummary: isSummary)
    }
    if let path = call.arguments[.html] { try PageFile.write(try DiffPage.page(diff), to: path) }
    return summary.isDifferent ? .found : .done
  }
}

extension Invocation {
  /// What an operand of diff names.
  fileprivate func side(_ text: String, _ name: String, _ notes: inout [String]) throws(BatchError) -> DiffSide {
    let isBare =
      !["manifest.json", "SHA256SUMS", "run-info.json"].contains { FileSystem.exists("\(text)/\($0)") }
    if isBare, DiffSide.hasDataFiles(text) { return try DiffSide(directory: text) }
    let (location, ledger) = try run(text)
    let counts: (settled: Int, rolledBack: Int)?
    do throws(LedgerError) {
      counts = location.record == nil ? nil : try ledger?.settlementCounts()[location.runID]
    } catch {
      throw BatchError.ledger(error)
    }
    if let counts, counts.rolledBack > 0 {
      notes.append(
        "\(name): \(Console.grouped(counts.rolledBack)) of \(Console.counted(counts.settled, "market")) were rolled "
          + "back later; what is compared is what the run had paid")
    }
    return try DiffSide(location)
  }
}
