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
@safe
final class Intake: @unchecked Sendable {
  let configuration: Configuration
  let threads: Int
  var markets: [Market] = []
  /// The commitments, one store for each thread that read some.
  private(set) var stores: [CommitmentStore] = []
  private(set) var inputs: [InputSummary] = []
  var rejections: [Rejection] = []
  /// Why the whole batch must be refused: a file that cannot be read to its end, a row whose market cannot be told.
  var refusals: [Rejection] = []
  private(set) var notices: [String] = []

  private(set) var marketNumbers = WordTable()
  let progress: (any ProgressObserver)?

  /// Guards what commitments add while several threads read them.
  private let lock = Monitor(())
  private var optionNumbers: [Int: [ID: Int]] = [:]
  private var unresolvedNumbers: [ID: Int] = [:]
  private var readers: [CommitmentReader] = []
  private var unknownFields: Set<[UInt8]> = []
  private var cutsArrays = true
  private var isCutWrong = false

  init(configuration: Configuration, threads: Int, progress: (any ProgressObserver)?) {
    self.configuration = configuration
    self.threads = threads
    self.progress = progress
  }

  func read(_ files: [InputFile]) throws(BatchError) {
    try readAll(files)
    if isCutWrong {
      // A piece of a JSON array did not end behind an element: the array is damaged, or was cut inside a string.
      // Read as a whole it shows which.
      forget()
      cutsArrays = false
      try readAll(files)
    }
    for reader in readers {
      rejections += reader.rejections
      refusals += reader.refusals
      unknownFields.formUnion(reader.unknownFields)
    }
    if !unknownFields.isEmpty {
      let names = unknownFields.map { String(decoding: $0, as: UTF8.self) }.sorted().prefix(8).map(Terminal.safe)
      notices.append("columns that settle does not know are ignored and never copied: \(names.joined(separator: ", "))")
    }
  }

  private func readAll(_ files: [InputFile]) throws(BatchError) {
    for table in [Table.resolutions, .commitments] {
      for (index, file) in files.filter({ $0.table == table }).enumerated() where !isCutWrong {
        try read(file, number: index + 1)
      }
    }
  }

  private func forget() {
    markets = []
    marketNumbers = WordTable()
    inputs = []
    rejections = []
    refusals = []
    readers = []
    stores = []
    optionNumbers = [:]
    unresolvedNumbers = [:]
    resolutionPlaces = []
    duplicatedMarkets = []
    isCutWrong = false
  }

  private func read(_ file: InputFile, number: Int) throws(BatchError) {
    guard number < 1 << 16 else {
      throw BatchError("too_many_files", .usage, "more than 65535 files of one table", hint: "join some of them")
    }
    var summary = InputSummary(table: file.table, file: number, format: file.format)
    progress?.begin(stage: "read \(summary.name)", total: FileSystem.size(of: file.path))
    do throws(FileError) {
      switch file.table {
      case .resolutions:
        let stream = try InputStream(path: file.path, ahead: threads > 1)
        let reader = file.format.reader(of: stream, schema: .resolutions)
        try readResolutions(reader, &summary)
        unknownFields.formUnion(reader.unknownFields)
        (summary.byteCount, summary.digest) = try stream.summary()
      case .commitments:
        try readCommitments(file, &summary)
      case .events, .registrations, .placements, .payments:
        preconditionFailure("\(file.table) are not read in a night of markets")
      }
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
    let rejection = Rejection(fault, summary)
    refusals.append(rejection)
    rejections.append(rejection)
  }

  private func addMarket(_ id: ID) -> Int {
    let number = markets.count
    unsafe id.bytes.withUnsafeBufferPointer { unsafe marketNumbers.add($0, number: number) }
    markets.append(Market(id: id))
    return number
  }

  // MARK: Commitments

  /// Reads a file of commitments on all threads, where its format lets it be cut.
  private func readCommitments(_ file: InputFile, _ summary: inout InputSummary) throws(FileError) {
    if readers.isEmpty {
      readers = (0..<max(1, threads)).map { _ in CommitmentReader(self) }
      stores = readers.map(\.store)
    }
    for reader in readers { reader.begin(summary) }
    if threads == 1 || file.format == .json && (file.path == "-" || !cutsArrays) {
      let stream = try InputStream(path: file.path, ahead: threads > 1)
      try readers[0].read(file.format.reader(of: stream, schema: .commitments))
      (summary.byteCount, summary.digest) = try stream.summary()
    } else {
      let pieces = try InputPieces(path: file.path, layout: file.format.pieceLayout)
      try read(pieces, file.format)
      (summary.byteCount, summary.digest) = pieces.summary()
    }
    for reader in readers {
      summary.rows += reader.summary.rows
      summary.rejected += reader.summary.rejected
      summary.excluded += reader.summary.excluded
    }
  }

  private func read(_ pieces: InputPieces, _ format: InputFormat) throws(FileError) {
    guard let first = try pieces.next() else { return }
    let opening = format.reader(of: first, schema: .commitments, header: nil)
    var header: CSVHeader?
    if let opening = opening as? CSVReader {
      if let fault = try opening.prepare() {
        readers[0].refuse(fault)
        // What follows is not read, but it is part of the input's digest.
        try first.stream.drain()
        while let piece = try pieces.next() { try piece.stream.drain() }
        return
      }
      header = opening.header
    }
    let failure = Monitor<FileError?>(nil)
    Worker.concurrently(readers.count) { [readers, header] thread in
      do throws(FileError) {
        if thread == 0 { try readers[0].read(opening) }
        while let piece = try pieces.next() {
          try readers[thread].read(format.reader(of: piece, schema: .commitments, header: header))
        }
      } catch {
        failure.update { $0 = error }
      }
    }
    if let failure = failure.update({ $0 }) { throw failure }
    if format == .json, readers.contains(where: \.isUnreadable) { isCutWrong = true }
  }

  /// The number of a market without a resolution, new or known.
  func unresolvedMarket(_ id: ID) -> Int {
    lock.update { _ in
      if let known = unresolvedNumbers[id] { return known }
      let number = markets.count
      markets.append(Market(id: id))
      unresolvedNumbers[id] = number
      return number
    }
  }

  func marketID(_ number: Int) -> ID { lock.update { _ in markets[number].id } }

  /// Notes why a market may have to be held.
  func hold(_ number: Int, _ code: RowCode) { lock.update { _ in markets[number].rejectCodes.insert(code) } }

  /// The number of an option in its market; it gets one if it is new.
  func optionNumber(of option: ID, in market: Int) -> Int { lock.update { _ in number(of: option, in: market) } }

  /// Where a market has more options than this they are looked up in a dictionary.
  private static let listedOptionMax = 16

  private func number(of option: ID, in market: Int) -> Int {
    let count = markets[market].options.count
    if count <= Intake.listedOptionMax {
      if let known = markets[market].options.firstIndex(of: option) { return known }
    } else if let known = optionNumbers[market]?[option] {
      return known
    }
    markets[market].options.append(option)
    if count == Intake.listedOptionMax {
      for (number, option) in markets[market].options.enumerated() {
        optionNumbers[market, default: [:]][option] = number
      }
    } else if count > Intake.listedOptionMax {
      optionNumbers[market, default: [:]][option] = count
    }
    return count
  }

  /// Commitments read of a market.
  func recordCount(of market: Int) -> Int { stores.reduce(0) { $0 + $1.recordCount(of: market) } }

  /// Bytes of all commitments as they are kept.
  var recordByteCount: Int {
    stores.reduce(0) { sum, store in (0..<store.marketCount).reduce(sum) { $0 + store.byteCount(of: $1) } }
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
      summary.rejected += 1
      reject(problems, row, reader, summary, isRefusal: false)
      for problem in problems { markets[number].rejectCodes.insert(problem.code) }
      return
    }
    if row.problems.isEmpty {
      markets[number].resolution = row.resolution
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
}
