import StreamEngine

/// A user's aggregation whose state grows: the set of the last bytes of its events, in order. As a result: how many, and their sum.
enum TestAggregation {
  static func plan() -> AggregationPlan {
    var plan = AggregationPlan(function: .custom, field: nil)
    plan.custom = shared
    return plan
  }

  private static let shared = CustomAggregation(
    identity: "bytes/1", initial: { [] },
    add: { state, events, record in
      insert(&state, UInt8(truncatingIfNeeded: events.assumingMemoryBound(to: Int64.self)[record]))
    },
    merge: { state, other in for byte in other { insert(&state, byte) } },
    result: { state in .text("\(state.count)/\(state.reduce(0) { $0 + Int($1) })") })

  private static func insert(_ state: inout [UInt8], _ byte: UInt8) {
    guard let place = state.firstIndex(where: { $0 >= byte }) else { return state.append(byte) }
    if state[place] != byte { state.insert(byte, at: place) }
  }

  /// What must come out over these events.
  static func result(_ events: [Int64], _ custom: CustomAggregation) -> TestCell {
    let bytes = Set(events.map { UInt8(truncatingIfNeeded: $0) })
    return .text("\(bytes.count)/\(bytes.reduce(0) { $0 + Int($1) })")
  }
}
