// What can be wrong with a row of an input? The codes are stable: analysts and scripts filter by them.

package enum RowCode: String, CaseIterable, Sendable {
  case malformedRow = "malformed_row"
  case invalidUTF8 = "invalid_utf8"
  case missingField = "missing_field"
  case duplicateField = "duplicate_field"
  case invalidID = "invalid_id"
  case personalData = "personal_data"
  case invalidTime = "invalid_time"
  case invalidAmount = "invalid_amount"
  case amountOutOfRange = "amount_out_of_range"
  case invalidPosition = "invalid_position"
  case positionConflict = "position_conflict"
  case unknownOption = "unknown_option"
  case invalidStatus = "invalid_status"
  case invalidCurrency = "invalid_currency"
  case currencyMismatch = "currency_mismatch"
  case unknownCurrencyExponent = "unknown_currency_exponent"
  case duplicateCommitment = "duplicate_commitment"
  case duplicateResolution = "duplicate_resolution"
  case invalidBps = "invalid_bps"
  case missingCreator = "missing_creator"
  case invalidOutcome = "invalid_outcome"
  case unknownWinningOption = "unknown_winning_option"
  case weightsMismatch = "weights_mismatch"
  case invalidPolicy = "invalid_policy"
  case poolOutOfRange = "pool_out_of_range"

  /// What to tell the admin: why, and what to do.
  package var advice: String {
    switch self {
    case .malformedRow: "the row cannot be read; correct its quotes, commas or brackets"
    case .invalidUTF8: "not UTF-8; export the file as UTF-8"
    case .missingField: "a value is required here"
    case .duplicateField: "two columns or keys stand for one field; keep one"
    case .invalidID: "an id is 1 to 128 bytes, starts with a letter, digit or _, and holds no control characters"
    case .personalData: "looks like an e-mail address; use an id that names nobody"
    case .invalidTime: "not an RFC 3339 time with a zone, like 2026-01-31T18:00:00Z"
    case .invalidAmount: "not an amount in the batch's unit (see --amount-unit): digits only, no sign, no separators"
    case .amountOutOfRange: "an amount is 1 to 9223372036854775807 minor units"
    case .invalidPosition: "a position is yes or no"
    case .positionConflict: "the position contradicts the option; correct one, or use position_check ignore"
    case .unknownOption: "the market's resolution does not list this option"
    case .invalidStatus: "a status is active, cancelled or withdrawn"
    case .invalidCurrency: "a currency is 1 to 12 capital letters or digits"
    case .currencyMismatch: "not the currency of the market"
    case .unknownCurrencyExponent: "the decimals of this currency are not known; add it to currencies in settle.json"
    case .duplicateCommitment: "this commitment id stands more than once in the market; keep one row"
    case .duplicateResolution: "this market is resolved more than once in the batch; keep one row"
    case .invalidBps: "basis points are whole numbers from 0 to 10000, both fees together at most 10000"
    case .missingCreator: "a creator fee above 0 needs a creator_id"
    case .invalidOutcome: "an outcome is winner or void; void has no winning option"
    case .unknownWinningOption: "not an option of the market, or named twice, or won and void at once"
    case .weightsMismatch: "as many positive whole weights as winning options are needed"
    case .invalidPolicy: "not a value of this policy (see `settle help money`)"
    case .poolOutOfRange: "the stakes of the market sum to more than 9223372036854775807 minor units"
    }
  }

  /// The code's number, for sets of codes.
  package var number: Int { RowCode.allCases.firstIndex(of: self)! }
}

/// Several codes in one word.
package struct RowCodes: Hashable, Sendable {
  private var bits: UInt32 = 0

  package init() {}
  package var isEmpty: Bool { bits == 0 }
  package mutating func insert(_ code: RowCode) { bits |= 1 << UInt32(code.number) }
  package mutating func formUnion(_ other: RowCodes) { bits |= other.bits }

  /// The codes' names, sorted.
  package var names: [String] {
    RowCode.allCases.filter { bits & (1 << UInt32($0.number)) != 0 }.map(\.rawValue).sorted()
  }
}
