// What is a rail asked to do?
package import Interchange

/// One call to a rail: a line of JSON on its standard input (docs/RAILS.md).
package struct RailCall: Sendable, Equatable {
  package enum Operation: String, CaseIterable, Sendable {
    /// Send the money.
    case transfer
    /// Was the money sent?
    case lookup
    /// Get the money back.
    case reverse
  }

  package var operation: Operation
  package var transferID: String
  /// Calls under one key have one effect, however often they are made.
  package var key: String
  /// Minor units.
  package var amount: Int64
  package var currency: String
  package var destination: String
  /// The job, so that a rail can find its transfers together.
  package var group: String
  /// What the rail called the transfer; given to `reverse`.
  package var externalID: String?

  package init(
    _ operation: Operation, transferID: String, key: String, amount: Int64, currency: String, destination: String,
    group: String, externalID: String? = nil
  ) {
    self.operation = operation
    self.transferID = transferID
    self.key = key
    self.amount = amount
    self.currency = currency
    self.destination = destination
    self.group = group
    self.externalID = externalID
  }

  package var json: JSONValue {
    var members: [String: JSONValue] = [
      "v": .int(1), "op": .string(operation.rawValue), "transfer_id": .string(transferID),
      "idempotency_key": .string(key), "amount": .int(amount), "currency": .string(currency),
      "destination": .string(destination), "group": .string(group),
    ]
    if let externalID { members["external_id"] = .string(externalID) }
    return .object(members)
  }

  /// The call as a rail reads it, with its line feed.
  package var line: String { json.compact + "\n" }

  /// Reads a call as a rail does.
  /// - Throws: what is wrong with the line.
  package init(parsing line: [UInt8]) throws(RailProtocolError) {
    guard let json = try? JSONValue(parsing: line) else { throw RailProtocolError("the call is not JSON") }
    guard json["v"]?.integer == 1 else { throw RailProtocolError("the call is not of version 1") }
    guard let operation = json["op"]?.text.flatMap(Operation.init(rawValue:)) else {
      throw RailProtocolError("the call has no operation that is known here")
    }
    func text(_ name: String) throws(RailProtocolError) -> String {
      guard let text = json[name]?.text, !text.isEmpty else { throw RailProtocolError("the call has no \(name)") }
      return text
    }
    guard let amount = json["amount"]?.integer, amount > 0 else { throw RailProtocolError("the call has no amount") }
    self.init(
      operation, transferID: try text("transfer_id"), key: json["idempotency_key"]?.text ?? "", amount: amount,
      currency: try text("currency"), destination: try text("destination"), group: json["group"]?.text ?? "",
      externalID: json["external_id"]?.text)
  }
}

/// A line that does not follow the protocol.
package struct RailProtocolError: Error, Sendable, Equatable {
  package let message: String
  package init(_ message: String) { self.message = message }
}
