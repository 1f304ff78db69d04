// Which columns of a table are compared, and which of them are its key?
internal import Interchange

/// A table that both sides have, with the places of its columns on either.
package struct DiffTable: Sendable {
  /// A column beside the key.
  package struct Column: Sendable {
    package let name: String
    package let isInteger: Bool
    /// Its place on either side; nil where the side has no such column.
    let places: (old: Int?, new: Int?)
  }

  /// What is known of a table before its files are opened.
  struct Shape: Sendable {
    let file: String
    let key: [String]
    let integers: Set<String>

    init(file: String, key: [String], integers: Set<String>) {
      self.file = file
      self.key = key
      self.integers = integers
    }

    init(_ schema: OutputSchema) {
      self.init(
        file: schema.file, key: schema.primaryKey,
        integers: Set(schema.columns.filter { $0.type == "integer" }.map(\.name)))
    }
  }

  package let file: String
  /// `market`, `user`, `commitment`; of another table its file's name.
  package let level: String
  package let key: [String]
  package let columns: [Column]
  let isKeyInteger: [Bool]
  let keyPlaces: (old: [Int], new: [Int])
  /// Whether both sides have the same columns in the same order, so that equal bytes are equal rows.
  let isAlike: Bool
  /// Columns whose change says how much a row matters.
  let weights: [Int]
  /// Columns whose change turns the whole of it, though its sums may stay.
  let turns: [Int]
  /// Columns that say what the row itself stakes, and on what.
  let stakes: [Int]
  let choice: Int?

  /// `markets`, `distributions`, …
  package var name: String { String(file.dropLast(4)) }

  /// `market`, `user`: what one row of the table is about, in the plural for a heading.
  package var heading: String { DiffTable.heading(of: level) }

  private static func heading(of level: String) -> String {
    switch level {
    case "market": "markets"
    case "user": "users"
    case "commitment": "commitments"
    default: level
    }
  }

  /// Whether a word names the table: `user`, `users`, `distributions`.
  static func isNamed(_ file: String, _ word: String) -> Bool {
    let level = level(of: file)
    if [level, heading(of: level), String(file.dropLast(4))].contains(word) { return true }
    // What is a market to a settlement is an event to prizes, and its commitments are prizes, refunds or awards.
    switch file {
    case OutputSchema.events.file: return ["market", "markets", "event"].contains(word)
    case OutputSchema.prizes.file, OutputSchema.refunds.file, OutputSchema.awards.file:
      return ["commitment", "commitments", "registration", "registrations"].contains(word)
    default: return false
    }
  }

  /// The column that says what a user, or a registration, is paid.
  var paid: String? {
    switch file {
    case OutputSchema.distributions.file: "total_payout"
    case OutputSchema.prizes.file: "net"
    case OutputSchema.refunds.file: "refund"
    default: nil
    }
  }

  static func level(of file: String) -> String {
    switch file {
    case OutputSchema.markets.file: "market"
    case OutputSchema.distributions.file: "user"
    case OutputSchema.commitments.file: "commitment"
    default: String(file.dropLast(4))
    }
  }

  /// - Throws: `run_damaged` where a side lacks a column of the key.
  init(_ shape: Shape, _ old: DiffFile, _ new: DiffFile) throws(BatchError) {
    file = shape.file
    level = DiffTable.level(of: shape.file)
    key = shape.key
    isKeyInteger = shape.key.map { shape.integers.contains($0) }
    keyPlaces = (try old.places(of: shape.key), try new.places(of: shape.key))
    isAlike = old.header == new.header
    var names = new.header
    for name in old.header where !names.contains(name) { names.append(name) }
    columns = names.filter { !shape.key.contains($0) }.map { name in
      Column(
        name: name, isInteger: shape.integers.contains(name),
        places: (old.header.firstIndex(of: name), new.header.firstIndex(of: name)))
    }
    let chosen: Set<String> =
      switch level {
      case "market": ["total_payout", "total_refund"]
      case "user": ["total_payout"]
      case "commitment": ["payout"]
      default: shape.integers
      }
    weights = columns.indices.filter { [columns] index in chosen.contains(columns[index].name) }
    stakes = columns.indices.filter { [columns] in ["total_committed", "amount"].contains(columns[$0].name) }
    choice = columns.firstIndex { $0.name == "option_id" }
    turns =
      level == "market"
      ? columns.indices.filter { [columns] in ["outcome", "winning_options"].contains(columns[$0].name) } : []
  }

  package func number(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

  /// Columns that one side alone has.
  var notes: [String] {
    columns.compactMap { column in
      if column.places.old == nil { return "\(file): A has no column \(Terminal.safe(column.name))" }
      return column.places.new == nil ? "\(file): B has no column \(Terminal.safe(column.name))" : nil
    }
  }
}
