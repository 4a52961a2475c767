import Glibc

/// Faults that a test plants to see whether it would find them. Test builds only (`PENSTOCK_CRASH_POINTS`): elsewhere none is ever on.
enum PlantedFault: String {
  /// A checkpoint does not wait for the delivery reports of what it holds as emitted.
  case checkpointBeforeReports = "checkpoint_before_reports"
  /// Offsets are committed beside the transaction instead of in it.
  case offsetsOutsideTransaction = "offsets_outside_transaction"

  #if PENSTOCK_CRASH_POINTS
    private static let wanted = getenv("PENSTOCK_FAULT").flatMap { PlantedFault(rawValue: String(cString: $0)) }
    static func isOn(_ fault: PlantedFault) -> Bool { wanted == fault }
  #else
    @inline(__always) static func isOn(_ fault: PlantedFault) -> Bool { false }
  #endif
}
