#if PENSTOCK_CRASH_POINTS
  import Synchronization

  /// Counts over all threads.
  final class CrashCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
  }
#endif
