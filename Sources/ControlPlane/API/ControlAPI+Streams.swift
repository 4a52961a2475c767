import HTTPServer
import KafkaPipeline
import RecordCodec
import Synchronization

/// What goes on: a pipeline's history and its results, as server-sent events.
extension ControlAPI {
  var streamRoutes: [HTTPRoute] {
    [
      route("GET", "/v1/pipelines/{name}/events", query: ["after", "follow"], needs: .read) { [self] call throws(Problem) in
        guard let history = supervisor.streams(of: call.name)?.history else { throw Problem(Supervisor.notFound(call.name)) }
        let after = try Self.after(call.request)
        guard try call.request.flag("follow", absent: true) else {
          let body = history.events(after: after).flatMap { ServerSentEvent.bytes($0) }
          return call.responder.respond(HTTPResponse(status: 200, headers: LiveStreams.headers, body: body))
        }
        let follow = Follow()
        let stream = HTTPStream(status: 200, headers: LiveStreams.headers, onEnd: { follow.end() })
        // Weak: the stream is its client's.
        let tail = EventTail(
          history, after: after, send: { [weak stream] bytes in stream?.send(bytes) ?? false }, finish: { [weak stream] in stream?.finish() })
        let number = history.follow({ tail.sendNews() }, closed: { tail.end() })
        tail.sendNews()
        start(stream, follow, call) { history.unfollow(number) }
      },
      route("GET", "/v1/pipelines/{name}/results", needs: .read) { [self] call throws(Problem) in
        guard let (history, tap) = supervisor.streams(of: call.name) else { throw Problem(Supervisor.notFound(call.name)) }
        let follow = Follow()
        let stream = HTTPStream(status: 200, headers: LiveStreams.headers, onEnd: { follow.end() })
        let tail = ResultTail(stream)
        let number = tap.follow { word in tail.take(word) }
        let ending = history.follow({}, closed: { [weak stream] in stream?.finish() })
        start(stream, follow, call) {
          tap.unfollow(number)
          history.unfollow(ending)
        }
      },
    ]
  }

  private func start(_ stream: HTTPStream, _ follow: Follow, _ call: Call, _ end: @escaping @Sendable () -> Void) {
    let key = ObjectIdentifier(stream)
    live.add(stream)
    follow.set { [live] in
      live.remove(key)
      end()
    }
    call.responder.respond(stream: stream)
  }

  /// The header that clients send when they connect again, else `after`, which is still in their URL then.
  private static func after(_ request: HTTPRequest) throws(Problem) -> Int64 {
    let given = [("after", request.queryValue("after")), ("Last-Event-ID", request.header("Last-Event-ID"))]
    var number: Int64 = 0
    for case (let name, let text?) in given {
      guard let value = Int64(text), value >= 0 else { throw Problem(.queryInvalid, "\(name) is \(text.prefix(80)); it may be the number of an event") }
      number = value
    }
    return number
  }
}
