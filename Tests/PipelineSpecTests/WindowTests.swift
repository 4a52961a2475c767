import PipelineSpec
import RecordCodec
import StreamEngine
import Testing

@Suite("Windows and watermarks of a spec")
struct WindowTests {
  @Test("a wrong member is one fault, at its pointer, with its code", arguments: any + sliding + session + count + watermark)
  func rule(_ rule: Rule) {
    let faults = Fixtures.faults(Fixtures.least(rule.path, rule.value))
    #expect(faults.map { "\($0.pointer) \($0.code)" } == ["\(rule.pointer) \(rule.code)"])
    #expect(faults.allSatisfy { !$0.detail.isEmpty })
  }

  static let any = [
    Rule("window", nil, "missing"), Rule("window", "tumbling", "wrong_type"), Rule("window", .null, "wrong_type"),
    Rule("window/size", 5, "unknown_member"), Rule("window/type", nil, "missing"), Rule("window/type", "tumblin", "unknown_value"),
    Rule("window/type", "none", "not_supported_yet"), Rule("window/type", "global", "not_supported_yet"),
    Rule("window/slide_ms", 5, "conflict"), Rule("window/gap_ms", 5, "conflict"), Rule("window/count", 5, "conflict"),
    Rule("window/max_age_ms", 5, "conflict"),
    Rule("window/size_ms", nil, "missing"), Rule("window/size_ms", 0, "out_of_range"), Rule("window/size_ms", -1, "out_of_range"),
    Rule("window/size_ms", 1.5, "wrong_type"), Rule("window/size_ms", 60_000.0, "wrong_type"), Rule("window/size_ms", .null, "wrong_type"),
    Rule("window/size_ms", "60000", "wrong_type"), Rule("window/size_ms", 9.3e18, "out_of_range"),
    Rule("window/size_ms", .integer(.max), "out_of_range"), Rule("window/size_ms", .integer(SpecLimits.longestTime + 1), "out_of_range"),
    Rule("window/offset_ms", 60_000, "out_of_range"), Rule("window/offset_ms", -1, "out_of_range"),
    Rule("window/allowed_lateness_ms", -1, "out_of_range"), Rule("window/allowed_lateness_ms", .integer(.max), "out_of_range"),
  ]

  static let sliding = [
    Rule("window", ["type": "sliding", "size_ms": 10], "missing", at: "/window/slide_ms"),
    Rule("window", ["type": "sliding", "slide_ms": 10], "missing", at: "/window/size_ms"),
    Rule("window", ["type": "sliding", "size_ms": 10, "slide_ms": 0], "out_of_range", at: "/window/slide_ms"),
    Rule("window", ["type": "sliding", "size_ms": 10, "slide_ms": 11], "out_of_range", at: "/window/slide_ms"),
    Rule("window", ["type": "sliding", "size_ms": 10, "slide_ms": 5, "offset_ms": 5], "out_of_range", at: "/window/offset_ms"),
    Rule("window", ["type": "sliding", "size_ms": 10_001, "slide_ms": 1], "out_of_range", at: "/window/slide_ms"),
    Rule("window", ["type": "sliding", "size_ms": .integer(SpecLimits.longestTime), "slide_ms": 1], "out_of_range", at: "/window/slide_ms"),
    Rule("window", ["type": "sliding", "size_ms": 10, "slide_ms": 5, "gap_ms": 5], "conflict", at: "/window/gap_ms"),
  ]

  static let session = [
    Rule("window", ["type": "session"], "missing", at: "/window/gap_ms"),
    Rule("window", ["type": "session", "gap_ms": 0], "out_of_range", at: "/window/gap_ms"),
    Rule("window", ["type": "session", "gap_ms": 5, "size_ms": 5], "conflict", at: "/window/size_ms"),
    Rule("window", ["type": "session", "gap_ms": 5, "offset_ms": 0], "conflict", at: "/window/offset_ms"),
    Rule("window", ["type": "session", "gap_ms": 5, "max_age_ms": 5], "conflict", at: "/window/max_age_ms"),
  ]

  static let count = [
    Rule("window", ["type": "count"], "missing", at: "/window/count"),
    Rule("window", ["type": "count", "count": 0], "out_of_range", at: "/window/count"),
    Rule("window", ["type": "count", "count": 1_000_000_001], "out_of_range", at: "/window/count"),
    Rule("window", ["type": "count", "count": 5, "max_age_ms": 0], "out_of_range", at: "/window/max_age_ms"),
    Rule("window", ["type": "count", "count": 5, "max_age_ms": .null], "wrong_type", at: "/window/max_age_ms"),
    Rule("window", ["type": "count", "count": 5, "size_ms": 5], "conflict", at: "/window/size_ms"),
    Rule("window", ["type": "count", "count": 5, "allowed_lateness_ms": 0], "conflict", at: "/window/allowed_lateness_ms"),
  ]

  static let watermark = [
    Rule("watermark/strategy", "none", "unknown_value"), Rule("watermark/strategy", "punctuated", "not_supported"),
    Rule("watermark/strategy", "manual", "not_supported"),
    Rule("watermark/max_delay_ms", -1, "out_of_range"), Rule("watermark/idle_timeout_ms", 0, "out_of_range"),
    Rule("watermark/max_future_skew_ms", 86_400_001, "out_of_range"), Rule("watermark/max_drift_ms", 0, "out_of_range"),
    Rule("watermark/max_drift_ms", .integer(SpecLimits.maxDrift.upperBound + 1), "out_of_range"),
    Rule("watermark", ["strategy": "ascending", "max_delay_ms": 1], "conflict", at: "/watermark/max_delay_ms"),
  ]

  @Test("a strategy that needs code is refused with the word for whom it is")
  func libraryStrategies() {
    let details = ["punctuated", "manual"].flatMap { Fixtures.faults(Fixtures.least("watermark/strategy", .string($0))).map(\.detail) }
    #expect(details.count == 2)
    #expect(details.allSatisfy { $0.contains("for Swift programs that link the library") && !$0.contains("yet") })
  }

  @Test("each type compiles with its members and their defaults", arguments: [
    (["type": "tumbling", "size_ms": 5, "offset_ms": 4], .tumbling(size: 5, offset: 4), 5_000),
    (["type": "sliding", "size_ms": 7, "slide_ms": 3], .sliding(size: 7, slide: 3, offset: 0), 5_000),
    (["type": "sliding", "size_ms": 3, "slide_ms": 3, "offset_ms": 2, "allowed_lateness_ms": 0], .sliding(size: 3, slide: 3, offset: 2), 0),
    (["type": "sliding", "size_ms": 10_000, "slide_ms": 1], .sliding(size: 10_000, slide: 1, offset: 0), 5_000),
    (["type": "session", "gap_ms": 9, "allowed_lateness_ms": 1], .session(gap: 9), 1),
    (["type": "count", "count": 1_000_000_000], .count(1_000_000_000, maxAge: nil), 0),
    (["type": "count", "count": 1, "max_age_ms": 8], .count(1, maxAge: 8), 0),
  ] as [(JSONValue, WindowPlan, Int64)])
  func plans(window: JSONValue, plan: WindowPlan, lateness: Int64) throws {
    let spec = try Fixtures.parse(Fixtures.least("window", window))
    #expect(spec.compiled.executor.window == plan)
    #expect(spec.compiled.executor.allowedLateness == lateness)
    #expect(try Fixtures.parse(spec.normalized).compiled == spec.compiled)
  }

  @Test("a member as others call it gets the one that the type of window has", arguments: [
    ("count", "size", "count"), ("session", "size", "gap_ms"), ("session", "timeout_ms", "gap_ms"), ("sliding", "advance_ms", "slide_ms"),
    ("sliding", "size", "size_ms"), ("tumbling", "size", "size_ms"),
  ])
  func foreignMembers(type: String, member: String, meant: String) {
    let found = Fixtures.faults(Fixtures.least("window", .object([.init("type", .string(type)), .init(member, 5)])))
    #expect(found.filter { $0.code == "unknown_member" }.map(\.suggestion) == [meant])
  }

  @Test("too many windows for one record get the least slide that works")
  func slideSuggestion() throws {
    let window: JSONValue = ["type": "sliding", "size_ms": 100_001, "slide_ms": 3]
    let fault = try #require(Fixtures.faults(Fixtures.least("window", window)).first)
    #expect(fault.suggestion == "11")
    #expect(fault.detail.contains("10000"))
    #expect(Fixtures.faults(Fixtures.least("window", Fixtures.change(window, ["slide_ms"], 11))).isEmpty)
  }

  @Test("early results are for windows that are not too many")
  func earlyWindows() {
    let early = Fixtures.least("emit", ["when": "early", "every_ms": 1_000])
    let window: JSONValue = ["type": "sliding", "size_ms": 601_000, "slide_ms": 1_000]
    #expect(Fixtures.faults(Fixtures.change(early, ["window"], window)).map(\.pointer) == ["/emit/when"])
    #expect(Fixtures.faults(Fixtures.change(early, ["window"], Fixtures.change(window, ["size_ms"], 600_000))).isEmpty)
    #expect(Fixtures.faults(Fixtures.least("window", window)).isEmpty)
  }

  @Test("a drift that is not given goes by the window, and null says so")
  func drift() throws {
    let least = try Fixtures.parse(Fixtures.least)
    #expect(least.compiled.maxDriftMs == nil)
    #expect(try Fixtures.parse(least.normalized).compiled == least.compiled)
    #expect(try Fixtures.parse(Fixtures.change(Fixtures.least, ["watermark", "max_drift_ms"], .null)).compiled == least.compiled)
    #expect(try Fixtures.parse(Fixtures.change(Fixtures.least, ["watermark", "max_drift_ms"], 1)).compiled.maxDriftMs == 1)
  }

  @Test("early results come every so often, and results carry their window's time unless the spec says now")
  func emission() throws {
    let early = try Fixtures.parse(Fixtures.least("emit", ["when": "early", "every_ms": 100])).compiled
    #expect(early.executor.earlyInterval == 100 && !early.resultTimestampNow)
    let now = try Fixtures.parse(Fixtures.least("emit", ["timestamp": "now"])).compiled
    #expect(now.executor.earlyInterval == nil && now.resultTimestampNow)
    #expect(try Fixtures.parse(Fixtures.least("emit", ["when": "on_close", "timestamp": "window"])).compiled == Fixtures.parse(Fixtures.least).compiled)
  }
}
