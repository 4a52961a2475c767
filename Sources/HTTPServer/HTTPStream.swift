import CMicroHTTPD
import Synchronization

/// An answer whose body goes on, such as server-sent events. Handed to `HTTPResponder.respond(stream:)`; it may be filled before.
///
/// A client that leaves while nothing is queued is noticed only when something is sent, and often only at the second piece: an
/// application that must know sends heartbeats. A client that takes (almost) nothing for `requestDeadlineSeconds` while bytes wait
/// for it is cut off. The connection is closed after the stream.
package final class HTTPStream: Sendable {
  package let status: Int
  package let headers: [(name: String, value: String)]
  private let limitBytes: Int
  private let state: Mutex<State>

  private struct State {
    enum Phase {
      case open
      /// Takes nothing more; what is queued is still sent.
      case finished
      case over
    }

    var phase = Phase.open
    var queue = ByteQueue()
    /// A responder has taken it.
    var isGiven = false
    /// The request this answers, from `attach` to `end`: libmicrohttpd's connection is good that long.
    var exchange: HTTPExchange?
    /// The connection is suspended, because nothing was queued.
    var isSuspended = false
    /// nil once called.
    var onEnd: (@Sendable () -> Void)?
  }

  /// `limitBytes`: so much may be queued. `onEnd` is called once when the client is gone, when the stream was finished and sent,
  /// when it was refused, or when the server stops; on a thread that other requests wait for, so it must return soon.
  package init(
    status: Int, headers: [(name: String, value: String)], limitBytes: Int = 1 << 20, onEnd: @escaping @Sendable () -> Void
  ) {
    self.status = status
    self.headers = headers
    self.limitBytes = limitBytes
    state = Mutex(State(onEnd: onEnd))
  }

  /// Queues the bytes, from any thread. False, and nothing of them is queued, if they would be more than `limitBytes` with those
  /// that wait here (what the system holds for the client comes on top), or if the stream was finished or is over.
  package func send(_ bytes: [UInt8]) -> Bool {
    state.withLock { state in
      guard state.phase == .open, bytes.count <= limitBytes - state.queue.count else { return false }
      guard !bytes.isEmpty else { return true }
      state.queue.append(bytes)
      Self.resume(&state)
      return true
    }
  }

  /// Whether `send` may still succeed.
  package var isOpen: Bool { state.withLock { $0.phase == .open } }

  /// Takes nothing more. What is queued is still sent, then the body and its connection end properly.
  package func finish() {
    state.withLock { state in
      guard state.phase == .open else { return }
      state.phase = .finished
      Self.resume(&state)
    }
  }

  // MARK: The server's side

  /// False if it was given to a responder before. Who gets true must `end` it.
  func give() -> Bool {
    state.withLock { state in
      defer { state.isGiven = true }
      return !state.isGiven
    }
  }

  func attach(to exchange: HTTPExchange) {
    state.withLock { $0.exchange = exchange }
  }

  /// libmicrohttpd asks for more of the body; on the connection's thread. 0 after suspending the connection.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    state.withLock { state in
      guard let exchange = state.exchange else { return penstock_mhd_end_with_error }
      guard !state.queue.isEmpty else {
        if state.phase == .finished {
          exchange.connection.setDeadline(exchange.core.deadlineForTransfer())
          return penstock_mhd_end_of_stream
        }
        // The client has everything; it is ours to go on. Suspending under the lock keeps a `send` out until there is something
        // to resume.
        exchange.connection.setDeadline(HTTPConnection.never)
        MHD_suspend_connection(exchange.handle)
        state.isSuspended = true
        return 0
      }
      // All before this piece has left, so the client has its time again.
      exchange.connection.setDeadline(exchange.core.deadlineForTransfer())
      let room = min(buffer.count, HTTPLimits.streamPieceBytes)
      return state.queue.take(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
    }
  }

  /// The connection is done with it, or there is none.
  func end() {
    // Called, and released, outside the lock.
    let rest = state.withLock { state in
      defer { state = State(phase: .over, isGiven: true) }
      return state
    }
    rest.onEnd?()
  }

  /// Only under the lock: a suspended connection stays in memory until it is resumed.
  private static func resume(_ state: inout State) {
    guard state.isSuspended, let exchange = state.exchange else { return }
    state.isSuspended = false
    MHD_resume_connection(exchange.handle)
  }
}
