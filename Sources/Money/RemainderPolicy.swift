// Who gets the units that a proportional split leaves over?

public enum RemainderPolicy: String, CaseIterable, Sendable {
  /// One unit each to the largest remainders; ties to the smaller commitment id.
  case largest
  /// The house: the units are breakage.
  case house
  /// All to the largest stake; ties to the smaller commitment id.
  case first
}
