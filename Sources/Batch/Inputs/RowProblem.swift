// What is wrong with one field of a row?

/// A code and the field it is about.
struct RowProblem: Equatable {
  let code: RowCode
  let field: String

  init(_ code: RowCode, _ field: String) {
    self.code = code
    self.field = field
  }

  /// Each problem once.
  static func distinct(_ problems: [RowProblem]) -> [RowProblem] {
    var seen: [RowProblem] = []
    for problem in problems where !seen.contains(problem) { seen.append(problem) }
    return seen
  }
}
