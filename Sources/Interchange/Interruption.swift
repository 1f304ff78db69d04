// What happens when somebody stops the program while it works?
internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP in commands that write.
///
/// Until the commit the program ends at once: nothing was applied, and what it wrote aside is cleared away by the next
/// command. From the commit on the signal waits: the work is finished, which takes a moment.
public enum Interruption {
  private static let isShielded = Atomic<Bool>(false)
  private static let isJSON = Atomic<Bool>(false)

  /// Ends with 128 and the signal's number from now on. Signals that whoever started the program had ignored stay so.
  /// - Parameter json: tell it as JSON on standard output.
  public static func install(json: Bool) {
    isJSON.store(json, ordering: .relaxed)
    // A thread that started the program may have blocked them for itself: children inherit that.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      var before = sigaction()
      guard unsafe sigaction(number, nil, &before) == 0, !isIgnored(before) else { continue }
      var action = sigaction()
      unsafe action.__sigaction_handler.sa_handler = { number in Interruption.stop(number) }
      action.sa_flags = Int32(SA_RESTART)
      _ = unsafe sigaction(number, &action, nil)
    }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// The commit begins: whatever is asked, the work is finished.
  public static func shield() { isShielded.store(true, ordering: .sequentiallyConsistent) }

  /// The commit did not happen: the program may be stopped again.
  public static func unshield() { isShielded.store(false, ordering: .sequentiallyConsistent) }

  /// Runs inside a signal handler: no memory is taken, nothing is locked.
  private static func stop(_ number: CInt) {
    guard !isShielded.load(ordering: .sequentiallyConsistent) else { return }
    if isJSON.load(ordering: .relaxed) {
      tell(
        """
        {
          "error": {
            "code": "interrupted",
            "exit": 128,
            "hint": "run the same command again",
            "message": "stopped by a signal before the commit: nothing was applied"
          }
        }

        """, to: STDOUT_FILENO)
    } else {
      tell(
        """
        settle: error: interrupted: stopped by a signal before the commit: nothing was applied
        settle: hint: run the same command again

        """, to: STDERR_FILENO)
    }
    _exit(128 + number)
  }

  private static func tell(_ text: StaticString, to descriptor: CInt) {
    _ = unsafe write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
  }
}
