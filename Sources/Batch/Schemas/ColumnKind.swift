// What may a column hold? One table of kinds, from which JSON Schemas, table schemas and load scripts are made.
package import Interchange

/// The kind of a column or key, in and out.
package enum ColumnKind: Sendable, Equatable {
  /// 1 to 128 bytes, never an e-mail address where it names a person.
  case id
  case text
  case choice([String])
  /// Option ids: a JSON array, or one text joined by `|`.
  case list
  /// Positive whole numbers, likewise.
  case weights
  case integer(ClosedRange<Int64>)
  /// An amount as inputs give it: minor units, or decimals of the currency.
  case amount
  case boolean
  /// `0.` or `1.` and twelve digits.
  case share
  /// RFC 3339 with a zone.
  case time
  case currency
  /// Code to decimals; in `settle.json` alone.
  case exponents
  /// A JSON object; in CSV a quoted one.
  case object

  package static let bps = ColumnKind.integer(0...10_000)
  package static let count = ColumnKind.integer(0...Int64.max)
  /// An amount that may be below zero.
  package static let signed = ColumnKind.integer(Int64.min...Int64.max)

  // MARK: Frictionless Table Schema

  package var tableType: String {
    switch self {
    case .integer: "integer"
    case .boolean: "boolean"
    case .amount, .share: "number"
    case .object: "object"
    case .id, .text, .choice, .list, .weights, .time, .currency, .exponents: "string"
    }
  }

  /// Constraints of a table schema.
  package var tableConstraints: [String: JSONValue] {
    switch self {
    case .id: ["maxLength": .int(128)]
    case .choice(let words): ["enum": .array(words.map { .string($0) })]
    case .integer(let range):
      (range.lowerBound > Int64.min ? ["minimum": .int(range.lowerBound)] : [:])
        .merging(range.upperBound < Int64.max ? ["maximum": .int(range.upperBound)] : [:]) { $1 }
    case .share: ["minimum": .int(0), "maximum": .int(1)]
    case .amount: ["minimum": .int(0)]
    case .currency: ["pattern": .string(ColumnKind.currencyPattern)]
    case .text, .list, .weights, .boolean, .time, .exponents, .object: [:]
    }
  }

  private static let currencyPattern = "[A-Z0-9]{1,12}"

  // MARK: JSON Schema

  /// As a cell of an input is written: numbers as JSON numbers or as strings of digits.
  package var inputSchema: JSONValue {
    switch self {
    case .id: .any([ColumnKind.string(["minLength": .int(1), "maxLength": .int(128)]), .type("integer")])
    case .text: .type("string")
    case .choice(let words): .object(["enum": .array(words.map { .string($0) })])
    case .list: .any([ColumnKind.string(["minLength": .int(1)]), ColumnKind.array(ColumnKind.id.inputSchema)])
    case .weights:
      .any([
        ColumnKind.pattern("^[1-9][0-9]*(\\|[1-9][0-9]*)*$"),
        ColumnKind.array(ColumnKind.integer(1...Int64.max).inputSchema), ColumnKind.whole(1...Int64.max),
      ])
    case .integer(let range): .any([ColumnKind.whole(range), ColumnKind.pattern("^(0|[1-9][0-9]*)$")])
    case .amount:
      .any([
        .object(["type": .string("number"), "exclusiveMinimum": .int(0), "maximum": .int(Int64.max)]),
        ColumnKind.pattern("^(0|[1-9][0-9]*)(\\.[0-9]+)?$"),
      ])
    case .exponents:
      .object([
        "type": .string("object"), "propertyNames": ColumnKind.pattern("^\(ColumnKind.currencyPattern)$"),
        "additionalProperties": ColumnKind.whole(0...18),
      ])
    case .object: .any([.type("object"), ColumnKind.string(["minLength": .int(1)])])
    case .boolean, .share, .time, .currency: outputSchema
    }
  }

  /// As a value of an output is written in JSON, or as a cell of a CSV is after loading it.
  package var outputSchema: JSONValue {
    switch self {
    case .id: ColumnKind.string(["minLength": .int(1), "maxLength": .int(128)])
    case .text, .list, .weights: .type("string")
    case .choice: inputSchema
    case .integer(let range): ColumnKind.whole(range)
    case .amount, .share: .object(["type": .string("number"), "minimum": .int(0)])
    case .boolean: .type("boolean")
    case .time: ColumnKind.string(["format": .string("date-time")])
    case .currency: ColumnKind.pattern("^\(ColumnKind.currencyPattern)$")
    case .exponents, .object: inputSchema
    }
  }

  private static func whole(_ range: ClosedRange<Int64>) -> JSONValue {
    .object(["type": .string("integer"), "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)])
  }

  private static func pattern(_ pattern: String) -> JSONValue { string(["pattern": .string(pattern)]) }

  private static func string(_ members: [String: JSONValue]) -> JSONValue {
    .object(members.merging(["type": .string("string")]) { $1 })
  }

  private static func array(_ items: JSONValue) -> JSONValue {
    .object(["type": .string("array"), "minItems": .int(1), "items": items])
  }
}

extension JSONValue {
  /// `{"type": …}`
  static func type(_ name: String) -> JSONValue { .object(["type": .string(name)]) }
  /// `{"anyOf": […]}`
  static func any(_ schemas: [JSONValue]) -> JSONValue { .object(["anyOf": .array(schemas)]) }

  /// The schema with an explanation.
  func described(_ text: String) -> JSONValue {
    guard var members = members, !text.isEmpty else { return self }
    members["description"] = .string(text)
    return .object(members)
  }

  /// The schema, or null.
  var nullable: JSONValue { .any([self, .type("null")]) }
}
