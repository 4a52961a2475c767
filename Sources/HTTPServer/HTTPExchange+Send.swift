import CMicroHTTPD
import Synchronization

/// Writing the answer.
extension HTTPExchange {
  /// Hands the answer to libmicrohttpd, which copies it and adds Date, Content-Length and what the connection needs. Only on the
  /// connection's thread. `.NO` (out of memory) closes the connection.
  func send(_ answer: HTTPResponse) -> MHD_Result {
    phase.withLock { $0 = .over }
    connection.setDeadline(core.deadlineForTransfer())
    let status = (200...599).contains(answer.status) ? answer.status : 500
    let body = status == 204 || status == 304 ? [] : answer.body
    let made = body.withUnsafeBytes { bytes in
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let made else { return .NO }
    // The queue below takes a reference of its own.
    defer { MHD_destroy_response(made) }

    var closes = core.isStopping
    var hasCacheControl = false
    for (name, value) in answer.headers {
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
    return MHD_queue_response(handle, UInt32(status), made)
  }
}
