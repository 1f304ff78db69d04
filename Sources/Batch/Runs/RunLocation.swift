// Which run is meant, and where are its files?
internal import Interchange
package import Ledger

/// A run, or a saved plan, that was found.
package struct RunLocation: Sendable {
  package let runID: String
  package let directory: String
  /// What the ledger knows of it; nil for a plan, or without a ledger.
  package let record: RunRecord?

  package init(runID: String, directory: String, record: RunRecord?) {
    self.runID = runID
    self.directory = directory
    self.record = record
  }

  package var files: RunFiles { RunFiles(directory) }

  /// A plan was never posted: it has no place behind it in the book. Where the manifest is damaged, run-info.json
  /// tells.
  package var isPlan: Bool {
    if let manifest = try? files.manifest(), manifest.json.members != nil {
      return manifest.ledger?.sequenceAfter == nil
    }
    return record == nil && (try? files.info())?["is_plan"]?.flag == true
  }
}
