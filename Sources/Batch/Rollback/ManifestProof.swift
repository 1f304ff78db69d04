// Is the manifest that a rollback was given the one of an applied run, and is everything it speaks of unchanged?
internal import Interchange
internal import Ledger

/// A manifest is only a pointer: what is undone is what the ledger holds. But a pointer that does not fit is a mistake of
/// somebody, and nothing is done before it is cleared up.
struct ManifestProof {
  let manifest: Manifest
  let record: RunRecord
  let sha256: String
  /// Every entry of the run, in the order of the book.
  let entries: [PostedEntry]

  /// - Throws: exit 5, and the object that does not fit.
  init(_ source: ManifestSource, _ ledger: Ledger) throws(BatchError) {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try FileSystem.contents(of: source.path) } catch { throw BatchError.file(error) }
    sha256 = SHA256.digest(of: bytes).hex
    manifest = try ManifestProof.parsed(bytes, source.path)
    record = try ManifestProof.record(of: manifest, sha256, source.path, ledger)
    try ManifestProof.proveFiles(source.files(of: manifest), manifest)
    entries = try ManifestProof.proveEntries(record, ledger)
  }

  private static func conflict(_ code: String, _ message: String, hint: String) -> BatchError {
    BatchError(code, .conflict, message, hint: "nothing was written. \(hint)")
  }

  // MARK: The manifest itself

  private static func parsed(_ bytes: [UInt8], _ path: String) throws(BatchError) -> Manifest {
    let manifest: Manifest
    do throws(Fault) {
      manifest = Manifest(json: try JSONValue(parsing: bytes))
    } catch {
      throw conflict(
        "manifest_damaged", "\(Terminal.safe(path)):\(error.line): \(error.message)",
        hint: "Restore the run's directory from a backup")
    }
    guard manifest.json["schema_version"]?.integer == Int64(Tool.manifestSchema) else {
      throw conflict(
        "manifest_damaged", "\(Terminal.safe(path)) is not a manifest of schema version \(Tool.manifestSchema)",
        hint: "Give the manifest.json of a run, and use the version of settle that wrote it, or a later one")
    }
    guard !manifest.runID.isEmpty else {
      throw conflict(
        "manifest_damaged", "\(Terminal.safe(path)) names no run", hint: "Give the manifest.json of a run")
    }
    return manifest
  }

  private static func record(
    of manifest: Manifest, _ sha256: String, _ path: String, _ ledger: Ledger
  ) throws(BatchError) -> RunRecord {
    let (shown, runID) = (Terminal.safe(path), Terminal.safe(manifest.runID))
    guard let position = manifest.ledger else {
      throw conflict(
        "manifest_mismatch", "\(shown) is of a plan without a ledger: nothing was posted",
        hint: "Give the manifest of an applied run")
    }
    guard position.identity == ledger.identity else {
      throw conflict(
        "ledger_mismatch", "\(shown) belongs to ledger \(Terminal.safe(position.identity)), not to \(ledger.identity)",
        hint: "Give the ledger that the run was applied to (--ledger)")
    }
    let known: RunRecord?
    do throws(LedgerError) { known = try ledger.run(manifest.runID) } catch { throw BatchError.ledger(error) }
    guard let record = known else {
      throw conflict(
        "manifest_unknown",
        "\(shown): the ledger holds no run \(runID)"
          + (position.sequenceAfter == nil ? "; it is a plan that was not applied" : ""),
        hint: "Plans are not undone; a ledger that was restored from a backup may lack runs (`settle recover`)")
    }
    guard record.manifestSHA256 == sha256 else {
      throw conflict(
        "manifest_mismatch", "\(shown) is not the manifest that the ledger names for run \(runID)",
        hint: "It was changed, or is another one's: restore it from a backup, `settle verify \(runID)` tells more")
    }
    guard position.sequenceBefore == record.sequenceBefore, position.sequenceAfter == record.sequenceAfter,
      position.headBefore == record.headBefore, position.headAfter == record.headAfter
    else {
      throw conflict(
        "manifest_mismatch", "\(shown) gives another place in the ledger than the ledger itself",
        hint: "The ledger was changed behind the program's back: `settle ledger check`")
    }
    return record
  }

  // MARK: The data files

  private static func proveFiles(_ files: RunFiles, _ manifest: Manifest) throws(BatchError) {
    guard let problem = files.problems().first(where: { $0.file != "run-info.json" }) else { return }
    throw conflict(
      "output_changed", "\(Terminal.safe(files.path(problem.file))): \(problem.message)",
      hint: "Restore the run's directory from a backup; `settle verify \(Terminal.safe(manifest.runID))` lists all")
  }

  // MARK: The entries

  private static func proveEntries(_ record: RunRecord, _ ledger: Ledger) throws(BatchError) -> [PostedEntry] {
    let (entries, fault): ([PostedEntry], EntryFault?)
    do throws(LedgerError) {
      (entries, fault) = try read(record, ledger)
    } catch {
      throw BatchError.ledger(error)
    }
    let sealed = fault == nil ? try sealFault(record, ledger) : nil
    guard let fault = fault ?? sealed else { return entries }
    throw conflict(
      "entry_changed", "\(fault.object): \(fault.message)",
      hint: "The ledger was changed behind the program's back: `settle ledger check`, then restore a backup")
  }

  /// An entry, or the run's stretch of the book, that is not as it was posted.
  private struct EntryFault {
    let object: String
    let message: String

    init(entry: Int64, _ message: String) {
      object = "entry \(entry)"
      self.message = message
    }

    init(run: RunRecord, _ message: String) {
      object = "run \(run.runID)"
      self.message = message
    }
  }

  /// The run's row, and which markets it settled.
  private static func sealFault(_ record: RunRecord, _ ledger: Ledger) throws(BatchError) -> EntryFault? {
    do throws(LedgerError) {
      return try ledger.isAsWritten(record)
        ? nil : EntryFault(run: record, "its row, or a settlement of it, is not what was written")
    } catch {
      throw BatchError.ledger(error)
    }
  }

  private static func read(_ record: RunRecord, _ ledger: Ledger) throws(LedgerError) -> ([PostedEntry], EntryFault?) {
    guard try ledger.chainLink(at: record.sequenceBefore) == record.headBefore else {
      return ([], EntryFault(entry: record.sequenceBefore, "the chain before run \(record.runID) is another one"))
    }
    let reader = try EntryReader(
      ledger, after: record.sequenceBefore, through: record.sequenceAfter,
      head: Digest(hex: record.headBefore) ?? Ledger.genesis)
    var entries: [PostedEntry] = []
    while try reader.next() {
      guard let entry = reader.entry else { break }
      var first: Int64?
      var last: Int64 = 0
      while let posting = try reader.nextPosting() {
        first = first ?? posting.number
        last = posting.number
      }
      if let fault = reader.faults.first { return ([], EntryFault(entry: entry.id, fault)) }
      guard entry.fields.runID == record.runID else {
        return ([], EntryFault(entry: entry.id, "it is not in the name of run \(record.runID)"))
      }
      guard let first else { continue }
      entries.append(
        PostedEntry(
          id: entry.id, kind: entry.fields.kind, market: Array((entry.fields.marketID ?? "").utf8),
          currency: entry.fields.currency, postings: first...last))
    }
    if let fault = try reader.finish().first { return ([], EntryFault(run: record, fault)) }
    guard reader.head.hex == record.headAfter else {
      return ([], EntryFault(run: record, "its chain does not end at \(record.headAfter.prefix(16))"))
    }
    let strangers = try ledger.entries(
      ofRun: record.runID, outsideOf: record.sequenceBefore, through: record.sequenceAfter)
    if let stranger = strangers.first {
      return ([], EntryFault(entry: stranger.id, "it is in the name of run \(record.runID), but not part of it"))
    }
    return (entries, nil)
  }
}
