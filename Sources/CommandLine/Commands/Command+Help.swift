// settle version, help
internal import Batch
internal import Interchange

extension Command {
  static let programCommands: [Command] = [.demo, .schema, .completion, .man, .doctor, .version, .help]

  static let version = Command(name: "version", summary: "print the version") { (call) throws(BatchError) in
    if call.console.isJSON {
      call.console.print(.object(["name": .string(Batch.Tool.name), "version": .string(Batch.Tool.version)]))
    } else {
      call.console.print("\(Batch.Tool.name) \(Batch.Tool.version)")
    }
    return .done
  }

  static let help = Command(
    name: "help", summary: "explain a command or a topic", operands: "[COMMAND|TOPIC]", operandCount: 0...2,
    details: "With --json the table of commands and options that the parser, this help and the manual are made from.",
    operandChoices: { Help.words }
  ) { (call) throws(BatchError) in
    try Help.answer(call.arguments.positionals.joined(separator: " "), call.console)
    return .done
  }
}

extension Help {
  /// Explains a command, a group or a topic; everything where the word is empty.
  static func answer(_ word: String, _ console: Console) throws(BatchError) {
    if word.isEmpty {
      tell(overview, .object(["commands": .array(Command.all.map(\.json)), "topics": topics]), console)
    } else if let command = Command.all.first(where: { $0.name == word }) {
      tell(page(command), command.json, console)
    } else if Command.groups.contains(word) {
      tell(page(group: word), .object(["commands": .array(Command.members(of: word).map(\.json))]), console)
    } else if let topic = HelpTopic.all.first(where: { $0.name == word }) {
      tell(wrapped(topic.text), .object(["topic": .string(topic.name), "text": .string(topic.text)]), console)
    } else {
      throw BatchError(
        "usage", .usage, "there is no help on \(Terminal.quoted(word))",
        hint: Suggestion.hint(word, among: words) + "`settle help` lists commands and topics")
    }
  }

  private static var topics: JSONValue { .array(HelpTopic.all.map { .string($0.name) }) }

  private static func tell(_ text: String, _ json: JSONValue, _ console: Console) {
    if console.isJSON { console.print(json) } else { console.print(text) }
  }
}
