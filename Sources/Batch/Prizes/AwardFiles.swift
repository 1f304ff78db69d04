// Which files does a run of awards leave?
internal import Interchange
internal import Markets
internal import Money

enum AwardFiles {
  /// Writes the data files.
  static func write(
    _ computed: ComputedAwards, _ request: AwardRequest, into target: RunDirectory, runID: String
  ) throws(BatchError) -> [OutputSummary] {
    var outputs: [OutputSummary] = []
    do throws(FileError) {
      outputs = try data(computed, request, in: target.staging, flush: true)
      try FileSystem.create("\(target.staging)/rejects.csv", RejectRows.bytes(computed.rejections), flush: true)
    } catch {
      throw BatchError.file(error)
    }
    let package = dataPackage(runID, outputs)
    try target.create("datapackage.json", package)
    outputs.append(
      OutputSummary(name: "datapackage.json", rows: nil, byteCount: package.count, digest: SHA256.digest(of: package)))
    return outputs.sorted { $0.name < $1.name }
  }

  static func dataPackage(_ runID: String, _ outputs: [OutputSummary]) -> [UInt8] {
    Array(OutputSchema.dataPackage(runID: runID, outputs: outputs, title: "Awards of run").pretty.utf8)
  }

  /// awards.csv, events.csv and what rejects.csv will be.
  /// - Parameter directory: nil to hash only.
  static func data(
    _ computed: ComputedAwards, _ request: AwardRequest, in directory: String?, flush: Bool
  ) throws(FileError) -> [OutputSummary] {
    let currency = request.configuration.base.currency.code
    let events = try DataFile(.events, in: directory)
    for event in computed.events {
      let buffer = events.buffer
      let isHeld = !event.holdReasons.isEmpty
      buffer.append(csvField: event.id.bytes)
      buffer.append(isHeld ? ",held," : ",settled,")
      buffer.append(currency)
      if isHeld {
        buffer.append(String(repeating: ",", count: OutputSchema.events.columns.count - 3))
        buffer.append(event.holdReasons.joined(separator: "|"))
      } else {
        buffer.append(",,,\(event.awards),\(event.total),,,,,,,,\(event.failed),")
      }
      buffer.append(0x0A)
      try events.endRow()
    }
    let awards = try DataFile(.awards, in: directory)
    for award in computed.awards {
      let buffer = awards.buffer
      buffer.append(csvField: award.event.bytes)
      buffer.append(0x2C)
      buffer.append(csvField: award.registration.bytes)
      buffer.append(0x2C)
      if award.place > 0 { buffer.append(decimal: Int64(award.place)) }
      buffer.append(",\(currency),\(award.amount),\(award.status.rawValue)\n")
      try awards.endRow()
    }
    let rejects = RejectRows.bytes(computed.rejections)
    return [
      try awards.close(flush: flush), try events.close(flush: flush),
      OutputSummary(
        name: "rejects.csv", rows: computed.rejections.count, byteCount: rejects.count,
        digest: SHA256.digest(of: rejects)),
    ]
  }

  static func head(
    _ request: AwardRequest, _ runID: String, _ generation: Int, _ computed: ComputedAwards
  ) -> Manifest.Head {
    Manifest.Head(
      kind: request.operation.runKind, runID: runID, generation: generation, batchKey: computed.batchKey.hex,
      asOf: request.asOf, configuration: request.configurationJSON, inputs: computed.inputs,
      totals: .object([
        request.configuration.base.currency.code: .object([
          "awarded": .int(computed.total(.given)), "failed": .int(computed.total(.failed)),
        ])
      ]),
      counts: .object([
        "events": .int(computed.events.count), "held": .int(computed.held), "awards": .int(computed.awards.count),
        "given": .int(computed.count(.given)), "already_given": .int(computed.count(.already)),
        "given_otherwise": .int(computed.count(.otherwise)), "failed_payments": .int(computed.count(.failed)),
        "stray_rows": .int(computed.strayRows), "rejected_rows": .int(computed.inputs.reduce(0) { $0 + $1.rejected }),
      ]))
  }
}
