// What do the files of a run or plan say, and are they as they were written?
package import Interchange

/// The files of one run directory.
package struct RunFiles: Sendable {
  package let directory: String

  package init(_ directory: String) { self.directory = directory }

  package func path(_ name: String) -> String { "\(directory)/\(name)" }

  package func manifest() throws(BatchError) -> Manifest {
    Manifest(json: try json("manifest.json"))
  }

  package func info() throws(BatchError) -> JSONValue { try json("run-info.json") }

  private func json(_ name: String) throws(BatchError) -> JSONValue {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try FileSystem.contents(of: path(name)) } catch { throw BatchError.file(error) }
    do throws(Fault) {
      return try JSONValue(parsing: bytes)
    } catch {
      throw BatchError(
        "manifest_damaged", .conflict, "\(Terminal.safe(path(name))):\(error.line): \(error.message)",
        hint: "restore the run's directory from a backup")
    }
  }

  /// Compares every file with SHA256SUMS and with the manifest; what differs is named.
  package func checkDigests() throws(BatchError) -> [String] {
    problems().map { "\($0.file): \($0.message)" }
  }

  /// A file that is not as it was written.
  package struct Problem: Sendable, Equatable {
    package let file: String
    package let message: String
  }

  /// Everything that differs between the files, SHA256SUMS and the manifest. A file that is gone or damaged is a
  /// problem too, whichever it is.
  package func problems() -> [Problem] {
    var problems: [Problem] = []
    func found(_ file: String, _ message: String) { problems.append(Problem(file: file, message: message)) }
    let listed = listedDigests(found)
    let actual = digest(of: "manifest.json")
    let manifest = try? manifest()
    if actual == nil {
      found("manifest.json", "the file is missing")
    } else if manifest == nil {
      found("manifest.json", "the file is damaged: it is not whole JSON any more")
    }
    if let listed, let actual, listed["manifest.json"] != actual.digest.hex {
      found("manifest.json", "not as SHA256SUMS says")
    }
    var checked: Set = ["manifest.json"]
    for output in manifest?.outputs ?? [] {
      checked.insert(output.name)
      guard RunFiles.isPlainName(output.name) else {
        found("manifest.json", "it names an output \(Terminal.quoted(output.name))")
        continue
      }
      let actual = digest(of: output.name)
      if actual == nil {
        found(output.name, "the file is missing")
      } else if actual?.byteCount != output.byteCount || actual?.digest != output.digest {
        found(output.name, "not as the manifest says")
      }
      if let listed, listed[output.name] != output.digest.hex {
        found(
          "SHA256SUMS",
          listed[output.name] == nil ? "\(output.name) is missing" : "not as the manifest says about \(output.name)")
      }
    }
    for (name, digest) in (listed ?? [:]).sorted(by: { $0.key < $1.key }) where !checked.contains(name) {
      if manifest != nil {
        found("SHA256SUMS", "\(Terminal.safe(name)) is not in the manifest")
      } else if RunFiles.isPlainName(name), self.digest(of: name)?.digest.hex != digest {
        // Without a manifest the sums alone tell.
        found(name, self.digest(of: name) == nil ? "the file is missing" : "not as SHA256SUMS says")
      }
    }
    let info = try? FileSystem.contents(of: path("run-info.json"))
    if let info {
      if !RunInfo.isWhole(info) { found("run-info.json", "the file is damaged: it is not as it was written") }
    } else {
      found("run-info.json", "the file is missing")
    }
    return problems
  }

  /// What SHA256SUMS says of each file; nil where it cannot be read.
  private func listedDigests(_ found: (_ file: String, _ message: String) -> Void) -> [String: String]? {
    guard let sums = try? FileSystem.contents(of: path("SHA256SUMS")) else {
      found("SHA256SUMS", "the file is missing")
      return nil
    }
    var listed: [String: String] = [:]
    let lines = sums.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if line.isEmpty && number == lines.count - 1 { continue }
      let text = String(decoding: line, as: UTF8.self)
      guard text.count > 66, text.dropFirst(64).hasPrefix("  "), Digest(hex: String(text.prefix(64))) != nil else {
        found("SHA256SUMS", "line \(number + 1) is damaged")
        continue
      }
      listed[String(text.dropFirst(66))] = String(text.prefix(64))
    }
    if sums.last != 0x0A { found("SHA256SUMS", "the last line is cut off") }
    return listed
  }

  /// Names of files in the directory that no list knows: somebody put them there.
  package func strangers() -> [String] {
    let known = Set((try? manifest())?.outputs.map(\.name) ?? []).union([
      "manifest.json", "SHA256SUMS", "run-info.json",
    ])
    guard known.count > 3 else { return [] }
    return ((try? FileSystem.list(directory)) ?? []).filter { !known.contains($0) }
  }

  /// A name in this directory, not a path out of it.
  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.contains("/")
  }

  /// Bytes and digest of a file; nil where it cannot be read.
  package func digest(of name: String) -> (byteCount: Int, digest: Digest)? {
    guard let stream = try? InputStream(path: path(name)) else { return nil }
    return try? stream.summary()
  }
}
