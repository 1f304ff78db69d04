// How is a run loaded into DuckDB, pandas or SQLite without a type being guessed?

/// A script that reads the data files of the current directory. Ids stay texts, amounts whole numbers, empty is null.
package enum LoadScript: String, CaseIterable, Sendable {
  case duckdb, pandas, sqlite

  package func text(_ tables: [OutputSchema]) -> String {
    switch self {
    case .duckdb: duckDB(tables)
    case .pandas: pandas(tables)
    case .sqlite: sqlite(tables)
    }
  }

  // MARK: DuckDB

  private func duckDB(_ tables: [OutputSchema]) -> String {
    let statements = tables.map { table in
      let columns = table.columns.map { "    '\($0.name)': '\(LoadScript.duckDBType($0.kind))'" }
      return """
        CREATE OR REPLACE TABLE \(table.table) AS
        SELECT * FROM read_csv('\(table.file)', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
          nullstr = '', columns = {
        \(columns.joined(separator: ",\n"))
          });
        """
    }
    return """
      -- The data files of a settle run, with their types. In the run's directory:
      --   duckdb night.duckdb < duckdb.sql
      -- Written by `settle schema --load duckdb`.

      \(statements.joined(separator: "\n\n"))

      """
  }

  private static func duckDBType(_ kind: ColumnKind) -> String {
    switch kind {
    case .integer: "BIGINT"
    case .boolean: "BOOLEAN"
    case .share: "DECIMAL(13, 12)"
    case .amount: "DECIMAL(38, 18)"
    case .id, .text, .choice, .list, .weights, .time, .currency, .exponents, .object: "VARCHAR"
    }
  }

  // MARK: pandas

  private func pandas(_ tables: [OutputSchema]) -> String {
    let entries = tables.map { table in
      let columns = table.columns.map { "        \"\($0.name)\": \"\(LoadScript.pandasType($0.kind))\"," }
      return "    \"\(table.table)\": {\n\(columns.joined(separator: "\n"))\n    },"
    }
    return """
      \"""The data files of a settle run as pandas tables, with their types.

      In the run's directory: `python3 -i load_pandas.py`, or from a program: `load("outputs/RUN")["markets"]`.
      Written by `settle schema --load pandas`.
      \"""
      import decimal
      import os
      import sys

      import pandas

      TYPES = {
      \(entries.joined(separator: "\n"))
      }


      def load(directory="."):
          \"""Each data file that the run has, by its name without `.csv`.\"""
          tables = {}
          for name, types in TYPES.items():
              path = os.path.join(directory, name + ".csv")
              if not os.path.exists(path):
                  continue
              # Read as text first: nothing is guessed, and an id such as 007 or NA stays what it is.
              table = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
              for column, kind in types.items():
                  values = table[column]
                  missing = values == ""
                  if kind == "boolean":
                      table[column] = values.map({"true": True, "false": False}).astype("boolean")
                  elif kind == "Int64":
                      numbers = [None if value == "" else int(value) for value in values]
                      table[column] = pandas.array(numbers, dtype="Int64")
                  elif kind == "decimal":
                      table[column] = [None if value == "" else decimal.Decimal(value) for value in values]
                  else:
                      table[column] = values.astype("string").mask(missing)
              tables[name] = table
          return tables


      if __name__ == "__main__":
          for name, table in load(*sys.argv[1:]).items():
              globals()[name] = table
              print(f"{name}: {len(table)} rows")

      """
  }

  private static func pandasType(_ kind: ColumnKind) -> String {
    switch kind {
    case .integer: "Int64"
    case .boolean: "boolean"
    case .share, .amount: "decimal"
    case .id, .text, .choice, .list, .weights, .time, .currency, .exponents, .object: "string"
    }
  }

  // MARK: SQLite

  private func sqlite(_ tables: [OutputSchema]) -> String {
    let statements = tables.map { table in
      let columns = table.columns.map { column in
        "  \"\(column.name)\" \(LoadScript.sqliteType(column.kind))" + (column.isRequired ? " NOT NULL" : "")
      }
      let key = table.primaryKey.map { "\"\($0)\"" }.joined(separator: ", ")
      let cells = table.columns.map { LoadScript.sqliteCell($0) }
      return """
        DROP TABLE IF EXISTS "\(table.table)";
        CREATE TABLE "\(table.table)" (
        \((columns + (key.isEmpty ? [] : ["  PRIMARY KEY (\(key))"])).joined(separator: ",\n"))
        ) STRICT;
        CREATE TEMP TABLE "raw_\(table.table)" (\(table.columns.map { "\"\($0.name)\" TEXT" }.joined(separator: ", ")));
        .import --csv --skip 1 --schema temp \(table.file) raw_\(table.table)
        INSERT INTO "\(table.table)" SELECT
        \(cells.joined(separator: ",\n"))
        FROM temp."raw_\(table.table)";
        DROP TABLE temp."raw_\(table.table)";
        """
    }
    return """
      -- The data files of a settle run, with their types. In the run's directory:
      --   sqlite3 night.db < sqlite.sql
      -- Written by `settle schema --load sqlite`. Shares stay texts: SQLite has no exact decimals.

      .bail on
      \(statements.joined(separator: "\n\n"))

      """
  }

  private static func sqliteType(_ kind: ColumnKind) -> String {
    switch kind {
    case .integer, .boolean: "INTEGER"
    case .id, .text, .choice, .list, .weights, .time, .currency, .exponents, .object, .share, .amount: "TEXT"
    }
  }

  private static func sqliteCell(_ column: OutputColumn) -> String {
    let cell = "nullif(\"\(column.name)\", '')"
    return switch column.kind {
    case .integer: "  CAST(\(cell) AS INTEGER)"
    case .boolean: "  CASE \(cell) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    case .id, .text, .choice, .list, .weights, .time, .currency, .exponents, .object, .share, .amount: "  \(cell)"
    }
  }
}
