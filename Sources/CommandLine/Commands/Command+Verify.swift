// settle verify
internal import Batch
internal import Interchange
internal import Ledger

extension Command {
  static let verify = Command(
    name: "verify", summary: "prove a run: its files, its books, and its arithmetic", operands: "[RUN]",
    operandCount: 0...1, options: Option.place + [.inputs, .requireRecompute, .threads] + Option.watch,
    details: """
      files      every file is as it was written, and the ledger names the same manifest
      books      every market adds up, row by row, and the ledger paid exactly what the files say
      recompute  the recorded inputs are settled again and give the same files to the byte

      RUN is a run id, the start of one, a directory (of a saved plan too), a manifest or latest, the default. Without a
      ledger the files alone are proved. Exit 0 where nothing is found, 1 where something is, 2 where it cannot be told.
      """
  ) { (call) throws(BatchError) in
    let (location, ledger) = try call.run(call.arguments.positionals.first ?? "latest")
    if ledger == nil, !location.isPlan { call.console.notice("no ledger: the files alone are proved") }
    var verification = Verification(location, ledger)
    verification.inputsDirectory = call.arguments[.inputs]
    verification.requiresRecompute = call.arguments.has(.requireRecompute)
    verification.threads = try call.threads()
    verification.progress = call.progress
    let report = try verification.report()
    call.telemetry.report(Outcome(report))
    if call.console.isJSON {
      call.console.print(report.json)
    } else {
      VerifyText.show(report, call.console)
      if call.console.isQuiet, report.status == .done { call.console.discard() }
    }
    return report.status
  }
}

/// A verification in words.
private enum VerifyText {
  private static let shownMax = 20

  static func show(_ report: VerifyReport, _ console: Console) {
    console.print(
      "\(report.isPlan ? "plan of run" : "run") \(Terminal.safe(report.runID))  \(Terminal.safe(report.directory))/")
    console.table(report.stages.map { [$0.stage.rawValue, $0.status.rawValue, $0.summary] })
    for note in report.notes { console.print("  note: \(note)") }
    guard !report.isClean else {
      let skipped = report.stages.filter { $0.status == .skipped }.map(\.stage.rawValue)
      console.print(
        skipped.isEmpty ? "verified: nothing found" : "nothing found; \(skipped.joined(separator: ", ")) was skipped")
      return
    }
    console.print()
    console.table(
      report.findings.prefix(shownMax).map {
        [$0.stage.rawValue, $0.code, $0.place.isEmpty ? "-" : $0.place, $0.message]
      })
    if report.findingCount > shownMax {
      console.print("  … and \(Console.grouped(report.findingCount - shownMax)) more (--json lists up to a thousand)")
    }
    console.print()
    console.print(report.findingCount == 1 ? "1 finding" : "\(Console.grouped(report.findingCount)) findings")
  }
}
