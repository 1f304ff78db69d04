// How is another program run, spoken to over pipes, and proved not to have read something?
internal import Glibc

/// A running program with pipes to its standard input and from its standard output. Its standard error is ours.
///
/// The reading end of its standard input is kept open here too: what a program that has ended did not read is read
/// back, so that it is certain what never reached it.
@safe
final class ChildProcess {
  let processID: pid_t
  /// We write here; never blocks.
  let input: CInt
  /// We read here; never blocks.
  let output: CInt
  private let inputReader: CInt
  private var hasEnded = false

  /// Starts `words[0]`, found on the PATH, with the rest as its arguments.
  /// - Throws: the system's error number as text.
  init(_ words: [String]) throws(RailProtocolError) {
    precondition(!words.isEmpty, "a program has a name")
    var toChild: [CInt] = [-1, -1]
    var fromChild: [CInt] = [-1, -1]
    guard unsafe pipe(&toChild) == 0 else { throw ChildProcess.failure(errno) }
    guard unsafe pipe(&fromChild) == 0 else {
      let error = ChildProcess.failure(errno)
      for descriptor in toChild { Glibc.close(descriptor) }
      throw error
    }
    for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    var processID: pid_t = 0
    let status = ChildProcess.spawn(words, &processID, input: toChild[0], output: fromChild[1])
    Glibc.close(fromChild[1])
    guard status == 0 else {
      for descriptor in toChild + [fromChild[0]] { Glibc.close(descriptor) }
      throw ChildProcess.failure(status)
    }
    self.processID = processID
    inputReader = toChild[0]
    input = toChild[1]
    output = fromChild[0]
    for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
  }

  deinit {
    if !hasEnded { _ = end(graceMilliseconds: 0) }
    for descriptor in [output, inputReader] { Glibc.close(descriptor) }
  }

  /// Closes the program's standard input, waits for it to end, and makes it end where it does not.
  /// - Returns: the bytes that it did not read, counted from the end of what was written to it.
  func end(graceMilliseconds: Int64) -> Int {
    guard !hasEnded else { return 0 }
    hasEnded = true
    // Nobody may read what we are about to read back.
    if graceMilliseconds == 0 { kill(-processID, SIGKILL) }
    let unreadBefore = graceMilliseconds == 0 ? reap(until: Ticks.now() + 5_000) ? unread() : 0 : 0
    Glibc.close(input)
    guard graceMilliseconds > 0 else { return unreadBefore }
    if !reap(until: Ticks.now() + graceMilliseconds) {
      kill(-processID, SIGTERM)
      if !reap(until: Ticks.now() + 1_000) {
        kill(-processID, SIGKILL)
        _ = reap(until: Ticks.now() + 5_000)
      }
    }
    return unread()
  }

  /// Waits for the program's end.
  private func reap(until deadline: Int64) -> Bool {
    while true {
      var status: CInt = 0
      let ended = unsafe waitpid(processID, &status, WNOHANG)
      if ended == processID || ended < 0 && errno == ECHILD { return true }
      guard Ticks.now() < deadline else { return false }
      Ticks.sleep(milliseconds: 2)
    }
  }

  private func unread() -> Int {
    _ = fcntl(inputReader, F_SETFL, fcntl(inputReader, F_GETFL) | O_NONBLOCK)
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(inputReader, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return total }
      total += count
    }
  }

  private static func failure(_ number: CInt) -> RailProtocolError {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return RailProtocolError("error \(number)") }
    return RailProtocolError(
      String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  private static func spawn(_ words: [String], _ processID: inout pid_t, input: CInt, output: CInt) -> CInt {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // Signals are the program's own business again; a group of its own, so that Ctrl-C does not end it in mid-call.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
    return unsafe posix_spawnp(&processID, arguments[0]!, &actions, &attributes, &arguments, environ)
  }
}
