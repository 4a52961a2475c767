import Glibc

/// The machine's clocks.
package enum Clock {
  /// Unix milliseconds.
  package static func wallMs() -> Int64 { read(CLOCK_REALTIME) / 1_000_000 }

  /// Milliseconds of a clock that is never set.
  package static func monotonicMs() -> Int64 { read(CLOCK_MONOTONIC) / 1_000_000 }

  package static func monotonicNs() -> Int64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
