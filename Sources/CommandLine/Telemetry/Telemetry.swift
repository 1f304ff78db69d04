// What is told about a command while it works and when it has ended, beside its answer? Progress, events, metrics.
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger

/// Told of every stage of a command; tells the terminal, the event file and the metrics file.
///
/// Nothing here can stop the command or change what it applies: what cannot be told is a warning.
final class Telemetry: ProgressObserver, @unchecked Sendable {
  private let command: String
  private let console: Console
  private let line: ProgressLine?
  private let isVerbose: Bool
  private let events: EventFile?
  private let metricsPath: String?
  private let startedAt = Clock.now()
  private let clock = ContinuousClock.now
  private let state = Monitor(State())
  private var outcome: Outcome?
  private var metricsFailure: String?
  private var error: BatchError?

  private struct State {
    var open: (name: String, start: ContinuousClock.Instant, rows: Int)?
    var stages: [Stage] = []
  }

  /// A stage that has ended.
  struct Stage {
    let name: String
    let rows: Int
    let milliseconds: Int64
  }

  init(_ command: Command, _ arguments: Arguments, _ console: Console) {
    self.command = command.name
    self.console = console
    isVerbose = arguments.has(.verbose) && !console.isQuiet
    let isShown = !console.isQuiet && !console.isJSON && Console.isTerminal(STDERR_FILENO) && !Console.isDumb
    line = isShown ? ProgressLine() : nil
    let takes = { (option: Option) in command.options.contains { $0.name == option.name && $0.value == option.value } }
    metricsPath = takes(.metrics) ? arguments[.metrics] : nil
    let eventsPath = takes(.events) ? arguments[.events] : nil
    let startedAt = startedAt
    events = eventsPath.map { EventFile($0, command: command.name, at: startedAt) }
    tell(
      "start",
      [
        "command": .string(command.name), "schema": .string(EventFile.schema), "version": .string(Batch.Tool.version),
      ])
  }

  /// Nil where nobody wants to know.
  var observer: (any ProgressObserver)? {
    line == nil && events == nil && metricsPath == nil && !isVerbose ? nil : self
  }

  // MARK: Stages

  func begin(stage: String, total: Int?) {
    close()
    state.update { $0.open = (stage, ContinuousClock.now, 0) }
    tell("stage", ["stage": .string(stage), "total": total.map { .int($0) } ?? .null])
    line?.begin(stage: stage, total: total)
  }

  func advance(rows: Int) {
    state.update { $0.open?.rows = rows }
    line?.advance(rows: rows)
  }

  func end() {
    close()
    line?.end()
  }

  private func close() {
    let ended = state.update { state -> Stage? in
      guard let open = state.open else { return nil }
      state.open = nil
      let stage = Stage(name: open.name, rows: open.rows, milliseconds: Telemetry.milliseconds(since: open.start))
      state.stages.append(stage)
      return stage
    }
    guard let ended else { return }
    tell(
      "stage_end",
      [
        "stage": .string(ended.name), "seconds": .number(Telemetry.seconds(ended.milliseconds)),
      ])
    if isVerbose {
      line?.end()
      console.notice("\(ended.name): \(Telemetry.seconds(ended.milliseconds)) s")
    }
  }

  // MARK: The end

  /// What the command did; told at the end.
  func report(_ outcome: Outcome) { self.outcome = outcome }

  /// What a command that goes on and on has done so far: an event of its own, and metrics at once.
  /// - Parameter event: nil where there is nothing new.
  func report(_ outcome: Outcome, soFar event: String?) {
    self.outcome = outcome
    if let event { tell(event, outcome.members) }
    writeMetrics(.done, Telemetry.milliseconds(since: clock))
  }

  /// Why the command could not do its work.
  func fail(_ error: BatchError) { self.error = error }

  /// Tells everything that is left to tell. To be called once, after the command.
  func finish(_ status: ExitStatus) {
    end()
    let duration = Telemetry.milliseconds(since: clock)
    tellProblems()
    if let outcome { tell("result", outcome.members) }
    if let error {
      tell(
        "error",
        [
          "code": .string(error.code), "message": .string(error.message), "hint": .string(error.hint),
        ])
    }
    tell(
      "end",
      [
        "exit": .int(status.rawValue), "seconds": .number(Telemetry.seconds(duration)),
        "run_id": .optional(outcome?.runID),
      ])
    if let failure = events?.failure { console.warn("--events: \(failure)") }
    writeMetrics(status, duration)
    showSummary(status, duration)
  }

  private func writeMetrics(_ status: ExitStatus, _ milliseconds: Int64) {
    guard let metricsPath else { return }
    let file = MetricsFile(
      command: command, status: status, startedAt: startedAt, milliseconds: milliseconds,
      stages: state.update { $0.stages }, outcome: outcome, isEventsComplete: events?.failure == nil)
    guard let failure = file.write(to: metricsPath), failure != metricsFailure else { return }
    // What goes on going wrong is said once.
    metricsFailure = failure
    console.warn("--metrics: \(failure)")
  }

  /// One line that a log can be searched for. A terminal has the answer itself; a failure its own line.
  private func showSummary(_ status: ExitStatus, _ milliseconds: Int64) {
    guard let outcome, error == nil, !Console.isTerminal(STDERR_FILENO) else { return }
    let words = [("command", command), ("exit", String(status.rawValue)), ("seconds", Telemetry.seconds(milliseconds))]
    console.notice(
      "summary: " + (words + outcome.summary).map { "\($0.0)=\(Telemetry.word($0.1))" }.joined(separator: " "))
  }

  private func tellProblems() {
    guard events != nil else { return }
    let problems = outcome?.problems ?? error.map { NightText.rejected($0.rejections) } ?? []
    let count = outcome?.problemCount ?? error?.rejections.count ?? 0
    for problem in problems.prefix(Outcome.problemsMax) { tell("problem", problem) }
    if count > Outcome.problemsMax {
      tell("problems_cut", ["told": .int(Outcome.problemsMax), "all": .int(count)])
    }
  }

  private func tell(_ event: String, _ members: [String: JSONValue]) { events?.add(event, members) }

  // MARK: Words

  /// A value of `name=value`, in quotes where a space would cut it.
  private static func word(_ text: String) -> String {
    text.isEmpty || text.contains(" ") ? Terminal.quoted(text) : Terminal.safe(text)
  }

  private static func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }

  /// 1250 milliseconds as `1.250`.
  static func seconds(_ milliseconds: Int64) -> String {
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
