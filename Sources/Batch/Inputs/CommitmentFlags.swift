// What is known of a commitment beside its ids and its numbers?

/// What is known of a commitment beside its ids and amount, in one byte.
struct CommitmentFlags: OptionSet {
  let rawValue: UInt8

  static let position = CommitmentFlags(rawValue: 1)
  static let hybrid = CommitmentFlags(rawValue: 2)
  /// The position given is `yes`.
  static let yes = CommitmentFlags(rawValue: 4)
  /// The position given is `no`.
  static let no = CommitmentFlags(rawValue: 8)
  static let late = CommitmentFlags(rawValue: 16)
  /// Cancelled or withdrawn: takes part in the duplicate check alone.
  static let excluded = CommitmentFlags(rawValue: 32)
  /// Rejected for another reason: takes part in the duplicate check alone.
  static let rejected = CommitmentFlags(rawValue: 64)
}
