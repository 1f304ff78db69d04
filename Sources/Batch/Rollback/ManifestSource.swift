// Which manifest does the operator point to?
internal import Interchange
package import Ledger

/// A manifest that names a run to undo: it has to prove itself (`ManifestProof`).
package struct ManifestSource: Sendable {
  package let path: String
  let outputs: Outputs

  /// - Parameter text: a run id, a unique prefix of one, a directory, a manifest's path, or `latest`.
  /// - Throws: `unknown_run`, `ambiguous_run`, `manifest_missing`.
  package init(_ text: String, _ outputs: Outputs, _ ledger: Ledger) throws(BatchError) {
    self.outputs = outputs
    let runIDs: [String]
    do throws(LedgerError) { runIDs = try ledger.runs().map(\.runID) } catch { throw BatchError.ledger(error) }
    func published(_ runID: String) throws(BatchError) -> String {
      let path = RunFiles(outputs.directory(of: runID)).path("manifest.json")
      guard FileSystem.exists(path) else {
        throw BatchError(
          "manifest_missing", .conflict, "the ledger holds run \(runID), but \(Terminal.safe(path)) is not there",
          hint: "name the place with --outputs, or restore the run's directory from a backup")
      }
      return path
    }
    if runIDs.contains(text) {
      path = try published(text)
    } else if text == "latest", let last = runIDs.last {
      path = try published(last)
    } else if FileSystem.exists(text), !text.isEmpty {
      path = FileSystem.isDirectory(text) ? RunFiles(text).path("manifest.json") : text
      guard FileSystem.exists(path) else {
        throw BatchError(
          "manifest_missing", .conflict, "\(Terminal.safe(text)) holds no manifest.json",
          hint: "give the directory of a run, or restore its manifest from a backup")
      }
    } else {
      let matches = text.isEmpty ? [] : runIDs.filter { $0.hasPrefix(text) }
      guard matches.count < 2 else {
        throw BatchError(
          "ambiguous_run", .usage, "\(Terminal.quoted(text)) can be \(matches.prefix(8).joined(separator: ", "))",
          hint: "give more of the id, up to the number behind the dash")
      }
      guard let match = matches.first else {
        throw BatchError(
          "unknown_run", .usage, "there is no run \(Terminal.quoted(text)), and no such file",
          hint: "`settle runs` lists the runs of a ledger")
      }
      path = try published(match)
    }
  }

  /// Where the run's data files are: beside the manifest, or where the run was published, if the manifest is a copy
  /// that was taken away alone.
  func files(of manifest: Manifest) -> RunFiles {
    let beside = RunFiles(FileSystem.parentDirectory(of: path))
    let isAlone = !FileSystem.exists(beside.path("SHA256SUMS"))
    let published = outputs.directory(of: manifest.runID)
    return isAlone && FileSystem.isDirectory(published) ? RunFiles(published) : beside
  }
}
