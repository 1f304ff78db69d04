// Which id stands in the name of an account?

extension AccountName {
  /// The id behind a prefix: `%25` and `%3A` are `%` and `:` again.
  package static func decoded(_ encoded: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(encoded)
    guard bytes.contains(0x25) else { return bytes }
    var id: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index...].starts(with: [0x25, 0x32, 0x35]) {
        id.append(0x25)
        index += 3
      } else if bytes[index...].starts(with: [0x25, 0x33, 0x41]) {
        id.append(0x3A)
        index += 3
      } else {
        id.append(bytes[index])
        index += 1
      }
    }
    return id
  }
}
