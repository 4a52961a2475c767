/// Every range and limit of a spec. Times are milliseconds, lengths of texts are UTF-8 bytes unless said otherwise.
package enum SpecLimits {
  private static let hour: Int64 = 3_600_000
  private static let day = 24 * hour
  /// Ten years; keeps sums of times far from overflow.
  package static let longestTime = 3_653 * day

  package static let maxFaults = 100
  /// Characters of the user's text quoted in a fault.
  static let maxQuoted = 64

  package static let nameCharacters = 1...63
  package static let maxDescriptionBytes = 4_096
  package static let maxLabels = 64
  package static let maxLabelNameBytes = 63
  package static let maxLabelValueBytes = 256

  package static let maxBrokers = 64
  package static let maxHostBytes = 253
  package static let groupIDBytes = 1...249
  package static let topicBytes = 1...249
  package static let maxInputTopics = 100
  package static let autoCommitInterval: ClosedRange<Int64> = 10...hour
  /// A lane never blocks for more than a second.
  package static let pollTimeout: ClosedRange<Int64> = 1...1_000
  package static let deliveryTimeout: ClosedRange<Int64> = 100...hour
  package static let produceRetries: ClosedRange<Int64> = 0...1_000
  package static let maxPropertyBytes = 1_024
  package static let maxPEMBytes = 65_536

  package static let maxPathBytes = 1_024
  package static let maxKeyFields = 16
  /// Of a CSV record.
  package static let maxColumns = 1_000

  /// `any`, `all` and `not` within each other.
  package static let maxFilterDepth = 16
  /// In the filter of the records and the conditions of all aggregations together: each costs something for every record.
  package static let maxComparisons = 1_000
  /// Values of one `in`.
  package static let maxListedValues = 1_000
  package static let maxFilterTextBytes = 4_096

  package static let windowSize: ClosedRange<Int64> = 1...longestTime
  package static let sessionGap = windowSize
  /// A record is in that many sliding windows at most: each of them comes out on its own, and a slide takes 33 KiB even for one key.
  package static let maxWindowsPerRecord: Int64 = 10_000
  /// The same where open windows come out early: all of them do each time.
  package static let maxEarlyWindowsPerRecord: Int64 = 600
  package static let recordsPerWindow: ClosedRange<Int64> = 1...1_000_000_000
  package static let maxAge: ClosedRange<Int64> = 1...longestTime
  package static let allowedLateness: ClosedRange<Int64> = 0...longestTime
  package static let maxDelay: ClosedRange<Int64> = 0...longestTime
  package static let idleTimeout: ClosedRange<Int64> = 1...longestTime
  /// Records further ahead than a day go to the error policy, so more skew than that has no meaning.
  package static let maxFutureSkew: ClosedRange<Int64> = 0...day
  /// Holds the default, ten windows, of every window.
  package static let maxDrift: ClosedRange<Int64> = 1...(10 * longestTime)
  package static let earlyInterval: ClosedRange<Int64> = 100...day

  package static let maxAggregations = 256
  package static let maxExpressionBytes = 4_096
  /// Characters, not bytes.
  package static let resultNameCharacters = 1...128
  /// Members of every result, which no aggregation may be called.
  package static let reservedResultNames = ["key", "window_start", "window_end", "revision", "final", "retracted", "seq"]

  /// Up to the end of the year 9999.
  package static let startTimestamp: ClosedRange<Int64> = 0...253_402_300_799_999
  package static let maxKeys: ClosedRange<Int64> = 1...100_000_000
  package static let maxStateBytes: ClosedRange<Int64> = (1 << 20)...(1 << 40)
  package static let parallelism: ClosedRange<Int64> = 1...512
  package static let bufferSize: ClosedRange<Int64> = 1...100_000
  /// `buffer_size` times the columns of a record; 9 bytes each, allocated for every lane at its start.
  package static let maxBatchCells = 4_000_000
}
