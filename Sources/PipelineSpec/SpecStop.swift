/// Where a bounded run ends.
package enum SpecStop: Sendable, Equatable {
  /// At the last stable offsets as they are when the run begins.
  case end
  /// At the first record of each partition that is not older, by its Kafka timestamp; ms since the epoch.
  case timestamp(Int64)
}
