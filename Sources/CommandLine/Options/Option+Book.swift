// Which options ask about the book, and change who may write it?
internal import Ledger

extension Option {
  static let role = Option(
    "role", takes: "ROLE", choices: OperatorRole.allCases.map(\.rawValue), "admin, organizer or analyst")
  static let actionReason = Option("reason", takes: "TEXT", "why, for the record of actions")
  static let byAction = Option("action", takes: "ACTION", "actions of this kind alone, like \"run\"")
  static let byOperator = Option("operator", takes: "ID", "actions of this operator alone").flagOnly
  static let pageLimit = Option("limit", takes: "N", "at most so many (default: 50)")
  static let pageOffset = Option("offset", takes: "N", "pass over so many first (default: 0)")
  static let statisticsBy = Option(
    "by", takes: "WHAT", choices: StatisticsTable.allCases.map(\.rawValue), "totals by what (default: currency)")
  static let ofCurrency = Option("currency", takes: "CODE", "of this currency alone").flagOnly
  static let rowLimit = Option("limit", takes: "N", "at most so many rows (default: 100; with --csv all)")
  static let csv = Option("csv", "print CSV")
  static let bookFormat = Option(
    "format", takes: "FORMAT", choices: BookFormat.allCases.map(\.rawValue), "in which form the book is written"
  ).flagOnly
  static let exportFile = Option("out", takes: "FILE", "write to this file, which must not exist").flagOnly
  static let sqlite = Option("sqlite", takes: "FILE", "write a SQLite database of this name").flagOnly
  static let overwrite = Option("overwrite", "replace an earlier export of the same name")

  /// Not read from the environment, where the variable of the same name means something else.
  private var flagOnly: Option {
    var option = self
    option.isReadFromEnvironment = false
    return option
  }
}
