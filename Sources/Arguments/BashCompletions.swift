/// For `source <(penstock completions bash)`. Everything in it comes from our own tables, whose words need no quoting.
enum BashCompletions {
  static func script(_ commands: [Command]) -> String {
    """
    # bash completions of penstock: source <(penstock completions bash)
    _penstock() {
      local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
      COMPREPLY=()
      if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W '\(commands.map(\.name).joined(separator: " "))' -- "$current"))
        return
      fi
      case ${COMP_WORDS[1]} in
    \(commands.map(branch).joined())  esac
    }
    complete -F _penstock penstock

    """
  }

  private static func branch(_ command: Command) -> String {
    let options = ShellCompletions.options(command)
    let values = options.filter { $0.valueName != nil }.map { option in
      "      --\(option.name)) \(reply(ShellCompletions.place(of: option))); return ;;\n"
    }
    return """
        \(command.name))
          case $previous in
      \(values.joined())      esac
          case $current in
            -*) \(reply(.words(options.map { "--\($0.name)" }))) ;;
            *) \(reply(ShellCompletions.place(of: command))) ;;
          esac ;;

      """
  }

  private static func reply(_ place: ShellCompletions.Place) -> String {
    switch place {
    case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
    case .files: "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\"))"
    case .folders: "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\"))"
    case .free: ":"
    }
  }
}
