// What went wrong with a file, and what can be done about it?
public import Glibc

/// A file or directory operation that failed.
public struct FileError: Error, Sendable, Equatable {
  /// `open`, `read`, `write`, `create`, `rename`, `flush`, `lock`, `list`, …
  public let operation: String
  public let path: String
  /// The system's error number (`errno`).
  public let number: Int32

  public init(_ operation: String, _ path: String, number: Int32 = errno) {
    self.operation = operation
    self.path = path
    self.number = number
  }

  /// The system's words for the error.
  public var reason: String {
    var buffer = [CChar](repeating: 0, count: 256)
    // The POSIX variant: fills the buffer and gives 0.
    guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  public var isMissing: Bool { number == ENOENT || number == ENOTDIR }
  /// A folder where a file was expected, or one that is not empty.
  public var isNotPlain: Bool { [EISDIR, ENOTEMPTY, EEXIST].contains(number) }
  /// Worth trying again later without a change: the disk is full, a quota is used up, the system is short of something.
  public var isTransient: Bool { [ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR].contains(number) }
}
