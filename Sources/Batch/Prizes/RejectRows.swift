// How are the rejected rows of a batch of events written, and told?
internal import Interchange
internal import Markets

enum RejectRows {
  static func bytes(_ rejections: [Rejection]) -> [UInt8] {
    let buffer = ByteBuffer()
    buffer.append(Rejection.header)
    for rejection in rejections { rejection.write(to: buffer) }
    return buffer.array
  }

  /// Writes them where the user wants them, in place of what is there.
  static func replace(_ path: String, _ rejections: [Rejection]) throws(BatchError) {
    do throws(FileError) {
      let aside = "\(path).partial"
      try FileSystem.removeFile(aside)
      try FileSystem.create(aside, bytes(rejections), flush: true)
      try FileSystem.rename(aside, to: path)
    } catch {
      throw BatchError.file(error)
    }
  }
}

extension Rejection {
  /// `file:line: field`, with the path as it was given.
  package func place(in inputs: [InputFile]) -> String {
    let files = inputs.filter { $0.table == table }
    var text =
      file.map { Terminal.safe(files.indices.contains($0 - 1) ? files[$0 - 1].path : fileName) } ?? table.rawValue
    if let line { text += ":\(line)" }
    if let marketID, line == nil { text += " event \(Terminal.safe(marketID.description))" }
    return field.isEmpty ? text : "\(text): \(field)"
  }
}
