// How do several threads write one file in order?

internal import Interchange

/// An output file that is filled in pieces by numbered jobs, in any order in time, and written and hashed in the order
/// of the jobs. Whoever finds work to write writes it; nobody waits for the disk while there is something to compute.
@safe
final class OrderedFile: @unchecked Sendable {
  private struct State {
    /// Pieces of the jobs that are not yet written, by job.
    var pieces: [Int: [ByteBuffer]] = [:]
    var finished: Set<Int> = []
    var head = 0
    var isBusy = false
    var waitingBytes = 0
    var free: [ByteBuffer] = []
    var failure: FileError?
  }

  let name: String
  private let state = Monitor(State())
  private let file: OutputFile?
  private let jobCount: Int
  /// Touched only by the thread that made the file busy.
  private var hash = SHA256()
  private(set) var byteCount = 0

  /// Pieces that wait for earlier jobs may take this much memory; then whoever makes more writes, or waits.
  private let waitingByteMax: Int

  /// - Parameters:
  ///   - path: nil to hash only.
  ///   - waitingByteMax: how much may wait for the earliest job that is not finished, at least 8 MiB.
  init(name: String, path: String?, jobCount: Int, waitingByteMax: Int) throws(FileError) {
    self.name = name
    self.jobCount = jobCount
    self.waitingByteMax = max(8 << 20, waitingByteMax)
    file = if let path { try OutputFile(creating: path) } else { nil }
  }

  /// A piece is handed over when it has this many bytes.
  static let pieceByteCount = 1 << 17
  /// Room for a piece and the row that completes it.
  private static let bufferByteCount = pieceByteCount + 1 << 12

  /// An empty buffer to fill.
  func buffer() -> ByteBuffer {
    state.update { $0.free.popLast() } ?? ByteBuffer(capacity: OrderedFile.bufferByteCount)
  }

  /// Hands over a filled piece of a job. The job whose turn it is never waits here.
  func put(_ buffer: ByteBuffer, job: Int) {
    state.update { state in
      state.waitingBytes += buffer.count
      // Small markets fill little of a piece: what waits is put together.
      if job > state.head, let last = state.pieces[job]?.last,
        last.count + buffer.count <= OrderedFile.pieceByteCount
      {
        unsafe last.append(buffer.start, buffer.count)
        buffer.removeAll()
        state.free.append(buffer)
      } else {
        state.pieces[job, default: []].append(buffer)
      }
    }
    while isFull(for: job) {
      if writeReady() { continue }
      state.wait { state -> Void? in
        let hasWork = !state.isBusy && !(state.pieces[state.head]?.isEmpty ?? true)
        return hasWork || state.head >= job || state.waitingBytes <= waitingByteMax ? () : nil
      }
    }
  }

  private func isFull(for job: Int) -> Bool {
    state.update { $0.waitingBytes > waitingByteMax && $0.head < job }
  }

  /// Says that a job has handed over all its pieces.
  func finish(job: Int) {
    state.update {
      $0.finished.insert(job)
      OrderedFile.advance(&$0)
    }
  }

  /// Writes what is next in order, if nobody else does. Returns whether there was any.
  func writeReady() -> Bool {
    let ready: [ByteBuffer]? = state.update { state in
      guard !state.isBusy, let pieces = state.pieces[state.head], !pieces.isEmpty else { return nil }
      state.isBusy = true
      state.pieces[state.head] = []
      return pieces
    }
    guard let ready else { return false }
    write(ready)
    return true
  }

  /// Writes until all jobs are done.
  func writeAll() {
    while true {
      let ready: [ByteBuffer]? = state.wait { state -> [ByteBuffer]?? in
        if state.head == jobCount { return .some(nil) }
        guard !state.isBusy, let pieces = state.pieces[state.head], !pieces.isEmpty else { return nil }
        state.isBusy = true
        state.pieces[state.head] = []
        return .some(pieces)
      }
      guard let ready else { return }
      write(ready)
    }
  }

  private func write(_ pieces: [ByteBuffer]) {
    var failure = state.update { $0.failure }
    var written = 0
    for piece in pieces {
      written += piece.count
      byteCount += piece.count
      unsafe hash.update(piece.bytes)
      if failure == nil, let file {
        do throws(FileError) { unsafe try file.write(piece.bytes) } catch { failure = error }
      }
      piece.removeAll()
    }
    state.update { state in
      state.failure = failure
      state.isBusy = false
      state.waitingBytes -= written
      state.free.append(contentsOf: pieces)
      OrderedFile.advance(&state)
    }
  }

  private static func advance(_ state: inout State) {
    while !state.isBusy, state.finished.contains(state.head), state.pieces[state.head]?.isEmpty ?? true {
      state.pieces[state.head] = nil
      state.finished.remove(state.head)
      state.head += 1
    }
  }

  /// Closes the file, durably where asked.
  func close(flush: Bool) throws(FileError) -> (byteCount: Int, digest: Digest) {
    if let failure = state.update({ $0.failure }) { throw failure }
    if flush { try file?.flush() }
    try file?.close()
    return (byteCount, hash.digest())
  }
}
