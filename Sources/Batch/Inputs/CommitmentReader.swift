// What does each row of commitments say? The hot path: ten million times a night.
internal import Interchange
internal import Markets
internal import Money

/// Reads and checks commitments on one thread, into a store of its own.
///
/// Markets and the meanings of option words belong to the intake, behind its lock; this reader keeps what it has
/// learnt of them, so that it asks only for what is new.
@safe
final class CommitmentReader: @unchecked Sendable {
  let store = CommitmentStore()
  private(set) var rejections: [Rejection] = []
  private(set) var refusals: [Rejection] = []
  private(set) var unknownFields: Set<[UInt8]> = []
  /// Counts of the file that is being read.
  private(set) var summary: InputSummary
  /// The rest of the file cannot be read.
  private(set) var isUnreadable = false

  private let intake: Intake
  private let marketNumbers: WordTable
  private let configuration: Configuration
  /// By market; markets that turn up later have none.
  private let resolutions: [Resolution?]
  /// Commitments after it are late.
  private let closings: [Instant?]
  private let hotMarkets = HotMarkets()
  /// Numbers of markets that have no resolution.
  private let unresolvedNumbers = WordTable()
  private let words = WordTable()
  private var wordFacts: [WordFacts] = []

  init(_ intake: Intake) {
    self.intake = intake
    marketNumbers = intake.marketNumbers
    configuration = intake.configuration
    resolutions = intake.markets.map(\.resolution)
    closings = resolutions.map { $0?.closesAt }
    summary = InputSummary(table: .commitments, file: 0, format: .csv)
    for resolution in resolutions {
      hotMarkets.append(resolution.map { HotMarket($0) } ?? HotMarket())
      store.addMarket()
    }
  }

  func begin(_ file: InputSummary) { summary = file }

  /// Reads records to the end of the file or piece.
  func read(_ reader: any RecordReader) throws(FileError) {
    defer { unknownFields.formUnion(reader.unknownFields) }
    if let reader = reader as? CSVReader {
      try read(from: reader)
    } else if let reader = reader as? JSONReader {
      try read(from: reader)
    }
  }

  /// Specialised for each reader, so that the loop makes no dynamic calls.
  @inline(__always)
  private func read<Reader: RecordReader>(from reader: Reader) throws(FileError) {
    var problems: [RowProblem] = []
    // The markets of a batch; below 0 where there is none to be told.
    var markets = InlineArray<16, Int>(repeating: -1)
    while true {
      switch try reader.nextBatch() {
      case .end: return
      case .unreadable(let fault):
        isUnreadable = true
        refuse(fault)
        return
      case .broken(let fault):
        summary.rows += 1
        summary.rejected += 1
        refuse(fault)
      case .record:
        // What is known of ten thousand markets lies in as many places: the memory of a whole batch is asked for before
        // the first of its records is looked at.
        let count = reader.batchCount
        for record in 0..<count {
          let cell = unsafe reader.cells(of: record)[CommitmentField.marketID.rawValue]
          if cell.kind != .absent { unsafe marketNumbers.prefetch(cell.buffer) }
        }
        for record in 0..<count {
          markets[record] = market(of: unsafe reader.cells(of: record)[CommitmentField.marketID.rawValue])
          if markets[record] >= 0 {
            hotMarkets.prefetch(markets[record])
            store.prefetch(markets[record])
          }
        }
        for record in 0..<count where markets[record] >= 0 { store.prefetchEnd(of: markets[record]) }
        for record in 0..<count {
          summary.rows += 1
          if summary.rows & 0xFFFF == 0 { intake.progress?.advance(rows: summary.rows * intake.threads) }
          if record == count - 1, !reader.faults.isEmpty {
            for fault in reader.faults { problems.append(.init(RowCode(rawValue: fault.code)!, fault.field)) }
          }
          unsafe take(reader.cells(of: record), line: reader.line(of: record), knownMarket: markets[record], &problems)
        }
      }
    }
  }

  /// The number of the market that a cell names; below 0 where it names none.
  @inline(__always)
  private func market(of cell: Cell) -> Int {
    guard cell.kind != .absent, cell.kind != .faulty, CellCheck.id(cell) == nil else { return -1 }
    return unsafe number(of: cell.buffer)
  }

  func refuse(_ fault: Fault) {
    let rejection = Rejection(fault, summary)
    refusals.append(rejection)
    rejections.append(rejection)
  }

  /// The number of a market, known to the intake or new there.
  @inline(__always)
  private func number(of id: UnsafeBufferPointer<UInt8>) -> Int {
    unsafe marketNumbers.number(of: id) ?? unresolvedNumber(of: id)
  }

  private func unresolvedNumber(of id: UnsafeBufferPointer<UInt8>) -> Int {
    if let known = unsafe unresolvedNumbers.number(of: id) { return known }
    let number = unsafe intake.unresolvedMarket(ID(Array(id)))
    unsafe unresolvedNumbers.add(id, number: number)
    while store.marketCount <= number {
      store.addMarket()
      hotMarkets.append(HotMarket())
    }
    return number
  }

  @inline(__always)
  private func take(
    _ cells: UnsafeMutableBufferPointer<Cell>, line: Int, knownMarket market: Int, _ problems: inout [RowProblem]
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

    if market < 0 { _ = check(.marketID, CellCheck.id) }
    let isCommitmentIDValid = check(.commitmentID, CellCheck.id)
    let isUserIDValid = check(.userID, CellCheck.personID)
    let isResolved = unsafe market >= 0 && hotMarkets[market].pointee.isResolved

    var flags = CommitmentFlags()
    let option = unsafe takeOption(cells, market: market, isResolved: isResolved, &flags, &problems)
    let currencyExponent = unsafe takeCurrency(cells, market: market, isResolved: isResolved, &problems)

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
    if isResolved, unsafe hotMarkets[market].pointee.closes, let closesAt = closings[market] {
      unsafe takeTime(cells[CommitmentField.committedAt.rawValue], closesAt, &flags, &problems)
    }

    if problems.isEmpty {
      if flags.contains(.excluded) { summary.excluded += 1 }
    } else {
      summary.rejected += 1
      flags.insert(.rejected)
      unsafe rejectCommitment(
        cells, line: line, market: market, isCommitmentIDValid: isCommitmentIDValid, problems)
      problems.removeAll(keepingCapacity: true)
      guard market >= 0, isCommitmentIDValid else { return }
    }
    let commitmentID = unsafe cells[CommitmentField.commitmentID.rawValue]
    let userID = unsafe cells[CommitmentField.userID.rawValue]
    unsafe store.append(
      to: market,
      CommitmentRecord.Head(
        amount: amount, file: summary.file, line: line, option: option, flags: flags,
        quotes: (commitmentID.classes.contains(.quoted) ? 1 : 0) | (userID.classes.contains(.quoted) ? 2 : 0)),
      commitmentID: commitmentID.buffer,
      userID: isUserIDValid ? userID.buffer : UnsafeBufferPointer(start: nil, count: 0))
  }

  private enum CommitmentStatus {
    case active, excluded

    init?(_ cell: Cell) {
      guard cell.kind == .text else { return nil }
      if unsafe cell.buffer.elementsEqual("active".utf8) {
        self = .active
      } else if unsafe cell.buffer.elementsEqual("cancelled".utf8) || cell.buffer.elementsEqual("withdrawn".utf8) {
        self = .excluded
      } else {
        return nil
      }
    }
  }

  @inline(__always)
  private func takeOption(
    _ cells: UnsafeMutableBufferPointer<Cell>, market: Int, isResolved: Bool, _ flags: inout CommitmentFlags,
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
    if let position, unsafe hotMarkets[market].pointee.checksPosition, isResolved, option.isKnownOption {
      let agrees = option.mustMatchPosition ? position.option == option.option : position.isYes
      if !agrees { problems.append(.init(.positionConflict, CommitmentField.position.name)) }
    }
    return option.option
  }

  private static let yes: UInt64 = 0x73_6579
  private static let no: UInt64 = 0x6F6E

  /// `yes` or `no`, each letter small or capital.
  @inline(__always)
  private func isYesPosition(_ cell: Cell) -> Bool? {
    guard cell.kind == .text, cell.count == 2 || cell.count == 3 else { return nil }
    let isYes = cell.count == 3
    let letters = cell.word | (isYes ? 0x20_2020 : 0x2020)
    return letters == (isYes ? CommitmentReader.yes : CommitmentReader.no) ? isYes : nil
  }

  /// What a word means in its market: looked up, or worked out where it is new.
  @inline(__always)
  private func facts(of cell: Cell, market: Int) -> WordFacts {
    if cell.count <= 8 {
      if let facts = unsafe hotMarkets[market].pointee.facts(of: cell.word) { return facts }
    }
    if let number = unsafe words.number(of: cell.buffer, owner: market) { return wordFacts[number] }
    return newWord(cell, market: market)
  }

  @inline(never)
  private func newWord(_ cell: Cell, market: Int) -> WordFacts {
    let word = ID(cell.bytes)
    // All but the number is found without the intake's lock: a night begins with each market's every word.
    let resolution = market < resolutions.count ? resolutions[market] : nil
    let option = resolution?.resolvedOption(word) ?? word
    let facts = WordFacts(
      option: intake.optionNumber(of: option, in: market), isKnownOption: resolution?.hasOption(option) ?? true,
      mustMatchPosition: resolution?.isAboutYesAndNo(option) ?? false, isYes: word.isYes)
    if cell.count <= 8, unsafe hotMarkets[market].pointee.keep(cell.word, facts) {
      return facts
    }
    unsafe words.add(cell.buffer, owner: market, number: wordFacts.count)
    wordFacts.append(facts)
    return facts
  }

  /// The decimals to read the amount with; nil where they are not known, or do not matter.
  @inline(__always)
  private func takeCurrency(
    _ cells: UnsafeMutableBufferPointer<Cell>, market: Int, isResolved: Bool, _ problems: inout [RowProblem]
  ) -> Int? {
    let cell = unsafe cells[CommitmentField.currency.rawValue]
    if cell.kind == .absent || cell.kind == .faulty {
      guard configuration.amountUnit == .major, isResolved else { return nil }
      return configuration.exponent(of: resolutions[market]!.currency)
    }
    return takeGivenCurrency(cell, market: market, isResolved: isResolved, &problems)
  }

  @inline(never)
  private func takeGivenCurrency(_ cell: Cell, market: Int, isResolved: Bool, _ problems: inout [RowProblem]) -> Int? {
    if isResolved, cell.kind == .text, cell.count <= 12,
      unsafe WordTable.packed(cell.buffer) == hotMarkets[market].pointee.currency
    {
      return configuration.amountUnit == .major ? configuration.exponent(of: resolutions[market]!.currency) : nil
    }
    guard cell.kind == .text, let currency = Currency(bytes: cell.bytes) else {
      problems.append(.init(.invalidCurrency, CommitmentField.currency.name))
      return nil
    }
    if isResolved {
      if currency == resolutions[market]!.currency { return configuration.exponent(of: currency) }
      problems.append(.init(.currencyMismatch, CommitmentField.currency.name))
      return nil
    }
    guard configuration.amountUnit == .major else { return nil }
    let exponent = configuration.exponent(of: currency)
    if exponent == nil { problems.append(.init(.unknownCurrencyExponent, CommitmentField.currency.name)) }
    return exponent
  }

  private func takeTime(
    _ cell: Cell, _ closesAt: Instant, _ flags: inout CommitmentFlags, _ problems: inout [RowProblem]
  ) {
    guard cell.kind != .faulty else { return }
    guard cell.kind == .text, let instant = unsafe Instant(cell.buffer) else {
      problems.append(.init(.invalidTime, CommitmentField.committedAt.name))
      return
    }
    if instant > closesAt { flags.insert(.late) }
  }

  @inline(never)
  private func rejectCommitment(
    _ cells: UnsafeMutableBufferPointer<Cell>, line: Int, market: Int, isCommitmentIDValid: Bool,
    _ problems: [RowProblem]
  ) {
    for problem in RowProblem.distinct(problems) {
      let rejection = unsafe Rejection(
        problem.code, field: problem.field, table: .commitments, file: summary.file, line: line,
        marketID: market >= 0 ? intake.marketID(market) : nil,
        rowID: isCommitmentIDValid ? ID(cells[CommitmentField.commitmentID.rawValue].bytes) : nil)
      rejections.append(rejection)
      if market >= 0 { intake.hold(market, problem.code) } else { refusals.append(rejection) }
    }
  }
}
