@testable import KafkaPipeline

/// Faults planted into the simulated daemon (none is in the product), each of which the simulation must find.
enum SimPlant: String, CaseIterable, Sendable {
  case checkpointBeforeReports, headBeforeCommit, offsetsOutsideTransaction, textWithoutN, zombieMayCommit
  /// More of the same kind.
  case loadBeforeFencing, unstableOffsetsRead, outdatedOffsetsRead, latestCopyWins, noAbortOnRefusal, heldIsForgotten, replayEmits, liveBeforeAllArrived
  case revisionsBeginAnew

  var guarantee: DeliveryGuarantee? {
    switch self {
    case .checkpointBeforeReports: .atLeastOnce
    case .offsetsOutsideTransaction, .zombieMayCommit, .loadBeforeFencing, .unstableOffsetsRead, .outdatedOffsetsRead, .noAbortOnRefusal,
      .heldIsForgotten, .latestCopyWins:
      .exactlyOnce
    case .headBeforeCommit, .textWithoutN, .replayEmits, .liveBeforeAllArrived, .revisionsBeginAnew: nil
    }
  }
}
