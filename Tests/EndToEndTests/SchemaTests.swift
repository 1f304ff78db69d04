// Do the schemas that `settle schema` prints tell what the files hold, and do others' tools agree?
import Foundation
import Interchange
import TestSupport
import Testing

@Suite struct SchemaTests {
  static let names: [String] = {
    let result = Workspace().settle("schema", "--json")
    let json = try? JSONValue(parsing: Array(result.output.utf8))
    return json?["schemas"]?.elements?.compactMap { $0["name"]?.text } ?? []
  }()

  @Test func `every file that goes in or comes out has a schema`() {
    let expected = [
      "resolutions", "commitments", "settle.json", "markets.csv", "commitments.csv", "distributions.csv",
      "distributions.jsonl", "rejects.csv", "manifest.json", "run-info.json", "datapackage.json", "events.ndjson",
      "error",
      "events", "registrations", "placements", "payments", "destinations", "operations",
    ]
    #expect(Set(expected).isSubset(of: SchemaTests.names))
    let listed = Workspace().settle("schema").output
    for name in SchemaTests.names { #expect(listed.contains("\n\(name) "), "\(name)") }
  }

  @Test(arguments: [
    ("schema nothing", "there is no schema"), ("schema market.csv", "did you mean markets.csv?"),
    ("schema manifest.json --format table-schema", "is no table"), ("schema resolutions commitments", "one at a time"),
    ("schema --load duckdb manifest.json", "there is no schema"), ("schema --load duckbd", "did you mean duckdb?"),
  ])
  func `what has no schema is a usage error`(line: String, words: String) {
    let result = Workspace().settle(line.split(separator: " ").map(String.init))
    #expect(result.exitCode == 2)
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  @Test func `the columns of a table schema are those of the file`() throws {
    let workspace = Workspace(night: "05-several-winners")
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let package = try JSONValue(parsing: Array(try workspace.runFile("datapackage.json").utf8))
    for file in ["markets", "commitments", "distributions", "rejects"] {
      let header = try workspace.runFile("\(file).csv").prefix { $0 != "\n" }
      let schema = try workspace.settle("schema", "\(file).csv", "--format", "table-schema").json
      let fields = schema["fields"]?.elements?.compactMap { $0["name"]?.text } ?? []
      #expect(fields.joined(separator: ",") == header)
      let resource = package["resources"]?.elements?.first { $0["name"]?.text == file }
      #expect(resource?["schema"]?["fields"]?.elements?.compactMap { $0["name"]?.text } == fields)
    }
  }

  // MARK: Other tools

  /// A directory with a night of every kind and all its files.
  private static func night(_ name: String) -> Workspace {
    let workspace = Workspace(night: name)
    _ = workspace.settle(
      "run", "--init-ledger", "--audit-format", "both", "--events", "events.ndjson", "--as-of", "2026-01-31")
    _ = workspace.settle("plan", "--out", "plan", "--audit-format", "both")
    for name in SchemaTests.names {
      workspace.write("schemas/\(name).json", workspace.settle("schema", name).output)
    }
    return workspace
  }

  /// Checks every schema against the metaschema, and every file of the directory against its schema.
  private static let validator = """
    import csv, glob, json, os, sys
    import jsonschema

    schemas = {os.path.basename(path)[:-5]: json.load(open(path)) for path in glob.glob('schemas/*.json')}
    validators = {}
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    checked = 0

    def check(name, value, place):
        global checked
        checked += 1
        for error in validators[name].iter_errors(value):
            print(f'{place}: {error.json_path}: {error.message[:300]}')

    for path in glob.glob('*.json') + glob.glob('*.ndjson') + glob.glob('*.csv'):
        name = os.path.basename(path).rsplit('.', 1)[0]
        if name == 'settle':
            check('settle.json', json.load(open(path)), path)
        elif path.endswith('.json'):
            check(name, json.load(open(path)), path)
        elif path.endswith('.ndjson'):
            for line in open(path):
                check(path if path in schemas else name, json.loads(line), path)
        else:
            check(name, list(csv.DictReader(open(path, encoding='utf-8-sig'))), path)

    def cell(kind, text):
        if text == '': return None
        if kind == 'boolean': return {'true': True, 'false': False}[text]
        return int(text) if kind == 'integer' else float(text) if kind == 'number' else text

    for run in glob.glob('outputs/*-1') + ['plan']:
        package = json.load(open(f'{run}/datapackage.json'))
        types = {r['path']: {f['name']: f['type'] for f in r['schema']['fields']} for r in package['resources']}
        for path in os.listdir(run):
            if path.endswith('.csv'):
                rows = [{key: cell(types[path][key], text) for key, text in row.items()}
                        for row in csv.DictReader(open(f'{run}/{path}', newline=''))]
                check(path, rows, path)
            elif path.endswith('.jsonl'):
                for line in open(f'{run}/{path}'): check(path, json.loads(line), path)
            elif path.endswith('.json'):
                check(path, json.load(open(f'{run}/{path}')), path)
    print(checked, 'checked')
    """

  @Test(arguments: ["02-multi-option", "03-mixed", "04-void-and-no-winner", "07-currencies", "08-bad-rows"])
  func `schemas are JSON Schema 2020-12, and the files of a night are valid by them`(name: String) throws {
    let workspace = SchemaTests.night(name)
    guard let result = workspace.python(SchemaTests.validator, needs: "jsonschema") else { return }
    #expect(result.exitCode == 0, "\(result.errors)")
    let problems = result.output.split(separator: "\n").dropLast()
    // What is wrong with bad rows, a row alone may show; the files of the run are valid always.
    let allowed = name == "08-bad-rows" ? ["commitments.csv: $[", "resolutions.csv: $["] : []
    #expect(problems.allSatisfy { problem in allowed.contains { problem.hasPrefix($0) } }, "\(result.output)")
    #expect(result.output.hasSuffix(" checked\n"))
  }

  @Test(arguments: [
    ("resolutions", #"{"market_id":"m","resolution_id":"r","winning_option":"x"}"#, true),
    ("resolutions", #"[{"marketId":"m","resolutionId":7,"winningOption":["x","y"],"winningWeights":[3,1]}]"#, true),
    ("resolutions", #"{"resolutions":[{"market_id":"m","resolution_id":"r","outcome":"void"}]}"#, true),
    ("resolutions", #"{"market_id":"m","winning_option":"x"}"#, false),
    ("resolutions", #"{"market_id":"m","resolution_id":"r","winning_option":"x","house_fee_bps":10001}"#, false),
    ("resolutions", #"{"market_id":"m","resolution_id":"r","winning_option":"x","remainder":"charity"}"#, false),
    ("commitments", #"{"id":"c","market_id":"m","user_id":"u","tokens_committed":"12.50","position":"YES"}"#, true),
    ("commitments", #"{"id":"c","market_id":"m","user_id":"u","amount":5,"option_id":"x","note":"y"}"#, true),
    ("commitments", #"{"id":"c","market_id":"m","user_id":"u","amount":"1e2","option_id":"x"}"#, false),
    ("commitments", #"{"id":"c","market_id":"m","user_id":"u","amount":true,"option_id":"x"}"#, false),
    ("commitments", #"{"id":"c","market_id":"m","user_id":"u","amount":5}"#, false),
    ("settle.json", #"{"house_fee_bps":200,"currencies":{"POINTS":1}}"#, true),
    ("settle.json", #"{"house_fee":200}"#, false), ("settle.json", #"{"currencies":{"points":1}}"#, false),
    ("events", #"{"event_id":"e","status":"completed","distribution":{"1":"50%","2-3":"25%"},"prizePool":100}"#, true),
    ("events", #"{"event_id":"e"}"#, false),
    ("placements", #"[{"event_id":"e","registration_id":"r","placement":1}]"#, true),
    ("registrations", #"{"registration_id":"r","status":"confirmed"}"#, false),
    ("destinations", #"{"user_id":"u","rail_account":"acct_1"}"#, true),
    ("operations", #"{"type":"credit","account":"user:u","amount":5,"idempotencyKey":"k"}"#, true),
    ("error", #"{"error":{"code":"usage","exit":2,"message":"x","hint":"y"}}"#, true),
    ("error", #"{"error":{"code":"usage","message":"x","hint":"y"}}"#, false),
  ])
  func `a schema takes what settle takes, and refuses what it refuses`(name: String, text: String, isValid: Bool) {
    let workspace = Workspace()
    workspace.write("schema.json", workspace.settle("schema", name).output)
    let program = """
      import json, jsonschema, sys
      schema = json.load(open('schema.json'))
      sys.exit(not jsonschema.Draft202012Validator(schema).is_valid(json.loads(sys.argv[1])))
      """
    guard let result = workspace.python(program, text, needs: "jsonschema") else { return }
    #expect((result.exitCode == 0) == isValid, "\(text): \(result.errors)")
  }

  @Test func `frictionless validates a run and its inputs, and finds a changed amount`() throws {
    let workspace = Workspace(night: "08-bad-rows")
    let settled = workspace.settle("run", "--init-ledger", "--json")
    #expect(settled.exitCode == 3)
    let run = try #require(workspace.runs().first)
    let program = """
      import sys
      from frictionless import validate
      report = validate(sys.argv[1])
      for task in report.tasks:
          print(task.name, task.valid, [error.type for error in task.errors])
      """
    let package = "outputs/\(run)/datapackage.json"
    guard let whole = workspace.python(program, package, needs: "frictionless") else { return }
    #expect(
      whole.output == "commitments True []\ndistributions True []\nmarkets True []\nrejects True []\n",
      "\(whole.output)\(whole.errors)")
    let path = "outputs/\(run)/distributions.csv"
    let text = workspace.text(path)
    let line = try #require(text.split(separator: "\n").dropFirst().first)
    var cells = line.split(separator: ",").map(String.init)
    cells[3] = "-1"
    workspace.write(path, text.replacingOccurrences(of: line, with: cells.joined(separator: ",")))
    let changed = try #require(workspace.python(program, package, needs: "frictionless"))
    #expect(changed.output.contains("distributions False"), "\(changed.output)")
    #expect(changed.output.contains("hash-count") && changed.output.contains("constraint-error"), "\(changed.output)")
  }

  // MARK: Load scripts

  @Test(
    arguments: ["duckdb": "duckdb.sql", "pandas": "load_pandas.py", "sqlite": "sqlite.sql"].sorted { $0.key < $1.key })
  func `the scripts in the package are those that the program prints`(program: String, file: String) throws {
    let script = try String(contentsOfFile: "\(Workspace.packagePath)/scripts/load/\(file)", encoding: .utf8)
    #expect(Workspace().settle("schema", "--load", program).output == script, "run `settle schema --load \(program)`")
  }

  /// A night with an id that looks like a number, one that looks like nothing, one with a quote, and empty cells.
  private static func treacherous() -> Workspace {
    Workspace(
      resolutions: """
        market_id,resolution_id,outcome,winning_option
        007,r1,winner,"a ""b"", c"
        NA,r2,void,
        null,r3,winner,1e5

        """,
      commitments: """
        commitment_id,market_id,user_id,option_id,amount
        1,007,0012,"a ""b"", c",9007199254740993
        2,007,true,x,1
        nan,NA,u,x,5
        4,null,u,y,3

        """)
  }

  /// What each loader must find, told by the loader in these words.
  private static let loaded = """
    007|9007199254740994|false
    NA|5|false
    null|3|false
    1|0012|a "b", c|9007199254740993|1.000000000000|9007199254740994
    2|true|x|1||0
    4|u|y|3||3
    nan|u|x|5||5

    """

  @Test func `SQLite loads a run with its types`() throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3") else {
      print("notice: no sqlite3 here: not tried")
      return
    }
    let workspace = SchemaTests.treacherous()
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let run = try #require(workspace.runs().first)
    let query = """
      SELECT market_id, gross_pool, CASE minus_pool WHEN 0 THEN 'false' ELSE 'true' END FROM markets ORDER BY market_id;
      SELECT commitment_id, user_id, option_id, amount, win_share, payout FROM commitments ORDER BY commitment_id;
      """
    let result = workspace.run(
      "/bin/bash",
      [
        "-c", "cd outputs/\(run) && sqlite3 ../../n.db < \"$0\" && sqlite3 ../../n.db \"$1\"",
        "\(Workspace.packagePath)/scripts/load/sqlite.sql", query,
      ])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output == SchemaTests.loaded)
    #expect(
      try workspace.cell("SELECT typeof(gross_pool) || typeof(market_id) FROM markets", of: "n.db") == "integertext")
    #expect(try workspace.cell("SELECT count(*) FROM commitments WHERE win_share IS NULL", of: "n.db") == "3")
  }

  @Test func `DuckDB loads a run with its types`() throws {
    let workspace = SchemaTests.treacherous()
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let run = try #require(workspace.runs().first)
    let program = """
      import duckdb, os, sys
      os.chdir(sys.argv[1])
      database = duckdb.connect()
      database.execute(open(sys.argv[2]).read())
      def word(value):
          return '' if value is None else str(value).lower() if isinstance(value, bool) else str(value)
      for query in ('SELECT market_id, gross_pool, minus_pool FROM markets ORDER BY 1',
                    'SELECT commitment_id, user_id, option_id, amount, win_share, payout FROM commitments ORDER BY 1'):
          for row in database.execute(query).fetchall(): print('|'.join(map(word, row)))
      """
    let script = "\(Workspace.packagePath)/scripts/load/duckdb.sql"
    guard let result = workspace.python(program, "outputs/\(run)", script, needs: "duckdb") else { return }
    #expect(result.output == SchemaTests.loaded, "\(result.errors)")
  }

  @Test func `pandas loads a run with its types`() throws {
    let workspace = SchemaTests.treacherous()
    #expect(workspace.settle("run", "--init-ledger").exitCode == 0)
    let run = try #require(workspace.runs().first)
    let program = """
      import sys
      sys.path.insert(0, sys.argv[2])
      import load_pandas, pandas
      tables = load_pandas.load(sys.argv[1])
      def word(value):
          if value is None or value is pandas.NA: return ''
          return str(value).lower() if isinstance(value, bool) else str(value)
      for name, columns in (('markets', 'market_id gross_pool minus_pool'),
                            ('commitments', 'commitment_id user_id option_id amount win_share payout')):
          table = tables[name][columns.split()].sort_values(columns.split()[0])
          for row in table.astype(object).values.tolist(): print('|'.join(map(word, row)))
      """
    let folder = "\(Workspace.packagePath)/scripts/load"
    guard let result = workspace.python(program, "outputs/\(run)", folder, needs: "pandas") else { return }
    #expect(result.output == SchemaTests.loaded, "\(result.errors)")
  }
}
