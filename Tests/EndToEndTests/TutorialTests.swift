// Does the tutorial show what the program does?
import Foundation
import TestSupport
import Testing

@Suite struct TutorialTests {
  @Test func `every command of the tutorial gives the output that it shows`() {
    let result = Workspace().run(
      "\(Workspace.packagePath)/scripts/run-page",
      ["--settle", Workspace.binary, "\(Workspace.packagePath)/docs/TUTORIAL.md"])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasSuffix(" commands, 0 with another output than the page shows\n"))
  }

  @Test func `every command of the README gives the output that it shows`() {
    let root = Workspace.packagePath
    let result = Workspace().run(
      "\(root)/scripts/run-page", ["--with", "\(root)/inputs", "--settle", Workspace.binary, "\(root)/README.md"])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasSuffix(" commands, 0 with another output than the page shows\n"))
  }

  @Test func `the terminal of the README is what the program shows`() {
    let result = Workspace().run(
      "\(Workspace.packagePath)/scripts/pictures", ["--check", "--settle", Workspace.binary])
    #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
  }

  @Test func `a page that shows something else is found`() {
    let workspace = Workspace()
    workspace.write("page.md", "# x\n\n```console\n$ echo one\n> echo two\none\ntwo\n$ echo 3\nthree\n```\n")
    let result = workspace.run(
      "\(Workspace.packagePath)/scripts/run-page", ["--settle", Workspace.binary, "page.md"])
    #expect(result.exitCode == 1)
    #expect(result.output.hasSuffix("2 commands, 1 with another output than the page shows\n"), "\(result.output)")
  }
}
