// Completions for bash

enum BashCompletion {
  static var script: String {
    """
    # bash completion of settle, written by `settle completion bash`
    # shellcheck shell=bash

    _settle() {
      local current=${COMP_WORDS[COMP_CWORD]} previous='' first='' second='' word
      local options='' words='' kind='' operand='' index
      COMPREPLY=()
      if ((COMP_CWORD > 0)); then previous=${COMP_WORDS[COMP_CWORD - 1]}; fi
      # bash cuts --color=auto at the sign
      if [[ $current == '=' ]]; then
        current=''
      elif [[ $previous == '=' ]] && ((COMP_CWORD > 1)); then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
      fi
      for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ $word == -* ]]; then continue; fi
        if [[ -z $first ]]; then first=$word; else second=$word && break; fi
      done
      case "$first $second" in
    \(cases)
      *) words=\(Completion.quoted((Completion.firstWords.map(\.word)).joined(separator: " "))) ;;
      esac
      if [[ $current == -* && -z $kind ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
      fi
      case $kind in
      files) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      directories) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
      none) ;;
      *)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        if [[ $operand == files || $operand == runs ]]; then
          mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
        elif [[ $operand == directories ]]; then
          mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$current")
        fi
        ;;
      esac
      if [[ $kind == files || $kind == directories || -n $operand ]]; then
        compopt -o filenames 2>/dev/null
      fi
    }

    complete -F _settle settle

    """
  }

  private static var cases: String {
    let groups = Command.groups.map { group in
      "  '\(group) ') words=\(Completion.quoted(Completion.members(group).map(Completion.second).joined(separator: " "))) ;;"
    }
    // Commands of two words stand before those of one, whose second word is an operand.
    let commands = Command.all.sorted { ($0.group == nil ? 1 : 0) < ($1.group == nil ? 1 : 0) }.map { command in
      let pattern = command.group == nil ? "'\(command.name) '*" : "'\(command.name)'"
      return "  \(pattern))\n\(body(command))\n    ;;"
    }
    return (groups + commands).joined(separator: "\n")
  }

  private static func body(_ command: Command) -> String {
    let names = command.allOptions.flatMap { ["--\($0.name)"] + ($0.short.map { ["-\($0)"] } ?? []) }
    var lines = ["    options=\(Completion.quoted(names.joined(separator: " ")))"]
    switch Completion.candidates(command) {
    case .files: lines.append("    operand=files")
    case .directories: lines.append("    operand=directories")
    case .runs: lines += ["    operand=runs", "    words=latest"]
    case .words(let words): lines.append("    words=\(Completion.quoted(words.joined(separator: " ")))")
    case .none: break
    }
    var values: [String] = []
    for option in command.allOptions where option.value != nil {
      let pattern = "--\(option.name)" + (option.short.map { " | -\($0)" } ?? "")
      switch Completion.candidates(option) {
      case .files: values.append("    \(pattern)) kind=files ;;")
      case .directories: values.append("    \(pattern)) kind=directories ;;")
      case .words(let words):
        values.append(
          "    \(pattern)) kind=words operand='' words=\(Completion.quoted(words.joined(separator: " "))) ;;")
      case .runs: values.append("    \(pattern)) kind=words operand=runs words=latest ;;")
      case .none: values.append("    \(pattern)) kind=none ;;")
      }
    }
    lines += ["    case $previous in"] + values + ["    esac"]
    return lines.joined(separator: "\n")
  }
}
