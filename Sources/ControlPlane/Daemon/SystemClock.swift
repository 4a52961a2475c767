import Glibc

/// The clocks of the operating system, in ms.
package enum SystemClock {
  package static func unixMs() -> Int64 { read(CLOCK_REALTIME) }
  package static func steadyMs() -> Int64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
