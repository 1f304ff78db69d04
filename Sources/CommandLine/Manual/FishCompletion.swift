// Completions for fish

enum FishCompletion {
  static var script: String {
    """
    # fish completion of settle, written by `settle completion fish`

    # The words of the line that are no options, without the program's name.
    function __settle_words
      for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or echo $word
      end
    end

    function __settle_needs_command
      test (count (__settle_words)) -eq 0
    end

    function __settle_needs_member
      set -l words (__settle_words)
      test (count $words) -eq 1; and test "$words[1]" = $argv[1]
    end

    function __settle_is
      set -l words (__settle_words)
      test (count $words) -ge (count $argv); or return 1
      test "$words[1..$(count $argv)]" = "$argv"
    end

    complete -c settle -f
    \(commands.joined(separator: "\n"))

    """
  }

  private static var commands: [String] {
    let words = Completion.firstWords.map {
      "complete -c settle -n __settle_needs_command -a \($0.word) -d \(quoted($0.text))"
    }
    let members = Command.groups.flatMap { group in
      Completion.members(group).map {
        "complete -c settle -n '__settle_needs_member \(group)' -a \(Completion.second($0)) -d \(quoted($0.summary))"
      }
    }
    return words + members + Command.all.flatMap(lines)
  }

  private static func lines(_ command: Command) -> [String] {
    let start = "complete -c settle -n '__settle_is \(command.name)'"
    var lines = command.allOptions.map { option in
      start + " -l \(option.name)" + (option.short.map { " -s \($0)" } ?? "")
        + (option.value == nil ? "" : value(Completion.candidates(option))) + " -d \(quoted(option.explanation))"
    }
    switch Completion.candidates(command) {
    case .files: lines.append(start + " -F")
    case .directories: lines.append(start + " -a '(__fish_complete_directories)'")
    case .runs: lines.append(start + " -a 'latest (__fish_complete_directories)'")
    case .words(let words): lines.append(start + " -a \(quoted(words.joined(separator: " ")))")
    case .none: break
    }
    return lines
  }

  private static func value(_ candidates: Completion.Candidates) -> String {
    switch candidates {
    case .files: " -r -F"
    case .directories: " -x -a '(__fish_complete_directories)'"
    case .runs: " -x -a 'latest (__fish_complete_directories)'"
    case .words(let words): " -x -a \(quoted(words.joined(separator: " ")))"
    case .none: " -x"
    }
  }

  /// fish knows \\' inside single quotes.
  private static func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
  }
}
