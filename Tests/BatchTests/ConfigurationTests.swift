// What is said of a manifest's configuration that cannot be used?
import Batch
import Interchange
import Testing

@Suite struct ConfigurationTests {
  /// The members of an object come in another order in each process, and for each pair of names.
  @Test func `of two faults the first by name is told`() {
    for number in 10..<50 {
      let json = JSONValue.object(["x\(number)": .null, "x\(number + 1)": .null])
      let error = #expect(throws: BatchError.self) { try Configuration(json: json) }
      #expect(error?.message.hasPrefix("x\(number) in the manifest has the wrong type") ?? false, "\(number)")
    }
  }
}
