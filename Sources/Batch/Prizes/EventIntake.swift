// What do the files of events, registrations and placements hold? Every file is read once, every row checked.
internal import Interchange
internal import Markets
internal import Money
internal import Prizes

/// An event of the batch and what was found of it.
struct EventRecord: Sendable {
  let id: ID
  let file: Int
  let line: Int
  /// Nil where its row was rejected.
  var terms: EventTerms?
  /// What events.csv shows of an event that is not settled; nil where it is invalid.
  var shownCurrency: Currency?
  /// Who may act on it beside admins.
  var organizerID: ID?
  var rejectCodes = RowCodes()
  /// Rows of the event, last one first: numbers into the intake's columns, -1 for none.
  var lastRegistration: Int32 = -1
  var lastPlacement: Int32 = -1
  var confirmed = 0
  var placements = 0
}

/// Reads a batch of events. Memory grows with the rows: an id and some 24 bytes for each registration, 16 for each
/// placement.
final class EventIntake {
  let operation: PrizeOperation
  let configuration: PrizeConfiguration
  private(set) var events: [EventRecord] = []
  private(set) var registrations = RegistrationStore()
  private(set) var placements: [PlacementRecord] = []
  private(set) var inputs: [InputSummary] = []
  private(set) var rejections: [Rejection] = []
  /// Why the whole batch must be refused.
  private(set) var refusals: [Rejection] = []
  private(set) var notices: [String] = []
  /// Sound rows of events that the batch does not have.
  private(set) var strayRows = 0

  private let eventNumbers = WordTable()
  private var distributions: DistributionReader
  private var unknownFields: Set<[UInt8]> = []
  private let progress: (any ProgressObserver)?

  /// A registration at a place.
  struct PlacementRecord: Sendable {
    let registration: Int32
    let place: Int32
    /// The event's placement before this one; -1 for none.
    let previous: Int32
    let file: UInt16
    var isRejected: Bool
    let line: UInt32
  }

  init(_ operation: PrizeOperation, _ configuration: PrizeConfiguration, progress: (any ProgressObserver)?) {
    self.operation = operation
    self.configuration = configuration
    self.progress = progress
    distributions = DistributionReader(unit: configuration.base.amountUnit)
  }

  func read(_ files: [InputFile]) throws(BatchError) {
    // Placements name registrations, and both name events.
    for table in [Table.events, .registrations, .placements] {
      for (index, file) in files.filter({ $0.table == table }).enumerated() { try read(file, number: index + 1) }
    }
    if !unknownFields.isEmpty {
      let names = unknownFields.map { String(decoding: $0, as: UTF8.self) }.sorted().prefix(8).map(Terminal.safe)
      notices.append("columns that settle does not know are ignored and never copied: \(names.joined(separator: ", "))")
    }
  }

  private func read(_ file: InputFile, number: Int) throws(BatchError) {
    guard number < 1 << 16 else {
      throw BatchError("too_many_files", .usage, "more than 65535 files of one table", hint: "join some of them")
    }
    var summary = InputSummary(table: file.table, file: number, format: file.format)
    progress?.begin(stage: "read \(summary.name)", total: FileSystem.size(of: file.path))
    do throws(FileError) {
      let stream = try InputStream(path: file.path)
      let schema: Schema =
        switch file.table {
        case .events: .events
        case .registrations: .registrations
        case .placements: .placements
        case .commitments, .resolutions, .payments: preconditionFailure("\(file.table) is no table of events")
        }
      let reader = file.format.reader(of: stream, schema: schema)
      try readRows(reader, &summary)
      unknownFields.formUnion(reader.unknownFields)
      (summary.byteCount, summary.digest) = try stream.summary()
    } catch {
      throw BatchError.file(error)
    }
    inputs.append(summary)
  }

  private func readRows(_ reader: any RecordReader, _ summary: inout InputSummary) throws(FileError) {
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
        switch summary.table {
        case .events: takeEvent(reader, &summary)
        case .registrations: takeRegistration(reader, &summary)
        case .placements: takePlacement(reader, &summary)
        case .commitments, .resolutions, .payments: preconditionFailure("\(summary.table) is no table of events")
        }
      }
    }
  }

  // MARK: Rejections

  private func refuse(_ fault: Fault, _ summary: InputSummary) {
    let rejection = Rejection(fault, summary)
    refusals.append(rejection)
    rejections.append(rejection)
  }

  /// Notes the problems of a row, and holds its event where that is known.
  private func reject(
    _ problems: [RowProblem], _ summary: InputSummary, file: Int? = nil, line: Int, event: ID?, number: Int?, row: ID?
  ) {
    for problem in RowProblem.distinct(problems) {
      let rejection = Rejection(
        problem.code, field: problem.field, table: summary.table, file: file ?? summary.file, line: line,
        marketID: event,
        rowID: row)
      rejections.append(rejection)
      if event == nil { refusals.append(rejection) }
      if let number { events[number].rejectCodes.insert(problem.code) }
    }
  }

  /// A row was found to be rejected after it was counted as accepted.
  private func countLate(_ table: Table, file: Int, _ summary: inout InputSummary) {
    if summary.table == table && summary.file == file {
      summary.rejected += 1
    } else if let index = inputs.firstIndex(where: { $0.table == table && $0.file == file }) {
      inputs[index].rejected += 1
    }
  }

  /// A problem that shows only when the event is settled.
  func rejectEvent(_ number: Int, _ code: RowCode, _ field: String, table: Table) -> Rejection {
    let event = events[number]
    events[number].rejectCodes.insert(code)
    let isOwnRow = table == .events
    let rejection = Rejection(
      code, field: field, table: table, file: isOwnRow ? event.file : nil, line: isOwnRow ? event.line : nil,
      marketID: event.id, rowID: isOwnRow ? event.id : nil)
    rejections.append(rejection)
    if isOwnRow, let index = inputs.firstIndex(where: { $0.table == .events && $0.file == event.file }) {
      inputs[index].rejected += 1
    }
    return rejection
  }

  // MARK: Events

  private func takeEvent(_ reader: any RecordReader, _ summary: inout InputSummary) {
    let row = EventRow(reader, operation, configuration, &distributions)
    guard let id = row.eventID else {
      summary.rejected += 1
      reject(row.problems, summary, line: reader.line, event: nil, number: nil, row: nil)
      return
    }
    if !configuration.base.only.isEmpty && !configuration.base.only.contains(id) { return }
    if let number = number(ofEvent: id.bytes) {
      takeDuplicate(row, number, reader.line, &summary)
      return
    }
    let number = events.count
    unsafe id.bytes.withUnsafeBufferPointer { unsafe eventNumbers.add($0, number: number) }
    var event = EventRecord(id: id, file: summary.file, line: reader.line)
    if row.isCurrencyValid { event.shownCurrency = row.terms.currency }
    event.organizerID = row.terms.organizerID
    if row.problems.isEmpty { event.terms = row.terms } else { summary.rejected += 1 }
    events.append(event)
    reject(row.problems, summary, line: reader.line, event: id, number: number, row: id)
  }

  private func takeDuplicate(_ row: EventRow, _ number: Int, _ line: Int, _ summary: inout InputSummary) {
    let first = events[number]
    let problem = RowProblem(.duplicateEvent, EventField.eventID.name)
    if first.terms != nil { countLate(.events, file: first.file, &summary) }
    if !duplicatedEvents.contains(number) {
      duplicatedEvents.insert(number)
      reject(
        [problem], summary, file: first.file, line: first.line, event: first.id, number: number, row: first.id)
    }
    events[number].terms = nil
    if first.organizerID != row.terms.organizerID { events[number].organizerID = nil }
    if !row.isCurrencyValid || first.shownCurrency != row.terms.currency { events[number].shownCurrency = nil }
    summary.rejected += 1
    reject(row.problems + [problem], summary, line: line, event: first.id, number: number, row: first.id)
  }
  private var duplicatedEvents: Set<Int> = []

  func number(ofEvent id: [UInt8]) -> Int? {
    unsafe id.withUnsafeBufferPointer { unsafe eventNumbers.number(of: $0) }
  }

  /// The event that a row names: its number, or that the batch does not have it; nil where it cannot be told.
  private enum Owner {
    case event(Int)
    case stray(ID)
    case unknown
  }

  private func owner(_ cell: Cell?) -> Owner {
    guard let cell else { return .unknown }
    if let number = unsafe eventNumbers.number(of: cell.buffer) { return .event(number) }
    return .stray(ID(cell.bytes))
  }

  // MARK: Registrations

  private func takeRegistration(_ reader: any RecordReader, _ summary: inout InputSummary) {
    var row = CheckedRow(reader, RegistrationField.self)
    let owner = owner(row.required(.eventID, CellCheck.id))
    let id = row.required(.registrationID, CellCheck.id)
    let status = row.required(.status) { $0.kind == .text ? nil : .invalidStatus }
    let user = row.optional(.userID, CellCheck.personID)
    switch owner {
    case .unknown:
      summary.rejected += 1
      reject(row.problems, summary, line: reader.line, event: nil, number: nil, row: id.map { ID($0.bytes) })
    case .stray(let event):
      strayRows += 1
      guard !row.problems.isEmpty else { return }
      summary.rejected += 1
      reject(row.problems, summary, line: reader.line, event: event, number: nil, row: id.map { ID($0.bytes) })
    case .event(let number):
      let event = events[number].id
      guard let id else {
        summary.rejected += 1
        reject(row.problems, summary, line: reader.line, event: event, number: number, row: nil)
        return
      }
      if let first = unsafe registrations.number(of: id.buffer) {
        let problem = RowProblem(.duplicateRegistration, RegistrationField.registrationID.name)
        row.problems.append(problem)
        if !registrations.isRejected(first) { countLate(.registrations, file: registrations.file(first), &summary) }
        if registrations.markDuplicated(first) {
          let other = Int(registrations.event(first))
          reject(
            [problem], summary, file: registrations.file(first), line: registrations.line(first),
            event: events[other].id, number: other, row: registrations.id(first))
        }
      } else {
        let standing = status.map { RegistrationStore.Standing($0.bytes) } ?? .other
        let added = unsafe registrations.add(
          id.buffer, event: Int32(number), previous: events[number].lastRegistration, standing: standing,
          user: user.map { ID($0.bytes) }, file: summary.file, line: reader.line, isRejected: !row.problems.isEmpty)
        events[number].lastRegistration = Int32(added)
        if standing == .confirmed { events[number].confirmed += 1 }
      }
      if !row.problems.isEmpty {
        summary.rejected += 1
        reject(row.problems, summary, line: reader.line, event: event, number: number, row: ID(id.bytes))
      }
    }
  }

  // MARK: Placements

  private func takePlacement(_ reader: any RecordReader, _ summary: inout InputSummary) {
    var row = CheckedRow(reader, PlacementField.self)
    let owner = owner(row.required(.eventID, CellCheck.id))
    let id = row.required(.registrationID, CellCheck.id)
    var place: Places?
    if let cell = row.required(.place, { $0.kind == .text || $0.kind == .number ? nil : .invalidPlace }) {
      place = unsafe Places(cell.buffer)
      if place == nil { row.problem(.invalidPlace, .place) }
    }
    switch owner {
    case .unknown:
      summary.rejected += 1
      reject(row.problems, summary, line: reader.line, event: nil, number: nil, row: id.map { ID($0.bytes) })
    case .stray(let event):
      strayRows += 1
      guard !row.problems.isEmpty else { return }
      summary.rejected += 1
      reject(row.problems, summary, line: reader.line, event: event, number: nil, row: id.map { ID($0.bytes) })
    case .event(let number):
      if let id {
        put(id, at: place, number, &row, reader.line, &summary)
      }
      guard !row.problems.isEmpty else { return }
      summary.rejected += 1
      reject(
        row.problems, summary, line: reader.line, event: events[number].id, number: number,
        row: id.map { ID($0.bytes) })
    }
  }

  private func put(
    _ id: Cell, at place: Places?, _ number: Int, _ row: inout CheckedRow<PlacementField>, _ line: Int,
    _ summary: inout InputSummary
  ) {
    guard let registration = unsafe registrations.number(of: id.buffer),
      Int(registrations.event(registration)) == number
    else {
      row.problem(.unknownRegistration, .registrationID)
      return
    }
    if registrations.standing(registration) == .barred { row.problem(.registrationNotEligible, .registrationID) }
    if let first = registrations.placement(registration) {
      let problem = RowProblem(.duplicatePlacement, PlacementField.registrationID.name)
      row.problems.append(problem)
      let earlier = placements[first]
      if !earlier.isRejected { countLate(.placements, file: Int(earlier.file), &summary) }
      if !duplicatedPlacements.contains(first) {
        duplicatedPlacements.insert(first)
        placements[first].isRejected = true
        reject(
          [problem], summary, file: Int(earlier.file), line: Int(earlier.line), event: events[number].id,
          number: number, row: registrations.id(registration))
      }
      return
    }
    placements.append(
      PlacementRecord(
        registration: Int32(registration), place: Int32(place?.first ?? 0), previous: events[number].lastPlacement,
        file: UInt16(summary.file), isRejected: !row.problems.isEmpty, line: UInt32(clamping: line)))
    events[number].lastPlacement = Int32(placements.count - 1)
    events[number].placements += 1
    registrations.setPlacement(registration, placements.count - 1)
  }
  private var duplicatedPlacements: Set<Int> = []

  // MARK: Rows of an event

  /// Placements of an event in the order of their registration ids.
  func placements(of number: Int) -> [(registration: Int, place: Int)] {
    var found: [(registration: Int, place: Int)] = []
    found.reserveCapacity(events[number].placements)
    var index = events[number].lastPlacement
    while index >= 0 {
      let placement = placements[Int(index)]
      found.append((Int(placement.registration), Int(placement.place)))
      index = placement.previous
    }
    found.sort { registrations.precedes($0.registration, $1.registration) }
    return found
  }

  /// Registrations of a user in the order of their ids.
  func registrations(ofUser user: ID) -> [Int] {
    (0..<registrations.count).filter { registrations.user($0) == user }.sorted { registrations.precedes($0, $1) }
  }

  /// Confirmed registrations of an event in the order of their ids.
  func confirmed(of number: Int) -> [Int] {
    var found: [Int] = []
    found.reserveCapacity(events[number].confirmed)
    var index = events[number].lastRegistration
    while index >= 0 {
      if registrations.standing(Int(index)) == .confirmed { found.append(Int(index)) }
      index = registrations.previous(Int(index))
    }
    found.sort { registrations.precedes($0, $1) }
    return found
  }
}
