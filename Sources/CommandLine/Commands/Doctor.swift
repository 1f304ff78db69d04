// Can a night be settled here?
internal import Batch
internal import Glibc
internal import Interchange
internal import Ledger

/// Looks at everything that a night needs. Needs no toolchain and no network.
struct Doctor {
  let call: Invocation

  func checks() throws(BatchError) -> [DoctorCheck] {
    let place = try call.place()
    return [program, sqlite, configuration, environment] + ledger(place) + outputs(place) + [clock(place), terminal]
  }

  private func check(_ name: String, _ state: DoctorCheck.State, _ message: String, _ hint: String = "") -> DoctorCheck
  {
    DoctorCheck(name: name, state: state, message: Terminal.safe(message), hint: hint)
  }

  // MARK: Program

  private var program: DoctorCheck {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return check("program", .ok, "settle \(Batch.Tool.version)") }
    let system = unsafe withUnsafeBytes(of: names.sysname) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    let machine = unsafe withUnsafeBytes(of: names.machine) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return check(
      "program", .ok, "settle \(Batch.Tool.version), \(system) \(machine), \(Console.counted(processors, "processor"))")
  }

  /// STRICT tables came with 3.37.
  private var sqlite: DoctorCheck {
    let version = Ledger.engineVersion
    let numbers = version.split(separator: ".").compactMap { Int($0) }
    let isNew = numbers.count >= 2 && (numbers[0], numbers[1]) >= (3, 37)
    return check(
      "sqlite", isNew ? .ok : .failed, "SQLite \(version)", isNew ? "" : "install SQLite 3.37 or later")
  }

  private var configuration: DoctorCheck {
    let given = call.arguments[.config]
    let path = given ?? "settle.json"
    guard given != nil || FileSystem.exists(path) else {
      return check("configuration", .ok, "no settle.json here: the defaults hold")
    }
    var configuration = Configuration()
    do throws(BatchError) {
      try configuration.apply(file: path)
    } catch {
      return check("configuration", .failed, error.message, error.hint)
    }
    return check("configuration", .ok, "defaults are read from \(path)")
  }

  /// Variables that begin with SETTLE_ and that no option reads are typos.
  private var environment: DoctorCheck {
    let known = Set((Command.all.flatMap(\.options) + Option.everywhere).map(\.environmentName))
    let given = call.environment.keys.filter { $0.hasPrefix("SETTLE_") }.sorted()
    let strange = given.filter { !known.contains($0) }
    guard let first = strange.first else {
      return check(
        "environment", .ok, given.isEmpty ? "no SETTLE_ variable is set" : "set: \(given.joined(separator: ", "))")
    }
    return check(
      "environment", .warning, "no option reads \(strange.joined(separator: ", "))",
      Suggestion.hint(first, among: known.sorted()) + "`settle help environment` lists what is read")
  }

  // MARK: Ledger

  private func ledger(_ place: NightPlace) -> [DoctorCheck] {
    guard FileSystem.exists(place.ledgerPath) else {
      // A place that was named must be there; the default one comes with the first night.
      let isNamed = call.arguments[.ledger] != nil
      return [
        check(
          "ledger", isNamed ? .failed : .warning, "\(place.ledgerPath): there is no ledger",
          "check the path, or make one with `settle ledger init`")
      ]
    }
    do throws(LedgerError) {
      let ledger = try Ledger(place.ledgerPath, .readOnly)
      let count = try ledger.sequence()
      let size = FileSystem.size(of: place.ledgerPath) ?? 0
      return [
        check(
          "ledger", .ok,
          "\(place.ledgerPath) is ours: \(ledger.identity.prefix(12)), \(Console.grouped(count)) entries, \(Doctor.amount(size))"
        ),
        operatorCheck(ledger, place),
      ]
    } catch {
      let failure = BatchError.ledger(error)
      return [check("ledger", .failed, failure.message, failure.hint)]
    }
  }

  private func operatorCheck(_ ledger: Ledger, _ place: NightPlace) -> DoctorCheck {
    do throws(LedgerError) {
      try ledger.require(.admin, of: place.operatorID)
      return check("operator", .ok, "\(place.operatorID) is admin of the ledger")
    } catch {
      return check(
        "operator", .warning, "\(error.message): runs will be refused",
        "name a known admin with --operator or SETTLE_OPERATOR")
    }
  }

  // MARK: Outputs

  private func outputs(_ place: NightPlace) -> [DoctorCheck] {
    var directory = FileSystem.absolute(place.outputsPath)
    let isThere = FileSystem.isDirectory(directory)
    // What is not there yet is made by the first night, below the nearest directory that is.
    while !FileSystem.exists(directory), directory != "/" { directory = FileSystem.parentDirectory(of: directory) }
    var checks = [misfit(place) ?? writable(directory, place, isThere: isThere), space(directory)]
    if isThere { checks.append(staging(place)) }
    return checks
  }

  /// Ledger and outputs that do not belong together: every night would be refused.
  private func misfit(_ place: NightPlace) -> DoctorCheck? {
    guard let ledger = try? Ledger(place.ledgerPath, .readOnly) else { return nil }
    do throws(BatchError) {
      try Outputs(place.outputsPath).requireSameLedger(ledger)
      return nil
    } catch {
      return check("outputs", .failed, error.message, error.hint)
    }
  }

  /// Makes a file, takes a lock on it, moves it, and removes it.
  private func writable(_ directory: String, _ place: NightPlace, isThere: Bool) -> DoctorCheck {
    let probe = "\(directory)/.settle-doctor-\(getpid())"
    defer { for suffix in ["", ".moved"] { _ = try? FileSystem.removeFile(probe + suffix) } }
    do throws(FileError) {
      guard FileSystem.isDirectory(directory) else { throw FileError("open", directory, number: ENOTDIR) }
      try FileSystem.create(probe, [0x0A], flush: true)
      guard let lock = try FileLock.take(probe, timeoutSeconds: 0) else {
        throw FileError("lock", probe, number: ENOLCK)
      }
      // A file system where a second lock is granted too keeps no two runs apart.
      let second = try FileLock.take(probe, timeoutSeconds: 0)
      defer { withExtendedLifetime(lock) {} }
      guard second == nil else {
        return check(
          "outputs", .failed, "\(directory): locks do not hold on this file system", "use a local file system")
      }
      try FileSystem.rename(probe, to: probe + ".moved")
      try FileSystem.flushDirectory(directory)
    } catch {
      return check(
        "outputs", .failed, "\(directory): cannot \(error.operation): \(error.reason)",
        "check --outputs, the permissions, and whether the disk is full or read-only")
    }
    let name = isThere ? directory : "\(place.outputsPath) will be made; \(directory)"
    if let kind = Doctor.networkFileSystem(directory) {
      return check(
        "outputs", .warning, "\(name) can be written and locked, but is on \(kind)",
        "locks and flushes of network file systems are weaker: prefer a local disk for ledger and outputs")
    }
    return check("outputs", .ok, "\(name) can be written, locked and flushed")
  }

  /// The kind of file system, where it is one that other machines share.
  private static func networkFileSystem(_ path: String) -> String? {
    guard let bytes = try? FileSystem.contents(of: "/proc/self/mounts") else { return nil }
    // Device, place, kind, …; the longest place that the path lies below is its own.
    let mounts = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
    let mount = mounts.filter { $0.count > 2 && ("\(path)/".hasPrefix("\($0[1])/") || $0[1] == "/") }
      .max { $0[1].count < $1[1].count }
    let kind = mount.map { String($0[2]) } ?? ""
    let isShared = ["nfs", "cifs", "smb", "9p", "ceph", "fuse.", "afs", "lustre", "glusterfs"].contains {
      kind.hasPrefix($0)
    }
    return isShared ? Terminal.safe(kind) : nil
  }

  private static let spaceMin = 256 << 20

  private func space(_ directory: String) -> DoctorCheck {
    var status = statvfs()
    guard unsafe statvfs(directory, &status) == 0 else {
      return check("space", .warning, "\(directory): the free space is not known")
    }
    let free = Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    let isOutOfNames = status.f_files > 0 && status.f_favail < 1_000
    let message = "\(Doctor.amount(free)) free\(isOutOfNames ? ", but hardly any more files can be made" : "")"
    return check(
      "space", free < Doctor.spaceMin || isOutOfNames ? .failed : .ok, message,
      free < Doctor.spaceMin || isOutOfNames ? "make room: a night needs about the size of its inputs, twice" : "")
  }

  private func staging(_ place: NightPlace) -> DoctorCheck {
    let outputs = Outputs(place.outputsPath)
    let names = (try? FileSystem.list(outputs.stagingPath)) ?? []
    let isLocked: Bool
    do throws(FileError) {
      isLocked = try FileLock.take("\(place.outputsPath)/.lock", timeoutSeconds: 0).map { _ in true } == nil
    } catch {
      isLocked = false
    }
    if isLocked { return check("staging", .ok, "another settle is at work here just now") }
    guard !names.isEmpty else { return check("staging", .ok, "no interrupted run") }
    return check(
      "staging", .warning, "an interruption left \(names.joined(separator: ", "))",
      "the next `settle run` finishes it or clears it away")
  }

  // MARK: Clock and terminal

  /// No rule reads the clock, but records do: a clock behind the ledger's last run is wrong.
  private func clock(_ place: NightPlace) -> DoctorCheck {
    let now = Clock.now()
    let isOptional = FileSystem.exists(place.ledgerPath)
    let last = isOptional ? (try? Ledger(place.ledgerPath, .readOnly).runs().last?.at) : nil
    if now < "2025" || last.map({ $0 > now }) ?? false {
      return check(
        "clock", .warning, "\(now)\(last.map { ", before the ledger's last run (\($0))" } ?? "")",
        "set the clock; amounts do not depend on it, the times in the records do")
    }
    return check("clock", .ok, now)
  }

  private var terminal: DoctorCheck {
    let isTerminal = Console.isTerminal(STDERR_FILENO)
    let color = call.environment["NO_COLOR"].map { !$0.isEmpty } ?? false ? ", NO_COLOR is set" : ""
    return check(
      "terminal", .ok,
      (isTerminal ? "standard error is a terminal: progress is shown" : "no terminal: no progress, no colour") + color)
  }

  /// 1536 as `1.5 KiB`.
  private static func amount(_ bytes: Int) -> String {
    var tenths = bytes * 10
    for unit in ["B", "KiB", "MiB", "GiB"] {
      if tenths < 10_240 { return unit == "B" ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(unit)" }
      tenths /= 1_024
    }
    return "\(Console.grouped(tenths / 10)).\(tenths % 10) TiB"
  }
}
