internal import Interchange
// What did a crash, or a restored backup, leave, and how is it put right?
package import Ledger

/// What a recovery did, and what only a person can put right.
package struct RecoveryReport: Sendable {
  /// Something that does not fit together.
  package struct Finding: Sendable {
    package let code: String
    package let runID: String
    package let message: String
  }

  /// What was put right.
  package var notes: [String] = []
  package var findings: [Finding] = []

  package var status: ExitStatus { findings.isEmpty ? .done : .found }
}

extension Outputs {
  /// What nobody can make sense of is moved here, never deleted.
  package var quarantinePath: String { "\(path)/.quarantine" }

  /// Finishes what a crash left between the commit and the publication, and removes what was never committed. Every
  /// command that writes does this first.
  package func recover(_ ledger: Ledger) throws(BatchError) -> [String] {
    var report = RecoveryReport()
    try recoverStaged(ledger, &report, isRepair: false)
    try clearUnfinishedLedgers(ledger)
    return report.notes + report.findings.map(\.message)
  }

  /// The same, and a look at every run: directories that the ledger does not know go to quarantine; runs whose directory
  /// is gone or changed are named.
  package func repair(_ ledger: Ledger) throws(BatchError) -> RecoveryReport {
    var report = RecoveryReport()
    try recoverStaged(ledger, &report, isRepair: true)
    try clearUnfinishedLedgers(ledger)
    let records: [RunRecord]
    do throws(LedgerError) { records = try ledger.runs() } catch { throw BatchError.ledger(error) }
    for stranger in try strangers(ledger) {
      guard stranger.identity == ledger.identity || stranger.identity == nil else {
        report.findings.append(
          RecoveryReport.Finding(
            code: "ledger_mismatch", runID: stranger.runID,
            message: "\(Terminal.safe(stranger.runID)) is a run of ledger \(Terminal.safe(stranger.identity ?? ""))"))
        continue
      }
      let place = try quarantine(directory(of: stranger.runID))
      report.findings.append(
        RecoveryReport.Finding(
          code: stranger.identity == nil ? "manifest_damaged" : "ledger_behind", runID: stranger.runID,
          message: stranger.identity == nil
            ? "\(Terminal.safe(stranger.runID)) has no readable manifest, and the ledger holds no such run: moved to "
              + Terminal.safe(place)
            : "the ledger does not hold run \(Terminal.safe(stranger.runID)) though it is one of its own: the ledger was "
              + "restored from an older copy; the directory was moved to \(Terminal.safe(place))"))
    }
    for record in records { check(record, &report) }
    return report
  }

  private func check(_ record: RunRecord, _ report: inout RecoveryReport) {
    let files = RunFiles(directory(of: record.runID))
    guard let manifest = files.digest(of: "manifest.json") else {
      report.findings.append(
        RecoveryReport.Finding(
          code: "directory_missing", runID: record.runID,
          message:
            "the ledger holds run \(record.runID), but its directory is not in \(Terminal.safe(path)): restore it "
            + "from a backup"))
      return
    }
    guard manifest.digest.hex == record.manifestSHA256 else {
      report.findings.append(
        RecoveryReport.Finding(
          code: "manifest_mismatch", runID: record.runID,
          message:
            "the manifest of run \(record.runID) is not the one that the ledger names: restore its directory from a "
            + "backup"))
      return
    }
    // Sizes alone, so that years of nights are looked at in a moment; `verify` reads every byte of a run.
    guard let outputs = try? files.manifest().outputs,
      let output = outputs.first(where: { FileSystem.size(of: files.path($0.name)) != $0.byteCount })
    else { return }
    report.findings.append(
      RecoveryReport.Finding(
        code: "output_changed", runID: record.runID,
        message:
          "\(Terminal.safe(files.path(output.name))) is gone or has another size: restore the directory of run "
          + "\(record.runID) from a backup"))
  }

  // MARK: Staged runs

  /// - Parameter isRepair: name what this ledger cannot speak of, and go on; else refuse to go on.
  private func recoverStaged(
    _ ledger: Ledger, _ report: inout RecoveryReport, isRepair: Bool
  ) throws(BatchError) {
    let names: [String]
    do throws(FileError) { names = try FileSystem.list(stagingPath) } catch { throw BatchError.file(error) }
    for name in names {
      let record: RunRecord?
      do throws(LedgerError) { record = try ledger.run(name) } catch { throw BatchError.ledger(error) }
      if let record {
        try finish(record, &report)
      } else if let obstacle = try obstacle(name, ledger) {
        guard isRepair else { throw obstacle }
        var message = obstacle.message
        if obstacle.code == "ledger_behind" {
          message += "; it was moved to \(Terminal.safe(try quarantine("\(stagingPath)/\(name)")))"
        }
        report.findings.append(RecoveryReport.Finding(code: obstacle.code, runID: name, message: message))
      } else {
        try clear(name, &report)
      }
    }
  }

  /// Why a staged run that the ledger does not hold may have been applied all the same: to another ledger, or to a later
  /// state of this one, because it was to follow entries that are not there. Nil for what a crash left.
  private func obstacle(_ name: String, _ ledger: Ledger) throws(BatchError) -> BatchError? {
    guard let position = (try? RunFiles("\(stagingPath)/\(name)").manifest())?.ledger else { return nil }
    guard position.identity == ledger.identity else { return mismatch(name, position.identity, ledger) }
    do throws(LedgerError) {
      return position.sequenceBefore > (try ledger.sequence()) ? behind(name, others: 0) : nil
    } catch {
      throw BatchError.ledger(error)
    }
  }

  /// A run that was applied: its staged directory becomes its directory, if it is the run's.
  private func finish(_ record: RunRecord, _ report: inout RecoveryReport) throws(BatchError) {
    let name = record.runID
    let staged = RunFiles("\(stagingPath)/\(name)")
    /// A manifest that cannot be read for now is an error, not another manifest.
    func isTheRuns(_ files: RunFiles) throws(BatchError) -> Bool {
      let path = files.path("manifest.json")
      guard FileSystem.exists(path), !FileSystem.isDirectory(path) else { return false }
      do throws(FileError) {
        return SHA256.digest(of: try FileSystem.contents(of: path)).hex == record.manifestSHA256
      } catch {
        throw BatchError.file(error)
      }
    }
    let final = RunFiles(directory(of: name))
    if FileSystem.exists(final.directory), try isTheRuns(final) {
      try clear(name, &report)
      return
    }
    guard try isTheRuns(staged) else {
      let place = try quarantine(staged.directory)
      report.findings.append(
        RecoveryReport.Finding(
          code: "manifest_mismatch", runID: name,
          message: "run \(name) is applied, but what lies aside for it is not what the ledger names: moved to "
            + "\(Terminal.safe(place)); restore its directory from a backup"))
      return
    }
    if FileSystem.exists(final.directory) { _ = try quarantine(final.directory) }
    do throws(FileError) {
      try FileSystem.rename(staged.directory, to: final.directory)
      try FileSystem.flushDirectory(path)
      try FileSystem.flushDirectory(stagingPath)
    } catch {
      throw BatchError.file(error)
    }
    report.notes.append("run \(name) was applied before an interruption; its directory is published now")
  }

  /// What no commit speaks of goes away; it counted for nothing.
  private func clear(_ name: String, _ report: inout RecoveryReport) throws(BatchError) {
    let staged = "\(stagingPath)/\(name)"
    do throws(FileError) {
      if FileSystem.isDirectory(staged) {
        try FileSystem.removeDirectory(staged)
      } else {
        try FileSystem.removeFile(staged)
      }
      report.notes.append("an interrupted run that applied nothing (\(Terminal.safe(name))) was cleared away")
    } catch {
      // Only what the program never wrote, a folder inside, is moved away. A call that failed is told: the next command
      // clears the rest.
      guard error.isNotPlain else { throw BatchError.file(error) }
      let place = try quarantine(staged)
      report.notes.append("\(Terminal.safe(staged)) could not be removed and was moved to \(Terminal.safe(place))")
    }
  }

  /// Moves something out of the way.
  /// - Returns: where it is now.
  private func quarantine(_ what: String) throws(BatchError) -> String {
    let name = what.split(separator: "/").last.map(String.init) ?? "unknown"
    do throws(FileError) {
      try FileSystem.createDirectories(quarantinePath)
      var place = "\(quarantinePath)/\(name)"
      var number = 2
      while FileSystem.exists(place) {
        place = "\(quarantinePath)/\(name).\(number)"
        number += 1
      }
      try FileSystem.rename(what, to: place)
      try FileSystem.flushDirectory(quarantinePath)
      try FileSystem.flushDirectory(FileSystem.parentDirectory(of: what))
      return place
    } catch {
      throw BatchError.file(error)
    }
  }

  /// A ledger that was being made when its maker was killed: nobody waits for it, the locks are held.
  private func clearUnfinishedLedgers(_ ledger: Ledger) throws(BatchError) {
    let parent = FileSystem.parentDirectory(of: ledger.path)
    guard let name = ledger.path.split(separator: "/").last else { return }
    do throws(FileError) {
      for other in try FileSystem.list(parent) where other.hasPrefix("\(name).new-") {
        try FileSystem.removeFile("\(parent)/\(other)")
      }
    } catch {
      throw BatchError.file(error)
    }
  }

  // MARK: Directories that the ledger does not know

  private struct Stranger {
    let runID: String
    /// The ledger it names; nil where the manifest cannot be read.
    let identity: String?
  }

  /// Published runs, other than plans, that this ledger does not hold.
  private func strangers(_ ledger: Ledger) throws(BatchError) -> [Stranger] {
    // The directories first: a run that another process publishes meanwhile is in the ledger before it is here.
    let names = try runIDs()
    var known: Set<String> = []
    do throws(LedgerError) { known = Set(try ledger.runs().map(\.runID)) } catch { throw BatchError.ledger(error) }
    var strangers: [Stranger] = []
    for name in names {
      let files = RunFiles(directory(of: name))
      guard let manifest = try? files.manifest(), let position = manifest.ledger else {
        let isPlan = (try? files.info())?["is_plan"]?.flag == true
        if !known.contains(name) && !isPlan && Outputs.looksLikeRun(name) {
          strangers.append(Stranger(runID: name, identity: nil))
        }
        continue
      }
      let isPlan = position.sequenceAfter == nil
      if !isPlan && (position.identity != ledger.identity || !known.contains(name)) {
        strangers.append(Stranger(runID: name, identity: position.identity))
      }
    }
    return strangers
  }

  /// 16 hexadecimal digits, a dash, a number.
  private static func looksLikeRun(_ name: String) -> Bool {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].count == 16 && parts[0].allSatisfy(\.isHexDigit) && Int(parts[1]) != nil
  }

  /// Refuses outputs that another ledger wrote, or a later state of this one: the two belong together.
  /// - Throws: `ledger_mismatch`, `ledger_behind`.
  package func requireSameLedger(_ ledger: Ledger) throws(BatchError) {
    let strangers = try strangers(ledger)
    if let foreign = strangers.first(where: { $0.identity != nil && $0.identity != ledger.identity }) {
      throw mismatch(foreign.runID, foreign.identity ?? "", ledger)
    }
    try requireWhole(strangers, ledger)
  }

  /// Refuses a ledger that was restored from an older copy than these outputs: it knows nothing of what came since.
  /// What other ledgers wrote here does not matter.
  /// - Throws: `ledger_behind`.
  package func requireNewest(_ ledger: Ledger) throws(BatchError) {
    try requireWhole(try strangers(ledger), ledger)
  }

  private func requireWhole(_ strangers: [Stranger], _ ledger: Ledger) throws(BatchError) {
    let own = strangers.filter { $0.identity == ledger.identity }
    guard let first = own.first else { return }
    throw behind(first.runID, others: own.count - 1)
  }

  private func behind(_ runID: String, others: Int) -> BatchError {
    BatchError(
      "ledger_behind", .conflict,
      "\(Terminal.safe(path)) holds run \(Terminal.safe(runID))\(others > 0 ? " and \(others) more" : "") of this ledger, "
        + "but the ledger does not: it was restored from an older copy",
      hint:
        "put the newest ledger back; if it is lost, `settle recover` moves these runs aside, and their nights can be "
        + "settled again")
  }

  private func mismatch(_ runID: String, _ identity: String, _ ledger: Ledger) -> BatchError {
    BatchError(
      "ledger_mismatch", .conflict,
      "\(Terminal.safe(path)) holds run \(Terminal.safe(runID)) of ledger \(Terminal.safe(identity)), not of "
        + ledger.identity,
      hint: "give the ledger that these outputs belong to (--ledger), or another directory (--outputs)")
  }
}
