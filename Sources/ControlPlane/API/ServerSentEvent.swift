import RecordCodec

/// One event of a text/event-stream (WHATWG HTML, "Server-sent events"). The data is JSON without line breaks.
enum ServerSentEvent {
  static func bytes(_ event: String, id: Int64? = nil, _ data: [UInt8]) -> [UInt8] {
    var bytes = Array((id.map { "id: \($0)\n" } ?? "").utf8)
    bytes += Array("event: \(event)\ndata: ".utf8)
    // What others wrote must not end the line.
    bytes += data.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    return bytes + [0x0A, 0x0A]
  }

  static func bytes(_ event: HistoryEvent) -> [UInt8] { bytes(event.kind.rawValue, id: event.sequence, event.document.serialized()) }
}
