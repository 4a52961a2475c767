/// Where a group without offsets starts to read.
package enum SpecStart: Sendable, Equatable {
  case earliest, latest
  /// Milliseconds since the epoch.
  case timestamp(Int64)
}
