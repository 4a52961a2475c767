import Penstock
import Testing

private typealias Builder = StreamPipelineBuilder<Reading>

@Suite struct BuilderTests {
  private func faults(_ builder: StreamPipelineBuilder<Reading>) -> [String] {
    do throws(InvalidPipeline) {
      _ = try builder.build()
      return []
    } catch { return error.faults }
  }

  @Test("A window and one aggregation are enough")
  func least() throws {
    let pipeline = try Builder().withTumblingWindow(milliseconds: 60_000).withAggregation(.count, as: "count").build()
    #expect(pipeline.name == "stream-pipeline")
    #expect(pipeline.resultNames == ["count"])
  }

  @Test("Every fault is named at once")
  func all() {
    let found = faults(
      Builder().withName("Not a name").withTumblingWindow(milliseconds: 0).withAllowedLateness(milliseconds: -1)
        .withWatermark(.boundedOutOfOrderness(milliseconds: -1)).withIdleTimeout(milliseconds: 0).withMaxFutureSkew(milliseconds: -1)
        .withEarlyResults(everyMilliseconds: 99).withMaxDrift(milliseconds: 0).withBufferSize(0).withLimits(maxKeys: 0, maxStateBytes: 1)
        .withAggregation(.percentile(100, \.value), as: "p").withAggregation(.count, as: "key").withAggregation(.count, as: "p"))
    for word in [
      "\"Not a name\"", "size", "lateness", "delay", "idle", "skew", "early", "drift", "buffer", "maxKeys", "maxStateBytes", "percentile", "key: every result",
      "p: two aggregations",
    ] {
      #expect(found.contains { $0.contains(word) }, "no fault says \(word): \(found)")
    }
    #expect(found.count == 14)
  }

  @Test("Nothing at all is named too")
  func nothing() {
    let found = faults(Builder())
    #expect(found.count == 2)
    #expect(found.contains { $0.contains("no window") } && found.contains { $0.contains("no aggregation") })
  }

  static let windowCases: [(StreamPipelineBuilder<Reading>, String?)] = [
    (Builder().withTumblingWindow(milliseconds: 10, offset: 9), nil),
    (Builder().withTumblingWindow(milliseconds: 10, offset: 10), "offset"),
    (Builder().withTumblingWindow(milliseconds: 10, offset: -1), "offset"),
    (Builder().withSlidingWindow(milliseconds: 10, slideMilliseconds: 10), nil),
    (Builder().withSlidingWindow(milliseconds: 10, slideMilliseconds: 7, offset: 6), nil),
    (Builder().withSlidingWindow(milliseconds: 10, slideMilliseconds: 11), "slide"),
    (Builder().withSlidingWindow(milliseconds: 10, slideMilliseconds: 0), "slide"),
    (Builder().withSlidingWindow(milliseconds: 10, slideMilliseconds: 5, offset: 5), "offset"),
    (Builder().withSlidingWindow(milliseconds: 100_001, slideMilliseconds: 1), "100001 windows"),
    (Builder().withSessionWindow(gapMilliseconds: 1), nil),
    (Builder().withSessionWindow(gapMilliseconds: 0), "gap"),
    (Builder().withCountWindow(1, maxAgeMilliseconds: 1), nil),
    (Builder().withCountWindow(0), "count"),
    (Builder().withCountWindow(1, maxAgeMilliseconds: 0), "age"),
    (Builder().withTumblingWindow(milliseconds: 10).withSessionWindow(gapMilliseconds: 1), "2 windows"),
    (Builder().withTumblingWindow(milliseconds: .max), "size"),
  ]

  @Test("A window that makes no sense is refused, one at the edge is not", arguments: windowCases.indices)
  func windows(_ index: Int) {
    let (builder, word) = Self.windowCases[index]
    let found = faults(builder.withAggregation(.count, as: "n"))
    if let word {
      #expect(found.count == 1 && found[0].contains(word), "\(found)")
    } else {
      #expect(found == [])
    }
  }

  static let expressionCases: [(StreamPipelineBuilder<Reading>, String?)] = {
    let counted = Builder().withTumblingWindow(milliseconds: 10).withAggregation(.count, as: "n")
    let nested = (0..<40).reduce(MemberExpression.member("n")) { deep, _ in 1 + deep }
    return [
      (counted.withAggregation(.expression(.member("n") / 2), as: "half"), nil),
      (counted.withAggregation(.expression(.member("later") / 2), as: "half").withAggregation(.count, as: "later"), nil),
      (counted.withAggregation(.expression(.member("nobody") / .member("n")), as: "x"), "no member nobody"),
      (
        counted.withAggregation(.expression(.member("b")), as: "a").withAggregation(.expression(.member("n")), as: "b"),
        "must stand before"
      ),
      (counted.withAggregation(.expression(.member("x")), as: "x"), "must stand before"),
      (counted.withAggregation(.expression(nested), as: "x"), "too deeply"),
      (counted.withAggregation(.expression(.member("n")), as: "x", where: { _ in true }), "no condition"),
    ]
  }()

  @Test("An expression names members that are there and stand before it", arguments: expressionCases.indices)
  func expressions(_ index: Int) {
    let (builder, word) = Self.expressionCases[index]
    let found = faults(builder)
    if let word {
      #expect(found.count == 1 && found[0].contains(word), "\(found)")
    } else {
      #expect(found == [])
    }
  }

  @Test("A step leaves the builder that it was taken from as it was")
  func values() throws {
    let base = Builder().withTumblingWindow(milliseconds: 10)
    let first = try base.withAggregation(.count, as: "a").build()
    let second = try base.withAggregation(.count, as: "b").build()
    #expect(first.resultNames == ["a"])
    #expect(second.resultNames == ["b"])
  }
}
