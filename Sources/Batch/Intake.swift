// What do the input files hold? Reads every file once, checks every row, and keeps what can be settled.
package import Interchange
internal import Markets
internal import Money

/// A file to read.
package struct InputFile: Sendable {
  package let table: Table
  package let path: String
  package let format: InputFormat

  package init(table: Table, path: String, format: InputFormat) {
    self.table = table
    self.path = path
    self.format = format
  }
}

/// What was found in one input file.
package struct InputSummary: Sendable {
  package let table: Table
  package let file: Int
  package let format: InputFormat
  package var rows = 0
  package var rejected = 0
  package var excluded = 0
  package var byteCount = 0
  package var digest: Digest?

  package var accepted: Int { rows - rejected - excluded }
  package var name: String { "\(table.rawValue)-\(file)" }
}

/// The rows of a batch, read and checked one by one; what holds between rows is checked when their market is settled.
final class Intake {
  let configuration: Configuration
  let threads: Int
  private(set) var markets: [Market] = []
  let store = CommitmentStore()
  private(set) var inputs: [InputSummary] = []
  var rejections: [Rejection] = []
  /// Why the whole batch must be refused: a file that cannot be read to its end, a row whose market cannot be told.
  private(set) var refusals: [Rejection] = []
  private(set) var notices: [String] = []

  private let marketNumbers = WordTable()
  private let progress: (any ProgressObserver)?

  // For commitments, per market or per option word.
  private let words = WordTable()
  private var wordFacts: [WordFacts] = []
  private var hotMarkets: [HotMarket] = []

  init(configuration: Configuration, threads: Int, progress: (any ProgressObserver)?) {
    self.configuration = configuration
    self.threads = threads
    self.progress = progress
  }

  func read(_ files: [InputFile]) throws(BatchError) {
    var unknown: Set<[UInt8]> = []
    for table in [Table.resolutions, .commitments] {
      for (index, file) in files.filter({ $0.table == table }).enumerated() {
        try read(file, number: index + 1, &unknown)
      }
    }
    if !unknown.isEmpty {
      let names = unknown.map { String(decoding: $0, as: UTF8.self) }.sorted().prefix(8).map(Terminal.safe)
      notices.append("columns that settle does not know are ignored and never copied: \(names.joined(separator: ", "))")
    }
  }

  private func read(_ file: InputFile, number: Int, _ unknown: inout Set<[UInt8]>) throws(BatchError) {
    guard number < 1 << 16 else {
      throw BatchError("too_many_files", .usage, "more than 65535 files of one table", hint: "join some of them")
    }
    do throws(FileError) {
      let stream = try InputStream(path: file.path, ahead: threads > 1)
      let schema = file.table == .resolutions ? Schema.resolutions : .commitments
      var summary = InputSummary(table: file.table, file: number, format: file.format)
      progress?.begin(stage: "read \(summary.name)", total: FileSystem.size(of: file.path))
      let reader = file.format.reader(of: stream, schema: schema)
      switch file.table {
      case .resolutions: try readResolutions(reader, &summary)
      case .commitments: try readCommitments(reader, &summary)
      }
      unknown.formUnion(reader.unknownFields)
      let (byteCount, digest) = try stream.summary()
      summary.byteCount = byteCount
      summary.digest = digest
      inputs.append(summary)
    } catch {
      throw BatchError.file(error)
    }
  }

  /// A row was found to be rejected after its file was read (a duplicate).
  func countLateRejection(file: Int, wasExcluded: Bool) {
    guard let index = inputs.firstIndex(where: { $0.table == .commitments && $0.file == file }) else { return }
    inputs[index].rejected += 1
    if wasExcluded { inputs[index].excluded -= 1 }
  }

  private func refuse(_ fault: Fault, _ summary: InputSummary) {
    let rejection = Rejection(
      RowCode(rawValue: fault.code) ?? .malformedRow, field: fault.field, table: summary.table, file: summary.file,
      line: fault.line, detail: fault.message)
    refusals.append(rejection)
    rejections.append(rejection)
  }

  private func addMarket(_ id: ID) -> Int {
    let number = markets.count
    unsafe id.bytes.withUnsafeBufferPointer { unsafe marketNumbers.add($0, number: number) }
    markets.append(Market(id: id))
    hotMarkets.append(HotMarket())
    store.addMarket()
    return number
  }

  // MARK: Resolutions

  private func readResolutions(_ reader: any RecordReader, _ summary: inout InputSummary) throws(FileError) {
    while true {
      switch try reader.next() {
      case .end: return
      case .unreadable(let fault):
        refuse(fault, summary)
        return
      case .broken(let fault):
        summary.rows += 1
        summary.rejected += 1
        refuse(fault, summary)
      case .record:
        summary.rows += 1
        var row = unsafe ResolutionRow(cells: reader.cells, configuration: configuration)
        for fault in reader.faults { row.problems.insert(.init(RowCode(rawValue: fault.code)!, fault.field), at: 0) }
        guard let marketID = row.marketID else {
          summary.rejected += 1
          reject(row.problems, row, reader, summary, isRefusal: true)
          continue
        }
        if !configuration.only.isEmpty && !configuration.only.contains(marketID) { continue }
        take(row, marketID, reader, &summary)
      }
    }
  }

  private func take(_ row: ResolutionRow, _ marketID: ID, _ reader: any RecordReader, _ summary: inout InputSummary) {
    let place = ResolutionPlace(file: summary.file, line: reader.line, rowID: row.resolution.resolutionID)
    let known = unsafe marketID.bytes.withUnsafeBufferPointer { unsafe marketNumbers.number(of: $0) }
    let number = known ?? addMarket(marketID)
    let isFirst = known == nil
    if isFirst {
      resolutionPlaces.append(place)
      markets[number].shownResolutionID = row.isResolutionIDValid ? row.resolution.resolutionID : nil
      markets[number].shownOutcome = row.isOutcomeValid ? row.resolution.outcome : nil
      markets[number].shownCurrency = row.isCurrencyValid ? row.resolution.currency : nil
    } else {
      // What the rows of a market resolved twice do not agree on is not shown.
      let resolutionID = row.isResolutionIDValid ? row.resolution.resolutionID : nil
      if markets[number].shownResolutionID != resolutionID { markets[number].shownResolutionID = nil }
      if markets[number].shownOutcome != (row.isOutcomeValid ? row.resolution.outcome : nil) {
        markets[number].shownOutcome = nil
      }
      if markets[number].shownCurrency != (row.isCurrencyValid ? row.resolution.currency : nil) {
        markets[number].shownCurrency = nil
      }
      if !duplicatedMarkets.contains(number) {
        duplicatedMarkets.insert(number)
        let first = resolutionPlaces[number]
        rejections.append(
          Rejection(
            .duplicateResolution, field: "market_id", table: .resolutions, file: first.file, line: first.line,
            marketID: marketID, rowID: first.isRowIDValid ? first.rowID : nil))
        markets[number].rejectCodes.insert(.duplicateResolution)
        if markets[number].resolution != nil {
          // The first row counted as accepted until now.
          if let index = inputs.firstIndex(where: { $0.table == .resolutions && $0.file == first.file }) {
            inputs[index].rejected += 1
          } else {
            summary.rejected += 1
          }
        }
      }
      var problems = row.problems
      problems.append(.init(.duplicateResolution, "market_id"))
      markets[number].resolution = nil
      markets[number].hasRejectedResolution = true
      hotMarkets[number] = HotMarket()
      summary.rejected += 1
      reject(problems, row, reader, summary, isRefusal: false)
      for problem in problems { markets[number].rejectCodes.insert(problem.code) }
      return
    }
    if row.problems.isEmpty {
      markets[number].resolution = row.resolution
      hotMarkets[number] = HotMarket(row.resolution)
    } else {
      markets[number].hasRejectedResolution = true
      summary.rejected += 1
      reject(row.problems, row, reader, summary, isRefusal: false)
      for problem in row.problems { markets[number].rejectCodes.insert(problem.code) }
      resolutionPlaces[number].isRowIDValid = row.isResolutionIDValid
    }
  }

  private struct ResolutionPlace {
    let file: Int
    let line: Int
    let rowID: ID
    var isRowIDValid = true
  }
  /// One for each market, as long as only resolutions are read.
  private var resolutionPlaces: [ResolutionPlace] = []
  private var duplicatedMarkets: Set<Int> = []

  private func reject(
    _ problems: [RowProblem], _ row: ResolutionRow, _ reader: any RecordReader, _ summary: InputSummary, isRefusal: Bool
  ) {
    for problem in RowProblem.distinct(problems) {
      let rejection = Rejection(
        problem.code, field: problem.field, table: .resolutions, file: summary.file, line: reader.line,
        marketID: row.marketID, rowID: row.isResolutionIDValid ? row.resolution.resolutionID : nil)
      rejections.append(rejection)
      if isRefusal { refusals.append(rejection) }
    }
  }

  // MARK: Commitments

  /// What the hot path needs of a market, without a reference count.
  private struct HotMarket {
    var closes = false
    var currency: (UInt64, UInt64) = (0, 0)
    var checksPosition = true
    var isResolved = false

    init() {}

    init(_ resolution: Resolution) {
      closes = resolution.closesAt != nil
      currency = HotMarket.pack(Array(resolution.currency.code.utf8))
      checksPosition = resolution.policies.positionCheck == .strict
      isResolved = true
    }

    /// Up to 16 bytes side by side, to be compared at once.
    static func pack(_ bytes: [UInt8]) -> (UInt64, UInt64) {
      unsafe bytes.withUnsafeBufferPointer { unsafe pack($0) }
    }

    static func pack(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64) {
      var packed: (UInt64, UInt64) = (0, 0)
      for unsafe (index, byte) in unsafe bytes.prefix(16).enumerated() {
        if index < 8 { packed.0 |= UInt64(byte) << UInt64(8 * index) } else { packed.1 |= UInt64(byte) << UInt64(8 * (index - 8)) }
      }
      return packed
    }
  }

  /// What an option word or a position means in its market.
  private struct WordFacts {
    var option: UInt32
    var isKnownOption: Bool
    /// Whether the option is one of yes and no, so that a position beside it must map to it.
    var mustMatchPosition: Bool
    var isYes: Bool
  }

  private func readCommitments(_ reader: any RecordReader, _ summary: inout InputSummary) throws(FileError) {
    if let reader = reader as? CSVReader {
      try readCommitments(from: reader, &summary)
    } else if let reader = reader as? JSONReader {
      try readCommitments(from: reader, &summary)
    }
  }

  /// Specialised for each reader, so that the loop makes no dynamic calls.
  @inline(__always)
  private func readCommitments<Reader: RecordReader>(from reader: Reader, _ summary: inout InputSummary) throws(FileError) {
    var problems: [RowProblem] = []
    let cells = unsafe reader.cells
    while true {
      switch try reader.next() {
      case .end: return
      case .unreadable(let fault):
        refuse(fault, summary)
        return
      case .broken(let fault):
        summary.rows += 1
        summary.rejected += 1
        refuse(fault, summary)
      case .record:
        summary.rows += 1
        if summary.rows & 0xFFFF == 0 { progress?.advance(rows: summary.rows) }
        if !reader.faults.isEmpty {
          for fault in reader.faults { problems.append(.init(RowCode(rawValue: fault.code)!, fault.field)) }
        }
        unsafe take(cells, line: reader.line, &problems, &summary)
      }
    }
  }

  @inline(__always)
  private func take(
    _ cells: UnsafeMutableBufferPointer<Cell>, line: Int, _ problems: inout [RowProblem], _ summary: inout InputSummary
  ) {
    func check(_ field: CommitmentField, _ rule: (Cell) -> RowCode?) -> Bool {
      let cell = unsafe cells[field.rawValue]
      if cell.kind == .absent {
        problems.append(.init(.missingField, field.name))
        return false
      }
      if cell.kind == .faulty { return false }
      if let code = rule(cell) {
        problems.append(.init(code, field.name))
        return false
      }
      return true
    }

    var market = -1
    if check(.marketID, CellCheck.id) {
      let id = unsafe cells[CommitmentField.marketID.rawValue].buffer
      market = unsafe marketNumbers.number(of: id) ?? -1
      if market < 0 { market = unsafe addMarket(ID(Array(id))) }
    }
    let isCommitmentIDValid = check(.commitmentID, CellCheck.id)
    let isUserIDValid = check(.userID, CellCheck.personID)
    let hot = market >= 0 ? hotMarkets[market] : HotMarket()

    var flags = CommitmentFlags()
    let option = unsafe takeOption(cells, market: market, hot: hot, &flags, &problems)
    let currencyExponent = unsafe takeCurrency(cells, market: market, hot: hot, &problems)

    var amount: Int64 = 0
    let amountCell = unsafe cells[CommitmentField.amount.rawValue]
    switch amountCell.kind {
    case .absent: problems.append(.init(.missingField, CommitmentField.amount.name))
    case .faulty: break
    default:
      switch CellCheck.amount(amountCell, unit: configuration.amountUnit, exponent: currencyExponent) {
      case .success(let value): amount = value
      case .failure(let error): problems.append(.init(error.code, CommitmentField.amount.name))
      }
    }

    let status = unsafe cells[CommitmentField.status.rawValue]
    if status.kind != .absent && status.kind != .faulty {
      switch CommitmentStatus(status) {
      case .active: break
      case .excluded: flags.insert(.excluded)
      case nil: problems.append(.init(.invalidStatus, CommitmentField.status.name))
      }
    }
    if hot.closes { unsafe takeTime(cells[CommitmentField.committedAt.rawValue], market: market, &flags, &problems) }

    if problems.isEmpty {
      if flags.contains(.excluded) { summary.excluded += 1 }
    } else {
      summary.rejected += 1
      flags.insert(.rejected)
      unsafe rejectCommitment(
        cells, line: line, market: market, isCommitmentIDValid: isCommitmentIDValid, problems, summary)
      problems.removeAll(keepingCapacity: true)
      guard market >= 0, isCommitmentIDValid else { return }
    }
    let commitmentID = unsafe cells[CommitmentField.commitmentID.rawValue]
    let userID = unsafe cells[CommitmentField.userID.rawValue]
    unsafe store.append(
      to: market, amount: amount, file: summary.file, line: line, option: option, flags: flags,
      commitmentID: commitmentID.buffer,
      userID: isUserIDValid ? userID.buffer : UnsafeBufferPointer(start: nil, count: 0),
      quotes: (commitmentID.classes.contains(.quoted) ? 1 : 0) | (userID.classes.contains(.quoted) ? 2 : 0))
  }

  private enum CommitmentStatus {
    case active, excluded

    init?(_ cell: Cell) {
      guard cell.kind == .text else { return nil }
      switch cell.bytes {
      case Array("active".utf8): self = .active
      case Array("cancelled".utf8), Array("withdrawn".utf8): self = .excluded
      default: return nil
      }
    }
  }

  @inline(__always)
  private func takeOption(
    _ cells: UnsafeMutableBufferPointer<Cell>, market: Int, hot: HotMarket, _ flags: inout CommitmentFlags,
    _ problems: inout [RowProblem]
  ) -> UInt32 {
    let optionCell = unsafe cells[CommitmentField.optionID.rawValue]
    let positionCell = unsafe cells[CommitmentField.position.rawValue]
    let hasOption = optionCell.kind != .absent
    let hasPosition = positionCell.kind != .absent
    guard hasOption || hasPosition else {
      problems.append(.init(.missingField, CommitmentField.optionID.name))
      return 0
    }
    var position: WordFacts?
    if hasPosition && positionCell.kind != .faulty {
      if let isYes = isYesPosition(positionCell) {
        flags.insert(isYes ? .yes : .no)
        if market >= 0 { position = facts(of: positionCell, market: market) }
      } else {
        problems.append(.init(.invalidPosition, CommitmentField.position.name))
      }
    }
    guard hasOption else {
      flags.insert(.position)
      guard let position else { return 0 }
      if !position.isKnownOption { problems.append(.init(.unknownOption, CommitmentField.position.name)) }
      return position.option
    }
    guard optionCell.kind != .faulty else { return 0 }
    if let code = CellCheck.optionID(optionCell) {
      problems.append(.init(code, CommitmentField.optionID.name))
      return 0
    }
    if hasPosition { flags.insert(.hybrid) }
    guard market >= 0 else { return 0 }
    let option = facts(of: optionCell, market: market)
    if !option.isKnownOption { problems.append(.init(.unknownOption, CommitmentField.optionID.name)) }
    if let position, hot.checksPosition, hot.isResolved, option.isKnownOption {
      let agrees = option.mustMatchPosition ? position.option == option.option : position.isYes
      if !agrees { problems.append(.init(.positionConflict, CommitmentField.position.name)) }
    }
    return option.option
  }

  private func isYesPosition(_ cell: Cell) -> Bool? {
    guard cell.kind == .text, cell.count == 2 || cell.count == 3 else { return nil }
    let bytes = unsafe cell.buffer
    if cell.count == 2 { return unsafe bytes[0] | 0x20 == 0x6E && bytes[1] | 0x20 == 0x6F ? false : nil }
    return unsafe bytes[0] | 0x20 == 0x79 && bytes[1] | 0x20 == 0x65 && bytes[2] | 0x20 == 0x73 ? true : nil
  }

  /// What a word means in its market: looked up, or worked out where it is new.
  @inline(__always)
  private func facts(of cell: Cell, market: Int) -> WordFacts {
    if let number = unsafe words.number(of: cell.buffer, owner: market) { return wordFacts[number] }
    return newWord(cell, market: market)
  }

  @inline(never)
  private func newWord(_ cell: Cell, market: Int) -> WordFacts {
    let word = ID(cell.bytes)
    let resolution = markets[market].resolution
    let option = resolution?.resolvedOption(word) ?? word
    let number: Int
    if let known = optionNumbers[market]?[option] {
      number = known
    } else {
      number = markets[market].options.count
      markets[market].options.append(option)
      optionNumbers[market, default: [:]][option] = number
    }
    let isAboutYesAndNo =
      resolution.map { $0.yesOption != nil || $0.noOption != nil } ?? false || option == ID("yes") || option == ID("no")
    let facts = WordFacts(
      option: UInt32(number), isKnownOption: resolution?.hasOption(option) ?? true,
      mustMatchPosition: isAboutYesAndNo, isYes: word.isYes)
    unsafe words.add(cell.buffer, owner: market, number: wordFacts.count)
    wordFacts.append(facts)
    return facts
  }

  private var optionNumbers: [Int: [ID: Int]] = [:]

  /// The decimals to read the amount with; nil where they are not known, or do not matter.
  @inline(__always)
  private func takeCurrency(
    _ cells: UnsafeMutableBufferPointer<Cell>, market: Int, hot: HotMarket, _ problems: inout [RowProblem]
  ) -> Int? {
    let cell = unsafe cells[CommitmentField.currency.rawValue]
    if cell.kind == .absent || cell.kind == .faulty {
      guard configuration.amountUnit == .major, hot.isResolved else { return nil }
      return configuration.exponent(of: markets[market].resolution!.currency)
    }
    return takeGivenCurrency(cell, market: market, hot: hot, &problems)
  }

  @inline(never)
  private func takeGivenCurrency(_ cell: Cell, market: Int, hot: HotMarket, _ problems: inout [RowProblem]) -> Int? {
    if hot.isResolved, cell.kind == .text, cell.count <= 12, unsafe HotMarket.pack(cell.buffer) == hot.currency {
      return configuration.amountUnit == .major ? configuration.exponent(of: markets[market].resolution!.currency) : nil
    }
    guard cell.kind == .text, let currency = Currency(bytes: cell.bytes) else {
      problems.append(.init(.invalidCurrency, CommitmentField.currency.name))
      return nil
    }
    if hot.isResolved {
      if currency == markets[market].resolution!.currency { return configuration.exponent(of: currency) }
      problems.append(.init(.currencyMismatch, CommitmentField.currency.name))
      return nil
    }
    guard configuration.amountUnit == .major else { return nil }
    let exponent = configuration.exponent(of: currency)
    if exponent == nil { problems.append(.init(.unknownCurrencyExponent, CommitmentField.currency.name)) }
    return exponent
  }

  private func takeTime(
    _ cell: Cell, market: Int, _ flags: inout CommitmentFlags, _ problems: inout [RowProblem]
  ) {
    guard cell.kind != .faulty else { return }
    guard cell.kind == .text, let instant = unsafe Instant(cell.buffer) else {
      problems.append(.init(.invalidTime, CommitmentField.committedAt.name))
      return
    }
    if instant > markets[market].resolution!.closesAt! { flags.insert(.late) }
  }

  @inline(never)
  private func rejectCommitment(
    _ cells: UnsafeMutableBufferPointer<Cell>, line: Int, market: Int, isCommitmentIDValid: Bool,
    _ problems: [RowProblem], _ summary: InputSummary
  ) {
    for problem in RowProblem.distinct(problems) {
      let rejection = unsafe Rejection(
        problem.code, field: problem.field, table: .commitments, file: summary.file, line: line,
        marketID: market >= 0 ? markets[market].id : nil,
        rowID: isCommitmentIDValid ? ID(cells[CommitmentField.commitmentID.rawValue].bytes) : nil)
      rejections.append(rejection)
      if market >= 0 { markets[market].rejectCodes.insert(problem.code) } else { refusals.append(rejection) }
    }
  }
}

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

/// Told how far a command is.
package protocol ProgressObserver: AnyObject, Sendable {
  /// - Parameter total: bytes or rows to come, where known.
  func begin(stage: String, total: Int?)
  func advance(rows: Int)
  func end()
}
