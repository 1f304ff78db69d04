// How is the form of a JSON document written down, so that a JSON Schema can be made from it?
package import Interchange

/// A value of a JSON document.
package indirect enum JSONShape: Sendable {
  case kind(ColumnKind)
  /// A text of this pattern.
  case pattern(String)
  /// Exactly this text.
  case constant(String)
  case anything
  case array(JSONShape)
  /// Any keys, each with a value of this shape.
  case map(JSONShape)
  /// These keys; others may be there, now or later.
  case object([JSONMember])
  case nullable(JSONShape)

  static let text = JSONShape.kind(.text)
  static let id = JSONShape.kind(.id)
  static let count = JSONShape.kind(.count)
  static let signed = JSONShape.kind(.signed)
  static let flag = JSONShape.kind(.boolean)
  static let time = JSONShape.kind(.time)
  static let seconds = JSONShape.kind(.amount)
  static let digest = JSONShape.pattern("^[0-9a-f]{64}$")
  static let runID = JSONShape.pattern("^[0-9a-f]{16}-[1-9][0-9]*$")

  package var schema: JSONValue {
    switch self {
    case .kind(let kind): kind.outputSchema
    case .pattern(let pattern): .object(["type": .string("string"), "pattern": .string(pattern)])
    case .constant(let text): .object(["const": .string(text)])
    case .anything: .object([:])
    case .array(let element): .object(["type": .string("array"), "items": element.schema])
    case .map(let value): .object(["type": .string("object"), "additionalProperties": value.schema])
    case .nullable(let shape): shape.schema.nullable
    case .object(let members):
      .object([
        "type": .string("object"),
        "properties": .object(
          Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.shape.schema.described($0.explanation)) })),
        "required": .array(members.filter(\.isRequired).map(\.name).sorted().map { .string($0) }),
      ])
    }
  }
}

/// A key of a JSON object.
package struct JSONMember: Sendable {
  let name: String
  let shape: JSONShape
  var isRequired = true
  var explanation = ""

  init(_ name: String, _ shape: JSONShape, _ explanation: String = "") {
    self.name = name
    self.shape = shape
    self.explanation = explanation
  }

  /// A key that may be missing.
  static func maybe(_ name: String, _ shape: JSONShape, _ explanation: String = "") -> JSONMember {
    var member = JSONMember(name, shape, explanation)
    member.isRequired = false
    return member
  }

  /// Several keys of one shape.
  static func each(_ names: String, _ shape: JSONShape) -> [JSONMember] {
    names.split(separator: " ").map { JSONMember(String($0), shape) }
  }
}
