/// For a file `_penstock` in a folder of zsh's `fpath`.
enum ZshCompletions {
  static func script(_ commands: [Command]) -> String {
    """
    #compdef penstock
    # zsh completions of penstock: penstock completions zsh > "${fpath[1]}/_penstock"
    _penstock() {
      local -a commands
      commands=(
    \(commands.map { "    \(quoted("\($0.name):\($0.summary)"))\n" }.joined())  )
      if (( CURRENT == 2 )); then
        _describe command commands
        return
      fi
      local command=$words[2]
      shift words
      (( CURRENT-- ))
      case $command in
    \(commands.map(branch).joined())  esac
    }
    if [ "$funcstack[1]" = _penstock ]; then _penstock "$@"; else compdef _penstock penstock; fi

    """
  }

  private static func branch(_ command: Command) -> String {
    var items = ShellCompletions.options(command).map { option -> String in
      var isMany = false
      if case .values = option.kind { isMany = true }
      let value = option.valueName.map { ":\(escaped($0)):\(action(ShellCompletions.place(of: option)))" } ?? ""
      return quoted("\(isMany ? "*" : "")--\(option.name)\(value.isEmpty ? "" : "=")[\(escaped(option.help))]\(value)")
    }
    if command.count.upperBound > 0 {
      items.append(quoted("*:\(escaped(command.arguments)):\(action(ShellCompletions.place(of: command)))"))
    }
    return "    \(command.name)) _arguments \(items.joined(separator: " ")) ;;\n"
  }

  private static func action(_ place: ShellCompletions.Place) -> String {
    switch place {
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .files: "_files"
    case .folders: "_files -/"
    case .free: " "
    }
  }

  private static func escaped(_ text: String) -> String {
    String(text.flatMap { "[]:\\".contains($0) ? ["\\", $0] : [$0] })
  }

  private static func quoted(_ text: String) -> String {
    "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}
