import Arguments
import RecordCodec
import Testing

@testable import ControlClient

@Suite("Requests")
struct RequestTests {
  @Test("Names and values are encoded, so none of them changes the path", arguments: [
    ("latency", "/v1/pipelines/latency"), ("a/b", "/v1/pipelines/a%2Fb"), ("..", "/v1/pipelines/%2E%2E"), ("a?b#c", "/v1/pipelines/a%3Fb%23c"),
    ("é %\r\n", "/v1/pipelines/%C3%A9%20%25%0D%0A"),
  ])
  func target(_ name: String, _ target: String) {
    #expect(ClientRequest("GET", pipeline: name).target == target)
    let request = ClientRequest("GET", pipeline: "x", "stats", query: [(name: "label", value: "a=b&c"), (name: "n", value: "1")])
    #expect(request.target == "/v1/pipelines/x/stats?label=a%3Db%26c&n=1")
  }

  @Test("The server's address is checked, and says what it should be", arguments: [
    ("localhost:8080", "http://localhost:8080"), ("ftp://x", "http://"), ("http://", "host is missing"), ("http://:80", "host is missing"),
    ("http://u:p@h", "--token-file"), ("http://h/?a=b", "query"), ("http://h/\u{1B}", "characters"), ("http://h x", "characters"), ("", "http://"),
  ])
  func address(_ text: String, _ word: String) throws {
    let error = try #require(throws: UsageError.self) { try ServerAddress(text, source: "--server") }
    #expect(error.message.contains("--server") && error.message.contains(word), "\(error.message)")
    #expect(!error.message.contains("\u{1B}"))
  }

  @Test("An address may have a path, and its last slash does not count")
  func base() throws {
    let address = try ServerAddress("https://h.example:8443/penstock//", source: "x")
    #expect(address.base == "https://h.example:8443/penstock" && address.isSecure && !address.isLoopback)
    for text in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"] { #expect(try ServerAddress(text, source: "x").isLoopback) }
    #expect(try !ServerAddress("http://localhost.example", source: "x").isLoopback)
  }

  @Test("Of a token file the first admin counts, else the first line", arguments: [
    ("abc\n", "abc"), ("# tokens\n\nread:r1\nadmin:a1\nadmin:a2\n", "a1"), ("read:r1\nread:r2", "r1"), ("  admin: x:y \r\n", "x:y"), ("a:b", "a:b"),
  ])
  func token(_ text: String, _ token: String) throws {
    #expect(try TokenFile.token(in: text, source: "f") == token)
  }

  @Test("A token file without a usable token is refused", arguments: ["", "# x\n", "admin:\n", "a b\n", "a\u{1B}b", "é"])
  func noToken(_ text: String) {
    #expect(throws: UsageError.self) { try TokenFile.token(in: text, source: "f") }
  }

  @Test("The server is the option's, else the environment's, else this machine's")
  func settings() throws {
    var arguments = ParsedArguments()
    #expect(try ClientSettings(arguments) { _ in nil }.server.base == "http://127.0.0.1:8080")
    #expect(try ClientSettings(arguments) { _ in "" }.server.base == "http://127.0.0.1:8080")
    #expect(try ClientSettings(arguments) { $0 == "PENSTOCK_SERVER" ? "http://e:1/" : nil }.server.base == "http://e:1")
    arguments.values = ["server": ["http://o:1"]]
    #expect(try ClientSettings(arguments) { $0 == "PENSTOCK_SERVER" ? "http://e:1" : nil }.server.base == "http://o:1")
    arguments.values["ca-file"] = ["/dev/null"]
    #expect(throws: UsageError.self) { try ClientSettings(arguments) { _ in nil } }
    #expect(throws: UsageError.self) { try ClientSettings(ParsedArguments()) { $0 == "PENSTOCK_TOKEN_FILE" ? "/nowhere" : nil } }
  }

  private func body(_ values: [String: [String]]) throws -> JSONValue? {
    var arguments = ParsedArguments()
    arguments.values = values
    return try OffsetsChange.body(arguments)
  }

  @Test("The options of offsets become the body of PATCH")
  func offsets() throws {
    #expect(try body([:]) == nil)
    #expect(try body(["to": ["earliest"], "windows": ["discard"]]) == ["to": "earliest", "windows": "discard"])
    #expect(try body(["to": ["timestamp:5"], "windows": ["keep"]]) == ["to": ["timestamp_ms": 5], "windows": "keep"])
    #expect(try body(["from": ["group"], "windows": ["keep"], "dry-run": [""]]) == ["from": "group", "windows": "keep"])
    #expect(
      try body(["set": ["a.b/0=12", "c/1=0"], "windows": ["keep"]]) == [
        "partitions": [["topic": "a.b", "partition": 0, "offset": 12], ["topic": "c", "partition": 1, "offset": 0]], "windows": "keep",
      ])
  }

  @Test("Options of offsets that do not fit are refused before anything is sent", arguments: [
    ["to": ["earliest"]], ["windows": ["keep"]], ["dry-run": [""]], ["to": ["earliest"], "from": ["group"], "windows": ["keep"]],
    ["to": ["noon"], "windows": ["keep"]], ["to": ["timestamp:-1"], "windows": ["keep"]], ["set": ["a=1"], "windows": ["keep"]],
    ["set": ["a/0"], "windows": ["keep"]], ["set": ["/0=1"], "windows": ["keep"]], ["set": ["a/x=1"], "windows": ["keep"]],
    ["set": ["a/0=-1"], "windows": ["keep"]], ["set": ["a/0=1=2"], "windows": ["keep"]], ["set": ["="], "windows": ["keep"]],
  ])
  func wrongOffsets(_ values: [String: [String]]) {
    #expect(throws: ClientError.self) { try body(values) }
  }
}
