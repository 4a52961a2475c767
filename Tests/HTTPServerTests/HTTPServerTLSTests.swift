import Glibc
import Testing

@testable import HTTPServer

/// TLS, with the clients that people use.
@Suite("TLS", .serialized, .enabled(if: TLSFiles.missing == nil, "\(TLSFiles.missing ?? "")"))
struct HTTPServerTLSTests {
  static func serve(
    _ files: TLSFiles, parked: Parked = Parked(), _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) throws -> HTTPServer {
    try TestRoutes.serve(parked: parked) {
      $0.tls = HTTPServerTLS(certificateChain: files.certificate, privateKey: files.key)
      change(&$0)
    }
  }

  @Test("a client that knows the certificate is answered, and the request says that it was secure")
  func answers() async throws {
    let files = try await TLSFiles()
    let server = try Self.serve(files)
    defer { server.stop() }
    let base = "https://localhost:\(server.port)"
    let plain = ["-sS", "--cacert", files.certificatePath]
    // Three requests over one connection.
    let got = try await TLSFiles.run(TLSFiles.curl, plain + ["\(base)/hello", "\(base)/thread", "\(base)/secure"])
    #expect(got.output == "hellofrom elsewheretrue")
    #expect(got.status == 0)
    let body = String(repeating: "b", count: 1_000)
    #expect(try await TLSFiles.run(TLSFiles.curl, plain + ["--data", body, "\(base)/echo"]).output == body)
    #expect(try await TLSFiles.run(TLSFiles.curl, ["-sS", "\(base)/hello"]).output.contains("certificate"))

    let unsafe = try TestRoutes.serve()
    defer { unsafe.stop() }
    #expect(try RawClient(port: unsafe.port).request("GET", "/secure").text == "false")
  }

  @Test("TLS 1.2 and 1.3 are spoken, older versions are not", arguments: [("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)])
  func versions(version: String, isSpoken: Bool) async throws {
    let files = try await TLSFiles()
    let server = try Self.serve(files)
    defer { server.stop() }
    let request = Array("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".utf8)
    // Without lowering its own level the client would not even offer 1.1.
    let got = try await TLSFiles.run(
      TLSFiles.openssl,
      ["s_client", "-connect", "127.0.0.1:\(server.port)", "-ign_eof", "-cipher", "ALL:@SECLEVEL=0", version], input: request)
    #expect(got.output.contains("200 OK") == isSpoken, "\(got.output)")
    #expect(got.output.contains("Cipher is (NONE)") != isSpoken, "\(got.output)")
  }

  @Test("a stream's pieces arrive as they are sent")
  func streams() async throws {
    let files = try await TLSFiles()
    let parked = Parked()
    let server = try Self.serve(files, parked: parked)
    defer { server.stop() }
    let client = try RunningProgram(
      TLSFiles.curl, ["-sS", "-N", "--cacert", files.certificatePath, "https://localhost:\(server.port)/park"])
    defer { client.stop() }
    #expect(await TestRoutes.eventually { parked.count == 1 })
    let ends = HTTPStreamTests.Ends()
    let stream = HTTPStreamTests.stream(ends)
    for responder in parked.takeAll() { responder.respond(stream: stream) }
    var sent = ""
    for number in 0..<20 {
      #expect(stream.send(Array("data: \(number)\n\n".utf8)))
      sent += "data: \(number)\n\n"
      #expect(await TestRoutes.eventually { client.output == sent })
    }
    #expect(stream.send([UInt8](repeating: 65, count: 500_000)))
    stream.finish()
    #expect(await TestRoutes.eventually { client.status == 0 })
    #expect(client.output.utf8.count == sent.utf8.count + 500_000)
    #expect(await TestRoutes.eventually { ends.count == 1 })
  }

  @Test("a client that leaves, one that takes nothing and a stop end their streams")
  func streamEnds() async throws {
    let files = try await TLSFiles()
    let parked = Parked()
    let server = try Self.serve(files, parked: parked) { $0.requestDeadlineSeconds = 2 }
    let (leftEnds, stoppedEnds, fullEnds) = (HTTPStreamTests.Ends(), HTTPStreamTests.Ends(), HTTPStreamTests.Ends())
    let (left, stopped) = (HTTPStreamTests.stream(leftEnds), HTTPStreamTests.stream(stoppedEnds))
    let full = HTTPStreamTests.stream(fullEnds, limitBytes: 16 << 20)
    var clients: [RunningProgram] = []
    for stream in [left, stopped, full] {
      clients.append(
        try RunningProgram(TLSFiles.curl, ["-sS", "-N", "--cacert", files.certificatePath, "https://localhost:\(server.port)/park"]))
      #expect(await TestRoutes.eventually { parked.count == 1 })
      for responder in parked.takeAll() { responder.respond(stream: stream) }
    }
    defer { for client in clients { client.stop() } }
    clients[0].stop()
    #expect(await TestRoutes.eventually { clients[0].status != nil }, "curl goes on")
    #expect(
      await TestRoutes.eventually {
        _ = left.send([10])
        return leftEnds.count == 1
      })
    clients[2].pause()
    #expect(full.send([UInt8](repeating: 65, count: 16 << 20)))
    #expect(await TestRoutes.eventually { fullEnds.count == 1 })
    #expect(stoppedEnds.count == 0)
    let stopping = TestRoutes.onThread { server.stop(deadlineSeconds: 20) }
    #expect(await TestRoutes.eventually { stopping.isSet && clients[1].status == 0 })
    #expect(stoppedEnds.count == 1)
  }

  @Test("a handshake that does not go on is closed at its deadline, also when it trickles")
  func stuckHandshakes() async throws {
    let files = try await TLSFiles()
    let server = try Self.serve(files) {
      $0.requestDeadlineSeconds = 1
      $0.idleTimeoutSeconds = 1
    }
    defer { server.stop() }
    let quiet = try RawClient(port: server.port)
    #expect(quiet.isClosed(withinSeconds: 20))
    let half = try RawClient(port: server.port)
    // The head of a ClientHello of 512 bytes.
    try half.send([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
    #expect(half.isClosed(withinSeconds: 20))
    let trickling = try RawClient(port: server.port)
    try trickling.send([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
    let began = ContinuousClock.now
    var isClosed = false
    // It keeps its thread: given up, it comes back when other tests let it, and trickles no more.
    while !isClosed && ContinuousClock.now - began < .seconds(20) {
      isClosed = (try? trickling.send([0])) == nil
      usleep(50_000)
    }
    #expect(isClosed)
    #expect(await TestRoutes.eventually { server.core.counts == (0, 0) })
  }

  @Test("plain HTTP and garbage are closed without harm")
  func notTLS() async throws {
    let files = try await TLSFiles()
    let server = try Self.serve(files)
    defer { server.stop() }
    let plain = try RawClient(port: server.port)
    try plain.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n")
    #expect(plain.isClosed(withinSeconds: 20))
    for size in 1...50 { try? RawClient(port: server.port).send((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 22) }) }
    let got = try await TLSFiles.run(
      TLSFiles.curl, ["-sS", "--cacert", files.certificatePath, "https://localhost:\(server.port)/hello"])
    #expect(got.output == "hello")
  }

  @Test("a certificate or key that cannot be used is an error that says so")
  func badCredentials() async throws {
    let (files, others) = (try await TLSFiles(), try await TLSFiles())
    func message(_ certificate: [UInt8], _ key: [UInt8]) -> String {
      do {
        try TestRoutes.serve { $0.tls = HTTPServerTLS(certificateChain: certificate, privateKey: key) }.stop()
        return "it started"
      } catch {
        return "\(error)"
      }
    }
    #expect(message([], files.key).hasPrefix("the TLS certificate is not in PEM form"))
    #expect(message(files.certificate, []).hasPrefix("the TLS key is not in PEM form"))
    #expect(message(files.key, files.certificate).hasPrefix("the TLS certificate is not in PEM form"))
    #expect(message(files.certificate, [0] + files.key).hasPrefix("the TLS key is not in PEM form"))
    let mismatch = message(files.certificate, others.key)
    #expect(mismatch.hasPrefix("the TLS certificate and key cannot be used: ") && mismatch.contains("do not match"), "\(mismatch)")
    let broken = files.certificate.filter { $0 != UInt8(ascii: "M") }
    #expect(message(broken, files.key).hasPrefix("the TLS certificate and key cannot be used: "), "\(message(broken, files.key))")
    let encrypted = try await TLSFiles.run(
      TLSFiles.openssl, ["pkey", "-aes256", "-passout", "pass:secret"], input: files.key)
    #expect(message(files.certificate, Array(encrypted.output.utf8)).contains("encrypted with a password"))
    #expect(message(files.certificate, files.key) == "it started")
  }
}
