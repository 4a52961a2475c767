/// Cuts the bytes of an event stream, however they arrive, into events.
package struct EventStreamParser: Sendable {
  private var line: [UInt8] = []
  private var isBehindCarriageReturn = false
  private var type: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  /// For `Last-Event-ID`.
  package private(set) var lastID: String?
  /// An event, or a line of one, was longer than `ClientLimits.maxEventBytes`; its data was dropped.
  package private(set) var oversized = 0
  private var isOversized = false

  package init() {}

  /// The events that are complete with these bytes. An event without data is none.
  package mutating func take(_ bytes: some Sequence<UInt8>) -> [ServerEvent] {
    var events: [ServerEvent] = []
    for byte in bytes {
      if byte == 0x0A, isBehindCarriageReturn {
        isBehindCarriageReturn = false
        continue
      }
      isBehindCarriageReturn = byte == 0x0D
      if byte == 0x0A || byte == 0x0D {
        if let event = endLine() { events.append(event) }
        line.removeAll(keepingCapacity: true)
      } else if line.count < ClientLimits.maxEventBytes {
        line.append(byte)
      } else {
        isOversized = true
      }
    }
    return events
  }

  private mutating func endLine() -> ServerEvent? {
    if line.isEmpty { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    if colon == line.startIndex { return nil }
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == 0x20 { value.removeFirst() }
    switch String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self) {
    case "event": type = Array(value)
    case "data":
      if data.count + value.count > ClientLimits.maxEventBytes { isOversized = true }
      if hasData, !isOversized { data.append(0x0A) }
      hasData = true
      if !isOversized { data += value }
    // A line break cannot be in it; NUL is refused by the standard.
    case "id" where !value.contains(0): lastID = String(decoding: value, as: UTF8.self)
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> ServerEvent? {
    defer {
      type = []
      data = []
      (hasData, isOversized) = (false, false)
    }
    if isOversized { oversized += 1 }
    guard hasData, !isOversized else { return nil }
    return ServerEvent(
      type: type.isEmpty ? "message" : String(decoding: type, as: UTF8.self), data: String(decoding: data, as: UTF8.self), id: lastID)
  }
}
