// How did the runs before this one go?
internal import Batch
internal import Interchange
internal import Ledger

/// The last runs up to one, from their manifests.
struct RunHistory {
  static let runsMax = 30

  struct Night {
    let runID: String
    let at: String
    let manifest: Manifest
    /// Seconds the run took, in thousandths.
    let milliseconds: Int64?

    func count(_ key: String) -> Int64 { manifest.json["counts"]?[key]?.integer ?? 0 }

    func total(_ currency: String, _ key: String) -> Int128 {
      guard case .number(let digits) = manifest.json["totals"]?[currency]?[key] else { return 0 }
      return Int128(digits) ?? 0
    }

    /// `2026-11-21`
    var date: String { String((manifest.asOf ?? at).prefix(10)) }
  }

  /// The oldest first; the run itself is the last.
  private(set) var nights: [Night] = []
  /// Runs of other kinds, and those whose directory is gone, between them.
  private(set) var others = 0

  /// The settlement before this one.
  var previous: Night? { nights.dropLast().last }

  init(upTo location: RunLocation, _ manifest: Manifest, _ outputs: Outputs, _ ledger: Ledger?) throws(BatchError) {
    let info = try? location.files.info()
    let own = Night(
      runID: location.runID, at: info?["finished_at"]?.text ?? "", manifest: manifest,
      milliseconds: RunHistory.milliseconds(info))
    var earlier: [Night] = []
    if let ledger, let record = location.record {
      let records: [RunRecord]
      do throws(LedgerError) { records = try ledger.runs() } catch { throw BatchError.ledger(error) }
      for run in records.reversed() where run.sequenceAfter <= record.sequenceBefore && run.runID != record.runID {
        guard earlier.count < RunHistory.runsMax - 1 else { break }
        guard run.kind == manifest.kind, let night = RunHistory.night(run.runID, outputs, at: run.at) else {
          others += 1
          continue
        }
        earlier.append(night)
      }
    }
    nights = earlier.reversed() + [own]
  }

  private static func night(_ runID: String, _ outputs: Outputs, at: String) -> Night? {
    let files = RunFiles(outputs.directory(of: runID))
    guard let manifest = try? files.manifest() else { return nil }
    return Night(runID: runID, at: at, manifest: manifest, milliseconds: milliseconds(try? files.info()))
  }

  private static func milliseconds(_ info: JSONValue?) -> Int64? {
    guard let seconds = info?["seconds"]?.members else { return nil }
    var sum: Int64 = 0
    for value in seconds.values {
      guard case .number(let text) = value else { continue }
      let parts = text.split(separator: ".", maxSplits: 1)
      let decimals = parts.count == 2 ? String((parts[1] + "000").prefix(3)) : "000"
      sum += (Int64(parts[0]) ?? 0) * 1_000 + (Int64(decimals) ?? 0)
    }
    return sum
  }
}
