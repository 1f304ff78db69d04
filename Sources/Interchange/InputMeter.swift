// How much of the inputs has been read so far?
internal import Synchronization

/// Bytes that were read from inputs since the program started, for whoever tells how long it will still take.
public enum InputMeter {
  private static let count = Atomic<Int>(0)

  public static var bytes: Int { count.load(ordering: .relaxed) }

  static func add(_ bytes: Int) { count.add(bytes, ordering: .relaxed) }
}
