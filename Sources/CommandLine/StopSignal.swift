// Has somebody asked the program to stop, without breaking off what it is doing?
internal import Glibc

/// SIGTERM and SIGINT as a question that is asked between two steps.
enum StopSignal {
  nonisolated(unsafe) private static var wasAsked: sig_atomic_t = 0

  /// From now on these signals are only noted; a second SIGINT ends the program at once.
  static func listen() {
    // Whoever started the program may have blocked them.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe sigaddset(&signals, SIGINT)
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGTERM, SIGINT] {
      signal(number) { number in
        if number == SIGINT, unsafe StopSignal.wasAsked != 0 { _exit(130) }
        unsafe StopSignal.wasAsked = 1
      }
    }
  }

  static var isAsked: Bool { unsafe wasAsked != 0 }
}
