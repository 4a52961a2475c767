import CRdKafka
import Synchronization

/// What a client's callbacks left behind for its owner: the context pointer of every callback of one client.
///
/// Lifetime: the client object holds this strongly and destroys the C handle, and with it the last possible callback, before it
/// lets go. The callbacks get it unretained.
final class ClientEvents: Sendable {
  struct Errors {
    /// The latest error the client reported, and how many there were.
    var latest: KafkaError?
    var count: Int64 = 0
    /// The client can do nothing any more.
    var fatal: KafkaError?
  }
  let errors = Mutex(Errors())

  struct Group {
    /// What the group wants and the owner has not taken yet.
    var pending: Rebalance?
    /// The owner takes nothing any more: a rebalance is answered at once.
    var closing = false
  }
  let group = Mutex(Group())

  struct Deliveries {
    var delivered: Int64 = 0
    var failed: Int64 = 0
    var latestFailure: KafkaError?
    /// Records without a report yet, by the parity of their epoch.
    var outstanding: (even: Int64, odd: Int64) = (0, 0)
  }
  /// Touched only on the producing thread, which is the one that serves the callbacks.
  nonisolated(unsafe) var deliveries = Deliveries()

  /// The events of a handle, inside a callback.
  static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientEvents? {
    guard let opaque else { return nil }
    return Unmanaged<ClientEvents>.fromOpaque(opaque).takeUnretainedValue()
  }

  func note(_ error: KafkaError, fatal: Bool = false) {
    errors.withLock {
      $0.latest = error
      $0.count += 1
      if fatal && $0.fatal == nil { $0.fatal = error }
    }
  }
}
