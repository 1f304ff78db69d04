// settle recover
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let recover = Command(
    name: "recover", summary: "finish or clear away what a crash left, and name what does not fit together",
    options: Option.place + [.lockTimeout, .operatorID] + Option.watch,
    details: """
      A run that was applied is published; one that was not is cleared away. Every command that writes does so first, so
      that this one is never needed after a crash. It is after a backup was restored: runs in the outputs that the ledger
      does not hold are moved to .quarantine in the outputs, and runs of the ledger whose directory is gone or changed are
      named. Exit 0 where all fits together now, 1 where something is left for you.
      """
  ) { (call) throws(BatchError) in
    let place = try call.place()
    guard FileSystem.exists(place.ledgerPath) else {
      throw BatchError.ledger(LedgerError(.missing, "\(place.ledgerPath): there is no ledger"))
    }
    let locks = try call.lock(place)
    defer { withExtendedLifetime(locks) {} }
    guard let ledger = try call.ledger(.readWrite, place) else { preconditionFailure("no ledger") }
    let report = try Outputs(place.outputsPath).repair(ledger)
    call.telemetry.report(Outcome(report))
    if call.console.isJSON {
      call.console.print(
        .object([
          "ok": .bool(report.findings.isEmpty), "exit": .int(report.status.rawValue),
          "ledger": .string(ledger.identity), "recovered": .array(report.notes.map { .string($0) }),
          "findings": .array(
            report.findings.map {
              .object([
                "code": .string($0.code), "run_id": .string($0.runID), "message": .string($0.message),
              ])
            }),
        ]))
    } else {
      for note in report.notes { call.console.print(note) }
      for finding in report.findings { call.console.print("\(finding.code): \(finding.message)") }
      if report.notes.isEmpty && report.findings.isEmpty { call.console.print("nothing to recover") }
      if call.console.isQuiet && report.findings.isEmpty { call.console.discard() }
    }
    return report.status
  }
}
