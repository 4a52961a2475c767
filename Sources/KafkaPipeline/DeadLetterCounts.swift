import RecordCodec

/// Records that went to the dead letter topic, by reason.
struct DeadLetterCounts {
  /// By `DecodeFailure.rawValue`.
  var undecoded = [Int64](repeating: 0, count: DecodeFailure.allCases.count + 1)
  var late: Int64 = 0

  /// Only reasons that occurred.
  var byReason: [String: Int64] {
    var counts: [String: Int64] = late > 0 ? ["late": late] : [:]
    for failure in DecodeFailure.allCases where undecoded[Int(failure.rawValue)] > 0 {
      counts[failure.reason] = undecoded[Int(failure.rawValue)]
    }
    return counts
  }
}
