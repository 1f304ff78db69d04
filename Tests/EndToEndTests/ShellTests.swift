// Do the completions work in the real shells, and is the manual page sound? Where a program is not installed, a notice.
import Foundation
import TestSupport
import Testing

@Suite struct ShellTests {
  private static func path(_ program: String) -> String? {
    for folder in ["/usr/bin", "/bin", "/usr/local/bin"] {
      if FileManager.default.isExecutableFile(atPath: "\(folder)/\(program)") { return "\(folder)/\(program)" }
    }
    print("notice: no \(program) here: not tried")
    return nil
  }

  /// What stands on the line, and words that are offered, and one that is not.
  static let lines: [(words: [String], offered: [String], refused: String)] = [
    (["ru"], ["run", "runs"], "plan"),
    ([""], ["run", "ledger", "schema"], "init"),
    (["ledger", ""], ["init", "balance"], "run"),
    (["run", "--audit"], ["--audit-format"], "--as-of"),
    (["run", "--audit-format", ""], ["csv", "jsonl", "both"], "xml"),
    (["ledger", "init", "--oper"], ["--operator"], "--outputs"),
    (["completion", ""], ["bash", "zsh", "fish"], "csv"),
    (["help", "ex"], ["explain", "exit-codes"], "money"),
    (["schema", "mani"], ["manifest.json"], "markets.csv"),
    (["verify", "lat"], ["latest"], "out"),
    (["run", "--ledger", "ou"], ["outputs"], "resolutions.csv"),
    (["run", "--outputs", "ou"], ["outputs"], "resolutions.csv"),
    (["-q", "pla"], ["plan"], "run"),
  ]

  private static func workspace(_ shell: String) -> Workspace {
    let workspace = Workspace.plainNight
    workspace.write("outputs/x", "")
    workspace.write("completion", workspace.settle("completion", shell).output)
    return workspace
  }

  private func check(_ offered: Set<String>, _ number: Int, _ shell: String, _ errors: String) {
    let line = ShellTests.lines[number]
    for word in line.offered { #expect(offered.contains(word), "\(shell): \(line.words): \(offered) \(errors)") }
    #expect(!offered.contains(line.refused), "\(shell): \(line.words): \(offered)")
  }

  @Test(arguments: lines.indices)
  func `bash completes`(number: Int) throws {
    guard let bash = ShellTests.path("bash") else { return }
    let program = """
      source completion
      COMP_WORDS=(settle "$@")
      COMP_CWORD=$#
      _settle
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = ShellTests.workspace("bash").run(bash, ["-uc", program, "bash"] + ShellTests.lines[number].words)
    #expect(result.errors == "")
    check(Set(result.output.split(separator: "\n").map(String.init)), number, "bash", result.errors)
  }

  @Test func `bash completes behind the sign that it cuts at`() {
    guard let bash = ShellTests.path("bash") else { return }
    let program = """
      source completion
      COMP_WORDS=(settle run --color = a); COMP_CWORD=4
      _settle
      echo "${COMPREPLY[*]}"
      """
    #expect(ShellTests.workspace("bash").run(bash, ["-uc", program]).output == "auto always\n")
  }

  @Test(arguments: lines.indices)
  func `fish completes`(number: Int) throws {
    guard let fish = ShellTests.path("fish") else { return }
    let workspace = ShellTests.workspace("fish")
    let line = (["settle"] + ShellTests.lines[number].words).joined(separator: " ")
    let result = workspace.run(
      fish, ["--no-config", "-c", "source completion; complete -C '\(line)'"], environment: ["HOME": workspace.path])
    let offered = result.output.split(separator: "\n").map { line in
      let word = line.prefix { $0 != "\t" }
      return String(word.hasSuffix("/") ? word.dropLast() : word)
    }
    check(Set(offered), number, "fish", result.errors)
  }

  @Test(arguments: lines.indices)
  func `zsh completes`(number: Int) throws {
    guard let zsh = ShellTests.path("zsh") else { return }
    let workspace = ShellTests.workspace("zsh")
    let line = (["settle"] + ShellTests.lines[number].words).joined(separator: " ")
    // A terminal of its own, in which the key is pressed.
    let script = "\(Workspace.packagePath)/Tests/EndToEndTests/Fixtures/complete.zsh"
    let result = workspace.run(
      "/usr/bin/timeout", ["-s", "KILL", "20", zsh, "-f", script, line], environment: ["HOME": workspace.path])
    let offered = result.output.split { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.compactMap { line -> String? in
      guard let start = line.range(of: "hit:") else { return nil }
      let word = line[start.upperBound...]
      return String(word.hasSuffix("/") ? word.dropLast() : word)
    }
    check(Set(offered), number, "zsh", result.output + result.errors)
  }

  @Test func `each script is sound by its own shell`() {
    for shell in ["bash", "zsh", "fish"] {
      guard let program = ShellTests.path(shell) else { continue }
      let result = ShellTests.workspace(shell).run(program, ["-n", "completion"])
      #expect(result.exitCode == 0 && result.errors == "", "\(shell): \(result.errors)")
    }
    guard let shellcheck = ShellTests.path("shellcheck") else { return }
    let result = ShellTests.workspace("bash").run(shellcheck, ["completion"])
    #expect(result.exitCode == 0, "\(result.output)")
  }

  @Test func `the manual page is sound by mandoc and by man`() {
    let workspace = Workspace()
    workspace.write("settle.1", workspace.settle("man").output)
    let text = workspace.text("settle.1")
    #expect(text.hasPrefix(".TH SETTLE 1 "))
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 80 })
    if let mandoc = ShellTests.path("mandoc") {
      let lint = workspace.run(mandoc, ["-T", "lint", "-W", "style", "settle.1"])
      #expect(lint.exitCode == 0 && lint.output == "" && lint.errors == "", "\(lint.output)\(lint.errors)")
    }
    if let man = ShellTests.path("man") {
      let warnings = workspace.run(
        man, ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "settle.1"],
        environment: ["LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"])
      #expect(warnings.exitCode == 0 && warnings.errors == "", "\(warnings.errors)")
    }
  }
}
