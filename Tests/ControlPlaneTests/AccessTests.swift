import HTTPServer
import RecordCodec
import Testing

@testable import ControlPlane

struct AccessTests {
  private static func tokens(_ text: String) throws -> AccessTokens { try AccessTokens(parsing: Array(text.utf8)) }

  @Test("A token file has lines of role:token, comments and blank lines")
  func file() throws {
    let tokens = try Self.tokens("# staff\r\nadmin:correct-horse\r\n\n  read: battery-staple  \n")
    #expect(tokens.role(of: Array("correct-horse".utf8)) == .admin)
    #expect(tokens.role(of: Array("battery-staple".utf8)) == .read)
    for wrong in ["", "correct-hors", "correct-horse1", "correct-horsf", "staff", "admin"] { #expect(tokens.role(of: Array(wrong.utf8)) == nil) }
  }

  @Test(
    "A token file that cannot be used is refused by its line, without quoting it",
    arguments: ["", "# nothing", "secret-token", "root:secret-token", "admin:short", "admin:has blanks in", "read:good-token\nadmin:\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}"])
  func badFile(_ text: String) {
    let error = #expect(throws: AccessTokens.Fault.self) { try Self.tokens(text) }
    #expect(error?.message.isEmpty == false && error?.message.contains("secret") == false)
  }

  struct Row: Sendable, CustomStringConvertible {
    var method: String
    var path: String
    var token: String?
    var status: Int
    var code: String?
    var description: String { "\(method) \(path) with \(token ?? "none")" }
  }

  @Test("Without a token nothing but the probes answers, with read every GET does, with admin all", arguments: [
    Row(method: "GET", path: "/livez", status: 200), Row(method: "GET", path: "/readyz", status: 200),
    Row(method: "GET", path: "/version", status: 401, code: "auth.token_missing"),
    Row(method: "GET", path: "/v1/pipelines", status: 401, code: "auth.token_missing"),
    Row(method: "GET", path: "/v1/pipelines/a", token: "Bearer wrong-token", status: 401, code: "auth.token_invalid"),
    Row(method: "GET", path: "/v1/pipelines/a", token: "Basic reader-token", status: 401, code: "auth.token_invalid"),
    Row(method: "GET", path: "/v1/pipelines/a", token: "Bearer", status: 401, code: "auth.token_invalid"),
    Row(method: "GET", path: "/v1/pipelines/a", token: "bearer  reader-token", status: 200),
    Row(method: "POST", path: "/v1/pipelines/a/start", token: "Bearer reader-token", status: 403, code: "auth.forbidden"),
    Row(method: "DELETE", path: "/v1/pipelines/a", token: "Bearer reader-token", status: 403, code: "auth.forbidden"),
    Row(method: "POST", path: "/v1/pipelines/a/stop", token: "Bearer admin-token", status: 200),
    Row(method: "POST", path: "/v1/pipelines/a/start", status: 401, code: "auth.token_missing"),
  ])
  func roles(_ row: Row) throws {
    let world = try World(access: AccessControl(try Self.tokens("read:reader-token\nadmin:admin-token")))
    let created = try world.ask("POST", "/v1/pipelines", World.spec("a"), headers: [("Authorization", "Bearer admin-token")])
    try #require(created.status == 201)
    let reply = try world.ask(row.method, row.path, headers: row.token.map { [("Authorization", $0)] } ?? [])
    #expect(reply.status == row.status && reply["code"]?.stringValue == row.code, "\(reply)")
    #expect((reply.status == 401) == (reply.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true) || reply.status == 403)
  }

  @Test("A route that is not there needs no token to say so, and a failing pipeline's name does")
  func names() throws {
    let world = try World(access: AccessControl(try Self.tokens("read:reader-token")))
    #expect(try world.ask("GET", "/nothing").status == 404)
    #expect(try world.ask("GET", "/readyz")["failing"] == .null)
    #expect(try world.ask("GET", "/readyz", headers: [("Authorization", "Bearer reader-token")])["failing"] == [])
  }

  @Test("New tokens count from the next request on")
  func replaced() throws {
    let access = AccessControl(try Self.tokens("read:reader-token"))
    let world = try World(access: access)
    access.replace(try Self.tokens("read:another-token"))
    #expect(try world.ask("GET", "/version", headers: [("Authorization", "Bearer reader-token")]).status == 401)
    #expect(try world.ask("GET", "/version", headers: [("Authorization", "Bearer another-token")]).status == 200)
  }

  @Test("Every write leaves one line that says who, what, from where and how it ended, and never the token")
  func audit() throws {
    let world = try World(access: AccessControl(try Self.tokens("read:reader-token\nadmin:admin-token")))
    _ = try world.ask("POST", "/v1/pipelines", World.spec("a"), headers: [("Authorization", "Bearer admin-token")])
    _ = try world.ask("DELETE", "/v1/pipelines/a", headers: [("Authorization", "Bearer reader-token")])
    _ = try world.ask("GET", "/v1/pipelines/a", headers: [("Authorization", "Bearer reader-token")])
    let lines = world.fakes.with { $0.log.filter { $0.contains("audit") } }
    #expect(lines.count == 2)
    #expect(lines.first?.contains("audit POST /v1/pipelines by admin at") == true && lines.first?.contains(": 201 request=request-1") == true, "\(lines)")
    #expect(lines.last?.contains("DELETE /v1/pipelines/a") == true && lines.last?.contains("403 auth.forbidden") == true, "\(lines)")
    #expect(!world.fakes.with { $0.log.contains { $0.contains("-token") } })
  }
}
