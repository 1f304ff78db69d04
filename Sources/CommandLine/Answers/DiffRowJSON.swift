// How is one row that differs written as JSON, a million of them in a second?
internal import Batch
internal import Interchange

/// Writes rows of one table straight from their cells: `{"cells":{…},"change":…,"currency":…,"key":{…},"reason":…}`.
struct DiffRowJSON {
  /// Columns and parts of the key in the order of their names, each with its JSON name.
  private let columns: [(index: Int, name: String, isInteger: Bool)]
  private let key: [(index: Int, name: String)]

  init(_ table: DiffTable) {
    func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
    columns = table.columns.enumerated().sorted { precedes($0.element.name, $1.element.name) }.map {
      ($0.offset, JSONValue.string($0.element.name).compact + ":", $0.element.isInteger)
    }
    key = table.key.enumerated().sorted { precedes($0.element, $1.element) }.map {
      ($0.offset, JSONValue.string($0.element).compact + ":")
    }
  }

  func write(_ row: DiffRow, to buffer: ByteBuffer) {
    buffer.append("{\"cells\":{")
    var isFirst = true
    for column in columns where row.isChanged(column.index) {
      if !isFirst { buffer.append(0x2C) }
      isFirst = false
      buffer.append(column.name)
      buffer.append("{")
      if column.isInteger, let delta = row.delta(column.index) {
        buffer.append("\"delta\":")
        if let small = Int64(exactly: delta) { buffer.append(decimal: small) } else { buffer.append(String(delta)) }
        buffer.append(0x2C)
      }
      buffer.append("\"new\":")
      unsafe value(row.new(column.index), column.isInteger, to: buffer)
      buffer.append(",\"old\":")
      unsafe value(row.old(column.index), column.isInteger, to: buffer)
      buffer.append("}")
    }
    buffer.append("},\"change\":\"")
    buffer.append(row.change.rawValue)
    buffer.append(0x22)
    let currency = row.currencyShown
    if !currency.isEmpty {
      buffer.append(",\"currency\":")
      text(currency, to: buffer)
    }
    buffer.append(",\"key\":{")
    for (place, part) in key.enumerated() {
      if place > 0 { buffer.append(0x2C) }
      buffer.append(part.name)
      unsafe text(row.key(part.index), to: buffer)
    }
    buffer.append("}")
    if !row.reason.isEmpty {
      buffer.append(",\"reason\":")
      text(row.reason, to: buffer)
    }
    buffer.append("}")
  }

  private func value(_ cell: UnsafeBufferPointer<UInt8>?, _ isInteger: Bool, to buffer: ByteBuffer) {
    guard let cell = unsafe cell, let start = cell.baseAddress, cell.count > 0 else { return buffer.append("null") }
    if isInteger, unsafe Int64(String(decoding: cell, as: UTF8.self)) != nil {
      unsafe buffer.append(start, cell.count)
    } else {
      unsafe text(cell, to: buffer)
    }
  }

  private func text(_ text: String, to buffer: ByteBuffer) {
    var text = text
    text.withUTF8 { unsafe self.text($0, to: buffer) }
  }

  /// A JSON string; what is plain is taken over as it stands.
  private func text(_ bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    let isPlain = unsafe bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    guard isPlain, let start = bytes.baseAddress else {
      return buffer.append(unsafe JSONValue.string(String(decoding: bytes, as: UTF8.self)).compact)
    }
    buffer.append(0x22)
    unsafe buffer.append(start, bytes.count)
    buffer.append(0x22)
  }
}
