// How is a comparison written in full, whatever its size?
internal import Batch
internal import Interchange

/// Every difference as CSV or JSON, handed over as it is found: nothing is kept.
struct DiffStream {
  private let diff: RunDiff
  private let summary: DiffSummary
  private let console: Console
  private let buffer = ByteBuffer(capacity: 1 << 17)

  init(_ diff: RunDiff, _ summary: DiffSummary, _ console: Console) {
    self.diff = diff
    self.summary = summary
    self.console = console
  }

  private func handOver(atLeast count: Int) throws(BatchError) {
    guard buffer.count > count else { return }
    defer { buffer.removeAll() }
    guard console.pass(buffer) else {
      throw BatchError(
        "output_closed", .usage, "standard output is closed or full", hint: "read it to its end, or write it to a file")
    }
  }

  // MARK: CSV

  private static let header = "table,change,key_1,key_2,key_3,key_4,currency,column,old,new,delta,reason\n"

  func writeCSV(isSummary: Bool) throws(BatchError) {
    buffer.append(DiffStream.header)
    for money in summary.money {
      for (index, column) in money.columns.enumerated() where money.old[index] != money.new[index] {
        buffer.append("money,changed,,,,,")
        buffer.append(csvField: money.currency)
        buffer.append(
          ",\(column),\(money.old[index]),\(money.new[index]),\(money.new[index] - money.old[index]),\n")
      }
    }
    if isSummary {
      for table in summary.tables {
        for (change, count) in [("changed", table.changed), ("added", table.added), ("removed", table.removed)] {
          buffer.append("\(table.table.name),\(change),,,,,,rows,,,\(count),\n")
        }
      }
    } else {
      try diff.forEachRow(begin: { _ throws(BatchError) in }) { (row) throws(BatchError) in
        append(row)
        try handOver(atLeast: 1 << 16)
      }
    }
    try handOver(atLeast: 0)
  }

  private func append(_ row: DiffRow) {
    for column in row.table.columns.indices where row.isChanged(column) {
      buffer.append(csvField: row.table.name)
      buffer.append(0x2C)
      buffer.append(row.change.rawValue)
      for index in 0..<4 {
        buffer.append(0x2C)
        if index < row.table.key.count { unsafe buffer.append(csvField: row.key(index)) }
      }
      buffer.append(0x2C)
      buffer.append(csvField: row.change == .removed ? row.currency.old : row.currency.new)
      buffer.append(0x2C)
      buffer.append(csvField: row.table.columns[column].name)
      buffer.append(0x2C)
      if let old = unsafe row.old(column) { unsafe buffer.append(csvField: old) }
      buffer.append(0x2C)
      if let new = unsafe row.new(column) { unsafe buffer.append(csvField: new) }
      buffer.append(0x2C)
      if row.table.columns[column].isInteger, let delta = row.delta(column) {
        if let small = Int64(exactly: delta) { buffer.append(decimal: small) } else { buffer.append(String(delta)) }
      }
      buffer.append(0x2C)
      buffer.append(csvField: row.reason)
      buffer.append(0x0A)
    }
  }

  // MARK: JSON

  /// One object; its rows stand one a line.
  func writeJSON(isSummary: Bool) throws(BatchError) {
    buffer.append("{\n")
    for (key, value) in [
      ("a", diff.a.json), ("b", diff.b.json), ("given", .array(diff.given.map(\.json))),
      ("causes", .array(summary.causes.map(\.json))), ("identical", .bool(!summary.isDifferent)),
      ("money", .array(summary.money.map(\.json))),
      ("notes", .array(summary.notes.map { .string($0) })),
    ] as [(String, JSONValue)] {
      buffer.append("  \"\(key)\": \(value.compact),\n")
    }
    buffer.append("  \"tables\": [")
    if isSummary {
      for (index, table) in summary.tables.enumerated() { open(table, isFirst: index == 0) }
      if !summary.tables.isEmpty { buffer.append("}") }
    } else {
      var (tables, rows) = (0, 0)
      var writer: DiffRowJSON?
      try diff.forEachRow(
        begin: { (table) throws(BatchError) in
          if tables > 0 { buffer.append(rows > 0 ? "\n      ]" : "]") }
          open(summary.tables[tables], isFirst: tables == 0)
          buffer.append(",\n      \"rows\": [")
          (tables, rows) = (tables + 1, 0)
          writer = DiffRowJSON(table)
        }
      ) { (row) throws(BatchError) in
        buffer.append(rows > 0 ? ",\n        " : "\n        ")
        rows += 1
        writer?.write(row, to: buffer)
        try handOver(atLeast: 1 << 16)
      }
      if tables > 0 { buffer.append(rows > 0 ? "\n      ]}" : "]}") }
    }
    buffer.append("\n  ]\n}\n")
    try handOver(atLeast: 0)
  }

  private func open(_ table: TableDifference, isFirst: Bool) {
    buffer.append(isFirst ? "\n    {" : "},\n    {")
    let key = JSONValue.array(table.table.key.map { .string($0) })
    buffer.append(
      "\"counts\": \(table.counts.compact), \"file\": \(JSONValue.string(table.table.file).compact), "
        + "\"key\": \(key.compact), \"level\": \(JSONValue.string(table.table.level).compact)")
  }
}
