// How does a run's directory come into being: complete, or not at all?
internal import Interchange
package import Ledger

/// A directory that is filled aside and moved into its place at the end.
package struct RunDirectory: Sendable {
  /// Where it is filled.
  package let staging: String
  /// Where it goes.
  package let final: String
  private let flushes: Bool

  /// - Parameter flushes: make every file durable before it is moved.
  package init(staging: String, final: String, flushes: Bool) throws(BatchError) {
    self.staging = staging
    self.final = final
    self.flushes = flushes
    do throws(FileError) {
      try FileSystem.createDirectories(FileSystem.parentDirectory(of: staging))
      try FileSystem.removeDirectory(staging)
      try FileSystem.createDirectory(staging)
    } catch {
      throw BatchError.file(error)
    }
  }

  /// Adds the files that tell about the others: datapackage.json, manifest.json, SHA256SUMS, run-info.json.
  /// - Returns: the digest of the manifest.
  func seal(_ manifest: Manifest, outputs: [OutputSummary], info: JSONValue) throws(BatchError) -> Digest {
    let bytes = manifest.bytes
    let digest = SHA256.digest(of: bytes)
    var sums = ""
    let listed = outputs.map { ($0.name, $0.digest) } + [("manifest.json", digest)]
    for (name, digest) in listed.sorted(by: { $0.0 < $1.0 }) { sums += "\(digest.hex)  \(name)\n" }
    try create("manifest.json", bytes)
    try create("SHA256SUMS", Array(sums.utf8))
    try create("run-info.json", Array(info.pretty.utf8))
    if flushes {
      do throws(FileError) {
        try FileSystem.flushDirectory(staging)
        try FileSystem.flushDirectory(FileSystem.parentDirectory(of: staging))
      } catch {
        throw BatchError.file(error)
      }
    }
    return digest
  }

  func create(_ name: String, _ content: [UInt8]) throws(BatchError) {
    do throws(FileError) {
      try FileSystem.create("\(staging)/\(name)", content, flush: flushes)
    } catch {
      throw BatchError.file(error)
    }
  }

  /// Moves the directory into its place.
  func publish() throws(BatchError) {
    do throws(FileError) {
      try FileSystem.rename(staging, to: final)
      if flushes {
        try FileSystem.flushDirectory(FileSystem.parentDirectory(of: final))
        try FileSystem.flushDirectory(FileSystem.parentDirectory(of: staging))
      }
    } catch {
      throw BatchError.file(error)
    }
  }

  func discard() { _ = try? FileSystem.removeDirectory(staging) }
}

/// The directory under which runs are published.
package struct Outputs: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// Runs that are being written wait here; their names start with a dot, so that nobody takes them for runs.
  package var stagingPath: String { "\(path)/.staging" }

  package func directory(of runID: String) -> String { "\(path)/\(runID)" }

  /// Ids of the runs that are published, sorted.
  package func runIDs() throws(BatchError) -> [String] {
    do throws(FileError) {
      return try FileSystem.list(path).filter {
        !$0.hasPrefix(".") && FileSystem.exists("\(path)/\($0)/manifest.json")
      }
    } catch {
      throw BatchError.file(error)
    }
  }

  /// Finishes what a crash left between the commit and the publication, and removes what was never committed.
  package func recover(_ ledger: Ledger) throws(BatchError) -> [String] {
    var notes: [String] = []
    let names: [String]
    do throws(FileError) { names = try FileSystem.list(stagingPath) } catch { throw BatchError.file(error) }
    for name in names {
      let staged = "\(stagingPath)/\(name)"
      do {
        let run = try ledger.run(name)
        let manifest = try? FileSystem.contents(of: "\(staged)/manifest.json")
        if let run, let manifest, SHA256.digest(of: manifest).hex == run.manifestSHA256,
          !FileSystem.exists(directory(of: name))
        {
          try FileSystem.rename(staged, to: directory(of: name))
          try FileSystem.flushDirectory(path)
          notes.append("run \(name) was applied before an interruption; its directory is published now")
        } else {
          try FileSystem.removeDirectory(staged)
          notes.append("an interrupted run that applied nothing (\(name)) was cleared away")
        }
      } catch let error as LedgerError {
        throw BatchError.ledger(error)
      } catch let error as FileError {
        throw BatchError.file(error)
      } catch {
        preconditionFailure("recovering \(staged): \(error)")
      }
    }
    return notes
  }

  /// Refuses outputs that another ledger wrote: the two belong together.
  package func requireSameLedger(_ ledger: Ledger) throws(BatchError) {
    for runID in try runIDs() {
      guard let bytes = try? FileSystem.contents(of: "\(directory(of: runID))/manifest.json"),
        let json = try? JSONValue(parsing: bytes), let position = Manifest(json: json).ledger
      else { continue }
      guard position.identity == ledger.identity else {
        throw BatchError(
          "ledger_mismatch", .conflict,
          "\(Terminal.safe(path)) holds run \(Terminal.safe(runID)) of ledger \(Terminal.safe(position.identity)), not of \(ledger.identity)",
          hint: "give the ledger that these outputs belong to (--ledger), or another directory (--outputs)")
      }
      return
    }
  }
}
