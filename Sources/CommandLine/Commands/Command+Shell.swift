// settle completion, man
internal import Batch
internal import Interchange

extension Command {
  static let completion = Command(
    name: "completion", summary: "print completions for a shell", operands: "bash|zsh|fish", operandCount: 1...1,
    details: """
      bash  settle completion bash > ~/.local/share/bash-completion/completions/settle
      zsh   settle completion zsh > DIR/_settle, where DIR is in $fpath
      fish  settle completion fish > ~/.config/fish/completions/settle.fish
      """,
    operandChoices: { Completion.allCases.map(\.rawValue) }
  ) { (call) throws(BatchError) in
    let word = call.arguments.positionals[0]
    guard let shell = Completion(rawValue: word) else {
      let known = Completion.allCases.map(\.rawValue)
      throw BatchError(
        "usage", .usage, "there are no completions for \(Terminal.quoted(word))",
        hint: Suggestion.hint(word, among: known) + "one of: \(known.joined(separator: ", "))")
    }
    if call.console.isJSON {
      call.console.print(.object(["shell": .string(word), "script": .string(shell.script)]))
    } else {
      call.console.write(shell.script)
    }
    return .done
  }

  static let man = Command(
    name: "man", summary: "print the manual page",
    details: "To read it: settle man | man -l -. To install it: settle man > /usr/local/share/man/man1/settle.1"
  ) { (call) throws(BatchError) in
    if call.console.isJSON {
      call.console.print(.object(["manual": .string(Manual.page)]))
    } else {
      call.console.write(Manual.page)
    }
    return .done
  }
}
