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
    /// The latest one that says that credentials or certificates are refused, since `takeDenial`. The client says right after it that all
    /// brokers are down, which is no reason.
    var denial: KafkaError?
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
    /// Of results: from their firing, and from their own time, to the report.
    var sinceFired = LatencyBuckets()
    var sinceEvent = LatencyBuckets()
    /// Records that are refused for what they are do not count as a failure: they are kept here for their owner, up to a limit.
    var keepsRefused = false
    var refused: [RefusedRecord] = []
    static let mostRefused = 1_000
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
      if error.isAuthorization || error.isTLS { $0.denial = error }
      if fatal && $0.fatal == nil { $0.fatal = error }
    }
  }

  func takeDenial() -> KafkaError? {
    errors.withLock { errors in
      defer { errors.denial = nil }
      return errors.denial
    }
  }
}
