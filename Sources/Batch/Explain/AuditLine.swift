// Which cells does a line of a run's data file hold?
internal import Interchange

/// One line of a data file, taken apart. Ids and codes hold no line feed, so that a row is always one line.
@safe
final class AuditLine {
  /// The line as it stands, with its line feed; valid until the next line is taken apart.
  private(set) var bytes = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private let cells: UnsafeMutableBufferPointer<(start: UnsafePointer<UInt8>, count: Int)>
  /// Cells with doubled quotes are put together here.
  private let scratch = ByteBuffer()

  init(columnCount: Int) { unsafe cells = .allocate(capacity: columnCount) }
  deinit { unsafe cells.deallocate() }

  /// - Parameter line: with its line feed.
  /// - Returns: what is wrong with the line; nil where nothing is.
  func take(_ line: UnsafeBufferPointer<UInt8>) -> String? {
    unsafe bytes = unsafe line
    scratch.removeAll()
    scratch.reserve(total: line.count)
    let end = unsafe line.baseAddress! + (line.count - 1)
    var p = line.baseAddress!
    var column = 0
    while true {
      guard unsafe column < cells.count else { return unsafe "more than \(cells.count) cells" }
      var start = unsafe p
      var count = 0
      if unsafe p.pointee == 0x22 {
        unsafe start = scratch.start + scratch.count
        unsafe p += 1
        while true {
          guard unsafe p < end else { return "a quoted cell is not closed" }
          if unsafe p.pointee == 0x22 {
            unsafe p += 1
            guard unsafe p.pointee == 0x22 else { break }
          }
          unsafe scratch.append(p.pointee)
          unsafe p += 1
          count += 1
        }
        guard unsafe p == end || p.pointee == 0x2C else { return "characters behind a closing quote" }
      } else {
        while unsafe p < end, unsafe p.pointee != 0x2C {
          if unsafe p.pointee == 0x22 { return "a quote inside a cell that does not start with one" }
          unsafe p += 1
        }
        count = unsafe p - start
      }
      unsafe cells[column] = unsafe (start, count)
      column += 1
      if unsafe p == end { break }
      unsafe p += 1
    }
    return unsafe column == cells.count ? nil : unsafe "\(column) cells, not \(cells.count)"
  }

  /// The cell without its quotes.
  @inline(__always)
  func cell(_ column: Int) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: cells[column].start, count: cells[column].count)
  }

  func array(_ column: Int) -> [UInt8] { unsafe Array(cell(column)) }
  func text(_ column: Int) -> String { unsafe String(decoding: cell(column), as: UTF8.self) }

  @inline(__always)
  func isEmpty(_ column: Int) -> Bool { unsafe cells[column].count == 0 }

  /// A whole number in its one spelling, below zero with a minus sign; nil for anything else.
  @inline(__always)
  func integer(_ column: Int) -> Int64? {
    let digits = unsafe cell(column)
    if unsafe digits.first == 0x2D {
      guard case .value(let value) = unsafe CellCheck.integer(UnsafeBufferPointer(rebasing: digits.dropFirst())),
        value > 0
      else { return nil }
      return -value
    }
    guard case .value(let value) = unsafe CellCheck.integer(digits) else { return nil }
    return value
  }
}
