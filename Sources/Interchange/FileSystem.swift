// How are files and directories written so that they are whole after a crash, or not there?
internal import Glibc

/// A file being written: created anew, written once from front to back, hashed on the way.
@safe
public final class OutputFile {
  public let path: String
  private let descriptor: CInt
  private var isClosed = false

  /// Creates the file; it must not exist. Mode 0640: readable to the group of the admins, not to everybody.
  public init(creating path: String) throws(FileError) {
    self.path = path
    descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw FileError("create", path) }
  }

  deinit { if !isClosed { Glibc.close(descriptor) } }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var offset = 0
    while offset < bytes.count {
      // Pieces of 256 KiB stay in the processor's cache on their way to the page cache.
      let piece = min(1 << 18, bytes.count - offset)
      let count = unsafe Glibc.write(descriptor, bytes.baseAddress! + offset, piece)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("write", path) }
      offset += count
    }
  }

  public func write(_ bytes: [UInt8]) throws(FileError) {
    do {
      try unsafe bytes.withUnsafeBytes { try unsafe write($0) }
    } catch let error as FileError {
      throw error
    } catch {
      preconditionFailure("a write failed with \(error)")
    }
  }

  /// Makes the content durable. A failed flush is never tried again: what it lost cannot be known.
  public func flush() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw FileError("flush", path) }
  }

  public func close() throws(FileError) {
    isClosed = true
    guard Glibc.close(descriptor) == 0 else { throw FileError("close", path) }
  }
}

public enum FileSystem {
  /// The whole content of a small file.
  public static func contents(of path: String) throws(FileError) -> [UInt8] {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Creates a new file with this content and flushes it where asked.
  public static func create(_ path: String, _ content: [UInt8], flush: Bool) throws(FileError) {
    let file = try OutputFile(creating: path)
    try file.write(content)
    if flush { try file.flush() }
    try file.close()
  }

  public static func exists(_ path: String) -> Bool {
    unsafe access(path, F_OK) == 0
  }

  public static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Bytes of a file; nil where there is none.
  public static func size(of path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Creates a directory and those above it that are missing, each flushed into its parent.
  public static func createDirectories(_ path: String) throws(FileError) {
    guard !path.isEmpty, !isDirectory(path) else { return }
    let parent = parentDirectory(of: path)
    if parent != path { try createDirectories(parent) }
    guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else { throw FileError("create", path) }
    try flushDirectory(parent)
  }

  /// Creates one directory, which must not exist.
  public static func createDirectory(_ path: String) throws(FileError) {
    guard unsafe mkdir(path, 0o750) == 0 else { throw FileError("create", path) }
  }

  public static func rename(_ old: String, to new: String) throws(FileError) {
    guard unsafe Glibc.rename(old, new) == 0 else { throw FileError("rename", new) }
  }

  /// Makes the content of a file durable that somebody else wrote.
  public static func flushFile(_ path: String) throws(FileError) {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("flush", path) }
  }

  /// Makes the names in a directory durable.
  public static func flushDirectory(_ path: String) throws(FileError) {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("flush", path) }
  }

  /// Names in a directory, sorted by bytes; empty where there is none.
  public static func list(_ path: String) throws(FileError) -> [String] {
    guard let directory = unsafe opendir(path) else {
      if errno == ENOENT { return [] }
      throw FileError("list", path)
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a directory of plain files.
  public static func removeDirectory(_ path: String) throws(FileError) {
    for name in try list(path) {
      guard unsafe unlink("\(path)/\(name)") == 0 else { throw FileError("remove", "\(path)/\(name)") }
    }
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
  }

  public static func removeFile(_ path: String) throws(FileError) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path) }
  }

  public static func parentDirectory(of path: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: true)
    guard !parts.isEmpty else { return "/" }
    parts.removeLast()
    let isAbsolute = path.hasPrefix("/")
    if parts.isEmpty { return isAbsolute ? "/" : "." }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  /// The path without symbolic links, or as it is where it does not exist.
  public static func absolute(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else {
      guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
      defer { unsafe free(here) }
      return unsafe String(cString: here) + "/" + path
    }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }
}

/// A lock that the kernel holds for this process and gives up when it ends, however it ends.
@safe
public final class FileLock {
  private let descriptor: CInt

  private init(descriptor: CInt) { self.descriptor = descriptor }
  deinit { close(descriptor) }

  /// Takes the lock, waiting at most `timeoutSeconds`; nil where another process keeps it.
  public static func take(_ path: String, timeoutSeconds: Int) throws(FileError) -> FileLock? {
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o660)
    guard descriptor >= 0 else { throw FileError("lock", path) }
    var waitedMilliseconds = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        let error = FileError("lock", path)
        close(descriptor)
        throw error
      }
      guard waitedMilliseconds < timeoutSeconds * 1_000 else {
        close(descriptor)
        return nil
      }
      usleep(50_000)
      waitedMilliseconds += 50
    }
    return FileLock(descriptor: descriptor)
  }
}
