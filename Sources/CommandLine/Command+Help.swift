// settle version, help
internal import Batch
internal import Interchange

extension Command {
  static let programCommands: [Command] = [.demo, .version, .help]

  static let version = Command(name: "version", summary: "print the version") { (call) throws(BatchError) in
    if call.console.isJSON {
      call.console.print(.object(["name": .string(Batch.Tool.name), "version": .string(Batch.Tool.version)]))
    } else {
      call.console.print("\(Batch.Tool.name) \(Batch.Tool.version)")
    }
    return .done
  }

  static let help = Command(
    name: "help", summary: "explain a command or a topic", operands: "[COMMAND|TOPIC]", operandCount: 0...2
  ) { (call) throws(BatchError) in
    let word = call.arguments.positionals.joined(separator: " ")
    if word.isEmpty {
      call.console.print(Help.overview)
    } else if let command = Command.all.first(where: { $0.name == word }) {
      call.console.print(Help.page(command))
    } else if let topic = Help.topics[word] {
      call.console.print(topic)
    } else {
      let known = Command.all.map(\.name) + Help.topics.keys.sorted()
      let near = Suggestion.nearest(word, among: known)
      throw BatchError(
        "usage", .usage, "there is no help on \(Terminal.quoted(word))",
        hint: (near.map { "did you mean \($0)? " } ?? "") + "`settle help` lists commands and topics")
    }
    return .done
  }
}
