// Does a run work on the ledger right now?
internal import Glibc
internal import Interchange

/// Looks at the kernel's list of locks, without taking the lock itself: a run that starts at this moment must not find
/// it taken.
package enum RunLockProbe {
  /// Whether a process holds the lock of this file. False where it cannot be told.
  package static func isHeld(_ path: String) -> Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0, let bytes = try? FileSystem.contents(of: "/proc/locks") else { return false }
    // `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234567 0 EOF`: kind in the second field, device and inode in the sixth.
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      guard fields.count >= 6, fields[1] == "FLOCK" else { return false }
      return fields[5].split(separator: ":").last.map(String.init) == String(status.st_ino)
    }
  }
}
