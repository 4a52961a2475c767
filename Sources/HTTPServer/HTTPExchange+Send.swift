import CMicroHTTPD
import Synchronization

/// Writing the answer; only on the connection's thread. `.NO` (out of memory) closes the connection.
extension HTTPExchange {
  func send(_ answer: HTTPAnswer) -> MHD_Result {
    phase.withLock { $0 = .over }
    connection.setDeadline(core.deadlineForTransfer())
    connection.setAwaitsClient(false)
    switch answer {
    case .whole(let response): return send(response)
    case .stream(let stream): return send(stream)
    }
  }

  /// Hands the answer to libmicrohttpd, which copies it and adds Date, Content-Length and what the connection needs.
  private func send(_ answer: HTTPResponse) -> MHD_Result {
    let body = Self.hasBody(answer.status) ? answer.body : []
    let made = body.withUnsafeBytes { bytes in
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let made else { return .NO }
    return queue(made, status: answer.status, headers: answer.headers, closes: core.isStopping)
  }

  /// Answers with the headers of the stream, or refuses it. libmicrohttpd then asks it for the body, piece by piece; it does not
  /// where there is none (HEAD, 204).
  private func send(_ stream: HTTPStream) -> MHD_Result {
    guard !core.isStopping else {
      stream.end()
      return send(Self.stoppingResponse(request))
    }
    guard core.opened(stream) else {
      stream.end()
      return send(core.router.response(to: .tooManyStreams(limit: core.streamLimit), of: request))
    }
    self.stream = stream
    stream.attach(to: self)
    connection.limitSendBuffer(bytes: HTTPLimits.streamSendBufferBytes)
    // A stop that did not find it in the list has set the flag before.
    if core.isStopping { stream.finish() }

    let context = Unmanaged.passRetained(stream)
    let made = MHD_create_response_from_callback(
      penstock_mhd_size_unknown, HTTPLimits.streamPieceBytes, MicroHTTPDCallbacks.streamRead, context.toOpaque(),
      MicroHTTPDCallbacks.streamReleased)
    guard let made else {
      context.release()
      return .NO
    }
    // libmicrohttpd 0.9.75 ends the answer to a HEAD with the last chunk of the body that it has not.
    if request.method == "HEAD" { penstock_mhd_forbid_chunks(made) }
    return queue(made, status: stream.status, headers: stream.headers, closes: true)
  }

  private static func hasBody(_ status: Int) -> Bool { status != 204 && status != 304 }

  /// Takes over `made`.
  private func queue(
    _ made: OpaquePointer, status: Int, headers: [(name: String, value: String)], closes: Bool
  ) -> MHD_Result {
    // MHD_queue_response takes a reference of its own.
    defer { MHD_destroy_response(made) }
    var closes = closes
    var hasCacheControl = false
    for (name, value) in headers {
      switch name.lowercased() {
      case "content-length", "transfer-encoding", "date", "x-request-id": continue
      case "connection": closes = closes || value.lowercased() == "close"
      case "cache-control":
        hasCacheControl = true
        MHD_add_response_header(made, name, value)
      default: MHD_add_response_header(made, name, value)
      }
    }
    MHD_add_response_header(made, "X-Request-Id", request.id)
    if !hasCacheControl { MHD_add_response_header(made, "Cache-Control", "no-store") }
    if closes { MHD_add_response_header(made, "Connection", "close") }
    return MHD_queue_response(handle, (200...599).contains(status) ? UInt32(status) : 500, made)
  }
}
