/// Runs a `StreamPipeline` in memory, without Kafka: events in, results out. For programs that bring their own input and output, and
/// for tests. Handed to a `PipelineAttempt` it is the model from which that makes its own; its windows stay here.
///
/// It has no clock, thread or lock: `now` is the wall clock in Unix milliseconds as its user sees it, and one task uses it at a time.
///
/// Each partition has a watermark, and windows close by the smallest. One that has no event yet holds all back until `markIdle`.
public final class StreamExecutor<Event: StreamEvent> {
  public let pipeline: StreamPipeline<Event>
  public let partitions: Int
  private let runner: ShardRunner
  private let columns: EventColumns<Event>
  private let buffers: ColumnBuffers
  private var nextOffsets: [Int64]

  /// An event further ahead of the wall clock than this is skipped; milliseconds.
  private static var futureLimit: Int64 { PipelineLimits.day }

  init(_ pipeline: StreamPipeline<Event>, partitions: Int) {
    self.pipeline = pipeline
    self.partitions = max(1, partitions)
    runner = ShardRunner(
      ShardExecutor(configuration: pipeline.configuration, inputs: self.partitions), names: pipeline.resultNames)
    columns = EventColumns(pipeline.reader)
    buffers = ColumnBuffers(capacity: pipeline.bufferSize, fieldCount: pipeline.configuration.fieldCount)
    nextOffsets = [Int64](repeating: 0, count: self.partitions)
  }

  /// Takes in events of one partition, in order, as a batch: results of late events come out at its end.
  ///
  /// - Parameters:
  ///   - offset: of the first event, the others follow; nil goes on after the last. `first` and `last` go by it between equal times.
  /// - Throws: `StateLimitExceeded` once `withLimits` are reached, or a custom aggregation's state is beyond 1 MiB; so do the other
  ///   calls that make results. The executor is of no use then.
  public func process(
    _ events: some Collection<Event>, partition: Int = 0, offset: Int64? = nil, now: Int64
  ) throws(StateLimitExceeded) -> StreamOutput<Event> {
    precondition((0..<partitions).contains(partition), "there is no partition \(partition)")
    var output = StreamOutput<Event>()
    if let offset { nextOffsets[partition] = offset }
    var begin = events.startIndex
    while begin < events.endIndex {
      let end = events.index(begin, offsetBy: buffers.capacity, limitedBy: events.endIndex) ?? events.endIndex
      try process(Array(events[begin..<end]), partition, now, &output)
      begin = end
    }
    try runner.endBatch(into: &output.results)
    return output
  }

  private func process(_ events: [Event], _ partition: Int, _ now: Int64, _ output: inout StreamOutput<Event>) throws(StateLimitExceeded) {
    let places = EventColumns<Event>.Places(
      timestamps: buffers.timestamps, keys: buffers.keys, keyLengths: buffers.keyLengths, status: buffers.status,
      cellKinds: buffers.cellKinds, cellBits: buffers.cellBits, stride: buffers.capacity, watermarks: buffers.watermarks)
    columns.begin(events.count)
    for (index, event) in events.enumerated() {
      buffers.inputs[index] = Int32(partition)
      buffers.offsets[index] = nextOffsets[partition]
      nextOffsets[partition] &+= 1
      if let fault = columns.put(event, at: index, in: places, latestTimestamp: saturatingSum(now, Self.futureLimit)) {
        buffers.status[index] = 1
        output.skippedEvents.append((event, fault))
      }
    }
    try runner.process(buffers.columns(events.count, events: columns.events), 0..<events.count, now: now, into: &output.results)
    for index in events.indices where buffers.outcomes[index] == RecordOutcome.lateDropped { output.lateEvents.append(events[index]) }
  }

  /// Lets go by the wall clock what goes by it: event time while all partitions are idle, the age of count windows, early results.
  /// Call it from time to time.
  public func advance(now: Int64) throws(StateLimitExceeded) -> [WindowResult] {
    var results: [WindowResult] = []
    try runner.advance(now: now, into: &results)
    return results
  }

  /// Nothing comes from that partition for now: it no longer holds the others back. Its next event ends that. While all are idle,
  /// event time goes on with the `now` of `advance`.
  public func markIdle(partition: Int, now: Int64) throws(StateLimitExceeded) -> [WindowResult] {
    var results: [WindowResult] = []
    try runner.markIdle(partition, now: now, into: &results)
    return results
  }

  /// With `WatermarkStrategy.manual`: event time has come so far in that partition, nil in all. Never back.
  public func setWatermark(_ time: EventTime, partition: Int? = nil) throws(StateLimitExceeded) -> [WindowResult] {
    var results: [WindowResult] = []
    try runner.setWatermark(time, input: partition, into: &results)
    return results
  }

  /// Event time has come so far; windows that end at it or before it are closed. nil: before the first event.
  public var watermark: EventTime? { runner.executor.watermark.map { EventTime(milliseconds: $0) } }
}
