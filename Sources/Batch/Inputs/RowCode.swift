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
  // Of events, registrations and placements.
  case duplicateEvent = "duplicate_event"
  case duplicateRegistration = "duplicate_registration"
  case duplicatePlacement = "duplicate_placement"
  case unknownRegistration = "unknown_registration"
  case registrationNotEligible = "registration_not_eligible"
  case invalidPlace = "invalid_place"
  case placeConflict = "place_conflict"
  case invalidDistribution = "invalid_distribution"
  case mixedDistribution = "mixed_distribution"
  case distributionExceedsPool = "distribution_exceeds_pool"

  /// Codes that only files of events, registrations and placements can have.
  package static let ofEvents: [RowCode] = [
    .duplicateEvent, .duplicateRegistration, .duplicatePlacement, .unknownRegistration, .registrationNotEligible,
    .invalidPlace, .placeConflict, .invalidDistribution, .mixedDistribution, .distributionExceedsPool,
  ]

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
    case .poolOutOfRange: "the amounts of the market or event sum to more than 9223372036854775807 minor units"
    case .duplicateEvent: "this event stands more than once in the batch; keep one row"
    case .duplicateRegistration: "this registration id stands more than once; keep one row"
    case .duplicatePlacement: "this registration is placed more than once in the event; keep one row"
    case .unknownRegistration: "the event has no such registration"
    case .registrationNotEligible: "the registration is cancelled, withdrawn, rejected or disqualified; place another"
    case .invalidPlace: "a place is 1, 1st, first and so on, or a range like 5-8"
    case .placeConflict: "a tie takes as many places as it has members: behind two at 2 comes 4"
    case .invalidDistribution:
      "a distribution is a JSON object of places and prizes above 0, like {\"1\": \"50%\", \"2-4\": \"10%\"}, no place twice"
    case .mixedDistribution: "fixed amounts and shares do not mix; use one kind"
    case .distributionExceedsPool: "the prizes come to more than the prize pool"
    }
  }

  /// The code's number, for sets of codes.
  package var number: Int { RowCode.allCases.firstIndex(of: self)! }
}

/// Several codes in one word.
package struct RowCodes: Hashable, Sendable {
  private var bits: UInt64 = 0

  package init() {}
  package var isEmpty: Bool { bits == 0 }
  package mutating func insert(_ code: RowCode) { bits |= 1 << UInt64(code.number) }
  package mutating func formUnion(_ other: RowCodes) { bits |= other.bits }

  /// The codes' names, sorted.
  package var names: [String] {
    RowCode.allCases.filter { bits & (1 << UInt64($0.number)) != 0 }.map(\.rawValue).sorted()
  }
}
