/// Help texts, made from the table of commands.
package enum CommandHelp {
  /// All commands, one line each.
  package static func overview(_ commands: [Command], title: String, notes: [String]) -> String {
    let width = commands.map(\.usage.count).max() ?? 0
    let lines = commands.map { "\($0.usage)\(blanks(width - $0.usage.count + 3))\($0.summary)\n" }.joined()
    return "\(title)\n\n\(lines)\n\(notes.map { "\($0)\n" }.joined())"
  }

  /// All about one command.
  package static func text(_ command: Command) -> String {
    var parts = ["\(command.usage)\(command.options.isEmpty ? "" : " [options]")\n\n\(command.summary)\n"]
    parts += command.notes.map { "\($0)\n" }
    let shown = OptionParser(command.options).help
    if !shown.isEmpty { parts.append("Options:\n\(shown)") }
    if !command.examples.isEmpty { parts.append("Examples:\n\(command.examples.map { "  \($0)\n" }.joined())") }
    return parts.joined(separator: "\n")
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
