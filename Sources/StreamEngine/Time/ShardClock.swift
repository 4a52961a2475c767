/// Event time of a shard: a watermark per input and their minimum. Times are milliseconds; no function reads a clock.
struct ShardClock {
  /// Time of one input.
  struct Input {
    /// Largest accepted timestamp minus the delay; Int64.min before the first.
    var watermark = Int64.min
    /// An accepted timestamp came; else the watermark is minus infinity.
    var started = false
    var idle = false
  }

  let inputs: UnsafeMutablePointer<Input>
  let count: Int
  private(set) var plan: WatermarkPlan
  let maxDelay: Int64
  let maxFutureSkew: Int64
  /// The shard's; Int64.min stands for minus infinity as long as `started` is false.
  private(set) var watermark = Int64.min
  private(set) var started = false
  /// Wall clock when the last input went idle, and the watermark that event time goes on from; nil while any input is not idle.
  private(set) var allIdleSince: Int64?
  private(set) var allIdleWatermark: Int64?
  /// The input that holds the minimum, or -1 if it must be looked for; and a bound that it may reach without another one
  /// becoming the minimum.
  private var slowest = -1
  private var slowestBound = Int64.min
  private var idleCount = 0

  init(inputs count: Int, _ configuration: ExecutorConfiguration) {
    self.count = max(0, count)
    plan = configuration.watermark
    maxDelay = max(0, configuration.maxDelay)
    maxFutureSkew = max(0, configuration.maxFutureSkew)
    inputs = .allocate(capacity: self.count)
    inputs.initialize(repeating: Input(), count: self.count)
  }

  func free() {
    inputs.deallocate()
  }

  /// Takes over stored times. Idle flags that make all inputs idle without a time since when count from the next `advance`.
  mutating func restore(watermark: Int64?, times: [InputTime], allIdleSince: Int64?, allIdleWatermark: Int64?) {
    for (index, time) in times.enumerated() where index < count {
      inputs[index] = Input(watermark: time.watermark ?? Int64.min, started: time.watermark != nil, idle: time.idle)
    }
    idleCount = (0..<count).count { inputs[$0].idle }
    if let watermark { raise(to: watermark) }
    if idleCount == count, count > 0, let allIdleSince {
      self.allIdleSince = allIdleSince
      self.allIdleWatermark = allIdleWatermark
    }
    findSlowest()
  }

  /// Records move no watermark until `thaw`.
  mutating func freeze() { plan = .manual }
  mutating func thaw(_ plan: WatermarkPlan) { self.plan = plan }

  /// Takes the time of one record. Returns false if it is too far ahead of the wall clock to move a watermark: its timestamp is
  /// above `latest`.
  @inline(__always)
  mutating func observe(_ columns: RecordColumns, _ record: Int, latest: Int64) -> Bool {
    let index = Int(columns.inputs[record])
    precondition(index >= 0 && index < count)
    let input = inputs + index
    if input.pointee.idle { wake(index) }
    let time: Int64
    switch plan {
    case .boundedOutOfOrderness:
      guard columns.timestamps[record] <= latest else { return false }
      time = saturatingDifference(columns.timestamps[record], maxDelay)
    case .punctuated:
      guard let watermark = columns.watermarks?[record], watermark != Int64.min else { return true }
      time = watermark
    case .manual:
      return true
    }
    if time > input.pointee.watermark || !input.pointee.started { advance(index, to: time) }
    return true
  }

  /// Of a manual clock: raises the watermarks of inputs, which ends their idleness as a record does.
  mutating func set(_ time: Int64, inputs indices: Range<Int>) {
    let set = indices.filter { (0..<count).contains($0) }
    for index in set where time > inputs[index].watermark || !inputs[index].started {
      inputs[index].watermark = time
      inputs[index].started = true
    }
    markActive(set)
    if idleCount < count { findSlowest() }
  }

  /// The largest timestamp that may move a watermark now.
  func latestTimestamp(now: Int64) -> Int64 {
    saturatingSum(now, maxFutureSkew)
  }

  @inline(__always)
  private mutating func advance(_ index: Int, to time: Int64) {
    let started = inputs[index].started
    inputs[index].watermark = time
    inputs[index].started = true
    // Where another input holds the minimum, or one without a record holds the shard, nothing moves.
    if started, index != slowest { return }
    if started, time <= slowestBound {
      raise(to: time)
      return
    }
    findSlowest()
  }

  private mutating func wake(_ index: Int) {
    inputs[index].idle = false
    idleCount -= 1
    allIdleSince = nil
    allIdleWatermark = nil
    findSlowest()
  }

  /// Ends the idleness of inputs before their next records come: of all at once, since one alone may stand far ahead of the others.
  mutating func markActive(_ indices: [Int]) {
    let waking = indices.filter { (0..<count).contains($0) && inputs[$0].idle }
    if waking.isEmpty { return }
    for index in waking where inputs[index].idle {
      inputs[index].idle = false
      idleCount -= 1
    }
    allIdleSince = nil
    allIdleWatermark = nil
    findSlowest()
  }

  /// Marks an input idle: it no longer holds the shard back. Once the last one is, event time goes on with the wall clock.
  mutating func markIdle(_ index: Int, now: Int64) {
    guard (0..<count).contains(index), !inputs[index].idle else { return }
    inputs[index].idle = true
    idleCount += 1
    if idleCount < count {
      findSlowest()
      return
    }
    slowest = -1
    startAllIdle(now: now, last: index)
  }

  /// `last`: the input that went idle last, if known. If it never had a record, it is left out: then the slowest of those that had
  /// one gives the time.
  private mutating func startAllIdle(now: Int64, last: Int?) {
    if let last, inputs[last].started {
      raise(to: inputs[last].watermark)
    } else {
      var slowest: Int64?
      for index in 0..<count where inputs[index].started {
        slowest = min(slowest ?? Int64.max, inputs[index].watermark)
      }
      if let slowest { raise(to: slowest) }
    }
    allIdleSince = now
    allIdleWatermark = started ? watermark : nil
  }

  /// Lets event time go on while all inputs are idle.
  mutating func advance(now: Int64) {
    guard idleCount == count, count > 0 else { return }
    guard let since = allIdleSince else {
      startAllIdle(now: now, last: nil)
      return
    }
    // A wall clock that was set back makes no time pass; `raise` keeps what was reached before.
    guard let base = allIdleWatermark, now > since else { return }
    raise(to: saturatingSum(base, saturatingDifference(now, since)))
  }

  /// Never back.
  @inline(__always)
  private mutating func raise(to time: Int64) {
    if time > watermark { watermark = time }
    started = true
  }

  /// Finds the minimum over the inputs that are not idle and raises the shard's watermark to it. One of them without a record
  /// holds the shard where it is.
  private mutating func findSlowest() {
    slowest = -1
    slowestBound = Int64.max
    var smallest = Int64.max
    for index in 0..<count where !inputs[index].idle {
      guard inputs[index].started else {
        slowest = -1
        return
      }
      if slowest < 0 || inputs[index].watermark < smallest {
        slowestBound = slowest < 0 ? Int64.max : smallest
        smallest = inputs[index].watermark
        slowest = index
      } else {
        slowestBound = min(slowestBound, inputs[index].watermark)
      }
    }
    if slowest >= 0 { raise(to: smallest) }
  }
}
