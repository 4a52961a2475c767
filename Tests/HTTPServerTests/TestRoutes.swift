import Foundation
import Synchronization

@testable import HTTPServer

/// Responders that a handler put aside; a test answers or drops them.
final class Parked: Sendable {
  private let responders = Mutex<[HTTPResponder]>([])

  func add(_ responder: HTTPResponder) {
    responders.withLock { $0.append(responder) }
  }

  var count: Int { responders.withLock { $0.count } }

  func takeAll() -> [HTTPResponder] {
    responders.withLock { all in
      defer { all = [] }
      return all
    }
  }
}

/// What the tests serve: echoes, a route that waits, one that gives no answer.
enum TestRoutes {
  static func text(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: [(name: "Content-Type", value: "text/plain")], body: Array(text.utf8))
  }

  static func router(parked: Parked = Parked()) -> HTTPRouter {
    HTTPRouter(
      routes: [
        HTTPRoute("GET", "/hello") { _, _, responder in responder.respond(text(200, "hello")) },
        HTTPRoute("POST", "/echo") { request, _, responder in
          responder.respond(HTTPResponse(status: 200, headers: [], body: request.body))
        },
        HTTPRoute("GET", "/things/{name}") { request, parameters, responder in
          let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
          responder.respond(text(200, "\(parameters["name"] ?? "none")|\(request.path)|\(query)"))
        },
        HTTPRoute("GET", "/thread") { _, _, responder in
          Thread.detachNewThread { responder.respond(text(200, "from elsewhere")) }
        },
        HTTPRoute("GET", "/secure") { request, _, responder in responder.respond(text(200, "\(request.isSecure)")) },
        HTTPRoute("GET", "/park") { _, _, responder in parked.add(responder) },
        HTTPRoute("GET", "/drop") { _, _, _ in },
        HTTPRoute("DELETE", "/hello") { _, _, responder in responder.respond(HTTPResponse(status: 204)) },
        HTTPRoute("GET", "/odd") { _, _, responder in
          responder.respond(
            HTTPResponse(
              status: 7, headers: [(name: "X-Bad", value: "a\r\nX-Injected: yes"), (name: "X-Good", value: "1")],
              body: [UInt8]("x".utf8)))
        },
      ],
      failure: { failure, request in
        switch failure {
        case .malformed(let why): text(400, why)
        case .noRoute: text(404, "no route \(request.path)")
        case .methodNotAllowed: text(405, "method")
        case .bodyTooLarge(let limit): text(413, "limit \(limit)")
        case .targetTooLong(let limit): text(414, "target limit \(limit) \(request.path.prefix(9))")
        case .headersTooLarge(let why): text(431, why)
        case .tooManyStreams(let limit): text(503, "streams limit \(limit)")
        case .noAnswer: text(500, "no answer for \(request.path)")
        }
      })
  }

  /// A server on a free port with small limits.
  static func serve(
    parked: Parked = Parked(), _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) throws -> HTTPServer {
    var configuration = HTTPServerConfiguration()
    configuration.port = 0
    configuration.threads = 2
    configuration.maxBodyBytes = 1_000
    change(&configuration)
    return try HTTPServer(configuration: configuration, router: router(parked: parked))
  }

  /// Runs the body on a thread of its own and says when it is done. A blocking call on Swift's few shared threads would starve
  /// the other tests.
  static func onThread(_ body: @escaping @Sendable () -> Void) -> Done {
    let done = Done()
    Thread.detachNewThread {
      body()
      done.set()
    }
    return done
  }

  final class Done: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
  }

  /// Waits until the condition holds; false when it does not in that time. Time in which other tests held this one up counts little:
  /// what it waits for may need it to look more than once.
  static func eventually(seconds: Int = 60, _ holds: () -> Bool) async -> Bool {
    var left = Duration.seconds(seconds)
    var lastLook = ContinuousClock.now
    while !holds() {
      let now = ContinuousClock.now
      left -= min(now - lastLook, .seconds(1))
      lastLook = now
      guard left > .zero else { return false }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return true
  }
}
