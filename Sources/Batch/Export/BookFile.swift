// How does the book become a file?
internal import Interchange
package import Ledger

extension BookExport {
  /// Writes the book to a new file, which is whole or not there.
  package func write(as format: BookFormat, to path: String) throws(BatchError) -> Counts {
    let target = try AsideFile(path)
    do throws(BatchError) {
      let file: OutputFile
      do throws(FileError) { file = try OutputFile(creating: target.aside) } catch { throw BatchError.file(error) }
      let counts = try write(as: format, mapping: BatchError.ledger) { (piece) throws(BatchError) in
        do throws(FileError) { try unsafe file.write(piece.bytes) } catch { throw BatchError.file(error) }
      }
      do throws(FileError) {
        try file.flush()
        try file.close()
      } catch {
        throw BatchError.file(error)
      }
      try target.publish()
      return counts
    } catch {
      target.discard()
      throw error
    }
  }
}
