// How much time has passed?
internal import Glibc

package enum Ticks {
  /// Milliseconds on a clock that never goes back: for time-outs and rates.
  package static func now() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

  /// Milliseconds since 1970: for what other processes have to understand.
  package static func wall() -> Int64 { milliseconds(CLOCK_REALTIME) }

  private static func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  package static func sleep(milliseconds: Int64) {
    guard milliseconds > 0 else { return }
    var time = timespec(tv_sec: Int(milliseconds / 1_000), tv_nsec: Int(milliseconds % 1_000) * 1_000_000)
    unsafe nanosleep(&time, nil)
  }
}
