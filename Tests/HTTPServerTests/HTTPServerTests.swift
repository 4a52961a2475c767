import Testing

@testable import HTTPServer

/// A real server on a real socket.
@Suite("Server")
struct HTTPServerTests {
  @Test("an answer has its length, a request id of its own and is not stored by caches")
  func answers() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let first = try client.request("GET", "/hello")
    let second = try client.request("GET", "/hello")
    #expect(first.status == 200)
    #expect(first.text == "hello")
    #expect(first.header("Content-Length") == "5")
    #expect(first.header("Content-Type") == "text/plain")
    #expect(first.header("Cache-Control") == "no-store")
    #expect(first.header("Date") != nil)
    let id = try #require(first.header("X-Request-Id"))
    #expect(!id.isEmpty && id != second.header("X-Request-Id"))
  }

  @Test("failures go through the application's failure handler")
  func failures() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    #expect(try client.request("GET", "/none").text == "no route /none")
    let refused = try client.request("PATCH", "/hello", body: [1, 2, 3])
    #expect(refused.status == 405)
    #expect(refused.header("Allow") == "DELETE, GET, HEAD")
    #expect(try client.request("GET", "/drop").text == "no answer for /drop")
    #expect(try client.request("BREW", "/hello").status == 405)
    #expect(try client.request("GET", "/hello").status == 200)
  }

  @Test("the path stays raw, parameters and query are decoded once")
  func paths() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    #expect(try client.request("GET", "/things/a%2Fb%2525?q=1%262&w=+").text == "a/b%25|/things/a%2Fb%2525|q=1&2;w= ")
    #expect(try client.request("GET", "/things/..").text == "..|/things/..|")
    #expect(try client.request("GET", "http://elsewhere/things/x").text == "x|/things/x|")
    for bad in ["/things/%zz", "/things/%00", "/things/a%", "/things/%ff", "/things/a?x=%zz"] {
      #expect(try client.request("GET", bad).status == 400, "\(bad)")
    }
    #expect(try client.request("GET", "/hello").status == 200)
  }

  @Test("a raw NUL in the request line is refused", arguments: ["/hello\0", "/hello\0/more", "/hello?a\0b", "/hel\0lo"])
  func rawNUL(target: String) throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    #expect(try client.request("GET", target).status == 400)
    #expect(client.isClosed(withinSeconds: 10))
  }

  @Test("HEAD answers like GET without the body, and DELETE with 204 has none")
  func head() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let head = try client.request("HEAD", "/hello")
    #expect(head.status == 200)
    #expect(head.header("Content-Length") == "5")
    #expect(try client.request("DELETE", "/hello").status == 204)
    // A body after either of them would break this one.
    #expect(try client.request("GET", "/hello").text == "hello")
  }

  @Test("one connection serves many requests, also when they are sent at once")
  func pipelined() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    for _ in 0..<20 { #expect(try client.request("GET", "/hello").status == 200) }
    try client.send(
      String(repeating: "GET /thread HTTP/1.1\r\nHost: t\r\n\r\n", count: 3)
        + "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabcGET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
    for _ in 0..<3 { #expect(try client.answer().text == "from elsewhere") }
    #expect(try client.answer().text == "abc")
    #expect(try client.answer().text == "hello")
  }

  @Test("a request that arrives byte by byte is answered")
  func byteByByte() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    for byte in "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nxyz".utf8 { try client.send([byte]) }
    #expect(try client.answer().text == "xyz")
  }

  @Test("a chunked body is put together")
  func chunked() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    #expect(try client.answer().text == "abcde")
    #expect(try client.request("GET", "/hello").status == 200)
  }

  @Test("a body of exactly the limit is taken, one byte more is 413 and the connection lives on")
  func bodyLimit() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let body = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(try client.request("POST", "/echo", body: body).body == body)
    let refused = try client.request("POST", "/echo", body: body + [1])
    #expect(refused.status == 413)
    #expect(refused.text == "limit 1000")

    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")
    try client.send(body)
    try client.send("\r\n0\r\n\r\n")
    #expect(try client.answer().body == body)
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")
    try client.send(body)
    try client.send("\r\n1\r\nx\r\n0\r\n\r\n")
    #expect(try client.answer().status == 413)
    #expect(try client.request("GET", "/hello").status == 200)
  }

  @Test("2 MiB over the limit is answered with 413 although the client sends it all first")
  func largeBody() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    #expect(try client.request("POST", "/echo", body: [UInt8](repeating: 65, count: 2 << 20)).status == 413)
  }

  @Test("a body that is announced as huge, or asked about first, is refused before it is sent")
  func earlyRefusal() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    for extra in ["Content-Length: 99999999999", "Content-Length: 1001\r\nExpect: 100-continue"] {
      let client = try RawClient(port: server.port)
      try client.send("POST /echo HTTP/1.1\r\nHost: t\r\n\(extra)\r\n\r\n")
      #expect(try client.answer().status == 413)
      #expect(client.isClosed(withinSeconds: 10))
    }
    let client = try RawClient(port: server.port)
    #expect(try client.request("POST", "/echo", headers: ["Expect: 100-continue"], body: [65]).text == "A")
  }

  @Test("a chunked body without end is cut")
  func endlessBody() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
    let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 65, count: 65_536) + Array("\r\n".utf8)
    var wasCut = false
    for _ in 0..<400 where !wasCut {
      do { try client.send(chunk) } catch { wasCut = true }
    }
    #expect(wasCut)
    #expect(try RawClient(port: server.port).request("GET", "/hello").status == 200)
  }

  @Test(
    "lengths that two readers could take differently are refused and the connection closed",
    arguments: [
      "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4", "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: +3", "Content-Length: 3, 3", "Content-Length: -1",
    ])
  func framing(headers: String) throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    try client.send("POST /echo HTTP/1.1\r\nHost: t\r\n\(headers)\r\n\r\nabc")
    #expect(try client.answer().status == 400)
    #expect(client.isClosed(withinSeconds: 10))
  }

  @Test("headers beyond their limit are 431")
  func hugeHeader() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    try client.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Long: \(String(repeating: "a", count: 64 * 1024))\r\n\r\n")
    #expect(try client.answer().status == 431)
  }

  @Test("an answer from another thread arrives")
  func deferred() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    for _ in 0..<200 { #expect(try client.request("GET", "/thread").text == "from elsewhere") }
  }

  @Test("a status or header that HTTP cannot carry does not get out")
  func oddAnswer() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    let answer = try RawClient(port: server.port).request("GET", "/odd")
    #expect(answer.status == 500)
    #expect(answer.header("X-Good") == "1")
    #expect(answer.header("X-Bad") == nil)
    #expect(answer.header("X-Injected") == nil)
  }

  @Test("garbage neither gets an answer of 200 nor stops the server")
  func garbage() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    var random = SystemRandomNumberGenerator()
    for round in 0..<50 {
      let client = try RawClient(port: server.port)
      let bytes = (0..<(1 + round * 40)).map { _ in UInt8.random(in: 0...255, using: &random) }
      try? client.send(bytes + Array("\r\n\r\n".utf8))
    }
    for line in ["GET\r\n\r\n", "\r\n\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/9.9\r\n\r\n", ":\r\n:\r\n\r\n", "GET  HTTP/1.1\r\n\r\n"] {
      try? RawClient(port: server.port).send(line)
    }
    #expect(try RawClient(port: server.port).request("GET", "/hello").status == 200)
  }
}
