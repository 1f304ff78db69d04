// settle demo
internal import Batch
internal import Interchange

extension Command {
  static let demo = Command(
    name: "demo", summary: "write a small sample night to try settle with", operands: "DIR", operandCount: 1...1,
    details: "DIR must be new or empty. Nothing outside it is touched; every id in it is invented."
  ) { (call) throws(BatchError) in
    let directory = call.arguments.positionals[0]
    let isEmpty: Bool
    do throws(FileError) {
      try FileSystem.createDirectories(directory)
      isEmpty = try FileSystem.list(directory).isEmpty
      for (name, text) in isEmpty ? DemoNight.files : [] {
        try FileSystem.create("\(directory)/\(name)", Array(text.utf8), flush: false)
      }
    } catch {
      throw BatchError.file(error)
    }
    guard isEmpty else {
      throw BatchError(
        "output_exists", .usage, "\(Terminal.safe(directory)) holds files already",
        hint: "give a directory that is new or empty")
    }
    let next = [
      "cd \(shellWord(directory))", "settle run --init-ledger", "settle verify", "settle explain latest c-01",
    ]
    let names = DemoNight.files.map(\.name)
    if call.console.isJSON {
      call.console.print(
        .object([
          "directory": .string(directory), "files": .array(names.map { .string($0) }),
          "next": .array(next.map { .string($0) }),
        ]))
    } else {
      call.console.print("wrote a sample night to \(Terminal.safe(directory)): \(names.joined(separator: ", "))")
      call.console.print("next:")
      for line in next { call.console.print("  \(line)") }
    }
    return .done
  }

  /// The word as a shell takes it: quoted where it holds more than plain letters.
  private static func shellWord(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "_-./+".utf8.contains(byte)
    }
    return isPlain
      ? word
      : "'"
        + Terminal.safe(word).split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
