import Foundation
import HTTPServer
import KafkaPipeline
import PipelineSpec
import RecordCodec
import Synchronization
import Testing

@testable import ControlPlane

struct RESTTests {
  struct Case: Sendable, CustomStringConvertible {
    var method: String
    var target: String
    var body = ""
    var headers: [(name: String, value: String)] = []
    var status: Int
    var code: String
    var description: String { "\(method) \(target) \(headers.map { "\($0.name): \($0.value)" }) -> \(status)" }
  }

  static let errors: [Case] = [
    Case(method: "GET", target: "/nothing", status: 404, code: "route.not_found"),
    Case(method: "GET", target: "/v1/pipelines/", status: 404, code: "route.not_found"),
    Case(method: "PATCH", target: "/v1/pipelines/a", status: 405, code: "route.method_not_allowed"),
    Case(method: "GET", target: "/v1/pipelines/a/start", status: 405, code: "route.method_not_allowed"),
    Case(method: "GET", target: "/v1/pipelines/none", status: 404, code: "pipeline.not_found"),
    Case(method: "GET", target: "/v1/pipelines/NOT%20A%20NAME", status: 404, code: "pipeline.not_found"),
    Case(method: "POST", target: "/v1/pipelines/none/start", status: 404, code: "pipeline.not_found"),
    Case(method: "DELETE", target: "/v1/pipelines/none", status: 404, code: "pipeline.not_found"),
    Case(method: "PUT", target: "/v1/pipelines/NOT", body: World.spec(nil), status: 422, code: "spec.invalid"),
    Case(method: "PUT", target: "/v1/pipelines/b", body: World.spec("c"), status: 422, code: "spec.invalid"),
    Case(method: "POST", target: "/v1/pipelines", body: "{", status: 400, code: "request.not_json"),
    Case(method: "POST", target: "/v1/pipelines", body: "", status: 400, code: "request.not_json"),
    Case(method: "POST", target: "/v1/pipelines", body: "[]", status: 422, code: "spec.invalid"),
    Case(method: "POST", target: "/v1/pipelines", body: "{}", status: 422, code: "spec.invalid"),
    Case(method: "POST", target: "/v1/pipelines?dry_run=yes", body: World.spec("x"), status: 400, code: "query.invalid"),
    Case(method: "POST", target: "/v1/pipelines?dry_run=true", body: "{}", status: 422, code: "spec.invalid"),
    Case(method: "PUT", target: "/v1/pipelines/x?state=drop", body: World.spec("x"), status: 400, code: "query.invalid"),
    Case(method: "PUT", target: "/v1/pipelines/x", body: World.spec("x"), headers: [("If-Match", "*")], status: 412, code: "pipeline.precondition_failed"),
    Case(method: "PUT", target: "/v1/pipelines/a", body: World.spec("a"), headers: [("If-None-Match", "*")], status: 412, code: "pipeline.precondition_failed"),
    Case(method: "DELETE", target: "/v1/pipelines/a", headers: [("If-Match", "\"7-abc\"")], status: 412, code: "pipeline.precondition_failed"),
    Case(method: "POST", target: "/v1/pipelines/a/stop?drain=all", status: 400, code: "query.invalid"),
    Case(method: "POST", target: "/v1/pipelines/a/start?drain=windows", status: 400, code: "query.unknown"),
    Case(method: "POST", target: "/v1/pipelines/a/pause", status: 409, code: "pipeline.conflict"),
    Case(method: "POST", target: "/v1/pipelines/a/resume", status: 409, code: "pipeline.conflict"),
    Case(method: "DELETE", target: "/v1/pipelines/a?offsets=1", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines/a/stats?detail=all", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines/a/stats/history?window=15", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines/a/stats/history?window=99999999999999999999h", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines/none/explain", status: 404, code: "pipeline.not_found"),
    Case(method: "GET", target: "/v1/pipelines/none/events", status: 404, code: "pipeline.not_found"),
    Case(method: "GET", target: "/v1/pipelines/none/results", status: 404, code: "pipeline.not_found"),
    Case(method: "GET", target: "/v1/pipelines/a/events?after=-1", status: 400, code: "query.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/a/offsets", body: "{}", status: 422, code: "offsets.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/a/offsets", body: #"{"to": "earliest"}"#, status: 422, code: "offsets.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/a/offsets", body: #"{"to": "middle", "windows": "keep"}"#, status: 422, code: "offsets.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/a/offsets", body: #"{"to": "latest", "from": "group", "windows": "keep"}"#, status: 422, code: "offsets.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/a/offsets", body: #"{"from": "checkpoint", "windows": "discard"}"#, status: 422, code: "offsets.invalid"),
    Case(
      method: "PATCH", target: "/v1/pipelines/a/offsets", body: #"{"partitions": [{"topic": "in", "partition": 0, "offset": -1}], "windows": "keep"}"#,
      status: 422, code: "offsets.invalid"),
    Case(method: "PATCH", target: "/v1/pipelines/none/offsets", body: #"{"to": "latest", "windows": "keep"}"#, status: 404, code: "pipeline.not_found"),
    Case(method: "GET", target: "/v1/pipelines?limit=501", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?limit=1&limit=2", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?limit=99999999999999999999", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?phase=flying", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?health=so-so", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?label==x", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/v1/pipelines?cursor=A", status: 400, code: "query.invalid"),
    Case(method: "GET", target: "/livez?verbose=1", status: 400, code: "query.unknown"),
    Case(method: "POST", target: "/v1/pipelines/a/start", body: #"{"now": true}"#, status: 422, code: "request.body_not_empty"),
    Case(method: "POST", target: "/v1/pipelines/a/start", body: "x", status: 422, code: "request.body_not_empty"),
    Case(
      method: "POST", target: "/v1/pipelines", body: World.spec("x"), headers: [("Content-Type", "text/plain")], status: 415,
      code: "request.unsupported_media_type"),
    Case(
      method: "POST", target: "/v1/pipelines", body: World.spec("x"), headers: [("Content-Type", "multipart/form-data; boundary=x")],
      status: 415, code: "request.unsupported_media_type"),
    Case(
      method: "POST", target: "/v1/pipelines", body: World.spec("x"),
      headers: [("Host", "127.0.0.1:8080"), ("Origin", "https://evil.example")], status: 403, code: "request.cross_site"),
    Case(
      method: "DELETE", target: "/v1/pipelines/a", headers: [("Host", "127.0.0.1:8080"), ("Origin", "http://127.0.0.1:9999")],
      status: 403, code: "request.cross_site"),
    Case(method: "POST", target: "/v1/pipelines/a/stop", headers: [("Origin", "null")], status: 403, code: "request.cross_site"),
    Case(method: "POST", target: "/v1/pipelines/a/stop", headers: [("Sec-Fetch-Site", "cross-site")], status: 403, code: "request.cross_site"),
    // A page whose own name was pointed at 127.0.0.1.
    Case(
      method: "POST", target: "/v1/pipelines/a/stop", headers: [("Host", "evil.example:8080"), ("Origin", "http://evil.example:8080")],
      status: 403, code: "request.cross_site"),
    Case(method: "GET", target: "/v1/stats", headers: [("Host", "evil.example:8080")], status: 403, code: "request.cross_site"),
  ]

  @Test("Every error answer is a whole problem with its own code", arguments: errors)
  func errorAnswer(_ row: Case) throws {
    let world = try World()
    try world.create("a", running: false)
    let reply = try world.ask(row.method, row.target, row.body, headers: row.headers)
    #expect(reply.status == row.status && reply["code"] == .string(row.code), "\(reply)")
    #expect(reply.type == "application/problem+json")
    #expect(reply["status"] == .integer(Int64(row.status)) && reply["type"] == .string("/problems/\(row.code)"))
    #expect(reply["request_id"] == "request-1" && reply["instance"] == .string(String(row.target.split(separator: "?")[0])))
    for member in ["title", "detail"] { #expect(reply[member]?.stringValue?.isEmpty == false) }
    #expect(reply["retryable"]?.boolValue != nil && reply["allowed_actions"]?.arrayValue != nil && reply["errors"]?.arrayValue != nil)
    #expect(row.status != 405 || reply.headers["Allow"]?.isEmpty == false)
    #expect(row.status != 422 || row.code != "spec.invalid" || reply["errors"]?.arrayValue?.isEmpty == false)
    #expect(world.phase("x") == nil && world.phase("a") == .stopped, "nothing was done")
  }

  @Test("Windows are shown in order of their end, as the lanes have written them, and no more than were asked for")
  func windows() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let ends: [Int64] = [30, 10, 20]
    world.attempts("a")[0].windows.withLock { $0 = ends.map { ListedWindow(end: $0, value: Array(#"{"key":"\#($0)","share":0.10}"#.utf8)) } }
    for (query, keys, truncated) in [("", ["10", "20", "30"], false), ("?limit=3", ["10", "20", "30"], false), ("?limit=2", ["10", "20"], true)] {
      let reply = try world.ask("GET", "/v1/pipelines/a/windows\(query)")
      #expect(reply.status == 200 && reply["name"] == "a" && reply["truncated"] == .bool(truncated), "\(reply)")
      #expect(reply["items"]?.arrayValue?.map { $0["key"]?.stringValue } == keys)
    }
    for query in ["limit=0", "limit=1001", "limit=x", "key=a&key=b"] {
      #expect(try world.ask("GET", "/v1/pipelines/a/windows?\(query)")["code"] == "query.invalid")
    }
  }

  @Test("Windows are answered while every thread for slow calls waits for a broker")
  func windowsBesideSlowCalls() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let brokers = DispatchSemaphore(value: 0)
    let calls = 300
    for _ in 0..<calls { world.supervisor.block { brokers.wait() } }
    defer { for _ in 0..<calls { brokers.signal() } }
    #expect(try world.ask("GET", "/v1/pipelines/a/windows").status == 200)
    world.attempts("a")[0].windows.withLock { $0 = nil }
    #expect(try world.ask("GET", "/v1/pipelines/a/windows")["code"] == "pipeline.lane_busy")
  }

  @Test("Bodies are JSON with the type of curl -d, of JSON and with none", arguments: [
    nil, "application/json", "Application/JSON; charset=utf-8", "application/x-www-form-urlencoded",
  ])
  func contentTypes(_ type: String?) throws {
    let world = try World()
    let reply = try world.ask("POST", "/v1/pipelines", World.spec("a"), headers: type.map { [("Content-Type", $0)] } ?? [])
    #expect(reply.status == 201 && reply.headers["Location"] == "/v1/pipelines/a" && reply["phase"] == "stopped" && reply["desired"] == "stopped")
  }

  @Test("Writes from this machine's own pages and tools are taken", arguments: [
    ["Host": "127.0.0.1:8080"], ["Host": "localhost:8080", "Origin": "http://localhost:8080"], ["Host": "[::1]:8080"], ["Sec-Fetch-Site": "same-origin"],
    [:],
  ])
  func sameSite(_ headers: [String: String]) throws {
    let world = try World()
    #expect(try world.ask("POST", "/v1/pipelines", World.spec("a"), headers: headers.map { ($0.key, $0.value) }).status == 201)
  }

  @Test("Start, stop and restart are 200 when they are there already, else 202, and say what is allowed")
  func actions() throws {
    let world = try World()
    // Else a tick could find it running before the answer to its start.
    world.behave("a", .slow)
    try world.create("a", running: false)
    #expect(try world.ask("POST", "/v1/pipelines/a/stop").status == 200)
    let start = try world.ask("POST", "/v1/pipelines/a/start", "{}")
    #expect(start.status == 202 && start["desired"] == "running" && start["allowed_actions"] == ["stop", "pause", "restart", "delete"])
    world.behave("a", .good)
    world.attempts("a")[0].change { $0.stage = .running }
    try world.waitPhase("a", .running)
    #expect(try world.ask("POST", "/v1/pipelines/a/start").status == 200)
    #expect(try world.ask("POST", "/v1/pipelines/a/restart", headers: [("prefer", "respond-async, wait=10")]).status == 200)
    #expect(world.attempts("a").count == 2)
    for _ in 0..<5 {
      let stop = try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", "wait=10")])
      #expect(stop.status == 200 && stop["phase"] == "stopped" && stop["desired"] == "stopped")
      #expect([200, 202].contains(try world.ask("POST", "/v1/pipelines/a/start").status))
    }
  }

  @Test("A Prefer that makes no sense is passed over", arguments: ["", ";", "; wait=1", ",", ";,;", "=", "wait", "wait=", "wait=-1", "wait=x", "=;="])
  func oddPrefer(value: String) throws {
    let world = try World()
    try world.create("a", running: false)
    #expect(try world.ask("POST", "/v1/pipelines/a/stop", headers: [("Prefer", value)]).status == 200)
  }

  @Test("The list is in name order, in pages, by phase, health and label")
  func list() throws {
    let world = try World()
    for name in ["d", "a", "c", "b", "e"] {
      try world.create(name, running: name == "c", #", "labels": {"team": "\#(name < "c" ? "ml" : "ops")"}"#)
    }
    try world.waitPhase("c", .running)
    func names(_ query: String) throws -> [String] {
      let reply = try world.ask("GET", "/v1/pipelines?\(query)")
      try #require(reply.status == 200, "\(reply)")
      return reply["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    }
    #expect(try names("limit=500") == ["a", "b", "c", "d", "e"])
    #expect(try names("phase=running") == ["c"] && names("phase=stopped&limit=2") == ["a", "b"])
    #expect(try names("label=team=ml") == ["a", "b"] && names("label=team:ops") == ["c", "d", "e"])
    #expect(try names("label=team&label=team=ml") == ["a", "b"] && names("label=none") == [])
    #expect(try names("health=failing") == [])
    var seen: [String] = []
    var cursor: String? = ""
    while let at = cursor {
      let page = try world.ask("GET", "/v1/pipelines?limit=2" + (at.isEmpty ? "" : "&cursor=\(at)"))
      seen += page["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
      cursor = page["next_cursor"]?.stringValue
    }
    #expect(seen == ["a", "b", "c", "d", "e"])
  }

  @Test("A pipeline's documents have their members")
  func members() throws {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    let full = try world.ask("GET", "/v1/pipelines/a")
    for member in [
      "name", "spec", "desired", "phase", "health", "conditions", "lanes", "last_error", "attempt", "next_retry_at", "checkpoint",
      "allowed_actions", "warnings", "generation", "created_at", "updated_at",
    ] { #expect(full[member] != nil, "\(member)") }
    #expect(full["lanes"]?.arrayValue?.first?["partitions"]?.arrayValue?.first?["topic"] == "in")
    #expect(full["conditions"]?.arrayValue?.count == HealthCondition.Kind.allCases.count)
    let stats = try world.ask("GET", "/v1/pipelines/a/stats")
    for member in [
      "messages_consumed", "messages_produced", "consumer_lag", "consume_errors", "produce_errors", "offsets_committed", "commit_errors",
      "committed_offsets", "records", "watermark_ms", "partitions", "open_windows", "keys", "state_bytes", "checkpoint", "checkpoints",
      "checkpoint_errors", "windows_fired", "rates", "uptime_ms",
    ] { #expect(stats[member] != nil, "\(member)") }
    #expect(try world.ask("GET", "/v1/pipelines/a/offsets")["partitions"]?.arrayValue?.count == 1)
    #expect(try world.ask("GET", "/v1/health")["pipelines"]?.arrayValue?.first?["name"] == "a")
    #expect(try world.ask("GET", "/version")["started_at"] == "2026-01-02T03:04:05.678Z")
    #expect(try world.ask("GET", "/livez").status == 200 && world.ask("GET", "/readyz").status == 200)
  }

  @Test("What the server itself refuses is a problem too")
  func serverFailures() throws {
    let world = try World()
    let request = HTTPRequest(method: "POST", path: "/x", id: "r")
    let failures: [(HTTPFailure, Int)] = [
      (.malformed("m"), 400), (.noRoute, 404), (.methodNotAllowed(allowed: ["GET"]), 405), (.bodyTooLarge(limit: 5), 413), (.noAnswer, 500),
    ]
    for (failure, status) in failures {
      let response = world.api.router.failure(failure, request)
      #expect(response.status == status)
      #expect(try JSONValue.parse(response.body)["status"] == .integer(Int64(status)))
    }
  }

  @Test("Random requests always get an answer, and never a 500")
  func randomRequests() throws {
    let world = try World()
    try world.create("a")
    var random = SystemRandomNumberGenerator()
    let methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "BREW"]
    let paths = ["/", "/livez", "/readyz", "/v1/pipelines", "/v1/pipelines/a", "/v1/pipelines/b", "/v1/pipelines/a/start", "/v1/pipelines/a/stop",
      "/v1/pipelines/a/restart", "/v1/pipelines/a/stats", "/v1/pipelines/%ff", "/v1/health"]
    let queries = ["", "?state=discard", "?limit=1", "?=&=", "?limit"]
    let bodies = ["", "{}", "null", World.spec("a"), World.spec("b"), World.spec("a", size: 5_000), "\u{0}", "[[[[", "\"\\ud800\""]
    for _ in 0..<1_000 {
      let target = (paths.randomElement(using: &random) ?? "") + (queries.randomElement(using: &random) ?? "")
      let reply = try world.ask(methods.randomElement(using: &random) ?? "", target, bodies.randomElement(using: &random) ?? "")
      #expect(reply.status < 500 || reply.status == 503, "\(target) \(reply)")
    }
  }
}
