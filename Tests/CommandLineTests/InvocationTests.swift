import Arguments
import ControlClient
import ControlPlane
import Testing

@testable import penstock

@Suite("Invocation")
struct InvocationTests {
  @Test("serve has its defaults and takes each option in both ways of writing")
  func serve() throws {
    #expect(try Invocation.parse(["serve"]) == .serve(ServeOptions()))
    var expected = ServeOptions()
    (expected.host, expected.port, expected.dataDirectory) = ("[::1]", 0, "/x")
    (expected.brokers, expected.workers, expected.embeddedBroker) = ("a:1,b:2", 7, true)
    (expected.insecure, expected.logLevel) = (true, .debug)
    let words = ["--listen", "[::1]:0", "--data-dir=/x", "--brokers", "a:1, b:2", "--workers=7", "--embedded-broker", "--insecure", "--log-level", "debug"]
    #expect(try Invocation.parse(["serve"] + words) == .serve(expected))
    #expect(try Invocation.parse(["version"]) == .version && Invocation.parse(["--version"]) == .version)
  }

  @Test("A wrong command line says what was probably meant", arguments: [
    ([], "no command"), (["serv"], "did you mean serve?"), (["serve", "--listn", "x"], "did you mean --listen?"), (["serve", "--zzz"], "unknown option --zzz"),
    (["serve", "--listen"], "needs a value"), (["serve", "--listen", "--insecure"], "needs a value"), (["serve", "--listen", "8080"], "HOST:PORT"),
    (["serve", "--listen", "h:99999"], "HOST:PORT"), (["serve", "--listen", "::1:80"], "brackets"), (["serve", "--workers", "x"], "from 1 to"),
    (["serve", "--workers", "0"], "from 1 to"), (["serve", "--workers", "1", "--workers", "2"], "twice"), (["serve", "--insecure=yes"], "takes no value"),
    (["serve", "--brokers", "localhost"], "host:port"), (["serve", "--log-level", "loud"], "debug, info"), (["serve", "--memory-limit", "x"], "number of MiB"),
    (["serve", "extra"], "unexpected argument"), (["serve", "--data-dir="], "empty"),
  ] as [([String], String)])
  func wrong(_ arguments: [String], _ word: String) throws {
    let error = try #require(throws: UsageError.self) { try Invocation.parse(arguments) }
    #expect(error.message.contains(word), "\(error.message)")
  }

  @Test("Only addresses that no other machine can reach count as loopback")
  func loopback() throws {
    for (listen, isLoopback) in [
      ("127.0.0.1:1", true), ("127.9.9.9:1", true), ("localhost:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("[::]:1", false),
      ("10.0.0.1:1", false), ("127.0.0.1.evil.example:1", false), ("127.evil:1", false),
    ] { #expect(try ServeOptions(parsing: ["--listen", listen]).isLoopback == isLoopback, "\(listen)") }
  }

  @Test("A verb has its words and options in any order")
  func verb() throws {
    guard case .client("apply", let arguments) = try Invocation.parse(["apply", "a.yaml", "--dry-run", "-", "--server=http://h:1", "--", "--yes"])
    else {
      Issue.record("not a verb")
      return
    }
    #expect(arguments.words == ["a.yaml", "-", "--yes"])
    #expect(arguments.has("dry-run") && !arguments.has("yes") && arguments["server"] == "http://h:1")
  }

  @Test("An option of several values keeps them all, in order")
  func several() throws {
    guard case .client(_, let arguments) = try Invocation.parse(["list", "--label", "team=ml", "--label=x"]) else {
      Issue.record("not a verb")
      return
    }
    #expect(arguments.all("label") == ["team=ml", "x"])
  }

  @Test("A wrong verb says what was probably meant, and whose help to read", arguments: [
    (["aply", "x"], "did you mean apply?", nil), (["show"], "show needs NAME", "show"), (["show", "a", "b"], "unexpected argument b", "show"),
    (["list", "--phase", "runing"], "did you mean running?", "list"), (["list", "--output", "xml"], "table, json", "list"),
    (["completions", "bsh"], "did you mean bash?", "completions"), (["serve", "--log-level", "loud"], "debug", "serve"),
    (["list", "-p", "running"], "unexpected argument -p", "list"), (["help", "nothing"], "unknown command nothing", "help"),
  ] as [([String], String, String?)])
  func wrongVerb(_ arguments: [String], _ word: String, _ command: String?) throws {
    let error = try #require(throws: UsageError.self) { try Invocation.parse(arguments) }
    #expect(error.message.contains(word), "\(error.message)")
    if arguments.first != "help" { #expect(error.command == command) }
  }

  @Test("help, help VERB and VERB --help print what the tables say")
  func help() throws {
    #expect(try Invocation.parse(["help"]) == .help(Invocation.overview) && Invocation.parse(["--help"]) == .help(Invocation.overview))
    for command in Invocation.commands {
      #expect(Invocation.overview.contains("penstock \(command.name)"))
      let text = CommandHelp.text(command)
      #expect(try Invocation.parse(["help", command.name]) == .help(text))
      #expect(try Invocation.parse([command.name, "--help"]) == .help(text))
      for option in command.options { #expect(text.contains("  --\(option.name)"), "\(command.name) --\(option.name)") }
    }
  }

  @Test("Every word of the design's command line is there, and no name twice")
  func complete() {
    let names = Invocation.commands.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(names).isSuperset(of: [
      "serve", "validate", "apply", "list", "show", "start", "stop", "pause", "resume", "restart", "delete", "stats", "tail", "offsets", "explain",
      "version",
    ]))
  }

  @Test("Completions name every command and every option that works", arguments: ShellCompletions.allCases)
  func completions(_ shell: ShellCompletions) {
    let script = shell.script(Invocation.commands)
    for command in Invocation.commands {
      #expect(script.contains(command.name))
      for option in command.options {
        #expect(script.contains(shell == .fish ? "-l \(option.name) " : "--\(option.name)"), "\(command.name) \(option.name)")
      }
    }
    #expect(script.contains("degraded"))
  }
}
