// How does a run's directory come into being: complete, or not at all?
internal import Interchange

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
    try create("run-info.json", RunInfo.sealed(info))
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
}
