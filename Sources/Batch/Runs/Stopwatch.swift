// How long did each stage take? For `run-info.json` alone.

struct Stopwatch {
  private var last = ContinuousClock.now
  private(set) var laps: [(stage: String, milliseconds: Int64)] = []

  mutating func lap(_ stage: String) {
    let now = ContinuousClock.now
    let (seconds, attoseconds) = (now - last).components
    laps.append((stage, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    last = now
  }

  /// 1250 milliseconds as `1.250`.
  static func seconds(_ milliseconds: Int64) -> String {
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
