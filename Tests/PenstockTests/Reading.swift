import Penstock

/// The event of these tests: what a program would declare, with the public library alone.
struct Reading: Codable, Sendable, Hashable, EventTimeExtractor, KeyExtractor {
  var timestamp: Int64
  var sensor: String
  var value: Double
  var status: Int?
  var place: String?
  var isSafe: Bool?
  /// Event time that this one vouches for.
  var upTo: Int64?

  init(_ timestamp: Int64, _ sensor: String = "a", _ value: Double = 1, status: Int? = nil, place: String? = nil, isSafe: Bool? = nil, upTo: Int64? = nil) {
    self.timestamp = timestamp
    self.sensor = sensor
    self.value = value
    self.status = status
    self.place = place
    self.isSafe = isSafe
    self.upTo = upTo
  }

  var eventTime: EventTime { EventTime(milliseconds: timestamp) }
  var key: EventKey { .plain(sensor) }
}

/// Wall clock of these tests: after every event.
let late: Int64 = 1_000_000_000

/// Windows of 1 s, no delay, no lateness.
var seconds: StreamPipelineBuilder<Reading> {
  StreamPipelineBuilder<Reading>().withTumblingWindow(milliseconds: 1_000).withWatermark(.ascending).withAllowedLateness(milliseconds: 0)
}
