import Foundation
import HTTPServer
import KafkaPipeline
import RecordCodec
import Synchronization
import Testing

@testable import ControlPlane

/// For each code that the API knows a situation in which it answers with it.
@Suite("Every problem code")
struct ProblemContractTests {
  @Test("comes in the situation it is for, as the whole problem that api/problems.md describes", arguments: ProblemCode.allCases)
  func contract(_ code: ProblemCode) throws {
    let reply = try Self.reply(for: code)
    #expect(reply["code"] == .string(code.rawValue), "\(reply)")
    #expect(reply.status == code.status && reply["status"] == .integer(Int64(code.status)))
    #expect(reply.type == "application/problem+json" && reply["type"] == .string("/problems/\(code.rawValue)"))
    #expect(reply["title"] == .string(code.title) && reply["detail"]?.stringValue?.isEmpty == false)
    #expect(reply["request_id"] == "request-1" && reply["instance"]?.stringValue?.hasPrefix("/") == true)
    // Of a disk a single answer may know better: this one does not get well by itself.
    #expect(reply["retryable"] == .bool(code.isRetryable && code != .storeUnavailable))
    #expect(reply["allowed_actions"]?.arrayValue != nil && reply["errors"]?.arrayValue != nil)
    #expect(reply.status != 503 || reply.headers["Retry-After"] != nil)
  }

  /// A switch, so that a new code does not compile without a situation of its own.
  private static func reply(for code: ProblemCode) throws -> World.Reply {
    switch code {
    case .requestMalformed: try transport(.malformed("the path has a bad escape"))
    case .bodyTooLarge: try transport(.bodyTooLarge(limit: 1 << 20))
    case .targetTooLong: try transport(.targetTooLong(limit: 8_192))
    case .headersTooLarge: try transport(.headersTooLarge("33 KiB of header fields"))
    case .tooManyStreams: try transport(.tooManyStreams(limit: 100))
    case .noAnswer: try dropped()
    case .notJSON, .bodyNotEmpty, .unsupportedMediaType, .crossSite, .queryUnknown, .queryInvalid, .routeNotFound, .methodNotAllowed, .specInvalid,
      .pipelineNotFound, .preconditionFailed, .offsetsInvalid, .conflict:
      try listed(code)
    case .tokenMissing: try guarded([])
    case .tokenInvalid: try guarded([("Authorization", "Bearer wrong-token")])
    case .tokenForbidden: try guarded([("Authorization", "Bearer reader-token")])
    case .nameExists: try stopped().ask("POST", "/v1/pipelines", World.spec("a"))
    case .groupInUse:
      try stopped().ask(
        "POST", "/v1/pipelines", World.spec("b").replacingOccurrences(of: #""kafka": {"#, with: #""kafka": {"group_id": "penstock-a", "#))
    case .stateIncompatible: try incompatible()
    case .specUnusable: try damaged()
    case .tooManyPipelines: try full()
    case .notStopped: try running().ask("PATCH", "/v1/pipelines/a/offsets", #"{"to": "latest", "windows": "keep"}"#)
    case .notRunning: try stopped().ask("GET", "/v1/pipelines/a/windows")
    case .laneBusy: try busy()
    case .brokersUnreachable: try brokers("kafka.timeout", retryable: true)
    case .kafkaRefused: try brokers("kafka.not_authorized", retryable: false)
    case .daemonLoading: try World(load: false).ask("GET", "/v1/pipelines")
    case .daemonDraining: try draining()
    case .daemonStalled: try stalled()
    case .storeUnavailable: try unwritable()
    }
  }

  /// What the server below the routes found; its own tests are in HTTPServerTests.
  private static func transport(_ failure: HTTPFailure) throws -> World.Reply {
    let request = HTTPRequest(method: "GET", path: "/v1/pipelines", query: [], headers: [], body: [], id: "request-1")
    let response = try World().api.router.failure(failure, request)
    return World.Reply(
      status: response.status, type: response.headers.first { $0.name == "Content-Type" }?.value ?? "",
      headers: Dictionary(response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      body: try JSONValue.parse(response.body))
  }

  /// A handler that forgets to answer.
  private static func dropped() throws -> World.Reply {
    let world = try World()
    return try world.ask("GET", "/forgets", router: HTTPRouter(routes: [HTTPRoute("GET", "/forgets") { _, _, _ in }], failure: world.api.router.failure))
  }

  private static func listed(_ code: ProblemCode) throws -> World.Reply {
    let row = try #require(RESTTests.errors.first { $0.code == code.rawValue })
    return try stopped().ask(row.method, row.target, row.body, headers: row.headers)
  }

  private static func guarded(_ headers: [(name: String, value: String)]) throws -> World.Reply {
    let tokens = try AccessTokens(parsing: Array("read:reader-token\nadmin:admin-token".utf8))
    return try World(access: AccessControl(tokens)).ask("POST", "/v1/pipelines", World.spec("a"), headers: headers)
  }

  private static func stopped() throws -> World {
    let world = try World()
    try world.create("a", running: false)
    return world
  }

  private static func running() throws -> World {
    let world = try World()
    try world.create("a")
    try world.waitPhase("a", .running)
    return world
  }

  private static func incompatible() throws -> World.Reply {
    let world = try stopped()
    try world.folder.write("pipelines/a/state/state.sqlite", "kept windows")
    return try world.ask("PUT", "/v1/pipelines/a", World.spec("a", size: 120_000))
  }

  private static func damaged() throws -> World.Reply {
    let folder = try TestFolder()
    do { try World(folder: folder).create("a") }
    try folder.write("pipelines/a/spec.json", "{")
    return try World(folder: folder).ask("POST", "/v1/pipelines/a/start")
  }

  private static func full() throws -> World.Reply {
    let world = try World { $0.maxPipelines = 1 }
    try world.create("a", running: false)
    return try world.ask("POST", "/v1/pipelines", World.spec("b"))
  }

  private static func busy() throws -> World.Reply {
    let world = try running()
    world.attempts("a")[0].windows.withLock { $0 = nil }
    return try world.ask("GET", "/v1/pipelines/a/windows")
  }

  private static func brokers(_ code: String, retryable: Bool) throws -> World.Reply {
    let world = try stopped()
    world.fakes.with {
      $0.adminFailure = PipelineFailure(code: code, fault: .external, retryable: retryable, message: "they said no", advice: "ask them")
    }
    return try world.ask("PATCH", "/v1/pipelines/a/offsets", #"{"to": "latest", "windows": "keep"}"#)
  }

  private static func draining() throws -> World.Reply {
    let world = try stopped()
    world.supervisor.beginShutdown()
    return try world.ask("POST", "/v1/pipelines/a/start")
  }

  private static func stalled() throws -> World.Reply {
    let world = try World()
    // Between two ticks: one that is under way would still see the clock that is set now.
    world.supervisor.ticks.sync { world.supervisor.ticks.suspend() }
    defer { world.supervisor.ticks.resume() }
    world.fakes.with { $0.clockAheadMs = ControlAPI.stalledTickMs + 1_000 }
    return try world.ask("GET", "/livez")
  }

  private static func unwritable() throws -> World.Reply {
    let world = try World()
    try FileManager.default.createDirectory(atPath: world.folder.path + "/pipelines", withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: world.folder.path + "/pipelines", toPath: world.folder.path + "/away")
    try world.folder.write("pipelines", "in the way")
    return try world.ask("POST", "/v1/pipelines", World.spec("b"))
  }
}
