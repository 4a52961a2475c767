import StreamEngine

/// Event time by its definition: the minimum over the inputs that are not idle, taken anew each time it may have risen.
struct OracleClock {
  let configuration: ExecutorConfiguration
  var watermarks: [Int64?]
  var idle: [Bool]
  /// The shard's; never goes back.
  private(set) var watermark: Int64?
  /// While all are idle: the wall clock then and the watermark to go on from.
  private var allIdle: (since: Int64, base: Int64?)?
  private(set) var futureSkewed: Int64 = 0

  init(_ configuration: ExecutorConfiguration, inputs: Int) {
    self.configuration = configuration
    watermarks = Array(repeating: nil, count: inputs)
    idle = Array(repeating: false, count: inputs)
  }

  mutating func observe(_ record: TestRecord, now: Int64) {
    idle[record.input] = false
    allIdle = nil
    switch configuration.watermark {
    case .boundedOutOfOrderness:
      if record.timestamp > now.plus(configuration.maxFutureSkew) {
        futureSkewed += 1
      } else {
        raise(record.input, record.timestamp.minus(configuration.maxDelay))
      }
    case .punctuated: if let time = record.watermark { raise(record.input, time) }
    case .manual: break
    }
    takeMinimum()
  }

  /// An input whose watermark is set is as little idle as one that has a record.
  mutating func set(_ time: Int64, input: Int?) {
    for each in input.map({ $0...$0 }) ?? 0...(watermarks.count - 1) {
      idle[each] = false
      raise(each, time)
    }
    allIdle = nil
    takeMinimum()
  }

  mutating func markIdle(_ input: Int, now: Int64) {
    guard !idle[input] else { return }
    idle[input] = true
    takeMinimum()
    guard !idle.contains(false) else { return }
    raise(watermarks[input] ?? watermarks.compactMap { $0 }.min())
    allIdle = (now, watermark)
  }

  /// The input holds back again from now on, and may be further than the others were.
  mutating func markActive(_ input: Int) {
    guard idle[input] else { return }
    idle[input] = false
    allIdle = nil
    takeMinimum()
  }

  mutating func advance(now: Int64) {
    if let allIdle, let base = allIdle.base { raise(base.plus(max(0, now.minus(allIdle.since)))) }
  }

  private mutating func takeMinimum() {
    let active = watermarks.indices.filter { !idle[$0] }.map { watermarks[$0] }
    guard !active.isEmpty, !active.contains(where: { $0 == nil }) else { return }
    raise(active.compactMap { $0 }.min())
  }

  private mutating func raise(_ input: Int, _ time: Int64) {
    watermarks[input] = max(time, watermarks[input] ?? time)
  }

  private mutating func raise(_ time: Int64?) {
    guard let time else { return }
    watermark = max(time, watermark ?? time)
  }
}

extension Int64 {
  /// Sums and differences that stay at the ends of Int64.
  func plus(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return !overflow ? sum : other > 0 ? .max : .min
  }

  func minus(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return !overflow ? difference : other < 0 ? .max : .min
  }
}
