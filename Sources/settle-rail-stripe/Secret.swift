// Where is the key, and is it kept as a key has to be?
import Foundation
import Glibc

/// The secret key: read from a file that nobody else can read; never an argument, never in an answer, a log or an error.
struct Secret {
  private let text: String

  /// The value of the Authorization header.
  var authorization: String { "Bearer \(text)" }

  /// - Throws: a code that says what is wrong with the file; never its content.
  init(environment: [String: String]) throws(SecretError) {
    guard let path = environment["SETTLE_STRIPE_KEY_FILE"], !path.isEmpty else {
      throw SecretError(code: "secret_missing", message: "SETTLE_STRIPE_KEY_FILE does not name the file with the key")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw SecretError(code: "secret_missing", message: "the key file cannot be opened (a symbolic link is refused)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw SecretError(code: "secret_unsafe", message: "the key file is no regular file")
    }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
      throw SecretError(code: "secret_unsafe", message: "the key file can be read by others: chmod 600, and own it")
    }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &bytes, bytes.count)
    let key = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let isKey = !key.isEmpty && count < bytes.count && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isKey else { throw SecretError(code: "secret_invalid", message: "the key file does not hold one key") }
    text = key
  }
}

struct SecretError: Error {
  let code: String
  let message: String
}
