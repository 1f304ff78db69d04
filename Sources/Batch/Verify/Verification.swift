// Is a run what it was when it was applied: its files, its books, and its arithmetic?
internal import Interchange
package import Ledger

/// Verifies one run or saved plan: `files`, then `books`, then `recompute`.
package struct Verification {
  private let location: RunLocation
  private let ledger: Ledger?
  /// Where the inputs are now; nil for where they were.
  package var inputsDirectory: String?
  /// Inputs that are gone are a finding.
  package var requiresRecompute = false
  package var threads = 1
  package var progress: (any ProgressObserver)?

  private let findings = FindingList()

  package init(_ location: RunLocation, _ ledger: Ledger?) {
    self.location = location
    self.ledger = ledger
  }

  package func report() throws(BatchError) -> VerifyReport {
    let isPlan = location.isPlan
    var report = VerifyReport(runID: location.runID, directory: location.directory, isPlan: isPlan)
    let manifest = try? location.files.manifest()
    progress?.begin(stage: "verify files", total: nil)
    report.stages.append(checkFiles(manifest, isPlan: isPlan, &report.notes))
    progress?.begin(stage: "verify books", total: nil)
    report.stages.append(try checkBooks(manifest, isPlan: isPlan, &report.details))
    report.stages.append(try recompute(manifest))
    progress?.end()
    report.findings = findings.kept
    report.findingCount = findings.counts.values.reduce(0, +)
    return report
  }

  private func result(_ stage: VerifyStage, _ summary: String) -> StageResult {
    let count = findings.count(stage)
    return count == 0
      ? StageResult(stage: stage, status: .ok, summary: summary)
      : StageResult(stage: stage, status: .found, summary: Figures.counted(count, "finding"))
  }

  // MARK: Files

  private func checkFiles(_ manifest: Manifest?, isPlan: Bool, _ notes: inout [String]) -> StageResult {
    for problem in location.files.problems() {
      let code =
        problem.message.contains("missing") && problem.file != "SHA256SUMS" ? "file_missing" : "file_changed"
      findings.add(Finding(.files, code, problem.message, file: problem.file))
    }
    let strangers = location.files.strangers()
    if !strangers.isEmpty {
      notes.append("not part of the run: \(strangers.prefix(8).map { Terminal.safe($0) }.joined(separator: ", "))")
    }
    var place = isPlan ? "a plan has no place in the ledger" : "no ledger to compare with"
    if let ledger, !isPlan {
      checkNote(manifest, ledger)
      place = "the ledger names the same manifest"
    }
    let count = (manifest?.outputs.count ?? 0) + 1
    return result(.files, "\(Figures.counted(count, "file")) as written; \(place)")
  }

  /// What the ledger notes of the run against its manifest.
  private func checkNote(_ manifest: Manifest?, _ ledger: Ledger) {
    func found(_ code: String, _ message: String) {
      findings.add(Finding(.files, code, message, file: "manifest.json"))
    }
    guard let record = location.record else {
      findings.add(
        Finding(.files, "unknown_run", "the ledger does not know run \(Terminal.safe(location.runID))", file: "ledger"))
      return
    }
    if let digest = location.files.digest(of: "manifest.json"), digest.digest.hex != record.manifestSHA256 {
      found("manifest_changed", "not the manifest that the ledger names")
    }
    guard let manifest else { return }
    if manifest.runID != record.runID {
      found("manifest_changed", "it is the manifest of run \(Terminal.safe(manifest.runID))")
    }
    guard let position = manifest.ledger else {
      found("manifest_changed", "it does not say where the ledger stood")
      return
    }
    if position.identity != ledger.identity {
      found(
        "ledger_mismatch", "it belongs to ledger \(Terminal.safe(position.identity)), this one is \(ledger.identity)")
    }
    if position.sequenceBefore != record.sequenceBefore || position.sequenceAfter != record.sequenceAfter
      || position.headBefore != record.headBefore || position.headAfter != record.headAfter
    {
      found("manifest_changed", "its place in the ledger is not the one that the ledger notes")
    }
  }

  // MARK: Books

  private func checkBooks(
    _ manifest: Manifest?, isPlan: Bool, _ details: inout PaymentDetails
  ) throws(BatchError) -> StageResult {
    var ledgerBooks: LedgerBooks?
    if let ledger, let record = location.record, !isPlan {
      do throws(LedgerError) {
        ledgerBooks = try LedgerBooks(ledger, record, findings)
      } catch {
        throw BatchError.ledger(error)
      }
    }
    if let ledger, let record = location.record, record.kind == "rollback", !isPlan {
      try ledgerBooks?.checkEntriesAlone()
      let summary = try RollbackBooks(location.files, record, ledger, findings).check(&details)
      return result(.books, summary)
    }
    if let kind = location.record?.kind ?? manifest?.kind, kind != "settlement", !kind.isEmpty {
      try ledgerBooks?.checkEntriesAlone()
      if let summary = try checkEventBooks(kind, manifest, isPlan ? nil : ledger, &details) {
        return result(.books, summary)
      }
      return result(.books, "every entry of the run is whole and in the chain")
    }
    let check = BooksCheck(location.files, manifest, ledgerBooks, findings)
    try check.run()
    details = check.details
    return result(.books, check.summary)
  }

  /// The books of prizes, refunds and awards; nil for other kinds.
  private func checkEventBooks(
    _ kind: String, _ manifest: Manifest?, _ ledger: Ledger?, _ details: inout PaymentDetails
  ) throws(BatchError) -> String? {
    guard let operation = PrizeOperation(ofRun: kind, manifest) else { return nil }
    do throws(BatchError) {
      if operation == .pay || operation == .refund {
        let check = try eventBooks(operation, ledger)
        try check.run(manifest)
        details = check.details
        return check.summary
      }
      return try AwardBooksCheck(files: location.files, operation: operation, findings: findings).run(
        ledger, location.record, &details)
    } catch {
      if error.status == .transient { throw error }
      findings.add(Finding(.books, error.code, error.message))
      return "the files cannot be compared"
    }
  }

  private func eventBooks(_ operation: PrizeOperation, _ ledger: Ledger?) throws(BatchError) -> EventBooksCheck {
    do throws(LedgerError) {
      return try EventBooksCheck(location.files, operation, ledger, location.record, findings)
    } catch {
      throw BatchError.ledger(error)
    }
  }

  // MARK: Recompute

  private func recompute(_ manifest: Manifest?) throws(BatchError) -> StageResult {
    func skipped(_ reason: String) -> StageResult {
      if requiresRecompute {
        findings.add(Finding(.recompute, "not_recomputed", reason))
        return result(.recompute, reason)
      }
      return StageResult(stage: .recompute, status: .skipped, summary: reason)
    }
    guard let manifest else { return skipped("the manifest cannot be read") }
    let inputs = RecordedInputs(manifest, info: try? location.files.info(), movedTo: inputsDirectory)
    let check = RecomputeCheck(
      location: location, manifest: manifest, ledger: ledger, inputs: inputs, threads: threads, progress: progress,
      findings: findings)
    do throws(BatchError) {
      let (summary, reason) = try check.run()
      if let reason { return skipped(reason) }
      return result(.recompute, summary ?? "")
    } catch {
      if error.status == .transient { throw error }
      findings.add(Finding(.recompute, "recompute_failed", "\(error.code): \(error.message)"))
      return result(.recompute, "")
    }
  }
}
