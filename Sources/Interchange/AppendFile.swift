// How are lines added to a file that somebody may be reading, without ever waiting for the reader?
internal import Glibc

/// A file that lines are appended to: made where it is missing, never cut, never waited for.
///
/// A pipe that nobody reads, or that is full, is an error at once: what is told about the work must not stop the work.
@safe
public final class AppendFile {
  public let path: String
  private let descriptor: CInt

  /// - Parameter isOurs: whether a file that holds something already may be continued, by its first bytes.
  /// - Returns: nil where it may not.
  public init?(_ path: String, continuing isOurs: ([UInt8]) -> Bool) throws(FileError) {
    self.path = path
    if FileSystem.isRegular(path), let size = FileSystem.size(of: path), size > 0 {
      guard isOurs(try FileSystem.firstBytes(of: path, AppendFile.headMax)) else { return nil }
    }
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    descriptor = unsafe Glibc.open(path, flags, 0o640)
    guard descriptor >= 0 else { throw FileError("open", path) }
  }

  deinit { Glibc.close(descriptor) }

  private static let headMax = 4_096

  /// Adds the text at the end.
  public func append(_ text: String) throws(FileError) {
    var text = text
    let failed = text.withUTF8 { bytes -> Int32? in
      var offset = 0
      while offset < bytes.count {
        let count = unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : EIO }
        offset += count
      }
      return nil
    }
    if let failed { throw FileError("write", path, number: failed) }
  }
}

extension FileSystem {
  /// A plain file: no directory, pipe or device.
  public static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The beginning of a file.
  public static func firstBytes(of path: String, _ countMax: Int) throws(FileError) -> [UInt8] {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: countMax)
    let count = unsafe read(descriptor, &bytes, countMax)
    guard count >= 0 else { throw FileError("read", path) }
    return Array(bytes[..<count])
  }

  /// Puts a file with this content in the place of one that may be there, in one step: whoever reads sees the old file
  /// or the new one. Keeps the old one's permissions and group.
  public static func replace(_ path: String, _ content: [UInt8]) throws(FileError) {
    var status = stat()
    let isThere = unsafe lstat(path, &status) == 0
    guard !isThere || status.st_mode & S_IFMT == S_IFREG else { throw FileError("replace", path, number: EEXIST) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    // Hidden, and with another ending: collectors that look for `*.prom` do not see it.
    let aside = "\(parentDirectory(of: path))/.\(name).\(getpid()).partial"
    do throws(FileError) {
      try removeFile(aside)
      try create(aside, content, flush: true)
      if isThere {
        _ = unsafe chown(aside, uid_t.max, status.st_gid)
        guard unsafe chmod(aside, status.st_mode & 0o777) == 0 else { throw FileError("change", aside) }
      }
      try rename(aside, to: path)
      try flushDirectory(parentDirectory(of: path))
    } catch {
      _ = try? removeFile(aside)
      throw error
    }
  }
}
