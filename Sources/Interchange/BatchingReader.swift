// How are several records read before they are handed over?

/// A reader that can read several records before it hands them over.
protocol BatchingReader: RecordReader {
  var batch: RecordBatch { get }
  /// What ended the batch before, and is still to be told.
  var waiting: ReadOutcome? { get set }
  func forgetFaults()
  /// Reads the next record into the cells behind the batch.
  /// - Returns: nil where the window must be moved and may not, because records of the batch point into it.
  func read(mayMove: Bool) throws(FileError) -> ReadOutcome?
}

extension BatchingReader {
  public var cells: UnsafeMutableBufferPointer<Cell> { unsafe batch.cells(of: 0) }
  public var batchCount: Int { batch.count }
  @inline(__always)
  public func cells(of record: Int) -> UnsafeMutableBufferPointer<Cell> { unsafe batch.cells(of: record) }
  @inline(__always)
  public func line(of record: Int) -> Int { batch.line(of: record) }

  public func next() throws(FileError) -> ReadOutcome { try next(atMost: 1) }
  public func nextBatch() throws(FileError) -> ReadOutcome { try next(atMost: RecordBatch.recordsMax) }

  @inline(__always)
  private func next(atMost countMax: Int) throws(FileError) -> ReadOutcome {
    if let outcome = waiting {
      waiting = nil
      return outcome
    }
    forgetFaults()
    batch.removeAll()
    while batch.count < countMax {
      guard let outcome = try read(mayMove: batch.count == 0) else {
        // What was found so far is found again when the record is read again; the batch before it has no faults.
        forgetFaults()
        break
      }
      guard case .record = outcome else {
        forgetFaults()
        if batch.count == 0 { return outcome }
        waiting = outcome
        break
      }
      batch.add(line: line)
      if !faults.isEmpty { break }
    }
    return .record
  }
}
