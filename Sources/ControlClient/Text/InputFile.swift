import Glibc

/// Reads whole small files.
enum InputFile {
  enum Outcome {
    case bytes([UInt8])
    /// For people.
    case failed(String)
    case tooLarge
  }

  /// `-` is the standard input.
  static func read(_ path: String, limit: Int) -> Outcome {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failed(String(cString: strerror(errno))) }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return .bytes(bytes) }
      if count < 0 {
        if errno == EINTR { continue }
        return .failed(String(cString: strerror(errno)))
      }
      bytes += buffer[..<count]
      if bytes.count > limit { return .tooLarge }
    }
  }
}
