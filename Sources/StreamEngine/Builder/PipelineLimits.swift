/// Ranges of what a `StreamPipelineBuilder` is told; those of a spec are the same. Times are milliseconds.
enum PipelineLimits {
  static let day: Int64 = 86_400_000
  /// Ten years; keeps sums of times far from overflow.
  static let longestTime = 3_653 * day
  static let earlyInterval: ClosedRange<Int64> = 100...day
  static let eventsPerWindow: ClosedRange<Int64> = 1...1_000_000_000
  /// An event is in that many sliding windows at most: each of them comes out on its own.
  static let maxWindowsPerEvent: Int64 = 100_000
  static let maxDrift: ClosedRange<Int64> = 1...(10 * longestTime)
  static let maxNameBytes = 63
  static let maxResultNameCharacters = 128
  static let reservedResultNames: Set<String> = ["key", "window_start", "window_end", "revision", "final", "retracted", "seq"]
  static let maxAggregations = 256
  static let maxBufferSize: Int64 = 100_000
  /// Events of a batch times their columns; 9 bytes each.
  static let maxBatchCells = 4_000_000
  static let maxKeys: Int64 = 100_000_000
  static let maxStateBytes: ClosedRange<Int64> = (1 << 20)...(1 << 40)

  static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
