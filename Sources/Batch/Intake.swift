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
  var markets: [Market] = []
  let store = CommitmentStore()
  private(set) var inputs: [InputSummary] = []
  var rejections: [Rejection] = []
  /// Why the whole batch must be refused: a file that cannot be read to its end, a row whose market cannot be told.
  var refusals: [Rejection] = []
  private(set) var notices: [String] = []

  let marketNumbers = WordTable()
  let progress: (any ProgressObserver)?

  // For commitments: what the hot path needs of each market, and option words that have no room there.
  let hotMarkets = HotMarkets()
  let words = WordTable()
  var wordFacts: [WordFacts] = []
  var optionNumbers: [Int: [ID: Int]] = [:]

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

  func refuse(_ fault: Fault, _ summary: InputSummary) {
    let rejection = Rejection(
      RowCode(rawValue: fault.code) ?? .malformedRow, field: fault.field, table: summary.table, file: summary.file,
      line: fault.line, detail: fault.message)
    refusals.append(rejection)
    rejections.append(rejection)
  }

  func addMarket(_ id: ID) -> Int {
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
      unsafe hotMarkets[number].pointee = HotMarket()
      summary.rejected += 1
      reject(problems, row, reader, summary, isRefusal: false)
      for problem in problems { markets[number].rejectCodes.insert(problem.code) }
      return
    }
    if row.problems.isEmpty {
      markets[number].resolution = row.resolution
      unsafe hotMarkets[number].pointee = HotMarket(row.resolution)
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
