// Which word was perhaps meant?

/// Words that were perhaps meant.
enum Suggestion {
  /// `did you mean --outputs? `, or nothing where no candidate is near.
  static func hint(_ word: String, among candidates: [String], _ written: (String) -> String = { $0 }) -> String {
    nearest(word, among: candidates).map { "did you mean \(written($0))? " } ?? ""
  }

  /// The nearest of `candidates`, if it is near: a few letters off, or the only one that starts so.
  static func nearest(_ word: String, among candidates: [String]) -> String? {
    let starting = candidates.filter { word.count >= 3 && $0.hasPrefix(word) }
    if starting.count == 1 { return starting[0] }
    let scored = candidates.map { (distance(Array(word.prefix(lettersMax)), Array($0)), $0) }.min { $0.0 < $1.0 }
    guard let scored, scored.0 <= max(2, word.count / 3), scored.0 < max(word.count, scored.1.count) else { return nil }
    return scored.1
  }

  /// Nothing that is meant is longer.
  private static let lettersMax = 200

  /// Letters to insert, delete, replace or swap.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
