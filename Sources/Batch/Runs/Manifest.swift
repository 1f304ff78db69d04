// What does a run say about itself, so that it can be checked, repeated and undone?
package import Interchange
internal import Markets
internal import Money

/// Version and names that are written into every run.
package enum Tool {
  package static let name = "settle"
  package static let version = "0.1.0"
  /// When this version was made; the manual names it.
  package static let date = "2026-11-21"
  package static let manifestSchema = 1
}

/// Where the book stood.
package struct LedgerPosition: Sendable, Equatable {
  package var identity: String
  package var sequenceBefore: Int64
  package var headBefore: String
  /// Nil for a plan: what is not posted has no place in the book.
  package var sequenceAfter: Int64?
  package var headAfter: String?

  package var json: JSONValue {
    .object([
      "id": .string(identity), "sequence_before": .int(sequenceBefore), "head_before": .string(headBefore),
      "sequence_after": sequenceAfter.map { .int($0) } ?? .null, "head_after": .optional(headAfter),
    ])
  }

  package init(identity: String, sequenceBefore: Int64, headBefore: String) {
    self.identity = identity
    self.sequenceBefore = sequenceBefore
    self.headBefore = headBefore
  }

  package init?(json: JSONValue?) {
    guard let json, let identity = json["id"]?.text, let sequence = json["sequence_before"]?.integer,
      let head = json["head_before"]?.text
    else { return nil }
    self.init(identity: identity, sequenceBefore: sequence, headBefore: head)
    sequenceAfter = json["sequence_after"]?.integer
    headAfter = json["head_after"]?.text
  }
}

/// `manifest.json`: the same run always gives the same bytes.
package struct Manifest: Sendable {
  package let json: JSONValue

  package init(json: JSONValue) { self.json = json }

  /// What every kind of run says alike.
  struct Head {
    /// `settlement`, `rollback`, `prizes`, …
    var kind: String
    var runID: String
    var generation: Int
    var batchKey: String
    var asOf: String?
    var configuration: JSONValue
    var inputs: [InputSummary]
    var totals: JSONValue
    var counts: JSONValue
    /// The run that this one undoes.
    var reverses: String?
    /// Runs whose rolled-back settlements this one replaces, sorted.
    var corrects: [String] = []
  }

  init(_ head: Head, ledger: LedgerPosition?, previousManifest: String?, outputs: [OutputSummary]) {
    var members: [String: JSONValue] = [
      "schema_version": .int(Tool.manifestSchema),
      "tool": .object(["name": .string(Tool.name), "version": .string(Tool.version)]),
      "run_id": .string(head.runID),
      "batch_key": .string(head.batchKey),
      "generation": .int(head.generation),
      "kind": .string(head.kind),
      "configuration": head.configuration,
      "inputs": .array(
        head.inputs.map { input in
          .object([
            "name": .string(input.name), "format": .string(input.format.rawValue), "rows": .int(input.rows),
            "accepted": .int(input.accepted), "rejected": .int(input.rejected), "excluded": .int(input.excluded),
            "bytes": .int(input.byteCount), "sha256": .optional(input.digest?.hex),
          ])
        }),
      "totals": head.totals,
      "counts": head.counts,
      "ledger": ledger?.json ?? .null,
      "previous_manifest_sha256": .optional(previousManifest),
      "reverses": .optional(head.reverses),
      "corrects": .array(head.corrects.map { .string($0) }),
      "outputs": .array(
        outputs.map { output in
          .object([
            "name": .string(output.name), "rows": output.rows.map { .int($0) } ?? .null,
            "bytes": .int(output.byteCount), "sha256": .string(output.digest.hex),
          ])
        }),
    ]
    if let asOf = head.asOf { members["as_of"] = .string(asOf) }
    json = .object(members)
  }

  /// The manifest of a settlement.
  init(
    runID: String, generation: Int, request: NightRequest, night: ComputedNight, ledger: LedgerPosition?,
    previousManifest: String?
  ) {
    self.init(
      Head(settlement: runID, generation, request, night), ledger: ledger, previousManifest: previousManifest,
      outputs: night.outputs)
  }

  package var bytes: [UInt8] { Array(json.pretty.utf8) }
  package var runID: String { json["run_id"]?.text ?? "" }
  package var kind: String { json["kind"]?.text ?? "" }
  package var batchKey: String { json["batch_key"]?.text ?? "" }
  package var ledger: LedgerPosition? { LedgerPosition(json: json["ledger"]) }
  package var asOf: String? { json["as_of"]?.text }

  package var outputs: [OutputSummary] {
    (json["outputs"]?.elements ?? []).compactMap { output in
      guard let name = output["name"]?.text, let bytes = output["bytes"]?.integer,
        let digest = output["sha256"]?.text.flatMap({ Digest(hex: $0) })
      else { return nil }
      return OutputSummary(
        name: name, rows: output["rows"]?.integer.map { Int($0) }, byteCount: Int(bytes), digest: digest)
    }
  }

  /// Names, formats and digests of the inputs.
  package var inputs: [(name: String, format: InputFormat, digest: String)] {
    (json["inputs"]?.elements ?? []).compactMap { input in
      guard let name = input["name"]?.text, let format = input["format"]?.text.flatMap(InputFormat.init(rawValue:)),
        let digest = input["sha256"]?.text
      else { return nil }
      return (name, format, digest)
    }
  }
}

extension Manifest.Head {
  /// What a settlement says.
  init(settlement runID: String, _ generation: Int, _ request: NightRequest, _ night: ComputedNight) {
    self.init(
      kind: "settlement", runID: runID, generation: generation, batchKey: night.batchKey.hex, asOf: request.asOf,
      configuration: request.configuration.json, inputs: night.inputs,
      totals: .object(Dictionary(uniqueKeysWithValues: night.totals.map { ($0.key.code, $0.value.json) })),
      counts: night.counts.json)
  }
}
