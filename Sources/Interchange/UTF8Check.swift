// Are these bytes well-formed UTF-8 (Unicode 15, table 3-7)?

public enum UTF8Check {
  public static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    let count = bytes.count
    func isContinuation(_ offset: Int) -> Bool {
      unsafe index + offset < count && bytes[index + offset] & 0xC0 == 0x80
    }
    while index < count {
      let first = unsafe bytes[index]
      if first < 0x80 {
        index += 1
        continue
      }
      guard isContinuation(1) else { return false }
      let second = unsafe bytes[index + 1]
      switch first {
      case 0xC2...0xDF:
        index += 2
      case 0xE0...0xEF:
        guard isContinuation(2) else { return false }
        if first == 0xE0 && second < 0xA0 { return false }  // a longer spelling of a shorter sequence
        if first == 0xED && second >= 0xA0 { return false }  // a surrogate
        index += 3
      case 0xF0...0xF4:
        guard isContinuation(2), isContinuation(3) else { return false }
        if first == 0xF0 && second < 0x90 { return false }
        if first == 0xF4 && second >= 0x90 { return false }  // above U+10FFFF
        index += 4
      default:
        return false
      }
    }
    return true
  }

  public static func isValid(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { unsafe isValid($0) }
  }
}
