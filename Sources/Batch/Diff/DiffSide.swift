// What stands on one side of a comparison: a run, a plan, or a directory with a run's files?
package import Interchange

/// One of two directories that are compared.
package struct DiffSide: Sendable {
  package let directory: String
  /// What the run says of itself; nil for a directory without a manifest.
  package let manifest: Manifest?
  package let isPlan: Bool

  /// A run or a saved plan.
  package init(_ location: RunLocation) throws(BatchError) {
    directory = location.directory
    manifest = try location.files.manifest()
    isPlan = location.isPlan
  }

  /// A directory that holds data files, and perhaps no more.
  package init(directory: String) throws(BatchError) {
    self.directory = directory
    let files = RunFiles(directory)
    manifest = FileSystem.exists(files.path("manifest.json")) ? try files.manifest() : nil
    isPlan = false
  }

  /// Whether the directory holds files that can be compared, whether or not a manifest stands beside them.
  package static func hasDataFiles(_ directory: String) -> Bool {
    FileSystem.isDirectory(directory)
      && OutputSchema.all.contains { !$0.primaryKey.isEmpty && FileSystem.exists("\(directory)/\($0.file)") }
  }

  package var runID: String? { manifest?.runID }

  /// `plan of run 3571fcd234ff15fb-1`, `run …`, `directory …`
  package var title: String {
    guard let runID else { return "directory \(Terminal.safe(directory))" }
    return "\(isPlan ? "plan of run" : "run") \(Terminal.safe(runID))"
  }

  package var json: JSONValue {
    .object([
      "directory": .string(directory), "run_id": .optional(runID), "kind": .optional(manifest?.kind),
      "is_plan": .bool(isPlan), "as_of": .optional(manifest?.asOf),
    ])
  }

  func path(_ file: String) -> String { "\(directory)/\(file)" }
  func has(_ file: String) -> Bool { FileSystem.exists(path(file)) }

  /// The tables of this side beside those that the program knows by heart: what datapackage.json types with a key.
  var describedTables: [DiffTable.Shape] {
    guard let bytes = try? FileSystem.contents(of: path("datapackage.json")),
      let package = try? JSONValue(parsing: bytes)
    else { return [] }
    return (package["resources"]?.elements ?? []).compactMap { resource in
      guard let file = resource["path"]?.text, file.hasSuffix(".csv"), !file.contains("/"),
        let fields = resource["schema"]?["fields"]?.elements, let keys = resource["schema"]?["primaryKey"]?.elements
      else { return nil }
      let integers = fields.filter { $0["type"]?.text == "integer" }.compactMap { $0["name"]?.text }
      let names = keys.compactMap(\.text)
      guard !names.isEmpty, names.count == keys.count else { return nil }
      return DiffTable.Shape(file: file, key: names, integers: Set(integers))
    }
  }
}
