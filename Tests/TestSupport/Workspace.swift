// How does a test run the built program as a user runs it?
package import Foundation

/// What a call of the program gave.
package struct ToolResult: Sendable {
  package let exitCode: Int32
  package let output: String
  package let errors: String
}

/// A directory of a test's own, removed with it, in which the built program is run.
package final class Workspace: Sendable {
  package let path: String

  package init() {
    path = NSTemporaryDirectory() + "settle-test-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      preconditionFailure("no temporary directory: \(error)")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The program that the package's build made, beside the tests.
  package static let binary: String = {
    let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("settle").path
  }()

  /// The package's own folder.
  package static let packagePath: String = {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
  }()

  @discardableResult
  package func write(_ name: String, _ text: String) -> String { write(name, Data(text.utf8)) }

  @discardableResult
  package func write(_ name: String, _ data: Data) -> String {
    let file = URL(fileURLWithPath: path).appendingPathComponent(name)
    do {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    } catch {
      preconditionFailure("cannot write \(file.path): \(error)")
    }
    return file.path
  }

  /// The bytes of a file; nil where there is none.
  package func read(_ name: String) -> Data? {
    FileManager.default.contents(atPath: name.hasPrefix("/") ? name : "\(path)/\(name)")
  }

  package func text(_ name: String) -> String { read(name).map { String(decoding: $0, as: UTF8.self) } ?? "" }

  package func names(_ directory: String = "") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(directory)")) ?? []).sorted()
  }

  /// Runs `settle` here; the environment holds nothing of settle's but what is given.
  package func settle(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:]
  ) -> ToolResult {
    run(Workspace.binary, arguments, input: input, environment: environment)
  }

  package func settle(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) -> ToolResult {
    run(Workspace.binary, arguments, input: input, environment: environment)
  }

  package func run(
    _ program: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
  ) -> ToolResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    var inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SETTLE_") }
    inherited.merge(environment) { $1 }
    process.environment = inherited
    let outputPath = "\(path)/.stdout-\(UUID().uuidString)"
    let errorPath = "\(path)/.stderr-\(UUID().uuidString)"
    for file in [outputPath, errorPath] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    defer { for file in [outputPath, errorPath] { try? FileManager.default.removeItem(atPath: file) } }
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    if let input {
      process.standardInput = FileHandle(forReadingAtPath: write(".stdin-\(UUID().uuidString)", input))
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    do { try process.run() } catch { preconditionFailure("cannot run \(program): \(error)") }
    process.waitUntilExit()
    return ToolResult(exitCode: process.terminationStatus, output: text(outputPath), errors: text(errorPath))
  }
}
