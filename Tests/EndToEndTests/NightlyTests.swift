// Are the examples for schedulers sound by the schedulers' own tools, and does the night that they call work?
import Foundation
import TestSupport
import Testing

@Suite struct NightlyTests {
  private static let folder = "\(Workspace.packagePath)/scripts/nightly"

  private static func text(_ name: String) -> String {
    (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
  }

  private static func path(_ program: String) -> String? {
    for place in ["/usr/bin", "/bin"] where FileManager.default.isExecutableFile(atPath: "\(place)/\(program)") {
      return "\(place)/\(program)"
    }
    print("notice: no \(program) here: not tried")
    return nil
  }

  // MARK: The night itself

  /// A place with one night and the built program in front of the PATH.
  private static func place(_ commitments: String) -> (Workspace, [String: String]) {
    let workspace = Workspace()
    workspace.write("nights/2026-01-30/resolutions.csv", PlainNight.resolutions)
    workspace.write("nights/2026-01-30/commitments.csv", commitments)
    let bin = URL(fileURLWithPath: Workspace.binary).deletingLastPathComponent().path
    return (
      workspace,
      [
        "PATH": "\(bin):/usr/bin:/bin", "SETTLE_NIGHTS": "\(workspace.path)/nights",
        "SETTLE_OUTPUTS": "\(workspace.path)/outputs", "SETTLE_METRICS": "\(workspace.path)/m.prom",
      ]
    )
  }

  @Test func `the night is settled and proved, silent, and again without an effect`() throws {
    let (workspace, environment) = NightlyTests.place(PlainNight.commitments)
    let refused = workspace.run("\(NightlyTests.folder)/nightly", ["2026-01-30"], environment: environment)
    #expect(refused.exitCode == 4, "no ledger is made by accident: \(refused.errors)")
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    for _ in 1...2 {
      let result = workspace.run("\(NightlyTests.folder)/nightly", ["2026-01-30"], environment: environment)
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.output == "" && result.errors == "", "\(result.output)\(result.errors)")
    }
    #expect(workspace.runs().count == 1)
    #expect(try workspace.runFile("manifest.json").contains("\"as_of\": \"2026-01-30\""))
    #expect(
      try PrometheusText(workspace.text("m.prom")).samples["settle_info{version=\"0.1.0\",command=\"run\"}"] == "1")
  }

  @Test(
    arguments: [
      ("commitment_id,market_id,user_id,position,amount\nc1,m1,u1,yes,x\n", "2026-01-30", 3),
      ("commitment_id,market_id,user_id,position,amount\nc1,m1\n", "2026-01-30", 4),
      (PlainNight.commitments, "2026-01-31", 2), (PlainNight.commitments, "yesterday", 2),
    ] as [(String, String, Int32)])
  func `the night ends with the exit code that the scheduler goes by`(commitments: String, date: String, exit: Int32) {
    let (workspace, environment) = NightlyTests.place(commitments)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    let result = workspace.run("\(NightlyTests.folder)/nightly", [date], environment: environment)
    #expect(result.exitCode == exit, "\(result.errors)")
    #expect(!result.errors.isEmpty)
  }

  @Test func `a run that is damaged afterwards is not passed over`() throws {
    let (workspace, environment) = NightlyTests.place(PlainNight.commitments)
    #expect(workspace.settle("ledger", "init").exitCode == 0)
    #expect(workspace.run("\(NightlyTests.folder)/nightly", ["2026-01-30"], environment: environment).exitCode == 0)
    let run = try #require(workspace.runs().first)
    workspace.write("outputs/\(run)/distributions.csv", "x")
    let result = workspace.run("\(NightlyTests.folder)/nightly", ["2026-01-30"], environment: environment)
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("distributions.csv"))
  }

  // MARK: The schedulers' own tools

  @Test func `the scripts are sound by shellcheck`() {
    guard let shellcheck = NightlyTests.path("shellcheck") else { return }
    let result = Workspace().run(
      shellcheck, ["\(NightlyTests.folder)/nightly", "\(Workspace.packagePath)/scripts/package"])
    #expect(result.exitCode == 0, "\(result.output)")
  }

  @Test func `systemd takes the units`() {
    guard let analyze = NightlyTests.path("systemd-analyze") else { return }
    let workspace = Workspace()
    for name in ["settle-nightly.service", "settle-nightly.timer"] {
      // The program need not be installed here.
      let text = NightlyTests.text(name).replacingOccurrences(of: "/usr/libexec/settle/nightly", with: "/bin/true")
      workspace.write(name, text)
    }
    let result = workspace.run(
      analyze, ["verify", "--man=no", "./settle-nightly.service", "./settle-nightly.timer"])
    #expect(result.exitCode == 0 && result.errors == "", "\(result.errors)")
    let schedule = NightlyTests.text("settle-nightly.timer").split(separator: "\n").first {
      $0.hasPrefix("OnCalendar=")
    }
    let calendar = workspace.run(analyze, ["calendar", String(schedule?.dropFirst(11) ?? "")])
    #expect(calendar.exitCode == 0, "\(calendar.errors)")
  }

  @Test func `cron takes the crontab`() {
    let lines = NightlyTests.text("crontab").split(separator: "\n").filter { !$0.hasPrefix("#") }
    for line in lines {
      let isSetting = line.prefix { $0 != " " }.contains("=")
      #expect(isSetting || line.split(separator: " ", maxSplits: 5).count == 6, "\(line)")
    }
    #expect(lines.contains { $0.hasPrefix("15 2 * * * ") })
    guard let crontab = NightlyTests.path("crontab") else { return }
    let result = Workspace().run(crontab, ["-n", "\(NightlyTests.folder)/crontab"])
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  @Test func `the CronJob has the fields of batch v1 and fails for good where a person must look`() {
    let program = """
      import sys, yaml
      job = yaml.safe_load(open(sys.argv[1]))
      assert (job['apiVersion'], job['kind']) == ('batch/v1', 'CronJob')
      spec = job['spec']
      known = {'schedule', 'timeZone', 'concurrencyPolicy', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit',
               'failedJobsHistoryLimit', 'jobTemplate', 'suspend'}
      assert set(spec) <= known, set(spec) - known
      assert spec['concurrencyPolicy'] == 'Forbid' and len(spec['schedule'].split()) == 5
      job = spec['jobTemplate']['spec']
      assert set(job) <= {'backoffLimit', 'activeDeadlineSeconds', 'podFailurePolicy', 'template', 'completions',
                          'parallelism', 'ttlSecondsAfterFinished'}, job.keys()
      pod = job['template']['spec']
      # A pod failure policy is taken only with restartPolicy Never.
      assert pod['restartPolicy'] == 'Never'
      names = [container['name'] for container in pod['containers']]
      rules = job['podFailurePolicy']['rules']
      for rule in rules:
          assert set(rule) in ({'action', 'onExitCodes'}, {'action', 'onPodConditions'}), rule
          assert rule['action'] in ('FailJob', 'Ignore', 'Count', 'FailIndex')
          if 'onExitCodes' in rule:
              assert rule['onExitCodes']['containerName'] in names and rule['onExitCodes']['operator'] in ('In', 'NotIn')
              values = rule['onExitCodes']['values']
              assert values == sorted(set(values)) and 0 not in values and not {6, 7} & set(values)
      volumes = {volume['name'] for volume in pod['volumes']}
      for container in pod['containers']:
          assert {mount['name'] for mount in container['volumeMounts']} <= volumes
      print('sound')
      """
    guard let result = Workspace().python(program, "\(NightlyTests.folder)/cronjob.yaml", needs: "yaml") else { return }
    #expect(result.output == "sound\n", "\(result.errors)")
  }

  /// Airflow itself is not needed: stand-ins of its names show what the task does with each exit code.
  @Test(arguments: [
    (0, "0"), (3, "3"), (6, "AirflowException"), (7, "AirflowException"), (1, "AirflowFailException"),
    (4, "AirflowFailException"), (5, "AirflowFailException"), (70, "AirflowFailException"),
    (137, "AirflowFailException"),
  ])
  func `the Airflow task tries again what is worth it, and nothing else`(code: Int, outcome: String) {
    let program = """
      import sys, types
      sys.dont_write_bytecode = True
      class DAG:
          def __init__(self, **options): assert options['max_active_runs'] == 1
          def __enter__(self): return self
          def __exit__(self, *_): pass
      class AirflowException(Exception): pass
      class AirflowFailException(AirflowException): pass
      def module(name, **names):
          sys.modules[name] = types.ModuleType(name)
          vars(sys.modules[name]).update(names)
      module('airflow', DAG=DAG)
      module('airflow.exceptions', AirflowException=AirflowException, AirflowFailException=AirflowFailException)
      module('airflow.operators')
      module('airflow.operators.python', PythonOperator=lambda task_id, python_callable: None)
      sys.path.insert(0, sys.argv[1])
      import settle_nightly
      settle_nightly.subprocess = types.SimpleNamespace(
          run=lambda words, check: types.SimpleNamespace(returncode=int(sys.argv[2])))
      try: print(settle_nightly.settle('2026-01-30'))
      except AirflowException as error: print(type(error).__name__)
      """
    let result = Workspace().run("/usr/bin/env", ["python3", "-c", program, NightlyTests.folder, String(code)])
    #expect(result.output == "\(outcome)\n", "\(result.errors)")
  }

  // MARK: The package

  @Test func `the Debian package holds program, manual, completions and examples, and lintian is content`() throws {
    guard NightlyTests.path("dpkg-deb") != nil, NightlyTests.path("strip") != nil else { return }
    let workspace = Workspace()
    let script = "\(Workspace.packagePath)/scripts/package"
    let built = workspace.run(script, ["--settle", Workspace.binary, "--out", workspace.path])
    #expect(built.exitCode == 0, "\(built.errors)")
    let package = built.output.trimmingCharacters(in: .newlines)
    let again = workspace.run(script, ["--settle", Workspace.binary, "--out", "\(workspace.path)/again"])
    #expect(again.exitCode == 0)
    let second = again.output.trimmingCharacters(in: .newlines)
    #expect(workspace.read(package) == workspace.read(second), "the same sources give the same package")
    let list = workspace.run("/usr/bin/dpkg-deb", ["--contents", package]).output
    for path in [
      "./usr/bin/settle", "./usr/share/man/man1/settle.1.gz", "./usr/share/bash-completion/completions/settle",
      "./usr/share/zsh/vendor-completions/_settle", "./usr/share/fish/vendor_completions.d/settle.fish",
      "./usr/lib/systemd/system/settle-nightly.timer", "./usr/libexec/settle/nightly",
      "./usr/share/doc/settle/examples/cronjob.yaml",
    ] {
      #expect(list.contains(" \(path)\n"), "\(path)")
    }
    _ = workspace.run("/usr/bin/dpkg-deb", ["--extract", package, "tree"])
    let version = workspace.run("\(workspace.path)/tree/usr/bin/settle", ["version"])
    #expect(version.output == workspace.settle("version").output, "\(version.errors)")
    guard let lintian = NightlyTests.path("lintian") else { return }
    // The tests' own build looks for the Swift runtime where the toolchain is; the package's has it inside.
    let result = workspace.run(
      lintian,
      ["--allow-root", "--fail-on", "error,warning", "--suppress-tags", "custom-library-search-path", package])
    #expect(result.exitCode == 0, "\(result.output)")
  }
}
