// Which fault of a distribution is told?
import Money
import Testing

@testable import Batch

@Suite struct DistributionReaderTests {
  private func fault(_ text: String) -> RowCode? {
    switch DistributionReader.read(Array(text.utf8), unit: .minor, exponent: nil) {
    case .success: return nil
    case .failure(let error): return error.code
    }
  }

  /// The members of an object come in another order in each process, and for each pair of names.
  @Test(
    arguments: [
      ("\"5%\"", "\"6%\"", nil),
      ("\"5%\"", "\"101%\"", .distributionExceedsPool),
      ("\"101%\"", "\"5x%\"", .invalidDistribution),
      ("9223372036854775808", "\"101%\"", .amountOutOfRange),
      ("9223372036854775808", "-5", .invalidDistribution),
      ("9223372036854775808", "7", .amountOutOfRange),
    ] as [(String, String, RowCode?)])
  func `of two faults always the same`(one: String, other: String, expected: RowCode?) {
    for place in 1...40 {
      #expect(fault("{\"\(place)\": \(one), \"\(place + 1)\": \(other)}") == expected, "place \(place)")
    }
  }

  /// No pool is at hand here that they might be too much for.
  @Test(arguments: ["-5", "1e2", "50.5", "5x", "05", "\"+5\"", "\":\"", "\"\"", "true"])
  func `what is no whole number is no prize`(value: String) {
    #expect(fault("{\"1\": \(value)}") == .invalidDistribution)
  }
}
