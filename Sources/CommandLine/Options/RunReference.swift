// Which run does the user mean by RUN?
internal import Batch
internal import Interchange
internal import Ledger

/// RUN on the command line: a run id, a unique prefix of one, a directory, a manifest's path, or `latest`.
struct RunReference {
  let text: String
  let outputs: Outputs
  let ledger: Ledger?

  private static let shownMax = 8

  /// Finds the run and its directory.
  /// - Throws: `unknown_run`, `ambiguous_run`, `run_unpublished`, `directory_missing`.
  func location() throws(BatchError) -> RunLocation {
    let records: [RunRecord]
    do throws(LedgerError) { records = try ledger?.runs() ?? [] } catch { throw BatchError.ledger(error) }
    if text == "latest" { return try latest(records) }
    let published = try outputs.runIDs()
    let known = records.map(\.runID) + published.filter { id in !records.contains { $0.runID == id } }
    if known.contains(text) { return try located(text, records) }
    if let location = try byPath(records) { return location }
    let matches = text.isEmpty ? [] : known.filter { $0.hasPrefix(text) }
    switch matches.count {
    case 1: return try located(matches[0], records)
    case 0: throw unknown(known)
    default:
      throw BatchError(
        "ambiguous_run", .usage, "\(Terminal.quoted(text)) can be \(RunReference.list(matches))",
        hint: "give more of the id, up to the number behind the dash")
    }
  }

  // MARK: Ways to name a run

  private func latest(_ records: [RunRecord]) throws(BatchError) -> RunLocation {
    if ledger != nil {
      guard let last = records.last else {
        throw BatchError(
          "unknown_run", .usage, "the ledger holds no run yet",
          hint: "`settle run` makes the first; a plan is named by its directory")
      }
      return try located(last.runID, records)
    }
    // Without a ledger the clock in run-info.json is all there is to order runs by.
    let finished = try outputs.runIDs().compactMap { id -> (at: String, id: String)? in
      let info = try? RunFiles(outputs.directory(of: id)).info()
      return info?["finished_at"]?.text.map { ($0, id) }
    }
    guard let last = finished.max(by: { $0 < $1 }) else {
      throw BatchError(
        "unknown_run", .usage, "there is no ledger and no run in \(Terminal.safe(outputs.path))",
        hint: "name the place with --outputs and --ledger, or the run by its directory")
    }
    return try located(last.id, records)
  }

  /// A directory, or the manifest in it.
  private func byPath(_ records: [RunRecord]) throws(BatchError) -> RunLocation? {
    guard !text.isEmpty, FileSystem.exists(text) else {
      guard text.contains("/") else { return nil }
      throw BatchError(
        "directory_missing", .usage, "\(Terminal.safe(text)): there is no such file or directory",
        hint: "check the path; `settle runs` lists the runs of a ledger")
    }
    var directory = text
    while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
    if !FileSystem.isDirectory(directory) { directory = FileSystem.parentDirectory(of: directory) }
    let files = RunFiles(directory)
    guard ["manifest.json", "SHA256SUMS", "run-info.json"].contains(where: { FileSystem.exists(files.path($0)) }) else {
      throw BatchError(
        "unknown_run", .usage, "\(Terminal.safe(text)) is not the directory of a run, nor a manifest in one",
        hint: "a run's directory holds manifest.json and SHA256SUMS; `settle runs` lists the runs of a ledger")
    }
    // Where the manifest is damaged, the directory's name is the run's id.
    let name = FileSystem.absolute(directory).split(separator: "/").last.map(String.init) ?? directory
    let recorded = (try? files.manifest())?.runID ?? ""
    let isNamed = records.contains { $0.runID == name }
    let runID = isNamed || recorded.isEmpty ? name : recorded
    let location = RunLocation(runID: runID, directory: directory, record: nil)
    if location.isPlan { return location }
    return RunLocation(runID: runID, directory: directory, record: records.first { $0.runID == runID })
  }

  private func located(_ runID: String, _ records: [RunRecord]) throws(BatchError) -> RunLocation {
    let directory = outputs.directory(of: runID)
    guard FileSystem.isDirectory(directory) else {
      if FileSystem.isDirectory("\(outputs.stagingPath)/\(runID)") {
        throw BatchError(
          "run_unpublished", .usage, "run \(runID) is applied, but its directory is not published yet",
          hint: "an interruption left it aside: the next `settle run` publishes it first")
      }
      throw BatchError(
        "directory_missing", .usage, "the ledger holds run \(runID), but \(Terminal.safe(directory)) is not there",
        hint: "name the place with --outputs, or restore the directory from a backup")
    }
    return RunLocation(runID: runID, directory: directory, record: records.first { $0.runID == runID })
  }

  // MARK: When it is not found

  private func unknown(_ known: [String]) -> BatchError {
    let near = Suggestion.nearest(text, among: known).map { "did you mean \($0)? " } ?? ""
    let listed =
      known.isEmpty
      ? "there are none in \(Terminal.safe(outputs.path))" : "known: \(RunReference.list(known.reversed()))"
    return BatchError(
      "unknown_run", .usage, "there is no run \(Terminal.quoted(text))",
      hint: "\(near)\(listed). RUN is a run id, the start of one, a directory, a manifest or latest")
  }

  private static func list(_ ids: [String]) -> String {
    ids.prefix(shownMax).joined(separator: ", ") + (ids.count > shownMax ? " and \(ids.count - shownMax) more" : "")
  }
}

extension Invocation {
  /// The run that an operand names, and the ledger where there is one.
  func run(_ text: String) throws(BatchError) -> (location: RunLocation, ledger: Ledger?) {
    var place = try place()
    // A run that is named by its directory: its ledger stands beside it, unless another is named.
    if arguments[.ledger] == nil, arguments[.outputs] == nil, FileSystem.exists(text) {
      let directory = FileSystem.isDirectory(text) ? text : FileSystem.parentDirectory(of: text)
      let beside = "\(FileSystem.parentDirectory(of: FileSystem.absolute(directory)))/ledger.db"
      if FileSystem.exists(beside) { place.ledgerPath = beside }
    }
    let ledger = try ledger(.readOnly, place, isOptional: true)
    let reference = RunReference(text: text, outputs: Outputs(place.outputsPath), ledger: ledger)
    return (try reference.location(), ledger)
  }
}
