import Penstock
import StreamEngine
import Testing

/// What the engine gets to see of a built pipeline.
@Suite struct BuiltPlanTests {
  private func configuration(_ builder: StreamPipelineBuilder<Reading>) throws -> ExecutorConfiguration {
    try builder.withAggregation(.count, as: "n").build().configuration
  }

  @Test("Defaults are those of a spec")
  func defaults() throws {
    let plan = try configuration(StreamPipelineBuilder<Reading>().withTumblingWindow(milliseconds: 10, offset: 3))
    #expect(plan == ExecutorConfiguration(window: .tumbling(size: 10, offset: 3), aggregations: [AggregationPlan(function: .count, field: nil)], fieldCount: 0))
  }

  @Test("Each window reaches the engine")
  func windows() throws {
    let builder = StreamPipelineBuilder<Reading>()
    #expect(try configuration(builder.withSlidingWindow(milliseconds: 10, slideMilliseconds: 3, offset: 1)).window == .sliding(size: 10, slide: 3, offset: 1))
    #expect(try configuration(builder.withSessionWindow(gapMilliseconds: 7)).window == .session(gap: 7))
    #expect(try configuration(builder.withCountWindow(5, maxAgeMilliseconds: 9)).window == .count(5, maxAge: 9))
    #expect(try configuration(builder.withCountWindow(5)).window == .count(5, maxAge: nil))
  }

  @Test("The drift goes by the window unless it is given")
  func drift() throws {
    func drift(_ builder: StreamPipelineBuilder<Reading>) throws -> Int64? { try builder.withAggregation(.count, as: "n").build().maxDrift }
    #expect(try drift(seconds) == nil)
    #expect(try drift(seconds.withMaxDrift(milliseconds: 7)) == 7)
  }

  @Test("Each setting reaches the engine")
  func settings() throws {
    let plan = try configuration(
      StreamPipelineBuilder<Reading>().withTumblingWindow(milliseconds: 10).withAllowedLateness(milliseconds: 1).withMaxFutureSkew(milliseconds: 2)
        .withEarlyResults(everyMilliseconds: 300).withLimits(maxKeys: 4, maxStateBytes: 5_000_000).withWatermark(.boundedOutOfOrderness(milliseconds: 6)))
    #expect(plan.allowedLateness == 1)
    #expect(plan.maxFutureSkew == 2)
    #expect(plan.earlyInterval == 300)
    #expect(plan.maxKeysPerSlice == 4)
    #expect(plan.maxStateBytes == 5_000_000)
    #expect(plan.maxDelay == 6)
    #expect(try configuration(seconds).maxDelay == 0)
    #expect(try configuration(seconds.withWatermark(.manual)).watermark == .manual)
    #expect(try configuration(seconds.withWatermark(.punctuated { _ in nil })).watermark == .punctuated)
  }

  @Test("Aggregations of one field share its column; a condition makes a column of its own")
  func columns() throws {
    let plan = try seconds.withAggregation(.sum(\.value), as: "sum").withAggregation(.average(\.value), as: "avg")
      .withAggregation(.count(of: \.value), as: "n").withAggregation(.max(\.status), as: "max").withAggregation(.count, as: "all")
      .withAggregation(.sum(\.value), as: "some", where: { $0.status == 1 }).withAggregation(.count, as: "few", where: { $0.status == 1 })
      .withAggregation(.rate, as: "rate").withAggregation(.percentile(99.9, \.value), as: "p")
      .withAggregation(.variance(\.value, population: true), as: "var").build().configuration
    #expect(plan.aggregations.map(\.field) == [0, 0, 0, 1, nil, 2, 3, nil, 0, 0])
    #expect(plan.fieldCount == 4)
    #expect(plan.aggregations[8].percentile == 99.9)
    #expect(plan.aggregations[9].population)
    #expect(plan.aggregations.map(\.function) == [.sum, .avg, .count, .max, .count, .sum, .count, .rate, .percentile, .variance])
  }

  @Test("An expression becomes steps over the places of its members")
  func expression() throws {
    let plan = try seconds.withAggregation(.count, as: "all").withAggregation(.count, as: "errors", where: { $0.status == 500 })
      .withAggregation(.expression(100 * .member("errors") / .member("all") - 0.5), as: "percent").build().configuration
    #expect(
      plan.aggregations[2].expression?.steps
        == [.integer(100), .member(1), .multiply, .member(0), .divide, .double(0.5), .subtract])
  }

  @Test("Stored windows belong to name, window and members; what leaves them as they are does not matter")
  func identity() throws {
    func identity(_ builder: StreamPipelineBuilder<Reading>) throws -> String { try builder.build().stateIdentity }
    let base = seconds.withName("p").withAggregation(.sum(\.value), as: "sum")
    let same = try identity(base)
    #expect(try identity(base.withBufferSize(7).withAllowedLateness(milliseconds: 9).withIdleTimeout(milliseconds: 1)) == same)
    #expect(try identity(base.withName("q")) != same)
    #expect(try identity(base.withAggregation(.count, as: "n")) != same)
    #expect(try identity(seconds.withName("p").withAggregation(.sum(\.value), as: "total")) != same)
    #expect(try identity(seconds.withName("p").withAggregation(.max(\.value), as: "sum")) != same)
    func custom(_ limit: Int) throws -> String {
      try identity(seconds.withName("p").withAggregation(.custom(Longest(limit: limit)), as: "longest"))
    }
    #expect(try custom(3) != custom(4))
    #expect(try custom(3) == custom(3))
    #expect(try identity(StreamPipelineBuilder().withName("p").withTumblingWindow(milliseconds: 2_000).withAggregation(.sum(\.value), as: "sum")) != same)
  }
}
