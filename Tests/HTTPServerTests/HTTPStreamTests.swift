import Glibc
import Synchronization
import Testing

@testable import HTTPServer

/// Answers that go on, on a real server.
@Suite("Streams", .serialized)
struct HTTPStreamTests {
  /// Counts how often a stream ended.
  final class Ends: Sendable {
    private let number = Atomic<Int>(0)
    var count: Int { number.load(ordering: .sequentiallyConsistent) }
    func add() { number.add(1, ordering: .sequentiallyConsistent) }
  }

  static func stream(_ ends: Ends, status: Int = 200, limitBytes: Int = 1 << 20) -> HTTPStream {
    HTTPStream(
      status: status, headers: [(name: "Content-Type", value: "text/event-stream")], limitBytes: limitBytes, onEnd: { ends.add() })
  }

  /// A client whose request waits, and its responder.
  static func waiting(
    _ server: HTTPServer, _ parked: Parked, _ request: String = "GET /park HTTP/1.1\r\nHost: t\r\n\r\n"
  ) async throws -> (RawClient, HTTPResponder) {
    let client = try RawClient(port: server.port)
    try client.send(request)
    #expect(await TestRoutes.eventually { parked.count == 1 })
    return (client, try #require(parked.takeAll().first))
  }

  static func open(_ server: HTTPServer, _ parked: Parked, _ stream: HTTPStream) async throws -> RawClient {
    let (client, responder) = try await waiting(server, parked)
    responder.respond(stream: stream)
    #expect(try client.answer().status == 200)
    return client
  }

  @Test("headers and every piece arrive when they are sent, and the end is a proper one")
  func piecesAsTheyCome() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends)
    let (client, responder) = try await Self.waiting(server, parked)
    responder.respond(stream: stream)
    let head = try client.answer()
    #expect(head.status == 200)
    #expect(head.header("Content-Type") == "text/event-stream")
    #expect(head.header("Transfer-Encoding") == "chunked")
    #expect(head.header("Content-Length") == nil)
    #expect(head.header("Connection")?.lowercased() == "close")
    #expect(head.header("X-Request-Id") != nil)
    for number in 0..<50 {
      let event = Array("data: \(number)\n\n".utf8)
      #expect(stream.send(event))
      #expect(try client.chunk() == event)
    }
    #expect(stream.isOpen && ends.count == 0)
    #expect(stream.send(Array("last".utf8)))
    stream.finish()
    #expect(!stream.isOpen)
    #expect(!stream.send([1]))
    #expect(try client.chunks() == Array("last".utf8))
    #expect(client.isClosed(withinSeconds: 20))
    #expect(await TestRoutes.eventually { ends.count == 1 })
    stream.finish()
    #expect(await TestRoutes.eventually { server.core.counts == (0, 0) })
    #expect(ends.count == 1)
  }

  @Test("bytes beyond the limit are refused as a whole, and what was queued before the answer is sent")
  func limit() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends, limitBytes: 10)
    #expect(stream.send(Array("123456".utf8)))
    #expect(!stream.send(Array("abcde".utf8)))
    #expect(stream.send([]))
    #expect(stream.send(Array("7890".utf8)))
    #expect(!stream.send([1]))
    #expect(stream.isOpen)
    stream.finish()
    let client = try await Self.open(server, parked, stream)
    #expect(try client.chunks() == Array("1234567890".utf8))
    #expect(await TestRoutes.eventually { ends.count == 1 })
  }

  @Test("what was taken makes room again, and a large body arrives as it was sent")
  func manyBytes() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends, limitBytes: 100_000)
    let client = try await Self.open(server, parked, stream)
    let whole = (0..<(4 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) }
    let sending = TestRoutes.onThread {
      var start = 0
      while start < whole.count, stream.isOpen {
        let end = min(start + 30_011, whole.count)
        if stream.send(Array(whole[start..<end])) { start = end }
      }
      stream.finish()
    }
    #expect(try client.chunks() == whole)
    #expect(await TestRoutes.eventually { ends.count == 1 && sending.isSet })
  }

  @Test("pieces of several threads stay whole")
  func threads() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends)
    let client = try await Self.open(server, parked, stream)
    let senders = (0..<4).map { number in
      TestRoutes.onThread { for _ in 0..<500 { _ = stream.send(Array("<\(number)\(number)>\n".utf8)) } }
    }
    let bytes = try client.chunks(bytes: 4 * 500 * 5)
    // The last bytes may be here before their sender knows.
    #expect(await TestRoutes.eventually { senders.allSatisfy { $0.isSet } })
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    for number in 0..<4 { #expect(lines.filter { $0 == "<\(number)\(number)>" }.count == 500) }
    stream.finish()
    #expect(try client.chunk().isEmpty)
  }

  @Test("HEAD and 204 have headers only and end at once")
  func withoutBody() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    for (method, status) in [("HEAD", 200), ("GET", 204)] {
      let ends = Ends()
      let stream = Self.stream(ends, status: status)
      #expect(stream.send([65]))
      let (client, responder) = try await Self.waiting(server, parked, "\(method) /park HTTP/1.1\r\nHost: t\r\n\r\n")
      responder.respond(stream: stream)
      let answer = try client.answer(to: method)
      #expect(answer.status == status)
      #expect(answer.header("Content-Type") == "text/event-stream")
      #expect(try client.rest().isEmpty)
      #expect(await TestRoutes.eventually { ends.count == 1 })
      #expect(!stream.isOpen && !stream.send([65]))
    }
  }

  @Test("a client of HTTP/1.0 gets the bytes and then the end of the connection")
  func oldClient() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends)
    let (client, responder) = try await Self.waiting(server, parked, "GET /park HTTP/1.0\r\n\r\n")
    responder.respond(stream: stream)
    #expect(try client.answer().header("Transfer-Encoding") == nil)
    let body = [UInt8](repeating: 65, count: 100_000)
    #expect(stream.send(body))
    #expect(stream.send([66]))
    stream.finish()
    #expect(try client.rest() == body + [66])
    #expect(await TestRoutes.eventually { ends.count == 1 })
  }

  @Test("a client that has left is noticed when something is sent")
  func clientLeft() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends)
    do { _ = try await Self.open(server, parked, stream) }
    var heartbeats = 0
    #expect(
      await TestRoutes.eventually {
        if stream.send(Array(":\n\n".utf8)) { heartbeats += 1 }
        return ends.count == 1
      })
    #expect(!stream.isOpen && !stream.send([1]))
    #expect(await TestRoutes.eventually { server.core.counts == (0, 0) })
    #expect(ends.count == 1)
  }

  @Test("a client that takes nothing is cut off, one that has nothing to take is not")
  func deadlines() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked) {
      $0.requestDeadlineSeconds = 1
      $0.idleTimeoutSeconds = 1
    }
    defer { server.stop() }
    let (quietEnds, fullEnds) = (Ends(), Ends())
    let (quiet, full) = (Self.stream(quietEnds), Self.stream(fullEnds, limitBytes: 16 << 20))
    let quietClient = try await Self.open(server, parked, quiet)
    for _ in 0..<3 {
      // A connection that says nothing is the clock.
      #expect(try RawClient(port: server.port).isClosed(withinSeconds: 20))
    }
    let fullClient = try await Self.open(server, parked, full)
    // More than the buffers of two sockets hold.
    #expect(full.send([UInt8](repeating: 65, count: 16 << 20)))
    #expect(await TestRoutes.eventually { fullEnds.count == 1 })
    #expect(throws: RawClient.Failure.self) { try fullClient.chunks() }
    #expect(quietEnds.count == 0)
    #expect(quiet.send([66]))
    #expect(try quietClient.chunk() == [66])
  }

  @Test("a client that takes its bytes slowly keeps its stream beyond the deadline")
  func slowClient() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked) {
      $0.requestDeadlineSeconds = 5
      $0.idleTimeoutSeconds = 10
    }
    defer { server.stop() }
    let ends = Ends()
    let stream = Self.stream(ends, limitBytes: 32 << 20)
    let client = try await Self.open(server, parked, stream)
    let size = 16 << 20
    #expect(stream.send([UInt8](repeating: 65, count: size)))
    stream.finish()
    var taken = 0
    let began = ContinuousClock.now
    while taken < size {
      taken += try client.chunk().count
      // Slow for more than twice the deadline, never still for long; the rest at once. It keeps its thread: given up, it comes back
      // when other tests let it, which can take longer than the deadline.
      if ContinuousClock.now - began < .seconds(12) { usleep(10_000) }
    }
    #expect(try client.chunk().isEmpty)
    #expect(await TestRoutes.eventually { ends.count == 1 })
  }

  @Test("streams beyond the limit are refused through the failure handler until others end")
  func streamLimit() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked) { $0.streamLimit = 2 }
    defer { server.stop() }
    let ends = (0..<4).map { _ in Ends() }
    let streams = ends.map { Self.stream($0) }
    let first = try await Self.open(server, parked, streams[0])
    let second = try await Self.open(server, parked, streams[1])
    let (third, responder) = try await Self.waiting(server, parked)
    responder.respond(stream: streams[2])
    let refused = try third.answer()
    #expect(refused.status == 503)
    #expect(refused.text == "streams limit 2")
    #expect(ends[2].count == 1 && !streams[2].isOpen)
    // The connection was not taken for a stream.
    #expect(try third.request("GET", "/hello").status == 200)

    streams[0].finish()
    #expect(try first.chunk().isEmpty)
    #expect(await TestRoutes.eventually { ends[0].count == 1 })
    let fourth = try await Self.open(server, parked, streams[3])
    #expect(streams[3].send([65]) && streams[1].send([66]))
    #expect(try fourth.chunk() == [65])
    #expect(try second.chunk() == [66])
  }

  @Test("a stream that comes too late, or for a second time, answers nothing and ends if nobody has it")
  func givenTwice() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    defer { server.stop() }
    let (ends, lateEnds, bareEnds) = (Ends(), Ends(), Ends())
    let (stream, late) = (Self.stream(ends), Self.stream(lateEnds))
    let (client, responder) = try await Self.waiting(server, parked)
    responder.respond(stream: stream)
    responder.respond(stream: late)
    responder.respond(stream: stream)
    #expect(lateEnds.count == 1 && !late.isOpen)
    #expect(try client.answer().status == 200)
    #expect(stream.send([65]))
    #expect(try client.chunk() == [65])

    let (other, otherResponder) = try await Self.waiting(server, parked)
    otherResponder.respond(stream: stream)
    #expect(try other.answer().text == "no answer for /park")
    #expect(ends.count == 0 && stream.isOpen)

    let status = Mutex(0)
    HTTPResponder { response in status.withLock { $0 = response.status } }.respond(stream: Self.stream(bareEnds, status: 201))
    #expect(status.withLock { $0 } == 201)
    #expect(bareEnds.count == 1)
  }

  @Test("stop sends what is queued and ends every stream")
  func stop() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    let ends = Ends()
    let streams = (0..<20).map { _ in Self.stream(ends) }
    var clients: [RawClient] = []
    for stream in streams { clients.append(try await Self.open(server, parked, stream)) }
    for stream in streams { #expect(stream.send([65])) }
    let (waiting, responder) = try await Self.waiting(server, parked)
    let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: 30) }
    for client in clients {
      #expect(try client.chunks() == [65])
      #expect(client.isClosed(withinSeconds: 20))
    }
    #expect(await TestRoutes.eventually { ends.count == 20 })
    // A stream that comes now is refused.
    let late = Ends()
    responder.respond(stream: Self.stream(late))
    #expect(try waiting.answer().status == 503)
    #expect(await TestRoutes.eventually { stopping.isSet })
    #expect(late.count == 1)
    #expect(streams.allSatisfy { !$0.isOpen && !$0.send([1]) })
  }

  @Test("stop does not wait longer than it may for a client that takes nothing")
  func stopWithFullClient() async throws {
    let parked = Parked()
    let server = try TestRoutes.serve(parked: parked)
    let ends = Ends()
    let stream = Self.stream(ends, limitBytes: 32 << 20)
    let client = try await Self.open(server, parked, stream)
    #expect(stream.send([UInt8](repeating: 65, count: 32 << 20)))
    let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: 1) }
    #expect(await TestRoutes.eventually { stopping.isSet })
    #expect(ends.count == 1)
    #expect(throws: RawClient.Failure.self) { try client.chunks() }
  }

  @Test("streams that come, go and end while the server stops neither hang nor crash it")
  func stopUnderLoad() async throws {
    for round in 0..<10 {
      let (started, ended) = (Ends(), Ends())
      let open = Mutex<[HTTPStream]>([])
      var router = TestRoutes.router()
      router.routes.append(
        HTTPRoute("GET", "/stream") { _, _, responder in
          started.add()
          let stream = Self.stream(ended)
          open.withLock { $0.append(stream) }
          responder.respond(stream: stream)
        })
      var configuration = HTTPServerConfiguration()
      configuration.port = 0
      configuration.streamLimit = 8
      let server = try HTTPServer(configuration: configuration, router: router)
      let port = server.port
      let isOver = TestRoutes.Done()
      let sender = TestRoutes.onThread {
        var turn = 0
        while !isOver.isSet {
          turn += 1
          for (index, stream) in open.withLock({ $0.suffix(16) }).enumerated() {
            if (index + turn) % 7 == 0 { stream.finish() } else { _ = stream.send(Array("data: x\n\n".utf8)) }
          }
        }
      }
      let clients = (0..<4).map { index in
        TestRoutes.onThread {
          while let client = try? RawClient(port: port) {
            guard (try? client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")) != nil else { continue }
            if index % 2 == 0 { _ = try? client.chunks(bytes: 30) } else { _ = try? client.answer() }
          }
        }
      }
      #expect(await TestRoutes.eventually { started.count >= 20 })
      let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: round % 2) }
      #expect(await TestRoutes.eventually { stopping.isSet && clients.allSatisfy { $0.isSet } })
      isOver.set()
      #expect(await TestRoutes.eventually { sender.isSet && started.count == ended.count }, "\(started.count) \(ended.count)")
    }
  }
}
