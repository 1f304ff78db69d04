// Which row comes next in a sorted table, and how much of it is byte for byte that of another table?
internal import Glibc
internal import Interchange

/// A sorted CSV table that is read once from front to back, whatever its columns, in constant memory.
@safe
final class DiffFile {
  let path: String
  let header: [String]
  /// The row at hand, once `peek` has given true.
  let line: AuditLine
  /// Lines passed so far.
  private(set) var number = 1

  private let descriptor: CInt
  private let memory: UnsafeMutablePointer<UInt8>
  private var position = 0
  private var limit = 0
  private var isAtEnd = false
  private var isTaken = false
  private var keyPlaces: [Int] = []
  private var isKeyInteger: [Bool] = []
  private let previous: [ByteBuffer]
  private var hasPrevious = false

  private static let capacity = 1 << 20
  private static let keyMax = 8

  /// Opens a table and reads its header.
  init(_ path: String) throws(BatchError) {
    self.path = path
    unsafe memory = .allocate(capacity: DiffFile.capacity)
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    previous = (0..<DiffFile.keyMax).map { _ in ByteBuffer(capacity: 160) }
    guard descriptor >= 0 else {
      header = []
      line = AuditLine(columnCount: 0)
      throw BatchError.file(FileError("open", path))
    }
    var filled = 0
    while filled < DiffFile.capacity {
      let count = unsafe read(descriptor, memory + filled, DiffFile.capacity - filled)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    var end = 0
    if let feed = unsafe memchr(memory, 0x0A, filled) { end = unsafe feed - UnsafeMutableRawPointer(memory) }
    let text = unsafe String(decoding: UnsafeBufferPointer(start: memory, count: end), as: UTF8.self)
    header = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    line = AuditLine(columnCount: header.count)
    limit = filled
    position = end + 1
    guard end > 0, Set(header).count == header.count else { throw damage("there is no header of column names") }
  }

  deinit {
    unsafe memory.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// The columns by which the rows are sorted: rows that are not are reported.
  func setKey(_ places: [Int], isInteger: [Bool]) {
    keyPlaces = Array(places.prefix(DiffFile.keyMax))
    isKeyInteger = isInteger
  }

  func places(of names: [String]) throws(BatchError) -> [Int] {
    var places: [Int] = []
    for name in names {
      guard let place = header.firstIndex(of: name) else { throw damage("there is no column \(name)") }
      places.append(place)
    }
    return places
  }

  /// Takes the next row apart, unless that was done; false behind the last.
  /// - Throws: `run_damaged`.
  func peek() throws(BatchError) -> Bool {
    if isTaken { return true }
    var feed = unsafe memchr(memory + position, 0x0A, limit - position)
    if unsafe feed == nil {
      try fill()
      unsafe feed = unsafe memchr(memory + position, 0x0A, limit - position)
    }
    guard let feed = unsafe feed else {
      guard position == limit else { throw damage(isAtEnd ? "the file is cut off" : "a line is too long") }
      return false
    }
    let start = unsafe memory + position
    let count = unsafe feed.assumingMemoryBound(to: UInt8.self) - start + 1
    number += 1
    if let message = unsafe line.take(UnsafeBufferPointer(start: start, count: count)) { throw damage(message) }
    isTaken = true
    try checkOrder()
    return true
  }

  /// Passes the row that `peek` took apart.
  func advance() {
    for index in keyPlaces.indices {
      let cell = unsafe line.cell(keyPlaces[index])
      previous[index].removeAll()
      if let start = cell.baseAddress { unsafe previous[index].append(start, cell.count) }
    }
    hasPrevious = true
    isTaken = false
    unsafe position += line.bytes.count
  }

  /// Passes whole rows that are the same bytes in both files, as far as they are in memory.
  /// - Returns: how many rows.
  static func skipCommon(_ left: DiffFile, _ right: DiffFile) throws(BatchError) -> Int {
    var rows = 0
    while true {
      if left.position == left.limit { try left.fill() }
      if right.position == right.limit { try right.fill() }
      let count = min(left.limit - left.position, right.limit - right.position)
      guard count > 0 else { return rows }
      let common = unsafe commonPrefix(left.memory + left.position, right.memory + right.position, count)
      let (bytes, lines) = unsafe wholeLines(left.memory + left.position, common)
      if lines > 0 {
        rows += lines
        left.pass(bytes, lines)
        right.pass(bytes, lines)
      }
      guard common == count else { return rows }
      // One of them is at the end of what is in memory: more of it is read, its last line kept.
      let before = (left.limit - left.position, right.limit - right.position)
      if left.limit - left.position <= right.limit - right.position { try left.fill() } else { try right.fill() }
      if (left.limit - left.position, right.limit - right.position) == before { return rows }
    }
  }

  private func pass(_ bytes: Int, _ lines: Int) {
    position += bytes
    number += lines - (isTaken ? 1 : 0)
    isTaken = false
  }

  /// How many bytes are the same from the start.
  private static func commonPrefix(
    _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int
  ) -> Int {
    var done = 0
    let step = 1 << 14
    while done + step <= count, unsafe memcmp(left + done, right + done, step) == 0 { done += step }
    while done + 8 <= count {
      let a = unsafe UnsafeRawPointer(left + done).loadUnaligned(as: UInt64.self)
      let b = unsafe UnsafeRawPointer(right + done).loadUnaligned(as: UInt64.self)
      if a != b { return done + (UInt64(littleEndian: a) ^ UInt64(littleEndian: b)).trailingZeroBitCount / 8 }
      done += 8
    }
    while done < count, unsafe left[done] == right[done] { done += 1 }
    return done
  }

  /// The bytes and the number of the lines that end within the first `count` bytes.
  private static func wholeLines(_ start: UnsafePointer<UInt8>, _ count: Int) -> (bytes: Int, lines: Int) {
    var (bytes, lines) = (0, 0)
    while bytes < count, let feed = unsafe memchr(start + bytes, 0x0A, count - bytes) {
      bytes = unsafe feed.assumingMemoryBound(to: UInt8.self) - UnsafeMutablePointer(mutating: start) + 1
      lines += 1
    }
    return (bytes, lines)
  }

  private func fill() throws(BatchError) {
    guard !isAtEnd else { return }
    // A row at hand would move: it is taken apart again.
    if isTaken { number -= 1 }
    isTaken = false
    let rest = limit - position
    unsafe memory.update(from: memory + position, count: rest)
    position = 0
    limit = rest
    while limit < DiffFile.capacity {
      let count = unsafe read(descriptor, memory + limit, DiffFile.capacity - limit)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw BatchError.file(FileError("read", path)) }
      if count == 0 {
        isAtEnd = true
        return
      }
      limit += count
    }
  }

  /// Keys rise strictly: two sorted files are walked side by side.
  private func checkOrder() throws(BatchError) {
    guard hasPrevious else { return }
    for index in keyPlaces.indices {
      let order = unsafe DiffKey.order(
        UnsafeBufferPointer(start: previous[index].start, count: previous[index].count), line.cell(keyPlaces[index]),
        isInteger: isKeyInteger[index])
      if order < 0 { return }
      if order > 0 { break }
    }
    throw damage("the row's key is not behind that of a row before: the file is not sorted")
  }

  func damage(_ message: String) -> BatchError {
    BatchError(
      "run_damaged", .conflict, "\(Terminal.safe(path)):\(number): \(message)",
      hint: "`settle verify` lists what is damaged; restore the directory from a backup")
  }
}

/// Cells of a key, compared as the files are sorted.
enum DiffKey {
  /// Below zero where `left` comes first.
  @inline(__always)
  static func order(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, isInteger: Bool
  ) -> Int {
    // Numbers have one spelling without leading zeros: the longer one is the larger.
    if isInteger, left.count != right.count { return left.count - right.count }
    let shared = min(left.count, right.count)
    if shared > 0 {
      let order = unsafe memcmp(left.baseAddress!, right.baseAddress!, shared)
      if order != 0 { return Int(order) }
    }
    return left.count - right.count
  }
}
