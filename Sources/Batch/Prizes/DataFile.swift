// How is a data file written row by row, and hashed as it is written?
internal import Interchange

/// A file that one thread fills from front to back; without a path it is only hashed.
final class DataFile {
  let name: String
  let buffer = ByteBuffer(capacity: 1 << 18)
  private(set) var rows = 0
  private let file: OutputFile?
  private var hash = SHA256()
  private var byteCount = 0

  init(_ schema: OutputSchema, in directory: String?) throws(FileError) {
    name = schema.file
    file = if let directory { try OutputFile(creating: "\(directory)/\(schema.file)") } else { nil }
    buffer.append(schema.columns.map(\.name).joined(separator: ",") + "\n")
  }

  /// Says that a row is complete in the buffer.
  func endRow() throws(FileError) {
    rows += 1
    if buffer.count >= 1 << 17 { try write() }
  }

  private func write() throws(FileError) {
    unsafe hash.update(buffer.bytes)
    unsafe try file?.write(buffer.bytes)
    byteCount += buffer.count
    buffer.removeAll()
  }

  func close(flush: Bool) throws(FileError) -> OutputSummary {
    try write()
    if flush { try file?.flush() }
    try file?.close()
    return OutputSummary(name: name, rows: rows, byteCount: byteCount, digest: hash.digest())
  }
}
