import Arguments
import ControlClient
import ControlPlane

/// What the command line asks for.
enum Invocation: Equatable {
  case serve(ServeOptions)
  case client(verb: String, ParsedArguments)
  case version
  /// The text.
  case help(String)
  /// The script.
  case completions(String)

  /// `arguments`: without the program's own name.
  static func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
    guard let name = arguments.first else { throw UsageError("no command; try penstock serve") }
    let rest = Array(arguments.dropFirst())
    switch name {
    case "--help", "-h": return .help(overview)
    case "--version": return try parse(["version"] + rest)
    default: break
    }
    let command = try find(name)
    // Not behind `--`, where a file or pipeline may have that name.
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) { return .help(CommandHelp.text(command)) }
    let found = try command.parse(rest)
    switch name {
    case "serve":
      do throws(UsageError) { return .serve(try ServeOptions(found.values.compactMapValues(\.first))) } catch {
        throw UsageError(error.message, command: name)
      }
    case "version": return .version
    case "help": return .help(try found.words.first.map { name throws(UsageError) in CommandHelp.text(try find(name)) } ?? overview)
    case "completions":
      guard let shell = found.words.first.flatMap(ShellCompletions.init(rawValue:)) else { throw UsageError("completions needs a shell") }
      return .completions(shell.script(commands))
    default: return .client(verb: name, found)
    }
  }

  private static func find(_ name: String) throws(UsageError) -> Command {
    if let command = commands.first(where: { $0.name == name }) { return command }
    let near = OptionParser.nearest(name, among: commands.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw UsageError("unknown command \(name)\(near)")
  }

  static var overview: String {
    CommandHelp.overview(
      commands, title: "penstock: runs Kafka stream pipelines behind an HTTP API.",
      notes: [
        "penstock help COMMAND tells all about one. Those that talk to a daemon find it by --server URL,\nelse PENSTOCK_SERVER, else \(ServerAddress.standard).",
        "\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 server not reachable.",
      ])
  }

  /// Everything that may stand first.
  static let commands: [Command] =
    [
      Command(
        "serve", summary: "run the daemon until SIGTERM or SIGINT", options: ServeOptions.options,
        examples: ["penstock serve --brokers localhost:9092 --data-dir /var/lib/penstock", "penstock serve --embedded-broker"])
    ] + ClientVerbs.table + [
      Command(
        "completions", arguments: "SHELL", count: 1...1, choices: ShellCompletions.allCases.map(\.rawValue),
        summary: "print a completion script for bash, zsh or fish",
        examples: [
          "source <(penstock completions bash)", "penstock completions zsh > \"${fpath[1]}/_penstock\"",
          "penstock completions fish > ~/.config/fish/completions/penstock.fish",
        ]),
      Command("version", summary: "print the version"),
      Command("help", arguments: "[COMMAND]", count: 0...1, summary: "print this text, or all about a command"),
    ]
}
