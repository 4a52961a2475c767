import Glibc

/// Named places in the order of a commit at which a test can end the process. Test builds only (`PENSTOCK_CRASH_POINTS`): elsewhere
/// nothing is read and nothing done.
enum CrashPoint: String {
  case begun, produced, snapshot, delivered, stored, offsetsSent = "offsets_sent", committed, promoted
  case groupCommitted = "group_committed", loading, rebuilding, live, revoked, aborted

  #if PENSTOCK_CRASH_POINTS
    /// `PENSTOCK_CRASH_AT=<point>` or `<point>:<k>`: at the k-th time.
    private static let wanted: (point: CrashPoint, count: Int)? = {
      guard let text = getenv("PENSTOCK_CRASH_AT") else { return nil }
      let parts = String(cString: text).split(separator: ":").map(String.init)
      guard let first = parts.first, let point = CrashPoint(rawValue: first) else { return nil }
      return (point, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
    private static let reached = CrashCounter()

    static func reach(_ point: CrashPoint) {
      guard let wanted, wanted.point == point, reached.next() == wanted.count else { return }
      kill(getpid(), SIGKILL)
    }
  #else
    @inline(__always) static func reach(_ point: CrashPoint) {}
  #endif
}
