// Which files does settle read and write, and how does each tell its form?
package import Interchange

/// A file that goes in or comes out.
package struct FileSchema: Sendable {
  /// As `settle schema` names it.
  package let name: String
  package let title: String
  /// `input`, `output`, or `answer` for what is printed.
  package let direction: String
  package let json: JSONValue
  /// For tables.
  package let table: JSONValue?

  package static var all: [FileSchema] { inputs + OutputSchema.all.map(output) + documents }

  package static func named(_ name: String) -> FileSchema? { all.first { $0.name == name } }

  private init(_ name: String, _ title: String, _ direction: String, _ schema: JSONValue, table: JSONValue? = nil) {
    self.name = name
    self.title = title
    self.direction = direction
    json = .object(
      (schema.members ?? [:]).merging([
        "$schema": .string("https://json-schema.org/draft/2020-12/schema"), "title": .string("settle: \(title)"),
      ]) { $1 })
    self.table = table
  }

  // MARK: Inputs

  private static var inputs: [FileSchema] {
    [
      table("resolutions", "resolutions of markets", InputColumn.resolutions, .resolutions, key: ["market_id"]),
      table(
        "commitments", "commitments of users", InputColumn.commitments, .commitments,
        key: ["market_id", "commitment_id"]),
      table("events", "events that prizes or fees are paid for", InputColumn.events, .events, key: ["event_id"]),
      table(
        "registrations", "registrations for events", InputColumn.registrations, .registrations,
        key: ["registration_id"]),
      table(
        "placements", "who came where in an event", InputColumn.placements, .placements,
        key: ["event_id", "registration_id"]),
      table("payments", "what somebody else says was paid", InputColumn.payments, .payments, key: []),
      table(
        "destinations", "where a rail pays a user", InputColumn.destinations, DestinationReader.schema,
        key: ["user_id", "currency"]),
      table("operations", "operations on wallets", InputColumn.operations, OperationFile.schema, key: []),
      FileSchema(
        "settle.json", "defaults of a night", "input",
        .object([
          "type": .string("object"), "additionalProperties": .bool(false),
          "properties": .object(
            Dictionary(
              uniqueKeysWithValues: InputColumn.configuration.map { ($0.name, optional($0).described($0.explanation)) }
            )),
        ])),
    ]
  }

  /// A table in any of its formats: an array of rows, an object that holds one, or a row, which is a line of NDJSON.
  private static func table(
    _ name: String, _ title: String, _ columns: [InputColumn], _ schema: Schema, key: [String]
  ) -> FileSchema {
    let single = Set(schema.requiredColumns.filter { $0.count == 1 }.map { $0[0] })
    var properties: [String: JSONValue] = [:]
    for column in columns {
      let cell = single.contains(column.name) ? column.kind.inputSchema : optional(column)
      for spelling in schema.spellings(of: column.name) { properties[spelling] = cell.described(column.explanation) }
    }
    let row = JSONValue.object([
      "type": .string("object"), "properties": .object(properties),
      "allOf": .array(
        schema.requiredColumns.map { names in
          .any(
            names.flatMap { schema.spellings(of: $0) }.map {
              .object(["required": .array([.string($0)])])
            })
        }),
    ])
    let rows = JSONValue.object(["type": .string("array"), "items": .object(["$ref": .string("#/$defs/row")])])
    return FileSchema(
      name, title, "input",
      .object([
        "$defs": .object(["row": row]),
        "anyOf": .array([
          rows,
          .object([
            "type": .string("object"), "properties": .object([name: rows]), "required": .array([.string(name)]),
          ]),
          .object(["$ref": .string("#/$defs/row")]),
        ]),
      ]),
      table: TableSchema.of(columns, required: single.sorted(), key: key))
  }

  /// Null and empty text count as not given.
  private static func optional(_ column: InputColumn) -> JSONValue {
    .any([column.kind.inputSchema, .object(["enum": .array([.null, .string("")])])])
  }

  // MARK: Outputs

  /// A table, as a list of rows with typed cells; an empty cell is null.
  private static func output(_ schema: OutputSchema) -> FileSchema {
    let members = schema.columns.map { column in
      JSONMember(
        column.name, column.isRequired ? .kind(column.kind) : .nullable(.kind(column.kind)), column.explanation)
    }
    return FileSchema(
      schema.file, schema.title, "output", JSONShape.array(.object(members)).schema,
      table: schema.tableSchema(isReferring: false, isExplaining: true))
  }

  private static var documents: [FileSchema] {
    [
      FileSchema(
        "distributions.jsonl", "a line: a user's distribution in a market", "output", JSONShape.distribution.schema),
      FileSchema("manifest.json", "what a run was made from, and the proof", "output", JSONShape.manifest.schema),
      FileSchema(
        "run-info.json", "clocks, operator, command line, paths of inputs", "output", JSONShape.runInfo.schema),
      FileSchema("datapackage.json", "the types of every CSV column", "output", JSONShape.dataPackage.schema),
      FileSchema("events.ndjson", "a line of --events", "output", JSONShape.event.schema),
      FileSchema("error", "what --json prints where a command fails", "answer", JSONShape.failure.schema),
    ]
  }
}
