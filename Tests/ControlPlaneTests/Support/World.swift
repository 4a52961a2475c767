import Foundation
import HTTPServer
import KafkaPipeline
import RecordCodec
import Synchronization
import Testing

@testable import ControlPlane

/// A supervisor with fake pipelines, its REST API without a socket, and a folder.
final class World: Sendable {
  struct Fakes: Sendable {
    var behaviour: [String: FakePipeline.Behaviour] = [:]
    /// What each attempt's lanes have counted.
    var stats = KafkaStreamStats()
    var made: [FakePipeline] = []
    var probes: [FakeProbe] = []
    var log: [String] = []
    /// What the brokers would say, and what they were asked for.
    var missingTopics: [String] = []
    var adminFailure: PipelineFailure?
    var adminCalls: [String] = []
    /// How far the supervisor's steady clock is ahead, ms.
    var clockAheadMs: Int64 = 0
  }

  let folder: TestFolder
  let fakes: Arc<Fakes>
  let supervisor: Supervisor
  let api: ControlAPI

  /// Shared by the closures that the supervisor holds.
  final class Arc<T: Sendable>: Sendable {
    let value: Mutex<T>
    init(_ value: T) { self.value = Mutex(value) }
    func with<R: Sendable>(_ body: (inout T) -> R) -> R { value.withLock { body(&$0) } }
  }

  init(
    folder: TestFolder? = nil, load: Bool = true, access: AccessControl = AccessControl(), _ change: (inout SupervisorConfiguration) -> Void = { _ in }
  ) throws {
    let folder = try folder ?? TestFolder()
    let fakes = Arc(Fakes())
    var configuration = SupervisorConfiguration()
    configuration.defaultBrokers = "localhost:9092"
    configuration.calmTickMs = 20
    configuration.busyTickMs = 5
    change(&configuration)
    var environment = SupervisorEnvironment(log: { level, pipeline, message in
      fakes.with { $0.log.append("\(level) \(pipeline ?? "-") \(message)") }
    })
    environment.makePipeline = { plan, environment in
      fakes.with { fakes in
        let made = FakePipeline(plan, environment, fakes.behaviour[plan.name] ?? .good, fakes.stats)
        fakes.made.append(made)
        return made
      }
    }
    environment.steadyNow = { SystemClock.steadyMs() + fakes.with(\.clockAheadMs) }
    environment.makeAdmin = { _, _, _ in FakeAdmin(fakes) }
    environment.makeProbe = { brokers, _ in
      fakes.with { fakes in
        let probe = FakeProbe(brokers)
        fakes.probes.append(probe)
        return probe
      }
    }
    self.folder = folder
    self.fakes = fakes
    supervisor = Supervisor(folder: try DataFolder(path: folder.path), configuration: configuration, environment: environment)
    api = ControlAPI(supervisor: supervisor, build: BuildInfo(startedAt: 1_767_323_045_678), loopbackOnly: true, access: access)
    if load { try supervisor.load() }
  }

  deinit { supervisor.close() }

  func behave(_ name: String, _ behaviour: FakePipeline.Behaviour) { fakes.with { $0.behaviour[name] = behaviour } }

  func attempts(_ name: String) -> [FakePipeline] { fakes.with { $0.made.filter { $0.plan.name == name } } }

  // REST

  struct Reply: Sendable {
    var status: Int
    var type: String
    var headers: [String: String]
    var body: JSONValue
    subscript(_ name: String) -> JSONValue? { body[name] }
  }

  /// Without a socket; fails the test if no answer comes in a minute.
  func ask(
    _ method: String, _ target: String, _ body: String = "", headers: [(name: String, value: String)] = [], router: HTTPRouter? = nil
  ) throws -> Reply {
    let parts = target.split(separator: "?", maxSplits: 1)
    let query = parts.count < 2 ? [] : parts[1].split(separator: "&").map { item -> (name: String, value: String) in
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (pair[0], pair.count > 1 ? pair[1].replacingOccurrences(of: "%3D", with: "=") : "")
    }
    let request = HTTPRequest(
      method: method, path: String(parts[0]), query: query, headers: headers, body: Array(body.utf8), id: "request-1")
    let slot = Arc<HTTPResponse?>(nil)
    let done = DispatchSemaphore(value: 0)
    (router ?? api.router).respond(
      to: request,
      with: HTTPResponder { response in
        slot.with { $0 = response }
        done.signal()
      })
    try #require(done.wait(timeout: .now() + 60) == .success, "\(method) \(target) gets an answer")
    let response = try #require(slot.with { $0 })
    let type = response.headers.first { $0.name == "Content-Type" }?.value ?? ""
    return Reply(
      status: response.status, type: type,
      headers: Dictionary(response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
      body: response.body.isEmpty ? .null : try JSONValue.parse(response.body))
  }

  @discardableResult
  func create(_ name: String, running: Bool = true, _ more: String = "") throws -> Reply {
    let reply = try ask("POST", "/v1/pipelines", Self.spec(name, (running ? #", "desired": "running""# : "") + more))
    try #require(reply.status == 201, "\(reply)")
    return reply
  }

  /// `more`: further members, each with a comma before it.
  static func spec(_ name: String?, _ more: String = "", size: Int = 60_000, output: String = "out") -> String {
    let name = name.map { #""name": "\#($0)", "# } ?? ""
    return """
      {\(name)"kafka": {"input_topics": ["in"], "output_topic": "\(output)"}, "window": {"type": "tumbling", "size_ms": \(size)},
       "aggregations": ["count"]\(more)}
      """
  }

  func phase(_ name: String) -> LifecyclePhase? { supervisor.snapshot(name)?.lifecycle.phase }

  func waitPhase(_ name: String, _ phase: LifecyclePhase) throws { try wait("\(name) is \(phase)") { self.phase(name) == phase } }

  /// Fails the test after a minute.
  func wait(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = SystemClock.steadyMs() + 60_000
    while try !condition() {
      try #require(SystemClock.steadyMs() < deadline, "\(what); log: \(fakes.with { $0.log.suffix(20) })")
      usleep(2_000)
    }
  }
}
