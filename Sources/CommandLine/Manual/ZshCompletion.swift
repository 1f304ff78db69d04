// Completions for zsh

enum ZshCompletion {
  static var script: String {
    """
    #compdef settle
    # zsh completion of settle, written by `settle completion zsh`

    _settle() {
      local -a commands
      local word place=2
      # options of every command may stand before it
      while (( place < CURRENT )) && [[ ${words[place]} == -* ]]; do (( place++ )); done
      if (( place == CURRENT )); then
        commands=(
    \(described(Completion.firstWords.map { ($0.word, $0.text) }))
        )
        _describe -t commands 'command' commands
        return
      fi
      word=${words[place]}
      words=("${(@)words[place,-1]}")
      (( CURRENT -= place - 1 ))
      case $word in
    \(cases)
      *) _message 'no such command' ;;
      esac
    }

    \(functions)

    # sourced, or found in $fpath
    if [[ ${funcstack[1]} == _settle ]]; then _settle "$@"; else compdef _settle settle; fi

    """
  }

  private static func described(_ rows: [(String, String)]) -> String {
    rows.map { "      \(Completion.quoted("\($0.0):\($0.1)"))" }.joined(separator: "\n")
  }

  private static var cases: String {
    let single = Command.all.filter { $0.group == nil }.map { "  \($0.name)) \(function($0)) ;;" }
    let groups = Command.groups.map { group in
      let members = Completion.members(group)
      return """
          \(group))
            if (( CURRENT == 2 )); then
              commands=(
        \(described(members.map { (Completion.second($0), $0.summary) }))
              )
              _describe -t commands '\(group) command' commands
              return
            fi
            word=${words[2]}
            words=("${(@)words[2,-1]}")
            (( CURRENT-- ))
            case $word in
        \(members.map { "    \(Completion.second($0))) \(function($0)) ;;" }.joined(separator: "\n"))
            *) _message 'no such command' ;;
            esac
            ;;
        """
    }
    return (single + groups).joined(separator: "\n")
  }

  private static func function(_ command: Command) -> String {
    "_settle_" + command.name.map { $0 == " " || $0 == "-" ? "_" : String($0) }.joined()
  }

  private static var functions: String {
    Command.all.map { command in
      var specs: [String] = command.allOptions.flatMap(spec)
      let action = action(Completion.candidates(command))
      let first = command.operands.split { " []…|".contains($0) }.first.map { $0.lowercased() } ?? "operand"
      if command.operandCount.upperBound > 0 { specs.append(Completion.quoted("*:\(first):\(action)")) }
      return "\(function(command))() {\n  _arguments -s -S \\\n    \(specs.joined(separator: " \\\n    "))\n}"
    }.joined(separator: "\n\n")
  }

  private static func spec(_ option: Option) -> [String] {
    let text = "[\(escaped(option.explanation))]"
    let value = option.value.map { ":\($0.lowercased()):\(action(Completion.candidates(option)))" } ?? ""
    let repeats = option.isRepeatable ? "*" : ""
    let long = Completion.quoted("\(repeats)--\(option.name)\(option.value == nil ? "" : "=")\(text)\(value)")
    return [long] + (option.short.map { [Completion.quoted("\(repeats)-\($0)\(text)\(value)")] } ?? [])
  }

  private static func action(_ candidates: Completion.Candidates) -> String {
    switch candidates {
    case .files: "_files"
    case .directories: "_files -/"
    case .runs: "_alternative \"runs:run:(latest)\" \"files:directory:_files -/\""
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .none: " "
    }
  }

  /// Colons and brackets have a meaning in specifications.
  private static func escaped(_ text: String) -> String {
    text.map { ":[]\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
