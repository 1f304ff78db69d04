// Does a file of payments hold what its control sums say? Read back from its bytes, by other means than it was written.

package enum PaymentFileCheck {
  /// Number of payments and Σ of their amounts in units of 10⁻⁵; nil where the text cannot be read.
  package static func totals(csv text: String) -> (count: Int, sum: Int128)? {
    guard text.hasPrefix(PaymentFile.csvHeader), text.hasSuffix("\n") else { return nil }
    var count = 0
    var sum: Int128 = 0
    for line in text.dropFirst(PaymentFile.csvHeader.count).split(separator: "\n") {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 8, let amount = DecimalText.parse(cells[6], scale: 5) else { return nil }
      count += 1
      sum += amount
    }
    return (count, sum)
  }

  /// The totals of a pain.001 and whether those it states, in its header and for each group, are the same.
  package static func totals(pain001 text: String) -> (count: Int, sum: Int128)? {
    let groups = text.components(between: "<PmtInf>", and: "</PmtInf>")
    var count = 0
    var sum: Int128 = 0
    for group in groups {
      let amounts = group.components(between: "<InstdAmt ", and: "</InstdAmt>").map { element in
        DecimalText.parse(element.drop { $0 != ">" }.dropFirst(), scale: 5)
      }
      guard !amounts.contains(nil) else { return nil }
      let total = amounts.reduce(Int128(0)) { $0 + ($1 ?? 0) }
      guard states(group, amounts.count, total) else { return nil }
      count += amounts.count
      sum += total
    }
    guard let header = text.components(between: "<GrpHdr>", and: "</GrpHdr>").first, states(header, count, sum) else {
      return nil
    }
    return (count, sum)
  }

  private static func states(_ part: Substring, _ count: Int, _ sum: Int128) -> Bool {
    part.components(between: "<NbOfTxs>", and: "</NbOfTxs>").first == Substring(String(count))
      && part.components(between: "<CtrlSum>", and: "</CtrlSum>").first.flatMap { DecimalText.parse($0, scale: 5) }
        == sum
  }
}

extension StringProtocol where SubSequence == Substring {
  /// What stands between each `opening` and the `closing` behind it.
  func components(between opening: String, and closing: String) -> [Substring] {
    var found: [Substring] = []
    var rest = self[...]
    while let start = rest.firstRange(of: opening) {
      guard let end = rest[start.upperBound...].firstRange(of: closing) else { break }
      found.append(rest[start.upperBound..<end.lowerBound])
      rest = rest[end.upperBound...]
    }
    return found
  }

  private func firstRange(of text: String) -> Range<Index>? {
    let wanted = Array(text.utf8)
    guard let first = wanted.first else { return nil }
    let bytes = utf8
    var index = bytes.startIndex
    while let start = bytes[index...].firstIndex(of: first) {
      if bytes[start...].starts(with: wanted) { return start..<bytes.index(start, offsetBy: wanted.count) }
      index = bytes.index(after: start)
    }
    return nil
  }
}
