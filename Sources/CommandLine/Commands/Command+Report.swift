// settle report
internal import Batch
internal import Interchange
internal import Ledger
internal import Report

extension Command {
  static let report = Command(
    name: "report", summary: "write a page that shows a night: is it fine, where did the money go?", operands: "[RUN]",
    operandCount: 0...1, options: Option.place + [.compare, .reportFile],
    details: """
      One self-contained page: no script, no network, light and dark, fit for printing. It tells whether the night is
      fine, where the money went, what the pools were made of, how payouts are spread, who earned fees, what was held and
      why, and how the last thirty runs went; each figure with its numbers below it. --compare adds what changed.
      RUN is a run id, the start of one, a directory, a manifest or latest, the default. The file is replaced.
      """
  ) { (call) throws(BatchError) in
    let name = call.arguments.positionals.first ?? "latest"
    let (location, ledger) = try call.run(name)
    let compared: DiffSide? =
      if let other = call.arguments[.compare] { try DiffSide(try call.run(other).location) } else { nil }
    let outputs = Outputs(FileSystem.parentDirectory(of: FileSystem.absolute(location.directory)))
    let page = try NightReport(location, outputs, ledger, compared: compared).page()
    let path = call.arguments[.reportFile] ?? "report.html"
    if path == "-" {
      guard !call.console.isJSON else {
        throw BatchError("usage", .usage, "--out - and --json both want standard output", hint: "give one of them")
      }
      call.console.print(page)
      return .done
    }
    try PageFile.write(page, to: path)
    if call.console.isJSON {
      call.console.print(
        .object([
          "run_id": .string(location.runID), "file": .string(path), "bytes": .int(page.utf8.count),
        ]))
    } else {
      call.console.print("wrote \(Terminal.safe(path)), the page of run \(Terminal.safe(location.runID))")
    }
    return .done
  }
}

/// A page that takes the place of the one before, whole or not at all.
enum PageFile {
  static func write(_ page: String, to path: String) throws(BatchError) {
    let aside = "\(path).\(Clock.now()).part"
    do throws(FileError) {
      do throws(FileError) {
        try FileSystem.create(aside, Array(page.utf8), flush: false)
        try FileSystem.rename(aside, to: path)
      } catch {
        _ = try? FileSystem.removeFile(aside)
        throw error
      }
    } catch {
      throw BatchError.file(error)
    }
  }
}
