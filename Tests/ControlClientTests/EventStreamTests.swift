import Testing

@testable import ControlClient

@Suite("Event streams")
struct EventStreamTests {
  private static let text = "\u{FEFF}: hello\n\nid: 7\nevent: result\ndata: {\"a\":\ndata: 1}\n\ndata\n\r\n: heartbeat\r\n\r\nevent: x\r\rid:8\rdata:  two\r\rdata: cut"
  private static let events = [
    ServerEvent(type: "result", data: "{\"a\":\n1}", id: "7"), ServerEvent(type: "message", data: "", id: "7"), ServerEvent(type: "message", data: " two", id: "8"),
  ]

  @Test("The same events come out however the bytes are cut", arguments: [1, 2, 3, 7, 1_000])
  func cuts(_ size: Int) {
    var parser = EventStreamParser()
    var events: [ServerEvent] = []
    var bytes = Array(Self.text.utf8)[...]
    while !bytes.isEmpty {
      events += parser.take(bytes.prefix(size))
      bytes = bytes.dropFirst(size)
    }
    #expect(events == Self.events)
    #expect(parser.lastID == "8")
  }

  @Test("An event that is too large is dropped and counted, and the next is read")
  func large() {
    var parser = EventStreamParser()
    let line = Array("data: ".utf8) + [UInt8](repeating: 0x61, count: ClientLimits.maxEventBytes) + [0x0A]
    let events = parser.take(line) + parser.take(Array("\ndata: x\n\n".utf8))
    #expect(events == [ServerEvent(data: "x")])
    #expect(parser.oversized == 1)
  }
}
