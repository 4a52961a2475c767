import Glibc
import Testing

@testable import HTTPServer

/// Start, stop, deadlines, many connections. One at a time, since some count what the whole process has open.
@Suite("Server lifecycle", .serialized)
struct HTTPServerLifecycleTests {
  @Test("200 requests wait for their answer while another route answers")
  func manySuspended() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let clients = try (0..<200).map { _ in try RawClient(port: server.port) }
    for client in clients { try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n") }
    #expect(await TestRoutes.eventually { parked.count == 200 })
    #expect(try RawClient(port: server.port).request("GET", "/hello").status == 200)
    for responder in parked.takeAll() { responder.respond(TestRoutes.text(200, "late")) }
    for client in clients { #expect(try client.answer().text == "late") }
  }

  @Test("an answer to a client that has left is dropped quietly")
  func clientLeft() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    do {
      let client = try RawClient(port: server.port)
      try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n")
      #expect(await TestRoutes.eventually { parked.count == 1 })
    }
    for responder in parked.takeAll() { responder.respond(TestRoutes.text(200, String(repeating: "x", count: 1 << 20))) }
    #expect(try RawClient(port: server.port).request("GET", "/hello").status == 200)
  }

  @Test("stop waits for an answer that comes in time")
  func stopWaits() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    let client = try RawClient(port: server.port)
    try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(await TestRoutes.eventually { parked.count == 1 })
    let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: 600) }
    // Refused connections show that the stop has begun.
    #expect(await TestRoutes.eventually { (try? RawClient(port: server.port)) == nil })
    for responder in parked.takeAll() { responder.respond(TestRoutes.text(200, "in time")) }
    let answer = try client.answer()
    #expect(answer.text == "in time")
    #expect(answer.header("Connection")?.lowercased() == "close")
    #expect(await TestRoutes.eventually { stopping.isSet })
  }

  @Test("stop answers what still waits at its deadline with 503, and a later answer is ignored")
  func stopForces() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    let clients = try (0..<20).map { _ in try RawClient(port: server.port) }
    for client in clients { try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n") }
    let half = try RawClient(port: server.port)
    try half.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
    #expect(await TestRoutes.eventually { parked.count == 20 })
    server.stop(deadlineSeconds: 0)
    for client in clients {
      let answer = try client.answer()
      #expect(answer.status == 503)
      #expect(answer.header("Content-Type") == "application/problem+json")
      #expect(answer.text.contains(answer.header("X-Request-Id") ?? "missing"))
      #expect(client.isClosed(withinSeconds: 10))
    }
    #expect(half.isClosed(withinSeconds: 10))
    for responder in parked.takeAll() { responder.respond(TestRoutes.text(200, "too late")) }
    server.stop()
  }

  @Test("a socket that has stopped listening refuses clients, wakes nobody and gives its port back", arguments: ["127.0.0.1", "0.0.0.0", "::1"])
  func stoppedListening(host: String) throws {
    if host == "::1", access("/proc/net/if_inet6", F_OK) != 0 { return }
    let socket = try ListenSocket(host: host, port: 0)
    let port = socket.port
    let descriptor = socket.take()
    let reachedAt = host == "0.0.0.0" ? "127.0.0.1" : host
    _ = try RawClient(port: port, host: reachedAt)
    let silent = ListenSocket.stopListening(descriptor)
    #expect(throws: RawClient.Failure.self) { try RawClient(port: port, host: reachedAt) }
    // Any event would be one that a thread spins on.
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&wait, 1, 200) == 0, "events \(wait.revents)")
    close(descriptor)
    _ = consume silent
    let again = try ListenSocket(host: host, port: port)
    #expect(again.port == port)
  }

  @Test("stop under fire neither hangs nor crashes")
  func stopUnderLoad() async throws {
    for _ in 0..<10 {
      let parked = Parked()
      let server = try TestRoutes.serve(parked: parked)
      let port = server.port
      let clients = (0..<4).map { index in
        TestRoutes.onThread {
          // Ends when the server does: requests fail once it is gone.
          while let client = try? RawClient(port: port) {
            for _ in 0..<5 { if (try? client.request("GET", index % 2 == 0 ? "/park" : "/thread")) == nil { break } }
          }
        }
      }
      #expect(await TestRoutes.eventually { parked.count >= 1 })
      let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: 0) }
      #expect(await TestRoutes.eventually { stopping.isSet && clients.allSatisfy { $0.isSet } })
      // They would keep the server's core alive: it holds the routes, which hold these.
      _ = parked.takeAll()
    }
  }

  @Test("a half request is closed at its deadline, however busily it trickles")
  func slowRequests() throws {
    let server = try TestRoutes.serve {
      $0.requestDeadlineSeconds = 1
      $0.idleTimeoutSeconds = 1
    }
    defer { server.stop() }
    let starts = ["GET /he", "GET /hello HTTP/1.1\r\nX-A: ", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 900\r\n\r\n"]
    for start in starts {
      let client = try RawClient(port: server.port)
      try client.send(start)
      let began = ContinuousClock.now
      var closed = false
      // It keeps its thread: given up, it comes back when other tests let it, and trickles no more.
      while !closed && ContinuousClock.now - began < .seconds(20) {
        closed = (try? client.send("a")) == nil
        usleep(50_000)
      }
      #expect(closed, "\(start)")
    }
    let quiet = try RawClient(port: server.port)
    #expect(quiet.isClosed(withinSeconds: 20))
  }

  @Test("a request that waits for its answer is not closed by the deadlines")
  func patience() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked) {
      $0.requestDeadlineSeconds = 1
      $0.idleTimeoutSeconds = 1
    }
    defer { server.stop() }
    let client = try RawClient(port: server.port)
    let idle = try RawClient(port: server.port)
    try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(await TestRoutes.eventually { parked.count == 1 })
    // The other connection, opened at the same time, is the clock: when it is gone, the deadlines have struck.
    #expect(idle.isClosed(withinSeconds: 20))
    let second = try RawClient(port: server.port)
    #expect(second.isClosed(withinSeconds: 20))
    for responder in parked.takeAll() { responder.respond(TestRoutes.text(200, "patient")) }
    #expect(try client.answer().text == "patient")
  }

  @Test("a port in use, a foreign address and a name that is none are clear errors")
  func cannotListen() throws {
    let server = try TestRoutes.serve()
    defer { server.stop() }
    func message(_ host: String, _ port: UInt16) -> String {
      do {
        try TestRoutes.serve {
          $0.host = host
          $0.port = port
        }.stop()
        return "it listened"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("127.0.0.1", server.port).contains("127.0.0.1:\(server.port): the address is in use"))
    #expect(message("192.0.2.1", 0).contains("no such address"))
    #expect(message("no-such-host.invalid", 0).contains("not an address of this machine"))
  }

  @Test("localhost, IPv4 and IPv6 addresses can be listened on", arguments: [("localhost", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1"), ("0.0.0.0", "127.0.0.1")])
  func hosts(host: String, reachedAt: String) throws {
    // A machine without IPv6 has no ::1 to test with.
    if host.contains("::1"), access("/proc/net/if_inet6", F_OK) != 0 { return }
    let server = try TestRoutes.serve { $0.host = host }
    defer { server.stop() }
    #expect(try RawClient(port: server.port, host: reachedAt).request("GET", "/hello").status == 200)
  }

  @Test("connections beyond the limit wait and are served when others leave")
  func connectionLimit() throws {
    let server = try TestRoutes.serve {
      $0.threads = 1
      $0.connectionLimit = 4
    }
    defer { server.stop() }
    var held = try (0..<4).map { _ in try RawClient(port: server.port) }
    for client in held { #expect(try client.request("GET", "/hello").status == 200) }
    let fifth = try RawClient(port: server.port)
    try fifth.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(throws: RawClient.Failure.self) { try fifth.answer(seconds: 1) }
    held.removeFirst()
    #expect(try fifth.answer().status == 200)
  }

  @Test("500 connections, some broken off in the middle, leave no descriptor and no request behind")
  func noLeak() async throws {
    weak var core: ServerCore?
    let before = Self.socketCount()
    do {
      let parked = Parked()
      // A client that closes in the middle of a request is often noticed only by the idle timeout: libmicrohttpd reads the piece
      // and the end of the stream in one epoll event and forgets the second.
      let server = try TestRoutes.serve(parked: parked) { $0.idleTimeoutSeconds = 2 }
      core = server.core
      for index in 0..<500 {
        let client = try RawClient(port: server.port)
        switch index % 5 {
        case 0: #expect(try client.request("GET", "/hello").status == 200)
        case 1: try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc")
        case 2: try client.send("GET /hello HTTP/1.1\r\nHost")
        case 3: try client.send("GET /park HTTP/1.1\r\nHost: t\r\n\r\n")
        default: #expect(try client.request("GET", "/drop").status == 500)
        }
      }
      #expect(await TestRoutes.eventually { parked.count == 100 })
      _ = parked.takeAll()
      #expect(await TestRoutes.eventually { server.core.counts == (0, 0) }, "left: \(server.core.counts)")
      server.stop()
    }
    // The core is held by every exchange and the exchanges by every responder: when it goes, they have gone.
    #expect(await TestRoutes.eventually { core == nil })
    #expect(await TestRoutes.eventually { Self.socketCount() <= before + 40 }, "before \(before), after \(Self.socketCount())")
  }

  @Test("a server that is dropped without a stop ends by itself")
  func dropped() throws {
    let port: UInt16
    do {
      let server = try TestRoutes.serve()
      port = server.port
      #expect(try RawClient(port: port).request("GET", "/hello").status == 200)
    }
    #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
  }

  /// Open descriptors of this process. Other suites run at the same time with a few connections each.
  static func socketCount() -> Int {
    var count = 0
    for descriptor in 0..<Int32(4_096) where fcntl(descriptor, F_GETFD) >= 0 { count += 1 }
    return count
  }
}
