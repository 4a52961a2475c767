/// From where on the log must be read to meet every record of some time and later: per stretch of event time, the smallest offset of
/// each input. Sessions have no slices that could hold these. At most `most` stretches; where there are more, they get twice as wide.
struct OffsetTrail {
  private static let most = 256
  /// Narrower stretches would be many and tell little more.
  private static let narrowest: Int64 = 1_000

  private struct Stretch {
    var start: Int64
    var offsets: [Int64]
  }

  private let inputs: Int
  private let firstWidth: Int64
  private var width: Int64
  /// In order of start.
  private var stretches: [Stretch] = []
  /// The one of the record before: most follow into the same.
  private var latest = 0

  init(inputs: Int, width: Int64) {
    self.inputs = inputs
    firstWidth = max(OffsetTrail.narrowest, width)
    self.width = firstWidth
  }

  private func start(_ time: Int64) -> Int64 {
    let behind = time % width
    return saturatingDifference(time, behind < 0 ? behind + width : behind)
  }

  mutating func note(_ time: Int64, _ input: Int, _ offset: Int64) {
    if latest >= stretches.count || time < stretches[latest].start || saturatingDifference(time, stretches[latest].start) >= width {
      latest = find(start(time))
    }
    if offset < stretches[latest].offsets[input] { stretches[latest].offsets[input] = offset }
  }

  private mutating func find(_ start: Int64) -> Int {
    if let last = stretches.last, last.start < start {
      stretches.append(Stretch(start: start, offsets: [Int64](repeating: Int64.max, count: inputs)))
      return shortened(start)
    }
    let place = stretches.firstIndex { $0.start >= start } ?? stretches.count
    if place < stretches.count, stretches[place].start == start { return place }
    stretches.insert(Stretch(start: start, offsets: [Int64](repeating: Int64.max, count: inputs)), at: place)
    return shortened(start)
  }

  /// Makes the stretches wider if there are too many. Returns where the one of that time is.
  private mutating func shortened(_ time: Int64) -> Int {
    while stretches.count > OffsetTrail.most, width < Int64.max / 4 {
      width *= 2
      var wider: [Stretch] = []
      for stretch in stretches {
        let begin = start(stretch.start)
        if wider.last?.start == begin {
          for input in 0..<inputs { wider[wider.count - 1].offsets[input] = min(wider[wider.count - 1].offsets[input], stretch.offsets[input]) }
        } else {
          wider.append(Stretch(start: begin, offsets: stretch.offsets))
        }
      }
      stretches = wider
    }
    return stretches.lastIndex { $0.start <= time } ?? 0
  }

  /// Nothing before that time is needed any more; nil: nothing at all.
  mutating func drop(before time: Int64?) {
    stretches.removeAll { stretch in time.map { saturatingSum(stretch.start, width - 1) < $0 } ?? true }
    latest = 0
    if stretches.isEmpty { width = firstWidth }
  }

  /// The smallest offset of that input since that time.
  func first(_ input: Int, since time: Int64) -> Int64? {
    let since = start(time)
    let first = stretches.reduce(Int64.max) { $1.start < since ? $0 : min($0, $1.offsets[input]) }
    return first == Int64.max ? nil : first
  }

  var states: [TableState] {
    stretches.map { stretch in
      var state = TableState(kind: .trail, start: stretch.start, firstOffsets: stretch.offsets)
      state.span = width
      return state
    }
  }

  /// False if no trail looks like that.
  mutating func restore(_ state: TableState) -> Bool {
    guard state.firstOffsets.count == inputs, state.firstOffsets.allSatisfy({ $0 >= 0 }), state.span >= OffsetTrail.narrowest,
      stretches.isEmpty || (state.span == width && (stretches.last?.start ?? Int64.max) < state.start), stretches.count < OffsetTrail.most
    else { return false }
    width = state.span
    stretches.append(Stretch(start: state.start, offsets: state.firstOffsets))
    return true
  }
}
