import CMicroHTTPD

/// The C side of the server. `context` is the `ServerCore`, which outlives libmicrohttpd's threads; connections and exchanges are
/// retained in libmicrohttpd's own per-connection and per-request slots.
enum MicroHTTPDCallbacks {
  /// STARTED and CLOSED bracket everything else that happens on a connection.
  static let connectionChanged: MHD_NotifyConnectionCallback = { context, handle, slot, change in
    guard let context, let handle, let slot else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    if change == .CONNECTION_NOTIFY_STARTED {
      let connection = HTTPConnection(
        descriptor: penstock_mhd_descriptor(handle), deadline: core.deadlineForNextRequest())
      slot.pointee = Unmanaged.passRetained(connection).toOpaque()
      core.opened(connection)
    } else if let stored = slot.pointee {
      slot.pointee = nil
      core.closed(Unmanaged<HTTPConnection>.fromOpaque(stored).takeRetainedValue())
    }
  }

  /// The request line is there. What this returns is `*con_cls` of the callbacks below.
  static let uriSeen: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
    context, uri, handle in
    guard let context, let uri, let handle, let stored = penstock_mhd_connection_context(handle) else { return nil }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let connection = Unmanaged<HTTPConnection>.fromOpaque(stored).takeUnretainedValue()
    connection.setDeadline(core.deadlineForTransfer())
    let exchange = HTTPExchange(core: core, connection: connection, handle: handle, target: uri)
    core.began(exchange)
    hideQuery(uri)
    return Unmanaged.passRetained(exchange).toOpaque()
  }

  /// libmicrohttpd takes the query apart next, into a table in the connection's memory. About a thousand items fill that, and 0.9.75 then says
  /// nothing until the client's time is up. We have the query by now, so it finds an empty one: the text is in its buffer, and where the query
  /// begins it has looked up before.
  private static func hideQuery(_ uri: UnsafePointer<CChar>) {
    var place = UnsafeMutablePointer(mutating: uri)
    while place.pointee != 0, place.pointee != CChar(UInt8(ascii: "?")) { place += 1 }
    if place.pointee != 0 { place[1] = 0 }
  }

  static let access: MHD_AccessHandlerCallback = { _, _, _, method, version, piece, size, slot in
    guard let method, let version, let size, let stored = slot?.pointee else { return .NO }
    return Unmanaged<HTTPExchange>.fromOpaque(stored).takeUnretainedValue()
      .step(method: method, version: version, piece: piece, size: size)
  }

  /// `context` is the `HTTPStream`, retained until `streamReleased`.
  static let streamRead: MHD_ContentReaderCallback = { context, _, buffer, size in
    guard let context else { return penstock_mhd_end_with_error }
    return Unmanaged<HTTPStream>.fromOpaque(context).takeUnretainedValue()
      .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
  }

  static let streamReleased: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<HTTPStream>.fromOpaque(context).release()
  }

  /// Called once for every exchange, whether it was answered or its connection broke.
  static let completed: MHD_RequestCompletedCallback = { _, _, slot, _ in
    guard let slot, let stored = slot.pointee else { return }
    slot.pointee = nil
    Unmanaged<HTTPExchange>.fromOpaque(stored).takeRetainedValue().end()
  }
}
