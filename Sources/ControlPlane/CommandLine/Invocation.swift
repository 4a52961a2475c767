/// What the command line asks for.
package enum Invocation: Sendable, Equatable {
  case serve(ServeOptions)
  case version
  case help

  /// `arguments`: without the program's own name.
  package static func parse(_ arguments: [String]) throws(UsageError) -> Invocation {
    guard let command = arguments.first else { throw UsageError("no command; try penstock serve") }
    let rest = Array(arguments.dropFirst())
    switch command {
    case "serve": return rest.contains("--help") || rest.contains("-h") ? .help : .serve(try ServeOptions(parsing: rest))
    case "version", "--version":
      _ = try OptionParser([]).parse(rest)
      return .version
    case "help", "--help", "-h": return .help
    default:
      let near = OptionParser.nearest(command, among: ["serve", "version", "help"]).map { "; did you mean \($0)?" } ?? ""
      throw UsageError("unknown command \(command)\(near)")
    }
  }

  package static var helpText: String {
    """
    penstock: runs Kafka stream pipelines behind an HTTP API.

    penstock serve [options]   run the daemon until SIGTERM or SIGINT
    penstock version           print the version
    penstock help              print this text

    Options of serve:
    \(OptionParser(ServeOptions.options).help)
    Exit codes: 0 done, 1 could not run, 2 wrong usage.

    """
  }
}
