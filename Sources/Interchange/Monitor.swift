// How do two threads share a value and wait for it to change?
internal import Glibc

/// A value behind a lock that threads can wait on.
@safe
public final class Monitor<Value>: @unchecked Sendable {
  private var value: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  public init(_ value: Value) {
    self.value = value
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    // Most are held for less time than going to sleep and being woken takes: whoever waits first looks again a few times.
    var kind = pthread_mutexattr_t()
    unsafe pthread_mutexattr_init(&kind)
    unsafe pthread_mutexattr_settype(&kind, CInt(PTHREAD_MUTEX_ADAPTIVE_NP))
    unsafe pthread_mutex_init(mutex, &kind)
    unsafe pthread_mutexattr_destroy(&kind)
    // Times are measured by a clock that nobody sets.
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(condition, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(condition)
    unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Runs `body` alone, then wakes whoever waits.
  public func update<Result>(_ body: (inout Value) -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(condition)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body(&value)
  }

  /// Runs `body` alone, again after each change, until it gives something.
  public func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
    while true {
      if let result = wait(body, pausing: { unsafe pthread_cond_wait(condition, mutex) }) { return result }
    }
  }

  /// The same, for a time.
  /// - Returns: nil where it gave nothing in that time.
  public func wait<Result>(milliseconds: Int, _ body: (inout Value) -> Result?) -> Result? {
    var until = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &until)
    let nanoseconds = until.tv_nsec + milliseconds % 1_000 * 1_000_000
    until.tv_sec += milliseconds / 1_000 + nanoseconds / 1_000_000_000
    until.tv_nsec = nanoseconds % 1_000_000_000
    return wait(body, pausing: { unsafe pthread_cond_timedwait(condition, mutex, &until) })
  }

  /// - Parameter pausing: lets others change the value meanwhile; other than 0 where it has waited long enough.
  private func wait<Result>(_ body: (inout Value) -> Result?, pausing pause: () -> CInt) -> Result? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) {
        unsafe pthread_cond_broadcast(condition)
        return result
      }
      guard pause() == 0 else { return nil }
    }
  }
}

/// A thread of the operating system that runs one closure.
@safe
public final class Worker: @unchecked Sendable {
  private let thread: pthread_t
  private var isJoined = false

  /// Starts a thread, which must be possible.
  public init(_ body: @escaping @Sendable () -> Void) {
    guard let thread = Worker.start(body) else { preconditionFailure("no thread could be started") }
    self.thread = thread
  }

  private init(thread: pthread_t) { self.thread = thread }

  /// A thread that runs `body`; nil where the system has none left.
  public static func ifPossible(_ body: @escaping @Sendable () -> Void) -> Worker? {
    start(body).map { Worker(thread: $0) }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Box(body))
    let status = unsafe pthread_create(
      &thread, nil,
      { raw in
        unsafe Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      unsafe box.release()
      return nil
    }
    return thread
  }

  /// Waits until the closure has returned.
  public func join() {
    guard !isJoined else { return }
    isJoined = true
    pthread_join(thread, nil)
  }

  /// Runs `body` on `count` threads, this one among them, and waits for all.
  public static func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let others = (1..<max(1, count)).map { index in Worker { body(index) } }
    body(0)
    for other in others { other.join() }
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
