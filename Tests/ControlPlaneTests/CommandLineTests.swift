import Testing

@testable import ControlPlane

struct CommandLineTests {
  @Test("serve has its defaults and takes each option in both ways of writing")
  func serve() throws {
    #expect(try Invocation.parse(["serve"]) == .serve(ServeOptions()))
    var expected = ServeOptions()
    (expected.host, expected.port, expected.dataDirectory) = ("[::1]", 0, "/x")
    (expected.brokers, expected.workers, expected.embeddedBroker) = ("a:1,b:2", 7, true)
    (expected.insecure, expected.logLevel) = (true, .debug)
    let words = ["--listen", "[::1]:0", "--data-dir=/x", "--brokers", "a:1, b:2", "--workers=7", "--embedded-broker", "--insecure", "--log-level", "debug"]
    #expect(try Invocation.parse(["serve"] + words) == .serve(expected))
    #expect(try Invocation.parse(["version"]) == .version && Invocation.parse(["--help"]) == .help)
    #expect(try Invocation.parse(["serve", "--help"]) == .help)
  }

  @Test("A wrong command line says what was probably meant", arguments: [
    ([], "no command"), (["serv"], "did you mean serve?"), (["serve", "--listn", "x"], "did you mean --listen?"), (["serve", "--zzz"], "unknown option --zzz"),
    (["serve", "--listen"], "needs a value"), (["serve", "--listen", "--insecure"], "needs a value"), (["serve", "--listen", "8080"], "HOST:PORT"),
    (["serve", "--listen", "h:99999"], "HOST:PORT"), (["serve", "--listen", "::1:80"], "brackets"), (["serve", "--workers", "x"], "from 1 to"),
    (["serve", "--workers", "0"], "from 1 to"), (["serve", "--workers", "1", "--workers", "2"], "twice"), (["serve", "--insecure=yes"], "takes no value"),
    (["serve", "--brokers", "localhost"], "host:port"), (["serve", "--log-level", "loud"], "debug, info"), (["serve", "--token-file", "x"], "not supported yet"),
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

  @Test("The help text names every option that works and none that does not")
  func help() {
    for option in ServeOptions.options {
      if case .later = option.kind {
        #expect(!Invocation.helpText.contains("--\(option.name)"))
      } else {
        #expect(Invocation.helpText.contains("--\(option.name)"))
      }
    }
  }
}
