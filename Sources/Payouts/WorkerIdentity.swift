// Which process is this, and is that one still there?
internal import Glibc
internal import Interchange

/// A process as others can know it.
struct WorkerIdentity: Equatable {
  /// The machine's boot and the process namespace.
  let host: String
  let processID: Int64
  /// When it was started, in ticks since the boot: a process id alone is used again.
  let started: String

  static func current() -> WorkerIdentity {
    let boot = text(of: "/proc/sys/kernel/random/boot_id")
    var buffer = [CChar](repeating: 0, count: 128)
    let count = unsafe readlink("/proc/self/ns/pid", &buffer, buffer.count - 1)
    let space = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let processID = Int64(getpid())
    return WorkerIdentity(host: "\(boot) \(space)", processID: processID, started: start(of: processID) ?? "")
  }

  /// Whether the process runs. Of another host only its lease can tell.
  func isAlive(seenFrom here: WorkerIdentity, leaseUntil: Int64, now: Int64) -> Bool {
    guard host == here.host else { return now < leaseUntil }
    return WorkerIdentity.start(of: processID) == started
  }

  /// The start of a process that runs; nil where there is none, or only its remains.
  private static func start(of processID: Int64) -> String? {
    let line = text(of: "/proc/\(processID)/stat")
    // The name in parentheses may hold spaces and parentheses itself.
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }

  private static func text(of path: String) -> String {
    let bytes = (try? FileSystem.contents(of: path)) ?? []
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }
}
