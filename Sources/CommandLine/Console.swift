// How does the program speak? The answer on standard output; progress, notices and problems on standard error.
internal import Batch
internal import Glibc
internal import Interchange

/// Standard output and error of one command.
package final class Console: @unchecked Sendable {
  var isJSON = false
  var isQuiet = false
  /// Another program reads line by line and answers: JSON stands on one line each, and a stop is heard while it does not
  /// read.
  var isConversation = false
  /// Colour on standard error.
  private var usesColor = false
  /// Colour in the answer, where a person reads it on a terminal: for programs it has none.
  private var colorsAnswer = false
  private var output = ""
  private var answer: JSONValue?
  private var warnings: [String] = []
  private var isClosed = false

  package init() {}

  /// A line of the answer.
  func print(_ line: String = "") { output += line + "\n" }

  /// Text of the answer as it is.
  func write(_ text: String) { output += text }

  /// A line of a long answer, which is handed over as it grows.
  /// - Throws: `output_closed` where nobody takes it.
  func stream(_ line: String) throws(BatchError) {
    output += line + "\n"
    if output.utf8.count > 1 << 16 { try handOver() }
  }

  /// Hands over what was said so far: somebody waits for it.
  /// - Throws: `output_closed` where nobody takes it.
  func handOver() throws(BatchError) {
    guard !flush() else { return }
    isClosed = true
    throw BatchError(
      "output_closed", .usage, "standard output is closed or full", hint: "read it to its end, or write it to a file")
  }

  /// The answer as JSON.
  func print(_ json: JSONValue) { answer = json }

  /// A failure as JSON: what was to be the answer is none.
  func answerInstead(_ json: JSONValue) {
    output = ""
    answer = json
  }

  /// Takes the answer back.
  func discard() { output = "" }

  /// A notice, unless quiet.
  func notice(_ text: String) {
    guard !isQuiet else { return }
    Console.write("settle: \(text)\n", to: STDERR_FILENO)
  }

  /// A problem; shown even when quiet.
  func problem(_ text: String) { Console.write(text + "\n", to: STDERR_FILENO) }

  /// Something went wrong beside the work, and the work went on; shown even when quiet, and a part of JSON answers.
  func warn(_ text: String) {
    warnings.append(text)
    problem("settle: \(marked("warning", .yellow)): \(text)")
  }

  /// Hands the answer over. False where nobody takes it (a closed pipe, a full disk).
  func flush() -> Bool {
    defer { (output, answer) = ("", nil) }
    if var members = answer?.members, !warnings.isEmpty {
      members["warnings"] = .array(warnings.map { .string($0) })
      answer = .object(members)
    }
    let json = answer.map { isConversation ? $0.compact + "\n" : $0.pretty } ?? ""
    return !isClosed && Console.write(output + json, to: STDOUT_FILENO, hearsStop: isConversation)
  }

  /// Hands a part of a long answer over at once. False where nobody takes it.
  func pass(_ part: ByteBuffer) -> Bool {
    guard flush() else { return false }
    let bytes = unsafe part.bytes
    var offset = 0
    while offset < bytes.count {
      let count = unsafe Glibc.write(STDOUT_FILENO, bytes.baseAddress! + offset, bytes.count - offset)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        isClosed = true
        return false
      }
      offset += count
    }
    return true
  }

  // MARK: Colour

  enum Color: String {
    case green = "32"
    case red = "31"
    case yellow = "33"
  }

  /// - Parameter when: `auto`, `always` or `never`; anything else counts as `auto`.
  func setColor(_ when: String?, _ environment: [String: String]) {
    let isRefused = !(environment["NO_COLOR"] ?? "").isEmpty || Console.isDumb
    usesColor = when == "always" || when != "never" && !isRefused && Console.isTerminal(STDERR_FILENO)
    colorsAnswer = when == "always" || when != "never" && !isRefused && Console.isTerminal(STDOUT_FILENO)
  }

  /// Whether long lines of the answer are broken: where a person reads it on a terminal.
  var wrapsAnswer: Bool { Console.isTerminal(STDOUT_FILENO) }

  /// A heading of the answer: bold where a person reads it on a terminal.
  func heading(_ text: String) { print(colorsAnswer ? "\u{1B}[1m\(text)\u{1B}[0m" : text) }

  /// What is more is green and what is less is red, beside its sign.
  private func tinted(_ cell: String, _ padded: String) -> String {
    guard colorsAnswer, let sign = cell.first, sign == "+" || sign == "-",
      cell.dropFirst().allSatisfy({ $0.isNumber || $0 == "," })
    else { return padded }
    return "\u{1B}[\((sign == "+" ? Color.green : Color.red).rawValue)m\(padded)\u{1B}[0m"
  }

  /// A word of a problem, in colour where that is wanted. No meaning is in the colour alone.
  func marked(_ word: String, _ color: Color) -> String {
    usesColor ? "\u{1B}[1;\(color.rawValue)m\(word)\u{1B}[0m" : word
  }

  /// - Parameter hearsStop: give up where nobody reads and the program is asked to stop.
  @discardableResult
  static func write(_ text: String, to descriptor: CInt, hearsStop: Bool = false) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        if hearsStop, !isReady(descriptor) { return false }
        // A pipe that is ready takes as many bytes at once, whatever its capacity.
        let length = hearsStop ? min(Int(PIPE_BUF), bytes.count - offset) : bytes.count - offset
        let count = unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, length)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        offset += count
      }
      return true
    }
  }

  /// Waits until something can be written.
  /// - Returns: false where the program is asked to stop before.
  private static func isReady(_ descriptor: CInt) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while unsafe poll(&state, 1, 100) <= 0 {
      if StopSignal.isAsked { return false }
    }
    return true
  }

  static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

  /// A terminal that knows no control sequences.
  static let isDumb: Bool = unsafe getenv("TERM").map { unsafe String(cString: $0) == "dumb" } ?? false

  /// Columns side by side; numbers (right) and text (left) by what the cells of a column hold.
  /// - Parameters:
  ///   - isHeaded: whether the first row is a heading.
  ///   - isTinted: whether cells with a sign, `+5` or `-`, are coloured by it.
  func table(_ rows: [[String]], indent: String = "  ", isHeaded: Bool = false, isTinted: Bool = false) {
    guard let columns = rows.map(\.count).max() else { return }
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    for (number, row) in rows.enumerated() {
      var line = indent
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        let isNumber =
          !cell.isEmpty && cell.allSatisfy { $0.isNumber || $0 == "," || $0 == "-" || $0 == "+" || $0 == "." }
        let padded = isNumber ? padding + cell : cell + padding
        line += (isTinted ? tinted(cell, padded) : padded) + (column == row.count - 1 ? "" : "  ")
      }
      while line.last == " " { line.removeLast() }
      if isHeaded, number == 0 { heading(line) } else { print(line) }
    }
  }

  /// `1 market`, `2,000 markets`.
  static func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

  /// 1234567 as 1,234,567.
  static func grouped(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
  }
}

/// Progress on a terminal: stage, rows, rate, time left.
final class ProgressLine: ProgressObserver, @unchecked Sendable {
  private let state = Monitor(State())
  private struct State {
    var stage = ""
    var start = 0.0
    var shown = 0.0
    var isOnScreen = false
    /// Bytes of the input that is read, and how many had been read of others before; nil in other stages.
    var bytes: (total: Int, before: Int)?
  }

  func begin(stage: String, total: Int?) {
    state.update { state in
      state.stage = stage
      state.start = ProgressLine.now()
      state.bytes = stage.hasPrefix("read ") ? total.map { ($0, InputMeter.bytes) } : nil
      ProgressLine.show(stage, &state)
    }
  }

  func advance(rows: Int) {
    state.update { state in
      let now = ProgressLine.now()
      guard now - state.shown > 0.1 else { return }
      state.shown = now
      let seconds = max(now - state.start, 0.001)
      let rate = Int(Double(rows) / seconds)
      var text = "\(state.stage): \(Console.grouped(rows)) rows, \(Console.grouped(rate)) a second"
      if let bytes = state.bytes {
        let done = InputMeter.bytes - bytes.before
        if done > 0, done < bytes.total {
          text += ", \(ProgressLine.time(seconds * Double(bytes.total - done) / Double(done))) left"
        }
      }
      // A line that is broken could not be taken back.
      ProgressLine.show(String(text.prefix((Console.columns ?? 80) - 1)), &state)
    }
  }

  func end() {
    state.update { state in
      guard state.isOnScreen else { return }
      state.isOnScreen = false
      Console.write("\r\u{1B}[K", to: STDERR_FILENO)
    }
  }

  /// 7 as `7 s`, 75 as `1 min 15 s`.
  private static func time(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }

  private static func show(_ text: String, _ state: inout State) {
    state.isOnScreen = true
    Console.write("\r\u{1B}[K\(text)", to: STDERR_FILENO)
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
