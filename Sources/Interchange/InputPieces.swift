// How do several threads read one file? In pieces that start and end where a record does.
internal import CProcessor
internal import Glibc

/// A file cut into pieces between its records, in order; each piece is read on its own.
///
/// A CSV file is cut at line feeds as long as no quote has been seen (a quoted cell may hold line feeds); from the first
/// quote on the rest is one piece. NDJSON is cut at line feeds. A JSON array is cut behind a comma between `}` and `{`;
/// a string that holds such a text makes a wrong cut, which the reader of the piece notices, because the piece then
/// does not end behind an element: the file must be read again as a whole.
@safe
public final class InputPieces: Sendable {
  public enum Layout: Sendable {
    case csv, lines, array
  }

  /// Bytes from the start of one record to the start of another, or to the end of the file.
  public struct Piece {
    public let stream: InputStream
    /// Physical line of its first byte, from 1.
    public let line: Int
    public let isFirst: Bool
    public let isLast: Bool
  }

  private struct State {
    var carry: [UInt8] = []
    var line = 1
    var isFirst = true
    var isDone = false
  }

  private let layout: Layout
  private let source: BlockSource
  private let state = Monitor(State())

  public init(path: String, layout: Layout, blockSize: Int = 1 << 20) throws(FileError) {
    self.layout = layout
    source = try BlockSource(path: path, blockSize: blockSize)
  }

  /// The next piece, or nil behind the last. May be called from several threads.
  public func next() throws(FileError) -> Piece? {
    try state.update { state -> Result<Piece?, FileError> in
      do throws(FileError) { return .success(try advance(&state)) } catch { return .failure(error) }
    }.get()
  }

  /// Bytes and SHA-256 of the whole input; call when all pieces are read.
  public func summary() -> (byteCount: Int, digest: Digest) { source.summary() }

  private func advance(_ state: inout State) throws(FileError) -> Piece? {
    while !state.isDone {
      guard let block = try source.take() else {
        preconditionFailure("the last block of \(source.path) was not marked")
      }
      let carry = state.carry
      guard carry.count <= Block.headroom, isCuttable(block, isFirst: state.isFirst && carry.isEmpty) else {
        state.isDone = true
        let rest = InputStream(source, carry: carry, block, ahead: true)
        return piece(rest, &state, lines: 0, isLast: true)
      }
      let start = unsafe block.bytes - carry.count
      unsafe carry.withUnsafeBufferPointer {
        if let base = $0.baseAddress { unsafe start.update(from: base, count: $0.count) }
      }
      let limit = unsafe block.bytes + block.count
      if block.isLast {
        state.isDone = true
        return unsafe piece(InputStream(source, piece: block, from: start, to: limit), &state, lines: 0, isLast: true)
      }
      guard let cut = unsafe cut(start, limit), unsafe !state.isFirst || hasHeader(start, cut) else {
        state.carry = unsafe Array(UnsafeBufferPointer(start: start, count: limit - start))
        source.giveBack(block)
        continue
      }
      state.carry = unsafe Array(UnsafeBufferPointer(start: cut, count: limit - cut))
      let lines = unsafe settle_line_feeds(start, cut - start)
      return unsafe piece(InputStream(source, piece: block, from: start, to: cut), &state, lines: lines, isLast: false)
    }
    return nil
  }

  private func piece(_ stream: InputStream, _ state: inout State, lines: Int, isLast: Bool) -> Piece {
    defer {
      state.line += lines
      state.isFirst = false
    }
    return Piece(stream: stream, line: state.line, isFirst: state.isFirst, isLast: isLast)
  }

  private func isCuttable(_ block: Block, isFirst: Bool) -> Bool {
    switch layout {
    case .csv: return unsafe memchr(block.bytes, 0x22, block.count) == nil
    case .lines: return true
    case .array:
      guard isFirst else { return true }
      // An object around the table has other keys too: that is read as a whole.
      let text = unsafe UnsafeBufferPointer(start: block.bytes, count: block.count)
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      let body = unsafe text.starts(with: mark) ? text.dropFirst(3) : text[...]
      return unsafe body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == 0x5B
    }
  }

  /// Whether the first piece of a CSV file holds its header: a line that is not blank.
  private func hasHeader(_ start: UnsafeMutablePointer<UInt8>, _ cut: UnsafeMutablePointer<UInt8>) -> Bool {
    guard layout == .csv else { return true }
    let text = unsafe UnsafeBufferPointer(start: start, count: cut - start)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return unsafe (text.starts(with: mark) ? text.dropFirst(3) : text[...]).contains { $0 != 0x0A && $0 != 0x0D }
  }

  /// One past the last record that is whole; nil where none is.
  private func cut(_ start: UnsafeMutablePointer<UInt8>, _ limit: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<
    UInt8
  >? {
    var p = unsafe limit
    while unsafe p > start {
      unsafe p -= 1
      if layout != .array {
        if unsafe p.pointee == 0x0A { return unsafe p + 1 }
        continue
      }
      guard unsafe p.pointee == 0x7B, let comma = unsafe before(p, start), unsafe comma.pointee == 0x2C,
        let brace = unsafe before(comma, start), unsafe brace.pointee == 0x7D
      else { continue }
      return unsafe comma + 1
    }
    return nil
  }

  /// The last byte before `p` that is no white space.
  private func before(_ p: UnsafeMutablePointer<UInt8>, _ start: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<
    UInt8
  >? {
    var p = unsafe p
    while unsafe p > start {
      unsafe p -= 1
      if unsafe ![0x20, 0x09, 0x0A, 0x0D].contains(p.pointee) { return unsafe p }
    }
    return nil
  }
}
