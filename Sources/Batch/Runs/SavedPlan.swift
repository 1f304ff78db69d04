// Is a saved plan still the plan of this night and this book?
package import Interchange
package import Ledger

/// A plan that `plan --out` saved.
package struct SavedPlan: Sendable {
  package let directory: String
  package let manifest: Manifest
  package let info: JSONValue

  /// Reads a plan and proves that its files are as they were written.
  /// - Throws: `plan_damaged`.
  package init(_ directory: String) throws(BatchError) {
    self.directory = directory
    let files = RunFiles(directory)
    manifest = try files.manifest()
    info = try files.info()
    guard info["is_plan"]?.flag == true else {
      throw BatchError(
        "not_a_plan", .usage, "\(Terminal.safe(directory)) is a run, not a plan",
        hint: "give the directory that `settle plan --out` wrote")
    }
    let findings = try files.checkDigests()
    guard findings.isEmpty else {
      throw BatchError(
        "plan_damaged", .conflict, "\(Terminal.safe(directory)): \(findings[0])", hint: "make the plan anew")
    }
  }

  /// The inputs that the plan was made from, and how to read them.
  package func request() throws(BatchError) -> NightRequest {
    var request = NightRequest()
    request.configuration = try Configuration(json: manifest.json["configuration"] ?? .null)
    request.asOf = manifest.asOf
    request.auditFormat = info["audit_format"]?.text.flatMap(AuditFormat.init(rawValue:)) ?? .csv
    for input in info["inputs"]?.elements ?? [] {
      guard let table = input["table"]?.text.flatMap(Table.init(rawValue:)), let path = input["path"]?.text,
        let format = input["format"]?.text.flatMap(InputFormat.init(rawValue:))
      else { continue }
      guard path != "-" else {
        throw BatchError(
          "plan_unprovable", .usage, "the plan was made from standard input, which cannot be read again",
          hint: "make plans from files")
      }
      request.inputs.append(InputFile(table: table, path: path, format: format))
    }
    return request
  }

  /// - Throws: `plan_used` where it was applied, `plan_stale` where inputs, configuration or ledger are others now.
  func requireSame(key: Digest, runID: String, position: LedgerPosition) throws(BatchError) {
    func stale(_ what: String) -> BatchError {
      BatchError("plan_stale", .conflict, "the plan is stale: \(what)", hint: "make the plan anew and look at it")
    }
    guard manifest.batchKey == key.hex else { throw stale("the inputs are not those it was made from") }
    guard let planned = manifest.ledger else { throw stale("it was made without a ledger") }
    guard planned.identity == position.identity else { throw stale("it was made for another ledger") }
    guard planned.sequenceBefore == position.sequenceBefore, planned.headBefore == position.headBefore else {
      throw stale("the ledger has moved on from entry \(planned.sequenceBefore) to \(position.sequenceBefore)")
    }
    guard manifest.runID == runID else { throw stale("the run would be \(runID)") }
  }

  func requireSame(outputs: [OutputSummary]) throws(BatchError) {
    let planned = manifest.outputs
    for output in outputs where !planned.contains(output) {
      throw BatchError(
        "plan_stale", .conflict, "the plan is stale: \(output.name) would be another file now",
        hint: "make the plan anew and look at it")
    }
  }

  /// - Throws: `plan_used`.
  package func requireUnused(_ ledger: Ledger) throws(BatchError) {
    let run: RunRecord?
    do throws(LedgerError) { run = try ledger.run(manifest.runID) } catch { throw BatchError.ledger(error) }
    guard run == nil, manifest.ledger?.identity == nil || manifest.ledger?.identity == ledger.identity else {
      if run != nil {
        throw BatchError(
          "plan_used", .conflict, "the plan was applied already, as run \(manifest.runID)",
          hint: "there is nothing to do; `settle show \(manifest.runID)` shows it")
      }
      throw BatchError(
        "plan_stale", .conflict, "the plan is stale: it was made for another ledger", hint: "make the plan anew")
    }
  }
}
