// Where in a sorted data file does a key stand, without reading the whole file?
internal import Glibc
internal import Interchange

/// The rows of a run's data file: from any key on, in order, in constant memory.
///
/// Rows are sorted by key, column by column, on the bytes of the cells without quotes. To find a key the file is
/// halved: a line in the middle is read with `pread`, and the half that cannot hold the key is given up. A file of a
/// gigabyte takes some thirty such looks.
///
/// Worked example, keys `a1 a3 b2 b2 c1`, sought `b2`: the line in the middle is `b2`, not before `b2`, so the upper
/// half is given up; of `a1 a3` the middle is `a3`, before `b2`, so the lower half is; what is left is the place of the
/// first `b2`.
@safe
final class SortedRows {
  enum Step {
    case row, end
    /// The line cannot be read as a row; the next one may.
    case damaged(String)
  }

  let schema: OutputSchema
  let path: String
  /// The row that was read last.
  let line: AuditLine
  /// Its number in the file, from 1 (the header); nil behind a search.
  private(set) var number: Int? = 1

  private let descriptor: CInt
  private let size: Int
  private let window: UnsafeMutablePointer<UInt8>
  private var windowStart = 0
  private var windowCount = 0
  private var position = 0
  private var firstRow = 0

  private static let windowSize = 1 << 18
  /// No row is longer: ids have 128 bytes, a row a few of them.
  private static let lineMax = 1 << 16

  /// Opens a file of a run and checks its header.
  init(_ files: RunFiles, _ schema: OutputSchema) throws(BatchError) {
    self.schema = schema
    path = files.path(schema.file)
    line = AuditLine(columnCount: schema.columns.count)
    unsafe window = .allocate(capacity: SortedRows.windowSize)
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      size = 0
      throw BatchError.file(FileError("open", path))
    }
    var status = stat()
    size = unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    let header = schema.columns.map(\.name).joined(separator: ",") + "\n"
    guard let first = unsafe try bytes(at: 0), unsafe first.elementsEqual(header.utf8) else {
      throw damage("the header is not that of \(schema.file)")
    }
    firstRow = first.count
    position = firstRow
  }

  deinit {
    unsafe window.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Reads the next row.
  func next() throws(BatchError) -> Step {
    if let known = number { number = known + 1 }
    guard position < size else { return .end }
    guard let bytes = unsafe try bytes(at: position) else {
      position = size
      return .damaged("the file is cut off")
    }
    position += bytes.count
    return unsafe line.take(bytes).map { .damaged($0) } ?? .row
  }

  /// Reads the next row; false behind the last.
  /// - Throws: `run_damaged`.
  func nextRow() throws(BatchError) -> Bool {
    switch try next() {
    case .row: return true
    case .end: return false
    case .damaged(let message): throw damage(message)
    }
  }

  /// Moves before the first row whose key is not before `key` (its first columns, at least one).
  func seek(_ key: [[UInt8]]) throws(BatchError) {
    number = nil
    var low = firstRow
    var high = size
    while low < high {
      let start = try lineStart(around: (low + high) / 2, from: low)
      guard let bytes = unsafe try bytes(at: start) else { throw damage("the file is cut off") }
      let end = start + bytes.count
      if let message = unsafe line.take(bytes) { throw damage(message) }
      if isBefore(key) { low = end } else { high = start }
    }
    position = low
  }

  /// Goes back to the first row.
  func rewind() {
    position = firstRow
    number = 1
  }

  /// Whether the row read last has this key.
  func has(_ key: [[UInt8]]) -> Bool {
    for (column, part) in key.enumerated() where unsafe !line.cell(column).elementsEqual(part) { return false }
    return true
  }

  /// Columns of a key are the first of their file.
  private func isBefore(_ key: [[UInt8]]) -> Bool {
    for (column, part) in key.enumerated() {
      let cell = unsafe line.cell(column)
      if unsafe cell.elementsEqual(part) { continue }
      return unsafe cell.lexicographicallyPrecedes(part)
    }
    return false
  }

  func damage(_ message: String) -> BatchError {
    let place = number.map { ":\($0)" } ?? ""
    return BatchError(
      "run_damaged", .conflict, "\(Terminal.safe(path))\(place): \(message)",
      hint: "`settle verify` lists what is damaged; restore the run's directory from a backup")
  }

  // MARK: Bytes

  /// The line at an offset with its line feed; nil where it has none.
  private func bytes(at offset: Int) throws(BatchError) -> UnsafeBufferPointer<UInt8>? {
    for isFilled in [false, true] {
      if isFilled { try fill(from: offset) }
      guard offset >= windowStart, offset < windowStart + windowCount else { continue }
      let start = unsafe window + (offset - windowStart)
      let rest = windowStart + windowCount - offset
      if let feed = unsafe memchr(start, 0x0A, rest) {
        let count = unsafe feed.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(start) + 1
        return unsafe UnsafeBufferPointer(start: start, count: count)
      }
    }
    return nil
  }

  /// Where the line around `offset` starts.
  private func lineStart(around offset: Int, from low: Int) throws(BatchError) -> Int {
    let from = max(low, offset - SortedRows.lineMax)
    if from < windowStart || offset >= windowStart + windowCount { try fill(from: from) }
    var start = offset
    while start > from, unsafe window[start - 1 - windowStart] != 0x0A { start -= 1 }
    guard start > from || from == low else { throw damage("a line is longer than \(SortedRows.lineMax) bytes") }
    return start
  }

  private func fill(from offset: Int) throws(BatchError) {
    windowStart = offset
    windowCount = 0
    while windowCount < SortedRows.windowSize {
      let count = unsafe pread(
        descriptor, window + windowCount, SortedRows.windowSize - windowCount, off_t(offset + windowCount))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw BatchError.file(FileError("read", path)) }
      if count == 0 { return }
      windowCount += count
    }
  }
}
