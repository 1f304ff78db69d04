// What does the program say about itself?
internal import Batch
internal import Interchange

enum Help {
  static var overview: String {
    let single = Command.all.filter { $0.group == nil }.map { ($0.name, $0.summary) }
    let groups = Command.groups.map { group in
      (
        "\(group) …",
        Command.members(of: group).map { String($0.name.dropFirst(group.count + 1)) }.joined(separator: ", ")
      )
    }
    return """
      \(wrapped("settle \(Tool.version): settles markets exactly, posts the result to a ledger, and leaves files that prove it."))

      Usage: settle COMMAND [OPTION]…

      Commands:
      \(listed(single + groups))

      \(wrapped("`settle help COMMAND` explains a command; `settle help TOPIC` a topic: \(topicList)."))
      \(wrapped("New here? `settle demo night && cd night && settle run --init-ledger` settles a sample night."))
      """
  }

  /// `settle help ledger`
  static func page(group: String) -> String {
    """
    Usage: settle \(group) COMMAND [OPTION]…

    Commands:
    \(listed(Command.members(of: group).map { ($0.name, $0.summary) }))

    `settle help \(group) COMMAND` explains one of them.
    """
  }

  static func page(_ command: Command) -> String {
    var text = "\(wrapped(command.summary))\n\n"
    let usage = TextLayout.lines("Usage: \(command.usage)", width: width, indent: 9)
    text += "\(usage.joined(separator: "\n"))\n"
    if !command.details.isEmpty { text += "\n\(wrapped(command.details))\n" }
    let options = command.allOptions.map { ($0.short == nil ? "    \($0.usage)" : $0.usage, $0.fullExplanation) }
    text += "\nOptions:\n\(listed(options))\n"
    text += "\n"
    text += wrapped("Every option also reads its value from the environment: --lock-timeout from SETTLE_LOCK_TIMEOUT.")
    // A topic of the same name belongs to it.
    return HelpTopic.all.first { $0.name == command.name }.map { "\(text)\n\n\(wrapped($0.text))" } ?? text
  }

  static var topicList: String { HelpTopic.all.map(\.name).joined(separator: ", ") }

  /// Everything that `settle help` can be asked about.
  static var words: [String] { Command.all.map(\.name) + Command.groups + HelpTopic.all.map(\.name) }

  /// As wide as the terminal, and no wider than can be read.
  private static var width: Int { min(Console.columns ?? 118, 118) }

  static func wrapped(_ text: String) -> String { TextLayout.wrapped(text, width: width) }

  private static func listed(_ rows: [(name: String, text: String)]) -> String {
    TextLayout.listed(rows, width: width)
  }
}

// MARK: As JSON

extension Option {
  var json: JSONValue {
    .object([
      "name": .string("--\(name)"), "short": .optional(short.map { "-\($0)" }), "value": .optional(value),
      "environment": .string(environmentName), "is_repeatable": .bool(isRepeatable),
      "choices": .array(choices.map { .string($0) }), "explanation": .string(explanation),
    ])
  }
}

extension Command {
  var json: JSONValue {
    .object([
      "name": .string(name), "summary": .string(summary), "usage": .string(usage), "details": .string(details),
      "operands": .string(operands), "operand_count_min": .int(operandCount.lowerBound),
      "operand_count_max": .int(operandCount.upperBound), "options": .array(allOptions.map(\.json)),
    ])
  }
}
