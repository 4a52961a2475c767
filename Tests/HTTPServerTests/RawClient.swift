import Glibc

/// A TCP connection that sends exactly the bytes it is told to, so that tests can send what no HTTP client would.
final class RawClient {
  private let descriptor: Int32
  private var buffer: [UInt8] = []

  struct Answer {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  init(port: UInt16, host: String = "127.0.0.1") throws {
    let isIPv6 = host.contains(":")
    descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let connected: Int32
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      inet_pton(AF_INET6, host, &address.sin6_addr)
      connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      inet_pton(AF_INET, host, &address.sin_addr)
      connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    guard connected == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
  }

  deinit {
    close(descriptor)
  }

  func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
      sent += count
    }
  }

  /// Sends nothing more.
  func endSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// A request with the headers every request needs, and its answer.
  func request(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil, seconds: Int = 20
  ) throws -> Answer {
    var lines = ["\(method) \(target) HTTP/1.1", "Host: test"] + headers
    if let body { lines.append("Content-Length: \(body.count)") }
    try send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? []))
    return try answer(to: method, seconds: seconds)
  }

  /// The next answer. Throws when the connection ends or the time is over before it is whole.
  func answer(to method: String = "GET", seconds: Int = 20) throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var end = headEnd()
    while end == nil {
      guard try fill(until: deadline) else { throw Failure(description: "closed before an answer") }
      end = headEnd()
    }
    guard let end else { throw Failure(description: "no answer") }
    let lines = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
    buffer.removeFirst(end + 4)
    guard let first = lines.first, let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      throw Failure(description: "not a status line: \(lines)")
    }
    let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    var answer = Answer(status: status, headers: headers, body: [])
    if status == 100 { return try self.answer(to: method, seconds: seconds) }
    let length = method == "HEAD" || status == 204 ? 0 : answer.header("Content-Length").flatMap { Int($0) } ?? 0
    while buffer.count < length {
      guard try fill(until: deadline) else { throw Failure(description: "closed within a body") }
    }
    answer.body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return answer
  }

  /// The next chunk of a chunked body, after its `answer`; empty for the last one.
  func chunk(seconds: Int = 20) throws -> [UInt8] {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var lineEnd = buffer.firstIndex(of: 10)
    while lineEnd == nil {
      guard try fill(until: deadline) else { throw Failure(description: "closed before a chunk") }
      lineEnd = buffer.firstIndex(of: 10)
    }
    guard let lineEnd, let length = Int(String(decoding: buffer[..<(lineEnd - 1)], as: UTF8.self), radix: 16) else {
      throw Failure(description: "not the length of a chunk: \(String(decoding: buffer.prefix(40), as: UTF8.self))")
    }
    let start = lineEnd + 1
    while buffer.count < start + length + 2 {
      guard try fill(until: deadline) else { throw Failure(description: "closed within a chunk") }
    }
    let chunk = Array(buffer[start..<(start + length)])
    buffer.removeFirst(start + length + 2)
    return chunk
  }

  /// The chunks up to the last one, or up to as many bytes.
  func chunks(bytes: Int = .max, seconds: Int = 20) throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < bytes {
      let next = try chunk(seconds: seconds)
      if next.isEmpty { break }
      all += next
    }
    return all
  }

  /// Everything until the server closes the connection.
  func rest(seconds: Int = 20) throws -> [UInt8] {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try fill(until: deadline) {}
    return buffer
  }

  /// True when the server closes the connection in that time (what it sends before is dropped).
  func isClosed(withinSeconds seconds: Int) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      buffer = []
      do {
        if try !fill(until: deadline) { return true }
      } catch {
        return false
      }
    }
  }

  private func headEnd() -> Int? {
    guard buffer.count >= 4 else { return nil }
    return (0...(buffer.count - 4)).first { buffer[$0] == 13 && buffer[$0 + 1] == 10 && buffer[$0 + 2] == 13 && buffer[$0 + 3] == 10 }
  }

  /// Reads some more; false at the end of the stream (or its reset), an error when the time is over.
  private func fill(until deadline: ContinuousClock.Instant) throws -> Bool {
    let left = ContinuousClock.now.duration(to: deadline)
    let milliseconds = max(0, left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000)
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(milliseconds)) > 0 else { throw Failure(description: "no bytes in time") }
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    guard count > 0 else { return false }
    buffer.append(contentsOf: piece[..<count])
    return true
  }
}
