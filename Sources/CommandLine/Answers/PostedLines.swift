// What is told of a file of operations: what became of each line, and of all of them?
internal import Batch
internal import Interchange
internal import Ledger

/// What became of the lines of a file.
struct PostedLines {
  private let isAtomic: Bool
  private let isJSON: Bool
  /// Each line is told when it is durable, not all at the end.
  private let follows: Bool
  /// Whether anybody is told about each line; else only their numbers are kept.
  private let isKept: Bool
  private var created = 0
  private var replayed = 0
  private var failed = 0
  private var lines: [Line] = []
  private var isHeaded = false
  /// A signal ended it; and whether lines had come that were not applied.
  private var isStopped = false
  private var isLeft = false

  private struct Line {
    let number: Int
    let result: String
    let entryID: Int64?
    let balanceAfter: Int64?
    let key: String?
    let message: String?

    var json: JSONValue {
      .object([
        "line": .int(number), "result": .string(result), "entry_id": entryID.map { .int($0) } ?? .null,
        "balance_after": balanceAfter.map { .int($0) } ?? .null, "key": .optional(key), "message": .optional(message),
      ])
    }

    var csv: String {
      "\(number),\(result),\(entryID.map { "\($0)" } ?? ""),\(balanceAfter.map { "\($0)" } ?? ""),"
        + "\(PostedLines.cell(key ?? "")),\(PostedLines.cell(message ?? ""))"
    }
  }

  init(isAtomic: Bool, follows: Bool, _ console: Console) {
    self.isAtomic = isAtomic
    self.follows = follows
    isJSON = console.isJSON
    isKept = !console.isQuiet || isJSON
  }

  var status: ExitStatus { failed == 0 && !isLeft ? .done : isAtomic ? .refused : .partial }

  mutating func stop(leavingLines isLeft: Bool) { (isStopped, self.isLeft) = (true, isLeft) }

  mutating func add(_ result: OperationResult, line: Int) {
    let word: String
    switch result {
    case .done(let receipt) where receipt.isReplay:
      replayed += 1
      word = "replayed"
    case .done:
      created += 1
      word = "created"
    case .failed(let error):
      failed += 1
      word = error.code.rawValue
    }
    guard isKept else { return }
    lines.append(
      Line(
        number: line, result: word, entryID: result.receipt?.entryID, balanceAfter: result.receipt?.balanceAfter,
        key: result.receipt?.key, message: result.error.map { Terminal.safe($0.message) }))
  }

  /// Tells the lines of a stream that are durable now, as CSV or one JSON object a line.
  /// - Throws: `output_closed` where nobody takes them.
  mutating func tellDurable(_ console: Console) throws(BatchError) {
    if isJSON { for line in lines { console.print(line.json.compact) } } else { table(lines, console) }
    lines.removeAll(keepingCapacity: true)
    try console.handOver()
  }

  private mutating func table(_ lines: [Line], _ console: Console) {
    guard isKept else { return }
    if !isHeaded { console.print("line,result,entry_id,balance_after,key,message") }
    isHeaded = true
    for line in lines { console.print(line.csv) }
  }

  /// The lines as they are told: what was taken back has no entry.
  private var told: [Line] {
    guard isAtomic, failed > 0 else { return lines }
    return lines.map { line in
      line.result == "created"
        ? Line(
          number: line.number, result: "not_applied", entryID: nil, balanceAfter: nil, key: line.key, message: nil)
        : line
    }
  }

  /// Tells what is still to be told, and all of it in short.
  mutating func tell(_ console: Console) {
    let isTakenBack = isAtomic && failed > 0
    if isJSON {
      var summary: [String: JSONValue] = [
        "ok": .bool(status == .done), "exit": .int(status.rawValue), "applied": .bool(!isTakenBack),
        "created": .int(isTakenBack ? 0 : created), "replayed": .int(replayed), "failed": .int(failed),
      ]
      if isStopped { summary["stopped"] = .bool(true) }
      if !follows { summary["results"] = .array(told.map(\.json)) }
      console.print(.object(summary))
      return
    }
    table(told, console)
    if isStopped { console.notice("stopped by a signal; what was not told is not applied: send it again") }
    let summary =
      "\(Console.grouped(created)) created, \(Console.grouped(replayed)) replayed, \(Console.grouped(failed)) failed"
    if failed > 0 {
      console.problem(
        isTakenBack
          ? "settle: \(Console.grouped(failed)) of \(Console.grouped(created + replayed + failed)) failed; nothing was applied (--atomic)"
          : "settle: \(summary)")
    } else {
      console.notice(summary)
    }
  }

  private static func cell(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
