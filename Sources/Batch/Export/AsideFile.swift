// How does a file that a user asked for come about: whole, or not at all, and never in place of another by accident?
internal import Glibc
internal import Interchange

/// A file that is written aside, as a hidden neighbour, and takes its name when it is whole.
package struct AsideFile {
  package let path: String
  package let aside: String

  /// - Throws: `output_exists`, `file_unreadable`, `no_space`.
  package init(_ path: String, replaces: Bool = false) throws(BatchError) {
    self.path = path
    let name = path.split(separator: "/").last.map(String.init) ?? "export"
    aside = "\(FileSystem.parentDirectory(of: path))/.\(name).partial-\(getpid())"
    if !replaces { try requireAbsent() }
    do throws(FileError) { try FileSystem.removeFile(aside) } catch { throw BatchError.file(error) }
  }

  private func requireAbsent() throws(BatchError) {
    guard !FileSystem.exists(path) else {
      throw BatchError(
        "output_exists", .usage, "\(Terminal.safe(path)) exists already", hint: "name a file that does not exist yet")
    }
  }

  /// Gives the file, which is complete and flushed, its name.
  package func publish(replacing: Bool = false) throws(BatchError) {
    do throws(FileError) {
      if replacing {
        try FileSystem.rename(aside, to: path)
      } else {
        // Unlike a rename a link does not replace what somebody made meanwhile.
        guard unsafe link(aside, path) == 0 else { throw FileError("create", path) }
        try FileSystem.removeFile(aside)
      }
      try FileSystem.flushDirectory(FileSystem.parentDirectory(of: path))
    } catch {
      if error.number == EEXIST { try requireAbsent() }
      throw BatchError.file(error)
    }
  }

  /// Removes what was written.
  package func discard() {
    for suffix in ["", "-journal"] { _ = try? FileSystem.removeFile(aside + suffix) }
  }
}
