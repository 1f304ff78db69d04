// settle schema
internal import Batch
internal import Interchange

extension Command {
  static let schema = Command(
    name: "schema", summary: "print the schema of an input or output file", operands: "[NAME]…",
    operandCount: 0...20, options: [.schemaFormat, .load],
    details: """
      Without NAME, the files are listed. `json-schema` is JSON Schema 2020-12: of a JSON file, of a line of NDJSON, or
      of the rows of a CSV as an array. `table-schema` is Frictionless Table Schema, for CSV files alone.
      --load prints a script that reads a run's data files with the right types, for DuckDB, pandas or SQLite; with
      NAMEs, of these files alone.
      """,
    operandChoices: { FileSchema.all.map(\.name) }
  ) { (call) throws(BatchError) in
    let names = call.arguments.positionals
    if let load = call.arguments[.load].flatMap(LoadScript.init(rawValue:)) {
      let text = load.text(try SchemaChoice.outputs(names))
      if call.console.isJSON {
        call.console.print(.object(["script": .string(text)]))
      } else {
        call.console.write(text)
      }
      return .done
    }
    guard let name = names.first else {
      SchemaChoice.list(call.console)
      return .done
    }
    guard names.count == 1 else {
      throw BatchError("usage", .usage, "schemas are printed one at a time", hint: "give one NAME")
    }
    call.console.print(try SchemaChoice.schema(name, call.arguments[.schemaFormat] ?? "json-schema"))
    return .done
  }
}

/// What `settle schema` is asked for.
private enum SchemaChoice {
  static func list(_ console: Console) {
    if console.isJSON {
      console.print(
        .object([
          "schemas": .array(
            FileSchema.all.map { file in
              .object([
                "name": .string(file.name), "title": .string(file.title), "direction": .string(file.direction),
                "formats": .array((["json-schema"] + (file.table == nil ? [] : ["table-schema"])).map { .string($0) }),
              ])
            })
        ]))
    } else {
      console.table(
        [["name", "is", "formats", "holds"]]
          + FileSchema.all.map {
            [$0.name, $0.direction, $0.table == nil ? "json-schema" : "json-schema, table-schema", $0.title]
          }, indent: "")
    }
  }

  static func schema(_ name: String, _ format: String) throws(BatchError) -> JSONValue {
    guard let file = FileSchema.named(name) else { throw unknown(name, FileSchema.all.map(\.name)) }
    guard format == "table-schema" else { return file.json }
    guard let table = file.table else {
      throw BatchError(
        "usage", .usage, "\(name) is no table", hint: "it has a JSON Schema: `settle schema \(name)`")
    }
    return table
  }

  static func outputs(_ names: [String]) throws(BatchError) -> [OutputSchema] {
    guard !names.isEmpty else { return OutputSchema.settlement }
    var tables: [OutputSchema] = []
    for name in names {
      guard let table = OutputSchema.all.first(where: { $0.file == name }) else {
        throw unknown(name, OutputSchema.all.map(\.file))
      }
      tables.append(table)
    }
    return tables
  }

  private static func unknown(_ name: String, _ known: [String]) -> BatchError {
    BatchError(
      "usage", .usage, "there is no schema \(Terminal.quoted(name))",
      hint: Suggestion.hint(name, among: known) + "known: \(known.joined(separator: ", "))")
  }
}
