package import Arguments

/// The verbs that act on pipelines, as data.
package enum ClientVerbs {
  package static let table: [Command] = [
    Command(
      "validate", arguments: "FILE...", count: Command.many, summary: "check specs without a daemon",
      notes: [
        "Prints every fault as FILE: /pointer: what is wrong (what to write instead).\nFILE is YAML or JSON and holds one spec; - is the standard input. Exit code 1 if any is not valid.",
        "Only the daemon can tell whether topics exist and names are taken: apply --dry-run asks it.",
      ],
      options: [
        CommandOption("brokers", .value("LIST"), "the daemon's --brokers, for specs that name none (localhost:9092)"), output,
      ],
      examples: ["penstock validate pipelines/*.yaml"]),
    Command(
      "apply", arguments: "FILE...", count: Command.many, summary: "create pipelines, or change them, as their specs say",
      notes: [
        "Shows first what would happen to each: create, no change, restart, or restart and lose open windows;\nthe last only goes on with --discard-state. Nothing is done if any spec is refused.\nOn a terminal it asks before it acts.",
        "FILE is YAML or JSON and holds one spec; - is the standard input.",
      ],
      options: [
        CommandOption("dry-run", .flag, "only show what would happen"),
        CommandOption("discard-state", .flag, "let go of open windows that do not fit the new spec"), yes,
      ] + server,
      examples: ["penstock apply latency.yaml", "penstock apply --dry-run pipelines/*.yaml", "penstock apply - < latency.yaml"]),
    Command(
      "list", summary: "list the pipelines",
      options: [
        CommandOption("phase", .value("PHASE"), "only those in this phase", choices: phases),
        CommandOption("health", .value("HEALTH"), "only those of this health", choices: ["ok", "unknown", "degraded", "failing"]),
        CommandOption("label", .values("LABEL"), "only those with this label: team=ml, or team for any value; all must fit"),
      ] + server),
    Command("show", arguments: "NAME", count: 1...1, summary: "show all about a pipeline", options: server),
    lifecycle("start", "let pipelines run"),
    lifecycle("stop", "stop pipelines: deliver, store a checkpoint, leave the group", [
      CommandOption("drain-windows", .flag, "emit the open windows as they are, not final; they are kept as well"),
    ]),
    lifecycle("pause", "let pipelines stand still and keep their partitions"),
    lifecycle("resume", "let paused pipelines go on"),
    lifecycle("restart", "stop pipelines and start them again"),
    Command(
      "delete", arguments: "NAME...", count: Command.many, summary: "stop pipelines and delete them with their state",
      notes: ["On a terminal it asks before it acts."],
      options: [CommandOption("offsets", .flag, "delete the consumer group in Kafka too"), yes] + server),
    Command(
      "stats", arguments: "NAME", count: 1...1, summary: "show a pipeline's counters and gauges",
      options: [CommandOption("watch", .flag, "show them every 2 s until Ctrl-C")] + server),
    Command(
      "tail", arguments: "NAME", count: 1...1, summary: "show results as they come out, until Ctrl-C",
      notes: ["One line each: window, key, figures. With --output json one line of JSON each."],
      options: [CommandOption("limit", .value("N"), "end after so many results")] + server),
    Command(
      "events", arguments: "NAME", count: 1...1, summary: "show what happened to a pipeline",
      options: [CommandOption("follow", .flag, "go on with what happens, until Ctrl-C")] + server),
    Command(
      "offsets", arguments: "NAME", count: 1...1, summary: "show where a pipeline stands in its input, or move it",
      notes: [
        "Only a stopped pipeline can be moved, by one of --to, --set and --from, and --windows says what becomes of its\nopen windows: keep (forward only) or discard.",
      ],
      options: [
        CommandOption("to", .value("PLACE"), "earliest, latest or timestamp:MS (Unix milliseconds), in all partitions"),
        CommandOption("set", .values("TOPIC/PARTITION=OFFSET"), "the next offset to read in one partition; may be repeated"),
        CommandOption("from", .value("SOURCE"), "whose offsets hold, after they were moved outside", choices: ["checkpoint", "group"]),
        CommandOption("windows", .value("WHAT"), "what becomes of open windows", choices: ["keep", "discard"]),
        CommandOption("dry-run", .flag, "only show what would happen"),
      ] + server,
      examples: [
        "penstock offsets latency", "penstock offsets latency --to earliest --windows discard --dry-run",
        "penstock offsets latency --set requests/0=1200 --windows keep",
      ]),
    Command("explain", arguments: "NAME", count: 1...1, summary: "tell why the next window has not come out", options: server),
  ]

  package static let phases = [
    "stopped", "starting", "running", "paused", "backoff", "failed", "completed", "stopping", "deleting",
  ]

  private static let output = CommandOption(
    "output", .value("FORM"), "table for people or json, the server's document (table)", choices: OutputForm.allCases.map(\.rawValue))
  private static let yes = CommandOption("yes", .flag, "do not ask")
  private static let server: [CommandOption] = [
    CommandOption("server", .value("URL"), "the daemon's address (PENSTOCK_SERVER, else \(ServerAddress.standard))"),
    CommandOption("token-file", .value("FILE"), "a token, or role:token lines: the first admin, else the first (PENSTOCK_TOKEN_FILE)"),
    CommandOption("ca-file", .value("FILE"), "certificates to trust, for https"),
    output,
  ]

  private static func lifecycle(_ name: String, _ summary: String, _ more: [CommandOption] = []) -> Command {
    let wait = CommandOption("wait", .value("SECONDS"), "wait so long until it is done, 0 to \(ClientLimits.longestWaitSeconds) (30)")
    return Command(
      name, arguments: "NAME...", count: Command.many, summary: summary,
      notes: ["Exit code 1 if it is not done in time; it goes on all the same. With --wait 0 it is enough that it has begun."],
      options: [wait] + more + server)
  }
}
