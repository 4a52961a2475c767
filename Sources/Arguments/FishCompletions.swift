/// For `penstock completions fish | source`.
enum FishCompletions {
  static func script(_ commands: [Command]) -> String {
    """
    # fish completions of penstock: penstock completions fish | source
    complete -c penstock -f
    \(commands.map { "complete -c penstock -n __fish_use_subcommand -a \($0.name) -d \(quoted($0.summary))\n" }.joined())\
    \(commands.map(branch).joined())
    """
  }

  private static func branch(_ command: Command) -> String {
    let condition = "complete -c penstock -n '__fish_seen_subcommand_from \(command.name)'"
    var lines = ShellCompletions.options(command).map { option in
      let value = option.valueName == nil ? "" : " -r\(argument(ShellCompletions.place(of: option)))"
      return "\(condition) -l \(option.name)\(value) -d \(quoted(option.help))\n"
    }
    let place = ShellCompletions.place(of: command)
    if place != .free { lines.append("\(condition)\(argument(place))\n") }
    return lines.joined()
  }

  private static func argument(_ place: ShellCompletions.Place) -> String {
    switch place {
    case .words(let words): " -a '\(words.joined(separator: " "))'"
    case .files: " -F"
    case .folders: " -a '(__fish_complete_directories)'"
    case .free: ""
    }
  }

  private static func quoted(_ text: String) -> String {
    "'\(String(text.flatMap { "'\\".contains($0) ? ["\\", $0] : [$0] }))'"
  }
}
