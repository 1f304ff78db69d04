// How does a test speak with the built program line by line, as another program would over pipes?
internal import Foundation

/// A running program; what is sent to it stands on its standard input at once.
package final class Conversation {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errorPath: String
  private var received = Data()

  init(_ workspace: Workspace, _ program: String, _ arguments: [String]) {
    errorPath = "\(workspace.path)/.stderr-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: errorPath, contents: nil)
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SETTLE_") }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorPath)
    do { try process.run() } catch { preconditionFailure("cannot run \(program): \(error)") }
  }

  package func send(_ text: String) {
    do { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) } catch {
      preconditionFailure("the program does not listen: \(error)")
    }
  }

  /// The next line that the program says, waiting for it; nil behind the last.
  package func line() -> String? {
    while true {
      if let end = received.firstIndex(of: 0x0A) {
        defer { received = Data(received[(end + 1)...]) }
        return String(decoding: received[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      received += more
    }
  }

  package func stop(by signal: Int32) { kill(process.processIdentifier, signal) }

  /// Whether the program ends in so many seconds, its answers unread.
  package func hasEnded(within seconds: Int) -> Bool {
    for _ in 0..<seconds * 20 where process.isRunning { usleep(50_000) }
    return !process.isRunning
  }

  /// Says that nothing more is sent, and waits for the end.
  package func end() -> ToolResult {
    try? input.fileHandleForWriting.close()
    var rest: [String] = []
    while let line = line() { rest.append(line) }
    process.waitUntilExit()
    let errors = FileManager.default.contents(atPath: errorPath) ?? Data()
    return ToolResult(
      exitCode: process.terminationStatus, output: rest.joined(separator: "\n"),
      errors: String(decoding: errors, as: UTF8.self))
  }
}

extension Workspace {
  /// Starts a program here, and lets it run.
  package func start(_ program: String, _ arguments: [String]) -> Conversation {
    Conversation(self, program, arguments)
  }
}
