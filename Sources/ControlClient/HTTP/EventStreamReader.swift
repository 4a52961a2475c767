import Glibc

/// Reads an event stream over connections that break.
struct EventStreamReader {
  var request: ClientRequest
  /// The stream ends by itself, as `events` without --follow: then an end is no reason to connect again.
  var hasEnd: Bool

  /// Calls `take` for each event until it returns false, or the stream has ended.
  ///
  /// - Throws: what refused or broke it, after `ClientLimits.maxReconnects` attempts without an event.
  func read(_ client: borrowing HTTPClient, _ console: Console, _ take: (ServerEvent) -> Bool) throws(ClientError) {
    var lastID: String?
    var failures = 0
    while true {
      var parser = EventStreamParser()
      var request = request
      if let lastID { request.headers.append((name: "Last-Event-ID", value: lastID)) }
      var end: String?
      do throws(ClientError) {
        end = try client.stream(request) { bytes in
          for event in parser.take(bytes) {
            failures = 0
            if !take(event) { return false }
          }
          return true
        }
      } catch {
        // A first connection that fails is an answer; a later one may be the daemon's restart.
        guard failures > 0 || lastID != nil else { throw error }
        switch error {
        case .unreachable(let why): end = why
        case .refused(let answer) where answer.status == 503: end = "the server is not ready"
        default: throw error
        }
      }
      if parser.oversized > 0 { console.note("\(parser.oversized) events were too large to show") }
      guard let end else { return }
      if hasEnd, end == HTTPClient.streamEnded { return }
      lastID = parser.lastID.map(SafeText.line) ?? lastID
      failures += 1
      if failures > ClientLimits.maxReconnects { throw .unreachable("\(end); connecting again did not help") }
      console.note("\(end); connecting again")
      sleep(ClientLimits.reconnectPauseSeconds)
    }
  }
}
