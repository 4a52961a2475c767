import Synchronization
import Testing

@testable import HTTPServer

@Suite("Router")
struct HTTPRouterTests {
  /// Answers with its own name and parameters.
  static func route(_ method: String, _ pattern: String) -> HTTPRoute {
    HTTPRoute(method, pattern) { _, parameters, responder in
      let shown = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      responder.respond(HTTPResponse(status: 200, body: Array("\(method) \(pattern) \(shown)".utf8)))
    }
  }

  static let router = HTTPRouter(
    routes: [
      route("GET", "/v1/pipelines"), route("POST", "/v1/pipelines"), route("GET", "/v1/pipelines/{name}"),
      route("PUT", "/v1/pipelines/{name}"), route("DELETE", "/v1/pipelines/{name}"), route("POST", "/v1/pipelines/{name}/start"),
      route("GET", "/v1/pipelines/summary"), route("GET", "/{a}/{b}/x"), route("GET", "/"),
    ],
    failure: { failure, _ in HTTPResponse(status: 400, body: Array("\(failure)".utf8)) })

  static func answer(_ method: String, _ path: String) -> String {
    let answered = Mutex("none")
    router.respond(
      to: HTTPRequest(method: method, path: path),
      with: HTTPResponder { response in answered.withLock { $0 = String(decoding: response.body, as: UTF8.self) } })
    return answered.withLock { $0 }
  }

  @Test(
    "a method and a path lead to their route",
    arguments: [
      ("GET", "/v1/pipelines", "GET /v1/pipelines "),
      ("POST", "/v1/pipelines", "POST /v1/pipelines "),
      ("HEAD", "/v1/pipelines", "GET /v1/pipelines "),
      ("GET", "/v1/pipelines/a", "GET /v1/pipelines/{name} name=a"),
      ("GET", "/v1/pipelines/summary", "GET /v1/pipelines/summary "),
      ("PUT", "/v1/pipelines/summary", "PUT /v1/pipelines/{name} name=summary"),
      ("GET", "/v1/pipelines/a%2Fb%20c", "GET /v1/pipelines/{name} name=a/b c"),
      ("GET", "/v1/pipelines/%C3%A9", "GET /v1/pipelines/{name} name=é"),
      ("GET", "/v1/pipe%6Cines", "GET /v1/pipelines "),
      ("GET", "/v1/pipelines/..", "GET /v1/pipelines/{name} name=.."),
      ("GET", "/v1/2/x", "GET /{a}/{b}/x a=v1,b=2"),
      ("POST", "/v1/pipelines/a+b/start", "POST /v1/pipelines/{name}/start name=a+b"),
      ("GET", "/", "GET / "),
    ])
  func leads(method: String, path: String, expected: String) {
    #expect(Self.answer(method, path) == expected)
  }

  @Test(
    "a path that no route has is not found, a trailing slash included",
    arguments: ["/v1", "/v1/", "/v1/pipelines/", "/v1/pipelines/a/", "//v1/pipelines", "/V1/pipelines", "", "*", "/v1%2Fpipelines"])
  func notFound(path: String) {
    #expect(Self.answer("GET", path) == "\(HTTPFailure.noRoute)")
  }

  @Test(
    "a method that a path lacks is refused with all that it has, sorted",
    arguments: [
      ("PATCH", "/v1/pipelines", ["GET", "HEAD", "POST"]),
      ("get", "/v1/pipelines", ["GET", "HEAD", "POST"]),
      ("HEAD", "/v1/pipelines/a/start", ["POST"]),
      ("POST", "/v1/pipelines/summary", ["DELETE", "GET", "HEAD", "PUT"]),
    ])
  func methodNotAllowed(method: String, path: String, allowed: [String]) {
    #expect(Self.answer(method, path) == "\(HTTPFailure.methodNotAllowed(allowed: allowed))")
  }

  @Test(
    "a bad escape, a NUL and bytes that are not UTF-8 are malformed",
    arguments: ["/v1/pipelines/%zz", "/v1/pipelines/%", "/v1/pipelines/%4", "/v1/pipelines/%00", "/v1/pipelines/%ff"])
  func malformed(path: String) {
    #expect(Self.answer("GET", path).hasPrefix("malformed"))
  }

  @Test("a 405 carries Allow even if the application forgets it")
  func allowHeader() throws {
    let answered = Mutex<HTTPResponse?>(nil)
    Self.router.respond(
      to: HTTPRequest(method: "PUT", path: "/v1/pipelines"), with: HTTPResponder { response in answered.withLock { $0 = response } })
    let response = try #require(answered.withLock { $0 })
    #expect(response.headers.first { $0.name == "Allow" }?.value == "GET, HEAD, POST")
  }

  @Test("only the first answer counts, and a dropped responder answers for itself")
  func answersOnce() {
    let answers = Mutex<[Int]>([])
    do {
      let responder = HTTPResponder { response in answers.withLock { $0.append(response.status) } }
      responder.respond(HTTPResponse(status: 200))
      responder.respond(HTTPResponse(status: 201))
    }
    #expect(answers.withLock { $0 } == [200])

    TestRoutes.router().respond(
      to: HTTPRequest(method: "GET", path: "/drop"), with: HTTPResponder { response in answers.withLock { $0.append(response.status) } })
    #expect(answers.withLock { $0 } == [200, 500])
  }

  @Test(
    "a target is taken apart into path and decoded query",
    arguments: [
      ("/a?x=1&y=a%20b+c&x=2&flag&=e", "/a", "x=1;y=a b c;x=2;flag=;=e"),
      ("/a%2Fb?", "/a%2Fb", ""),
      ("http://host:80/a?b=c", "/a", "b=c"),
      ("http://host", "/", ""),
    ])
  func target(raw: String, path: String, query: String) {
    let target = HTTPTarget(raw)
    #expect(target.fault == nil)
    #expect(target.path == path)
    #expect(target.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";") == query)
  }

  @Test("a target that cannot be one is refused", arguments: ["a", "", "/a\u{7}", "/é", "/%zz", "/%00", "/a?b=%z", "/a?b=%00", "ftp://x/"])
  func badTarget(raw: String) {
    #expect(HTTPTarget(raw).fault != nil)
  }

  @Test("headers and query values are found without regard to the case of header names")
  func lookups() {
    let request = HTTPRequest(
      method: "GET", path: "/", query: [(name: "a", value: "1"), (name: "a", value: "2")], headers: [(name: "If-Match", value: "x")])
    #expect(request.header("if-match") == "x")
    #expect(request.header("If-None-Match") == nil)
    #expect(request.queryValue("a") == "1")
    #expect(request.queryValue("A") == nil)
  }
}
