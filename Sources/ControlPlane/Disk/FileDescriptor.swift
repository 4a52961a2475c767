import Glibc

/// Owns an open descriptor.
struct FileDescriptor: ~Copyable {
  let raw: Int32

  private init(raw: Int32) { self.raw = raw }

  /// Close-on-exec always. An interrupted call is begun again.
  static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(DiskFault) -> FileDescriptor {
    while true {
      let raw = Glibc.open(path, flags | O_CLOEXEC, mode)
      if raw >= 0 { return FileDescriptor(raw: raw) }
      guard errno == EINTR else { throw DiskFault(errno: errno, path, doing: "open") }
    }
  }

  deinit { Glibc.close(raw) }
}
