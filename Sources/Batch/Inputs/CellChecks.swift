// Is a cell an id, an amount, a number? Decided on bytes: the same spelling rules for CSV and JSON.
internal import Interchange
internal import Markets
internal import Money

/// Why a cell is not what it should be; nil where it is.
enum CellCheck {
  /// An id: `invalid_id`, or nil.
  static func id(_ cell: Cell) -> RowCode? {
    switch cell.kind {
    case .text: break
    case .number where !cell.classes.contains(.nonDigit): break
    default: return .invalidID
    }
    guard cell.count <= ID.lengthMax, cell.classes.isDisjoint(with: [.control]) else { return .invalidID }
    let first = unsafe cell.buffer[0]
    if cell.classes.contains(.high) { return isUnicodeID(cell.bytes) ? nil : .invalidID }
    let isStart =
      (0x61...0x7A).contains(first) || (0x41...0x5A).contains(first) || (0x30...0x39).contains(first) || first == 0x5F
    guard isStart, unsafe cell.buffer[cell.count - 1] != 0x20 else { return .invalidID }
    return nil
  }

  /// An option id: an id without `|`, which separates options in lists.
  static func optionID(_ cell: Cell) -> RowCode? {
    cell.classes.contains(.bar) ? .invalidID : id(cell)
  }

  /// An id of a person: an id that does not look like an e-mail address.
  static func personID(_ cell: Cell) -> RowCode? {
    if let code = id(cell) { return code }
    return cell.classes.contains(.at) && isEmailShaped(cell.bytes) ? .personalData : nil
  }

  /// something@something.something, no space.
  static func isEmailShaped(_ bytes: [UInt8]) -> Bool {
    guard !bytes.contains(0x20), let at = bytes.firstIndex(of: 0x40), at > 0 else { return false }
    let domain = bytes[(at + 1)...]
    return domain.indices.contains { domain[$0] == 0x2E && $0 > domain.startIndex && $0 < domain.endIndex - 1 }
  }

  /// The rules for ids beyond ASCII: what the eye or a terminal cannot see is refused.
  static func isUnicodeID(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    let scalars = text.unicodeScalars
    guard let first = scalars.first, let last = scalars.last else { return false }
    switch first.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: break
    default: guard first == "_" else { return false }
    }
    guard last.properties.generalCategory != .spaceSeparator else { return false }
    return scalars.allSatisfy { scalar in
      if scalar.properties.isNoncharacterCodePoint { return false }
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: return false
      default: return true
      }
    }
  }

  enum Integer: Equatable {
    case value(Int64)
    case tooLarge
    case misspelt
  }

  /// A whole number in its one spelling: digits, no sign, no leading zero.
  static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Integer {
    let count = bytes.count
    guard count > 0, unsafe count == 1 || bytes[0] != 0x30 else { return .misspelt }
    var value: UInt64 = 0
    if count <= 18 {
      for index in bytes.indices {
        let byte = unsafe bytes[index]
        let digit = byte &- 0x30
        if digit > 9 { return .misspelt }
        value = value &* 10 &+ UInt64(digit)
      }
      return .value(Int64(value))
    }
    var isTooLarge = false
    for index in bytes.indices {
      let byte = unsafe bytes[index]
      let digit = byte &- 0x30
      if digit > 9 { return .misspelt }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = tens.addingReportingOverflow(UInt64(digit))
      if over || more { isTooLarge = true }
      value = sum
    }
    return isTooLarge || value > UInt64(Int64.max) ? .tooLarge : .value(Int64(value))
  }

  /// The same of a reader's cell, whose classes vouch for its digits.
  @inline(__always)
  static func integer(_ cell: Cell) -> Integer {
    guard cell.kind == .text || cell.kind == .number else { return .misspelt }
    guard cell.count > 0, cell.count <= 8, !cell.classes.contains(.nonDigit) else {
      return unsafe integer(cell.buffer)
    }
    // Up to eight digits at once: side by side as bytes, zeros in front; then pairs, fours and eights of them.
    let word = cell.word
    if cell.count > 1, word & 0xFF == 0x30 { return .misspelt }
    let digits = word &<< UInt64(8 * (8 - cell.count)) & 0x0F0F_0F0F_0F0F_0F0F
    let pairs = (digits &* (10 << 8 | 1)) >> 8 & 0x00FF_00FF_00FF_00FF
    let fours = (pairs &* (100 << 16 | 1)) >> 16 & 0x0000_FFFF_0000_FFFF
    return .value(Int64((fours &* (10_000 << 32 | 1)) >> 32))
  }

  /// Decimal text in units of a currency, as minor units: `12.5` with exponent 2 is 1250. Exact or misspelt.
  /// - Parameter exponent: decimals of the currency; nil checks the spelling alone.
  static func decimal(_ bytes: [UInt8], exponent: Int?) -> Integer {
    let parts = bytes.split(separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
    let whole = Array(parts[0])
    let decimals = parts.count == 2 ? Array(parts[1]) : []
    guard parts.count == 1 || !decimals.isEmpty, decimals.allSatisfy({ (0x30...0x39).contains($0) }),
      unsafe whole.withUnsafeBufferPointer({ unsafe integer($0) }) != .misspelt
    else { return .misspelt }
    guard let exponent else { return .value(1) }
    guard decimals.count <= exponent else { return .misspelt }
    var digits = whole + decimals + [UInt8](repeating: 0x30, count: exponent - decimals.count)
    let zeros = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(min(zeros, digits.count - 1))
    return unsafe digits.withUnsafeBufferPointer { unsafe integer($0) }
  }

  static func decimal(_ cell: Cell, exponent: Int?) -> Integer {
    guard cell.kind == .text || cell.kind == .number else { return .misspelt }
    return decimal(cell.bytes, exponent: exponent)
  }

  /// An amount of a commitment in minor units.
  static func amount(_ cell: Cell, unit: AmountUnit, exponent: Int?) -> Result<Int64, RowCodeError> {
    switch unit == .minor ? integer(cell) : decimal(cell, exponent: exponent) {
    case .misspelt: .failure(RowCodeError(code: .invalidAmount))
    case .tooLarge, .value(0): .failure(RowCodeError(code: .amountOutOfRange))
    case .value(let amount): .success(amount)
    }
  }
}

/// A row code as an error, for `Result`.
struct RowCodeError: Error {
  let code: RowCode
}
