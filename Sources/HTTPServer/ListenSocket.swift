import Glibc

/// A listening TCP socket, closed when this value ends unless `take` handed the descriptor on.
struct ListenSocket: ~Copyable {
  private var descriptor: Int32
  let port: UInt16

  /// Binds and listens. A name is tried address by address, IPv4 first.
  init(host: String, port: UInt16) throws(HTTPServerError) {
    let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    let shown = bare.contains(":") ? "[\(bare)]:\(port)" : "\(bare):\(port)"
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    var status = getaddrinfo(bare, "\(port)", &hints, &list)
    // RFC 6761: localhost is the loopback address, also where no file or server says so (a bare container).
    if status != 0, bare == "localhost" { status = getaddrinfo("127.0.0.1", "\(port)", &hints, &list) }
    guard status == 0, let first = list else {
      throw HTTPServerError(message: "cannot listen on \(shown): '\(bare)' is not an address of this machine (\(String(cString: gai_strerror(status))))")
    }
    defer { freeaddrinfo(list) }

    var candidates: [UnsafeMutablePointer<addrinfo>] = []
    var next: UnsafeMutablePointer<addrinfo>? = first
    while let entry = next {
      candidates.append(entry)
      next = entry.pointee.ai_next
    }
    let inOrder = candidates.filter { $0.pointee.ai_family == AF_INET } + candidates.filter { $0.pointee.ai_family == AF_INET6 }

    var fault: Int32 = EADDRNOTAVAIL
    for entry in inOrder {
      switch Self.listen(on: entry.pointee) {
      case .success(let opened):
        descriptor = opened
        self.port = Self.boundPort(of: opened)
        return
      case .failure(let error):
        fault = error.code
      }
    }
    throw HTTPServerError(message: "cannot listen on \(shown): \(Self.explain(fault))")
  }

  private init(descriptor: Int32, port: UInt16) {
    self.descriptor = descriptor
    self.port = port
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The descriptor, which the caller must close from now on.
  consuming func take() -> Int32 {
    let taken = descriptor
    descriptor = -1
    return taken
  }

  /// Refuses clients from now on, while libmicrohttpd's threads may have the descriptor in their epoll sets. What it returns must
  /// live until they have ended.
  ///
  /// A socket that was just shut down is always ready, and the threads would spin. A connected one is ready when its other end
  /// says something, so it is connected to a socket of ours that says nothing. (Connected to itself Linux refuses it.)
  static func stopListening(_ descriptor: Int32) -> ListenSocket? {
    shutdown(descriptor, Int32(SHUT_RDWR))
    // Its end leaves no TIME_WAIT behind.
    var reset = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))

    var storage = sockaddr_storage()
    return withUnsafeMutablePointer(to: &storage) { pointer in
      var entry = addrinfo()
      entry.ai_addrlen = socklen_t(MemoryLayout<sockaddr_storage>.size)
      entry.ai_addr = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self)
      guard getsockname(descriptor, entry.ai_addr, &entry.ai_addrlen) == 0 else { return nil }
      // Family and port are at the same place in sockaddr_in6.
      let address = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr_in.self)
      entry.ai_family = Int32(address.pointee.sin_family)
      // Any free port of the same address.
      address.pointee.sin_port = 0
      guard case .success(let opened) = listen(on: entry) else { return nil }
      let silent = ListenSocket(descriptor: opened, port: boundPort(of: opened))
      address.pointee.sin_port = silent.port.bigEndian
      _ = connect(descriptor, entry.ai_addr, entry.ai_addrlen)
      return silent
    }
  }

  private struct SystemError: Error {
    var code: Int32
  }

  private static func listen(on entry: addrinfo) -> Result<Int32, SystemError> {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let opened = socket(entry.ai_family, type, 0)
    guard opened >= 0 else { return .failure(SystemError(code: errno)) }
    // Without it a restart fails for a minute while old connections linger in TIME_WAIT.
    var on: Int32 = 1
    setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard bind(opened, entry.ai_addr, entry.ai_addrlen) == 0, Glibc.listen(opened, HTTPLimits.listenBacklog) == 0 else {
      let code = errno
      close(opened)
      return .failure(SystemError(code: code))
    }
    return .success(opened)
  }

  private static func boundPort(of descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
      // The port is at the same place in sockaddr_in and sockaddr_in6.
      return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
  }

  private static func explain(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "the address is in use by another program; end that one or choose another port"
    case EACCES: "permission denied; ports below 1024 need rights, choose a higher one"
    case EADDRNOTAVAIL: "this machine has no such address"
    case EMFILE, ENFILE: "no file descriptors are left"
    default: String(cString: strerror(code))
    }
  }
}
