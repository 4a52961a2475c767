import Glibc
import Synchronization

/// One client connection: its socket and when its client has had enough time.
///
/// libmicrohttpd's own timeout looks at idleness only, so a byte a second would keep a connection for ever. This deadline does
/// not move with the bytes. Owned by libmicrohttpd (retained in the connection's socket context, between STARTED and CLOSED).
final class HTTPConnection: Sendable {
  /// Valid while the connection is in `ServerCore`'s table: libmicrohttpd closes it after CLOSED, which takes it out first.
  let descriptor: Int32
  /// In `monotonicNow`; `never` while the wait is ours and not the client's.
  private let deadline: Atomic<Int64>
  /// It is the client's turn: a request, or the rest of one, is to come.
  private let awaitsClient = Atomic<Bool>(true)
  /// At that many looks in a row the client had ended its side. Used by the watch alone.
  private let endedLooks = Atomic<Int>(0)

  static let never = Int64.max

  init(descriptor: Int32, deadline: Int64) {
    self.descriptor = descriptor
    self.deadline = Atomic(deadline)
  }

  func setDeadline(_ nanoseconds: Int64) {
    deadline.store(nanoseconds, ordering: .relaxed)
  }

  func isOverdue(at now: Int64) -> Bool {
    deadline.load(ordering: .relaxed) <= now
  }

  func setAwaitsClient(_ awaits: Bool) {
    awaitsClient.store(awaits, ordering: .relaxed)
  }

  /// Whether a client that sends nothing any more is waited for; asked again and again, `hasEnded` being what poll(2) says. libmicrohttpd 0.9.75
  /// does not notice an end that arrives together with bytes. The second look leaves it time to find what did arrive.
  func waitsForNobody(hasEnded: Bool) -> Bool {
    guard hasEnded, awaitsClient.load(ordering: .relaxed) else {
      endedLooks.store(0, ordering: .relaxed)
      return false
    }
    return endedLooks.add(1, ordering: .relaxed).newValue >= 2
  }

  /// Lets the system hold about so many bytes that the client has not taken. Only while the connection is in the table.
  func limitSendBuffer(bytes: Int32) {
    var size = bytes
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Ends both directions, once. Only while the connection is in the table.
  func shut() {
    setDeadline(Self.never)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
