import CMicroHTTPD
import Glibc

/// Reading a request: headers, then the body.
extension HTTPExchange {
  func takeHeaders(method: String, version: UnsafePointer<CChar>) -> MHD_Result {
    connection.setDeadline(core.deadlineForTransfer())
    request.method = method
    request.remoteAddress = Self.address(of: handle)
    let headersFault = readHeaders()

    if targetLength > HTTPLimits.maxTargetBytes { return refuseAtOnce(.targetTooLong(limit: HTTPLimits.maxTargetBytes)) }
    if let headersFault { return refuseAtOnce(.headersTooLarge(headersFault)) }
    if hasRawNUL(before: version) { return refuseAtOnce(.malformed("the request line has a NUL byte or needless spaces")) }
    if let fault = HTTPFraming.fault(in: request.headers) { return refuseAtOnce(.malformed(fault)) }

    if let length = HTTPFraming.contentLength(in: request.headers), length > UInt64(core.maxBodyBytes) {
      let excess = length - UInt64(core.maxBodyBytes)
      let tooLarge = HTTPFailure.bodyTooLarge(limit: core.maxBodyBytes)
      // A client that asks first has not sent the body: nothing to read away.
      if excess > UInt64(HTTPLimits.drainBytes) || request.header("Expect") != nil { return refuseAtOnce(tooLarge) }
      refusal = refusal ?? tooLarge
    }
    return .YES
  }

  func takeBody(_ piece: UnsafeRawBufferPointer) -> MHD_Result {
    receivedBytes = receivedBytes.addingReportingOverflow(piece.count).partialValue
    if receivedBytes > core.maxBodyBytes {
      refusal = refusal ?? .bodyTooLarge(limit: core.maxBodyBytes)
      request.body = []
      // libmicrohttpd takes no answer in the middle of a body, so a chunked one that goes on and on is just cut.
      guard receivedBytes - core.maxBodyBytes <= HTTPLimits.drainBytes else { return .NO }
    }
    if refusal == nil { request.body.append(contentsOf: piece) }
    return .YES
  }

  /// Says what is too much about the header fields; they are then not complete in the request.
  private func readHeaders() -> String? {
    var reader = HeaderReader()
    withUnsafeMutablePointer(to: &reader) { reader in
      _ = MHD_get_connection_values(
        handle, .HEADER_KIND,
        { context, _, name, value in
          guard let context, let name else { return .YES }
          return context.assumingMemoryBound(to: HeaderReader.self).pointee.take(name, value) ? .YES : .NO
        }, reader)
    }
    request.headers = reader.headers
    return reader.fault
  }

  /// Answers before the body is read, which makes libmicrohttpd close the connection after it.
  private func refuseAtOnce(_ reason: HTTPFailure) -> MHD_Result {
    var response = core.router.response(to: reason, of: request)
    response.headers.removeAll { $0.name.lowercased() == "connection" }
    response.headers.append((name: "Connection", value: "close"))
    return send(.whole(response))
  }

  /// libmicrohttpd puts a NUL behind the target and the version right after it, in one buffer; a NUL sent by the client cuts the
  /// target short without a word and so leaves a gap between the two.
  private func hasRawNUL(before version: UnsafePointer<CChar>) -> Bool {
    let end = targetAddress &+ UInt(targetLength)
    let gap = UInt(bitPattern: version) &- end
    // A version that is not in that buffer tells nothing.
    guard gap <= UInt(HTTPLimits.connectionMemory) else { return false }
    return gap != 1
  }

  /// `127.0.0.1:51234` or `[::1]:51234`; empty when unknown.
  private static func address(of handle: OpaquePointer) -> String {
    guard let address = penstock_mhd_client_address(handle) else { return "" }
    let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
    let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let status = getnameinfo(
      address, socklen_t(length), &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
    guard status == 0 else { return "" }
    let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let service = String(decoding: port.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return isIPv6 ? "[\(name)]:\(service)" : "\(name):\(service)"
  }
}
