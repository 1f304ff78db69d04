// Where do large runs of plain values live, which every market needs anew?
internal import Glibc

/// Memory for plain values (no references) that only grows, and whose content does not survive growing.
///
/// From a few megabytes on it asks for large pages: with small ones most of the time of a first touch is the system's.
@safe
public struct LargeMemory<Value: BitwiseCopyable>: ~Copyable {
  public private(set) var start: UnsafeMutablePointer<Value>
  public private(set) var capacity: Int

  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    unsafe start = LargeMemory.allocate(self.capacity)
  }

  deinit { unsafe UnsafeMutableRawPointer(start).deallocate() }

  /// Makes room for `count` values; what was there is forgotten if it moves.
  @inline(__always)
  public mutating func reserve(_ count: Int) {
    if count > capacity { grow(count) }
  }

  @inline(never)
  private mutating func grow(_ count: Int) {
    unsafe UnsafeMutableRawPointer(start).deallocate()
    capacity = max(count, capacity * 2)
    unsafe start = LargeMemory.allocate(capacity)
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Value> {
    let byteCount = capacity * MemoryLayout<Value>.stride
    return unsafe LargePages.allocate(byteCount).assumingMemoryBound(to: Value.self)
  }
}

/// Raw memory on large pages, where that pays.
public enum LargePages {
  private static let pageByteCount = 1 << 21

  public static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= 2 * pageByteCount else {
      return UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: pageByteCount)
    unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
    return unsafe memory
  }
}
