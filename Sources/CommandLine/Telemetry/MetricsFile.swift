// How does monitoring learn of a night? A file in the Prometheus text format, for node_exporter's textfile collector.
internal import Batch
internal import Glibc
internal import Interchange

/// `--metrics FILE`: written when the command has ended, however it ended, whole or not at all.
struct MetricsFile {
  let command: String
  let status: ExitStatus
  let startedAt: String
  let milliseconds: Int64
  let stages: [Telemetry.Stage]
  let outcome: Outcome?
  let isEventsComplete: Bool

  private static let successName = "settle_last_success_timestamp_seconds"
  private static let firstWords = "# HELP settle_"

  /// - Returns: what went wrong, or nil.
  func write(to path: String) -> String? {
    var before = ""
    if FileSystem.exists(path) {
      guard FileSystem.isRegular(path) else { return "\(Terminal.safe(path)) is not a file: it is left as it is" }
      before = (try? FileSystem.contents(of: path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      // A mistyped path must not replace a ledger, or the metrics of another program.
      guard before.isEmpty && FileSystem.size(of: path) == 0 || before.hasPrefix(MetricsFile.firstWords) else {
        return "\(Terminal.safe(path)) holds something else: it is left as it is"
      }
    }
    do throws(FileError) {
      try FileSystem.replace(path, Array(text(lastSuccess: lastSuccess(before)).utf8))
      return nil
    } catch {
      return "\(Terminal.safe(error.path)): cannot \(error.operation): \(error.reason)"
    }
  }

  /// When this command last ended with 0: now, or as the file said before.
  private func lastSuccess(_ before: String) -> String? {
    if status == .done { return String(time(nil)) }
    let start = "\(MetricsFile.successName) "
    let line = before.split(separator: "\n").first { $0.hasPrefix(start) }
    return line.map { String($0.dropFirst(start.count)) }.flatMap { Int64($0) }.map(String.init)
  }

  private func text(lastSuccess: String?) -> String {
    var metrics = [
      Metric("info", "The program; always 1.", [("version", Batch.Tool.version), ("command", command)], "1"),
      Metric("exit_code", "Exit code of the last command; see `settle help exit-codes`.", [], "\(status.rawValue)"),
      Metric("end_timestamp_seconds", "When the last command ended.", [], "\(time(nil))"),
      Metric("duration_seconds", "How long the last command took.", [], Telemetry.seconds(milliseconds)),
    ]
    if let lastSuccess {
      metrics.append(Metric("last_success_timestamp_seconds", "When a command last ended with 0.", [], lastSuccess))
    }
    metrics += stages.map {
      Metric(
        "stage_duration_seconds", "How long each stage took.", [("stage", $0.name)], Telemetry.seconds($0.milliseconds))
    }
    metrics.append(
      Metric("events_complete", "0 where --events could not be written in full.", [], isEventsComplete ? "1" : "0"))
    return MetricsFile.format(metrics + (outcome?.metrics ?? []))
  }

  /// Samples of one name stand together, below its help and type; a sample that stands twice counts once, the last.
  static func format(_ metrics: [Metric]) -> String {
    var names: [String] = []
    var samples: [String: [(key: String, value: String)]] = [:]
    var helps: [String: String] = [:]
    for metric in metrics {
      if helps[metric.name] == nil { names.append(metric.name) }
      helps[metric.name] = metric.help
      let labels = metric.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
      let key = "settle_\(metric.name)" + (labels.isEmpty ? "" : "{\(labels)}")
      samples[metric.name, default: []].removeAll { $0.key == key }
      samples[metric.name, default: []].append((key, metric.value))
    }
    return names.map { name in
      "# HELP settle_\(name) \(helps[name] ?? "")\n# TYPE settle_\(name) gauge\n"
        + (samples[name] ?? []).map { "\($0.key) \($0.value)\n" }.joined()
    }.joined()
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
