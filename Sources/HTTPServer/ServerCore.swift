import CMicroHTTPD
import Glibc
import Synchronization

/// What libmicrohttpd's callbacks and `HTTPServer` share: the settings, the open connections and the requests under way.
///
/// `HTTPServer` holds it until libmicrohttpd has stopped, so the callbacks may use an unretained pointer to it.
final class ServerCore: Sendable {
  let router: HTTPRouter
  let maxBodyBytes: Int
  let streamLimit: Int
  let isSecure: Bool
  private let idleNanoseconds: Int64
  private let requestNanoseconds: Int64
  private let requestPrefix: String
  private let requestCount = Atomic<UInt64>(0)

  /// No new connections; every answer closes its connection.
  private let stopping = Atomic<Bool>(false)
  /// Nothing may be suspended any more.
  private let forcing = Atomic<Bool>(false)

  private let tables = Monitor(Tables())

  private struct Tables {
    var connections: [ObjectIdentifier: HTTPConnection] = [:]
    var exchanges: [ObjectIdentifier: HTTPExchange] = [:]
    var streams: [ObjectIdentifier: HTTPStream] = [:]
    var watchEnds = false
  }

  init(configuration: HTTPServerConfiguration, router: HTTPRouter) {
    self.router = router
    maxBodyBytes = max(0, configuration.maxBodyBytes)
    streamLimit = max(0, configuration.streamLimit)
    isSecure = configuration.tls != nil
    idleNanoseconds = Int64(clamping: max(1, configuration.idleTimeoutSeconds)).nanoseconds
    requestNanoseconds = Int64(clamping: max(1, configuration.requestDeadlineSeconds)).nanoseconds
    var random = SystemRandomNumberGenerator()
    let digits = String(UInt32.random(in: 0...UInt32.max, using: &random), radix: 16)
    requestPrefix = String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// `9f0c11ab-17`: the first part differs from one start of the server to the next.
  func nextRequestID() -> String {
    "\(requestPrefix)-\(requestCount.add(1, ordering: .relaxed).newValue)"
  }

  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }
  var isForcing: Bool { forcing.load(ordering: .sequentiallyConsistent) }

  // MARK: Deadlines, in `monotonicNow`

  /// Until the request line of the next request is there: an idle connection may wait, then one request's time.
  func deadlineForNextRequest() -> Int64 { monotonicNow().saturatingAdd(idleNanoseconds).saturatingAdd(requestNanoseconds) }

  /// For the rest of a request, or for taking its answer.
  func deadlineForTransfer() -> Int64 { monotonicNow().saturatingAdd(requestNanoseconds) }

  // MARK: Who is there

  func opened(_ connection: HTTPConnection) {
    tables.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
  }

  func closed(_ connection: HTTPConnection) {
    tables.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
  }

  func began(_ exchange: HTTPExchange) {
    tables.withLock { $0.exchanges[ObjectIdentifier(exchange)] = exchange }
  }

  func ended(_ exchange: HTTPExchange) {
    tables.withLock { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
    if isStopping { tables.wakeAll() }
  }

  /// False when there are as many as there may be.
  func opened(_ stream: HTTPStream) -> Bool {
    tables.withLock { tables in
      guard tables.streams.count < streamLimit else { return false }
      tables.streams[ObjectIdentifier(stream)] = stream
      return true
    }
  }

  func ended(_ stream: HTTPStream) {
    tables.withLock { _ = $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
  }

  /// How many there are now.
  var counts: (connections: Int, exchanges: Int) {
    tables.withLock { ($0.connections.count, $0.exchanges.count) }
  }

  // MARK: Stopping

  func beginStopping() {
    stopping.store(true, ordering: .sequentiallyConsistent)
  }

  /// Ends the streams after what is queued in them, and with it their being suspended: nothing else would. After `beginStopping`,
  /// since a stream that is not in the list yet sees that it must end by itself.
  func finishStreams() {
    for stream in tables.withLock({ Array($0.streams.values) }) { stream.finish() }
  }

  /// Waits until no request is under way; at most until `deadline`.
  func waitForExchanges(until deadline: Int64) {
    tables.wait(until: deadline) { !$0.exchanges.isEmpty }
  }

  /// Answers what waits for an answer with 503 and lets nothing wait any more: libmicrohttpd aborts the process when it is
  /// stopped with suspended connections. Waits a little for the answers to leave.
  func forceAnswers() {
    // The order matters: a request that is not in the list, or not suspended yet, sees the flag before it would suspend.
    forcing.store(true, ordering: .sequentiallyConsistent)
    let left = tables.withLock { Array($0.exchanges.values) }
    let forced = left.filter { $0.forceAnswer() }.map { ObjectIdentifier($0) }
    tables.wait(until: monotonicNow().saturatingAdd(HTTPLimits.forcedAnswersNanoseconds)) { tables in
      forced.contains { tables.exchanges[$0] != nil }
    }
  }

  // MARK: The watch over the deadlines

  /// Shuts the sockets of connections that are overdue, or whose client will send nothing more, until `endWatch`; the body of a thread of its own. libmicrohttpd then sees the end
  /// of the stream and closes the connection itself.
  func watchDeadlines() {
    let pause = min(HTTPLimits.deadlineCheckNanoseconds, requestNanoseconds / 4)
    while !tables.withLock({ $0.watchEnds }) {
      let now = monotonicNow()
      tables.withLock { tables in
        let connections = Array(tables.connections.values)
        let ended = Self.ended(connections)
        for (connection, hasEnded) in zip(connections, ended) {
          if connection.isOverdue(at: now) || connection.waitsForNobody(hasEnded: hasEnded) { connection.shut() }
        }
      }
      tables.wait(until: now.saturatingAdd(pause)) { !$0.watchEnds }
    }
  }

  /// Of which the client has ended its side.
  private static func ended(_ connections: [HTTPConnection]) -> [Bool] {
    let wanted = penstock_poll_ended
    var asked = connections.map { pollfd(fd: $0.descriptor, events: wanted, revents: 0) }
    guard poll(&asked, nfds_t(asked.count), 0) > 0 else { return connections.map { _ in false } }
    return asked.map { $0.revents & wanted != 0 }
  }

  func endWatch() {
    tables.withLock { $0.watchEnds = true }
    tables.wakeAll()
  }
}

extension Int64 {
  /// Seconds as nanoseconds, held at the largest number.
  fileprivate var nanoseconds: Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product
  }

  func saturatingAdd(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
