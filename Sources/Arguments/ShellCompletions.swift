/// Completion scripts, made from the table of commands.
package enum ShellCompletions: String, Sendable, CaseIterable {
  case bash, zsh, fish

  package func script(_ commands: [Command]) -> String {
    switch self {
    case .bash: BashCompletions.script(commands)
    case .zsh: ZshCompletions.script(commands)
    case .fish: FishCompletions.script(commands)
    }
  }

  /// What a place in the command line takes.
  enum Place: Equatable {
    case words([String])
    case files
    case folders
    /// Something that only the user knows.
    case free
  }

  static func place(of option: CommandOption) -> Place {
    option.choices.isEmpty ? place(named: option.valueName ?? "") : .words(option.choices)
  }

  static func place(of command: Command) -> Place {
    command.choices.isEmpty ? place(named: command.arguments) : .words(command.choices)
  }

  private static func place(named name: String) -> Place {
    if name.hasPrefix("FILE") { return .files }
    return name == "DIR" ? .folders : .free
  }

  static func options(_ command: Command) -> [CommandOption] {
    command.options + [CommandOption("help", .flag, "print the help of this command")]
  }
}
