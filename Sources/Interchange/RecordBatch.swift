// Where do the records stand that a reader read at once?

/// The cells of a few records. While the last of them is read, memory that was asked for the first arrives.
@safe
final class RecordBatch {
  static let recordsMax = 16

  private(set) var count = 0
  /// Record after record.
  private let memory: UnsafeMutableBufferPointer<Cell>
  private let fieldCount: Int
  private var lines = InlineArray<16, Int>(repeating: 0)

  init(_ schema: Schema, nowhere: UnsafePointer<UInt8>) {
    fieldCount = schema.fields.count
    unsafe memory = .allocate(capacity: RecordBatch.recordsMax * fieldCount)
    unsafe memory.initialize(repeating: Cell(.absent, start: nowhere, count: 0, classes: []))
  }

  deinit { unsafe memory.deallocate() }

  @inline(__always)
  func cells(of record: Int) -> UnsafeMutableBufferPointer<Cell> {
    unsafe UnsafeMutableBufferPointer(start: memory.baseAddress! + record * fieldCount, count: fieldCount)
  }

  @inline(__always)
  func line(of record: Int) -> Int { lines[record] }

  func removeAll() { count = 0 }

  /// Says that the cells behind the batch hold a record.
  @inline(__always)
  func add(line: Int) {
    lines[count] = line
    count += 1
  }
}
