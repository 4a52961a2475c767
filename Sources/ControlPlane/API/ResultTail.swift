import HTTPServer
import KafkaPipeline
import RecordCodec
import Synchronization

/// Results on their way to one client. What it is too slow for is counted, and told when there is room again.
final class ResultTail: Sendable {
  /// The stream is its client's; nothing here keeps it.
  private let stream: Weak
  private let dropped = Mutex<Int64>(0)

  private final class Weak: Sendable {
    // Set once; the runtime makes reading a weak reference safe on any thread.
    nonisolated(unsafe) weak var stream: HTTPStream?
    init(_ stream: HTTPStream) { self.stream = stream }
  }

  init(_ stream: HTTPStream) { self.stream = Weak(stream) }

  /// On a lane's thread.
  func take(_ word: ResultTap.Word) {
    guard let stream = stream.stream else { return }
    dropped.withLock { dropped in
      switch word {
      case .dropped(let count): dropped += count
      case .result(let value, let topic, let at):
        if dropped > 0, stream.send(ServerSentEvent.bytes("dropped", JSONValue.object([.init("count", .integer(dropped))]).serialized())) { dropped = 0 }
        let head = Array(#"{"topic":\#(JSONValue.string(topic).text),"at":"\#(RFC3339.text(milliseconds: at))","value":"#.utf8)
        if dropped > 0 || !stream.send(ServerSentEvent.bytes("result", head + value + [UInt8(ascii: "}")])) { dropped += 1 }
      }
    }
  }
}

extension JSONValue {
  /// Without white space.
  fileprivate var text: String { String(decoding: serialized(), as: UTF8.self) }
}
