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

  /// Ends both directions, once. Only while the connection is in the table.
  func shut() {
    setDeadline(Self.never)
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
