/// Which input partitions share keyed state.
package enum SpecKeyScope: String, Sendable, Equatable, CaseIterable {
  /// The partitions of one number over all input topics.
  case partition
  /// All partitions, in one lane.
  case global
}
