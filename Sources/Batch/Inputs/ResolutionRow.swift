// What does a row of resolutions say, and is it all right?
internal import Interchange
internal import Markets
internal import Money

/// One row of resolutions with the configuration's defaults filled in, and every problem it has.
@safe
struct ResolutionRow {
  /// Nil where the market cannot be told.
  private(set) var marketID: ID?
  private(set) var resolution: Resolution
  var problems: [RowProblem] = []
  private(set) var isResolutionIDValid = false
  private(set) var isOutcomeValid = true
  private(set) var isCurrencyValid = true

  private let cells: UnsafeMutableBufferPointer<Cell>

  init(cells: UnsafeMutableBufferPointer<Cell>, configuration: Configuration) {
    unsafe self.cells = unsafe cells
    resolution = Resolution(marketID: ID(""), resolutionID: ID(""))
    resolution.policies = configuration.policies
    resolution.currency = configuration.currency

    marketID = required(.marketID, CellCheck.id)
    resolution.marketID = marketID ?? ID("")
    if let id = required(.resolutionID, CellCheck.id) {
      resolution.resolutionID = id
      isResolutionIDValid = true
    }
    takeOutcome()
    takePolicies()
    takeFees()
    takeCurrency(configuration)
    if let cell = given(.closesAt) {
      resolution.closesAt = unsafe cell.kind == .text ? Instant(cell.buffer) : nil
      if resolution.closesAt == nil { problem(.invalidTime, .closesAt) }
    }
    takeOptions()
  }

  // MARK: Groups of columns

  private mutating func takeOutcome() {
    guard let cell = given(.outcome) else {
      isOutcomeValid = self.cell(.outcome).kind != .faulty
      return
    }
    if cell.kind == .text, let outcome = Outcome(rawValue: ResolutionRow.text(cell)) {
      resolution.outcome = outcome
    } else {
      isOutcomeValid = false
      problem(.invalidOutcome, .outcome)
    }
  }

  private mutating func takePolicies() {
    choose(.feeBase, \.feeBase)
    choose(.feeRounding, \.feeRounding)
    choose(.winnerSplit, \.winnerSplit)
    choose(.remainder, \.remainder)
    choose(.minusPool, \.minusPool)
    choose(.noWinner, \.noWinner)
    choose(.positionCheck, \.positionCheck)
    rate(.refund, \.refund)
  }

  private mutating func takeFees() {
    let before = problems.count
    rate(.houseFee, \.houseFee)
    rate(.creatorFee, \.creatorFee)
    let areValid = problems.count == before
    if areValid, resolution.policies.houseFee.value + resolution.policies.creatorFee.value > BasisPoints.whole {
      problem(.invalidBps, .creatorFee)
    }
    if let cell = given(.creatorID) {
      if let code = CellCheck.personID(cell) {
        problem(code, .creatorID)
      } else {
        resolution.creatorID = ID(cell.bytes)
      }
    } else if cell(.creatorID).kind == .absent, areValid, resolution.policies.creatorFee.value > 0 {
      problem(.missingCreator, .creatorID)
    }
  }

  private mutating func takeCurrency(_ configuration: Configuration) {
    if let cell = given(.currency) {
      if cell.kind == .text, let currency = Currency(bytes: cell.bytes) {
        resolution.currency = currency
      } else {
        isCurrencyValid = false
        problem(.invalidCurrency, .currency)
        return
      }
    } else if cell(.currency).kind == .faulty {
      isCurrencyValid = false
      return
    }
    if configuration.amountUnit == .major, configuration.exponent(of: resolution.currency) == nil {
      problem(.unknownCurrencyExponent, .currency)
    }
  }

  private mutating func takeOptions() {
    let options = list(.options)
    let winning = list(.winningOption)
    let void = list(.voidOptions)
    for (field, keyPath) in [(ResolutionField.yesOption, \Resolution.yesOption), (.noOption, \.noOption)] {
      guard let cell = given(field) else { continue }
      if let code = CellCheck.optionID(cell) {
        problem(code, field)
      } else {
        resolution[keyPath: keyPath] = ID(cell.bytes)
      }
    }
    resolution.options = Set(options ?? [])
    resolution.winningOptions = (winning ?? []).map(resolution.resolvedOption)
    resolution.voidOptions = (void ?? []).map(resolution.resolvedOption)
    takeWeights(isWinningListValid: winning != nil || cell(.winningOption).kind == .absent)
    guard isOutcomeValid else { return }
    if resolution.outcome == .void {
      if cell(.winningOption).kind != .absent { problem(.invalidOutcome, .winningOption) }
    } else if cell(.winningOption).kind == .absent {
      problem(.missingField, .winningOption)
    }
    checkOptions()
  }

  /// Each resolved option is one of the market's, and stands once.
  private mutating func checkOptions() {
    let winning = Set(resolution.winningOptions)
    if winning.count < resolution.winningOptions.count || !winning.allSatisfy(resolution.hasOption) {
      problem(.unknownWinningOption, .winningOption)
    }
    let void = Set(resolution.voidOptions)
    if void.count < resolution.voidOptions.count || !void.allSatisfy(resolution.hasOption)
      || !void.isDisjoint(with: winning)
    {
      problem(.unknownWinningOption, .voidOptions)
    }
  }

  private mutating func takeWeights(isWinningListValid: Bool) {
    guard let items = items(.winningWeights) else { return }
    var weights: [Int64] = []
    for item in items {
      guard case .value(let weight) = unsafe item.withUnsafeBufferPointer({ unsafe CellCheck.integer($0) }), weight > 0
      else {
        problem(.weightsMismatch, .winningWeights)
        return
      }
      weights.append(weight)
    }
    guard weights.count == resolution.winningOptions.count else {
      if isWinningListValid { problem(.weightsMismatch, .winningWeights) }
      return
    }
    resolution.winningWeights = weights
  }

  // MARK: Cells

  private func cell(_ field: ResolutionField) -> Cell { unsafe cells[field.rawValue] }

  /// The cell, unless it is absent or already reported.
  private func given(_ field: ResolutionField) -> Cell? {
    let cell = cell(field)
    return cell.kind == .absent || cell.kind == .faulty ? nil : cell
  }

  private mutating func problem(_ code: RowCode, _ field: ResolutionField) { problems.append(.init(code, field.name)) }

  private mutating func required(_ field: ResolutionField, _ rule: (Cell) -> RowCode?) -> ID? {
    if cell(field).kind == .absent { problem(.missingField, field) }
    guard let cell = given(field) else { return nil }
    if let code = rule(cell) {
      problem(code, field)
      return nil
    }
    return ID(cell.bytes)
  }

  private mutating func choose<Choice: RawRepresentable>(
    _ field: ResolutionField, _ keyPath: WritableKeyPath<Policies, Choice>
  ) where Choice.RawValue == String {
    guard let cell = given(field) else { return }
    if cell.kind == .text, let choice = Choice(rawValue: ResolutionRow.text(cell)) {
      resolution.policies[keyPath: keyPath] = choice
    } else {
      problem(.invalidPolicy, field)
    }
  }

  private mutating func rate(_ field: ResolutionField, _ keyPath: WritableKeyPath<Policies, BasisPoints>) {
    guard let cell = given(field) else { return }
    if case .value(let value) = CellCheck.integer(cell), let rate = BasisPoints(value) {
      resolution.policies[keyPath: keyPath] = rate
    } else {
      problem(.invalidBps, field)
    }
  }

  /// The option ids of a list; nil where it is absent or has a problem.
  private mutating func list(_ field: ResolutionField) -> [ID]? {
    guard let items = items(field) else { return nil }
    for item in items {
      let code = unsafe item.withUnsafeBufferPointer { bytes in
        var classes: ByteClass = []
        for index in bytes.indices { unsafe classes.formUnion(ByteClass.of(bytes[index])) }
        return unsafe CellCheck.optionID(Cell(.text, start: bytes.baseAddress!, count: bytes.count, classes: classes))
      }
      if let code {
        problem(code, field)
        return nil
      }
    }
    return items.map { ID($0) }
  }

  /// The elements of a list: a JSON array, or text split at `|`. None is empty.
  private mutating func items(_ field: ResolutionField) -> [[UInt8]]? {
    guard let cell = given(field) else { return nil }
    var items: [[UInt8]] = []
    switch cell.kind {
    case .text where unsafe cell.buffer.first == 0x5B, .array:
      // A CSV cell may hold a JSON array too: no id starts with a bracket.
      guard let elements = (try? JSONValue(parsing: cell.bytes))?.elements else {
        problem(.malformedRow, field)
        return nil
      }
      for element in elements {
        switch element {
        case .string(let text): items.append(Array(text.utf8))
        // A number that is not whole is neither an id nor a weight; the sign makes sure.
        case .number(let digits):
          items.append((Int64(digits) == nil && digits.contains(".") ? [0x2D] : []) + digits.utf8)
        default: items.append([])
        }
      }
    case .text, .number:
      items = cell.bytes.split(separator: 0x7C, omittingEmptySubsequences: false).map(Array.init)
    default:
      problem(.malformedRow, field)
      return nil
    }
    guard !items.contains([]) else {
      problem(.malformedRow, field)
      return nil
    }
    return items
  }

  private static func text(_ cell: Cell) -> String { unsafe String(decoding: cell.buffer, as: UTF8.self) }
}
