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
    var findings: [String] = []
    var listed: [String: String] = [:]
    let sums: [UInt8]
    do throws(FileError) { sums = try FileSystem.contents(of: path("SHA256SUMS")) } catch { throw BatchError.file(error) }
    let lines = sums.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if line.isEmpty && number == lines.count - 1 { continue }
      let text = String(decoding: line, as: UTF8.self)
      guard text.count > 66, text.dropFirst(64).hasPrefix("  "), Digest(hex: String(text.prefix(64))) != nil else {
        findings.append("SHA256SUMS: line \(number + 1) is damaged")
        continue
      }
      listed[String(text.dropFirst(66))] = String(text.prefix(64))
    }
    if sums.last != 0x0A { findings.append("SHA256SUMS: the last line is cut off") }
    let manifest = try manifest()
    for output in manifest.outputs {
      if listed[output.name] == nil { findings.append("SHA256SUMS: \(output.name) is missing") }
      let actual = digest(of: output.name)
      if actual == nil {
        findings.append("\(output.name): the file is missing")
      } else if actual?.byteCount != output.byteCount || actual?.digest != output.digest {
        findings.append("\(output.name): not as the manifest says")
      } else if listed[output.name] != output.digest.hex {
        findings.append("SHA256SUMS: not as the manifest says about \(output.name)")
      }
    }
    if let actual = digest(of: "manifest.json"), listed["manifest.json"] != actual.digest.hex {
      findings.append("manifest.json: not as SHA256SUMS says")
    }
    for name in listed.keys.sorted() where name != "manifest.json" && !manifest.outputs.contains(where: { $0.name == name }) {
      findings.append("SHA256SUMS: \(Terminal.safe(name)) is not in the manifest")
    }
    return findings
  }

  /// Bytes and digest of a file; nil where it cannot be read.
  package func digest(of name: String) -> (byteCount: Int, digest: Digest)? {
    guard let stream = try? InputStream(path: path(name)) else { return nil }
    return try? stream.summary()
  }
}
