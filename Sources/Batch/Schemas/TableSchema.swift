// How are the tables told to programs that read Frictionless Table Schemas?
package import Interchange

extension OutputSchema {
  /// - Parameter isReferring: with the key into the other file of the run.
  package func tableSchema(isReferring: Bool, isExplaining: Bool = false) -> JSONValue {
    var members: [String: JSONValue] = [
      "fields": .array(
        columns.map { column in
          var constraints = column.kind.tableConstraints
          if column.isRequired { constraints["required"] = .bool(true) }
          return TableSchema.field(
            column.name, column.kind, constraints, isExplaining ? column.explanation : "")
        }),
      "missingValues": .array([.string("")]),
    ]
    if !primaryKey.isEmpty { members["primaryKey"] = .array(primaryKey.map { .string($0) }) }
    if isReferring, let reference {
      let fields = JSONValue.array(reference.columns.map { .string($0) })
      members["foreignKeys"] = .array([
        .object([
          "fields": fields, "reference": .object(["resource": .string(reference.table), "fields": fields]),
        ])
      ])
    }
    return .object(members)
  }
}

package enum TableSchema {
  /// Of an input: columns in any order, those that are not required may be missing.
  static func of(_ columns: [InputColumn], required: [String], key: [String]) -> JSONValue {
    var members: [String: JSONValue] = [
      "fields": .array(
        columns.map { column in
          var constraints = column.kind.tableConstraints
          if required.contains(column.name) { constraints["required"] = .bool(true) }
          return field(column.name, column.kind, constraints, column.explanation)
        }),
      "fieldsMatch": .string("partial"),
      "missingValues": .array([.string(""), .string("null")]),
    ]
    if !key.isEmpty { members["primaryKey"] = .array(key.map { .string($0) }) }
    return .object(members)
  }

  static func field(
    _ name: String, _ kind: ColumnKind, _ constraints: [String: JSONValue], _ explanation: String
  ) -> JSONValue {
    var members: [String: JSONValue] = ["name": .string(name), "type": .string(kind.tableType)]
    if kind == .boolean {
      members["trueValues"] = .array([.string("true")])
      members["falseValues"] = .array([.string("false")])
    }
    if !constraints.isEmpty { members["constraints"] = .object(constraints) }
    if !explanation.isEmpty { members["description"] = .string(explanation) }
    return .object(members)
  }
}
