// How does a run of any kind become part of the book and of the outputs: whole, or not at all?
internal import Interchange
internal import Ledger

/// A run that is computed and staged, and what it will say of itself once its place in the book is known.
struct RunDraft {
  var head: Manifest.Head
  /// Data files that are written already, into `target`'s staging directory.
  var outputs: [OutputSummary]
  var target: RunDirectory
  var position: LedgerPosition
  var previousManifest: String?
  var settlements: [SettlementRecord]
  /// What the record of administrative actions calls it.
  var action: String
  var reason: String?
}

/// What was posted.
struct PostedRun {
  var position: LedgerPosition
  var postings: Int
}

/// The one path by which runs are applied: settlements, rollbacks, prizes and awards alike.
///
/// The data files are staged and flushed already. One database transaction takes the entries, writes the manifest with
/// the book's new position beside the data files and flushes it, and adds the run's row with the manifest's SHA-256.
/// Its commit is the only commit point. Then the directory is renamed into its place.
struct RunPoster {
  let ledger: Ledger
  let place: NightPlace

  /// - Parameters:
  ///   - info: `run-info.json`, asked for when all is posted.
  ///   - entries: writes the entries.
  ///   - completing: what else must happen in the same transaction.
  func post(
    _ draft: RunDraft, info: () -> JSONValue, entries: (EntryWriter) throws(BatchError) -> Void,
    completing: () throws(BatchError) -> Void = {}
  ) throws(BatchError) -> PostedRun {
    var posted = PostedRun(position: draft.position, postings: 0)
    var isCommitted = false
    do throws(BatchError) {
      try ledger.post(
        mapping: BatchError.ledger,
        entries: { (writer) throws(BatchError) in
          try entries(writer)
          posted.postings = writer.postingCount
        },
        seal: { (before, after) throws(BatchError) in
          posted.position.sequenceBefore = before.sequence
          posted.position.headBefore = before.head.hex
          posted.position.sequenceAfter = after.sequence
          posted.position.headAfter = after.head.hex
          let manifest = Manifest(
            draft.head, ledger: posted.position, previousManifest: draft.previousManifest, outputs: draft.outputs)
          let digest = try draft.target.seal(manifest, outputs: draft.outputs, info: info())
          return RunSeal(
            run: record(draft, posted.position, manifest: digest), settlements: draft.settlements,
            action: draft.action, reason: draft.reason)
        },
        completing: { () throws(BatchError) in
          try completing()
          // From here on a signal waits until the run is published.
          Interruption.shield()
        })
      isCommitted = true
      try publish(draft)
      return posted
    } catch {
      Interruption.unshield()
      // After the commit the staged directory is the run's: the next command publishes it. A commit that reported an
      // error may have happened all the same; only where the ledger surely has no such run is the directory dropped.
      if !isCommitted, let isUnknown = try? ledger.run(draft.head.runID) == nil, isUnknown { draft.target.discard() }
      throw error
    }
  }

  /// - Throws: `publish_failed`: the run is applied, its directory still lies aside.
  private func publish(_ draft: RunDraft) throws(BatchError) {
    do throws(BatchError) {
      try draft.target.publish()
    } catch {
      throw BatchError(
        "publish_failed", .transient, "run \(draft.head.runID) is applied, but not published: \(error.message)",
        hint: "run the same command again, or `settle recover`: it publishes the files and pays nothing twice")
    }
  }

  private func record(_ draft: RunDraft, _ position: LedgerPosition, manifest: Digest) -> RunRecord {
    RunRecord(
      runID: draft.head.runID, batchKey: draft.head.batchKey, generation: draft.head.generation, kind: draft.head.kind,
      manifestSHA256: manifest.hex, reverses: draft.head.reverses, sequenceBefore: position.sequenceBefore,
      sequenceAfter: position.sequenceAfter ?? position.sequenceBefore, headBefore: position.headBefore,
      headAfter: position.headAfter ?? position.headBefore, operatorID: place.operatorID, asOf: draft.head.asOf,
      at: Clock.now())
  }
}
