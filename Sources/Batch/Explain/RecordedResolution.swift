// By which rules was a market settled: what does its recorded resolution say?
internal import Interchange
internal import Markets

/// The resolution that a run settled a market by, and where each of its choices stands.
@safe
struct RecordedResolution {
  let resolution: Resolution
  /// `resolutions-1 line 7`; nil where the inputs could not be read again.
  let place: String?
  /// Why the inputs could not be read.
  let reason: String?
  let closesAt: String?
  private let given: Set<Int>

  /// `minus_pool allow: resolutions-1 line 2, minus_pool`: a choice and where it stands.
  func told(_ field: ResolutionField, _ choice: String) -> String { "\(field.name) \(choice): \(source(field))" }

  /// Where a choice stands: in the row, or in the run's configuration.
  func source(_ field: ResolutionField) -> String {
    if let place, given.contains(field.rawValue) { return "\(place), \(field.name)" }
    return "manifest.json, configuration"
  }

  /// Looks the market up in the recorded inputs, whose digests must be those of the manifest; where they are gone, the
  /// manifest's configuration and the market's row stand in.
  init(_ market: ID, _ row: AuditRow, _ manifest: Manifest, _ inputs: RecordedInputs) throws(BatchError) {
    let configuration = try Configuration(json: manifest.json["configuration"] ?? .null)
    var reasons: [String] = []
    for input in inputs.inputs where input.table == .resolutions {
      switch inputs.state(of: input) {
      case .gone(let reason): reasons.append("\(input.name): \(reason)")
      case .changed(let path): reasons.append("\(input.name): \(Terminal.safe(path)) is not what was settled any more")
      case .same(let path):
        let file = InputFile(table: .resolutions, path: path, format: input.format)
        guard let found = try RecordedResolution.find(market, file, input.name, configuration) else { continue }
        self = found
        return
      }
    }
    var resolution = Resolution(marketID: market, resolutionID: ID(row.bytes("resolution_id")))
    resolution.policies = configuration.policies
    resolution.outcome = Outcome(rawValue: row.text("outcome")) ?? .winner
    resolution.winningOptions = row.bytes("winning_options").split(separator: 0x7C).map { ID(Array($0)) }
    if !row.isEmpty("creator_id") { resolution.creatorID = ID(row.bytes("creator_id")) }
    self.resolution = resolution
    place = nil
    reason = reasons.isEmpty ? "no recorded resolutions name the market" : reasons.joined(separator: "; ")
    closesAt = nil
    given = []
  }

  private init(_ resolution: Resolution, place: String, closesAt: String?, given: Set<Int>) {
    self.resolution = resolution
    self.place = place
    reason = nil
    self.closesAt = closesAt
    self.given = given
  }

  private static func find(
    _ market: ID, _ file: InputFile, _ name: String, _ configuration: Configuration
  ) throws(BatchError) -> RecordedResolution? {
    do throws(FileError) {
      let reader = file.format.reader(of: try InputStream(path: file.path, ahead: false), schema: .resolutions)
      while true {
        switch try reader.next() {
        case .end, .unreadable: return nil
        case .broken: continue
        case .record:
          let cell = unsafe reader.cells[ResolutionField.marketID.rawValue]
          guard cell.kind != .absent, unsafe cell.buffer.elementsEqual(market.bytes) else { continue }
          let row = unsafe ResolutionRow(cells: reader.cells, configuration: configuration)
          let given = ResolutionField.allCases.filter { unsafe reader.cells[$0.rawValue].kind != .absent }
          let closing = unsafe reader.cells[ResolutionField.closesAt.rawValue]
          return RecordedResolution(
            row.resolution, place: "\(name) line \(reader.line)",
            closesAt: closing.kind == .text ? String(decoding: closing.bytes, as: UTF8.self) : nil,
            given: Set(given.map(\.rawValue)))
        }
      }
    } catch {
      throw BatchError.file(error)
    }
  }
}
