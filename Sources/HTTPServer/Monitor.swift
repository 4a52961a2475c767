import Glibc

/// A value behind a lock, with waits for a condition on it that have an end (Synchronization.Mutex has no condition variable).
/// All of it is heap-allocated, since pthread objects must not move.
final class Monitor<State>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

  init(_ initial: sending State) {
    state.initialize(to: initial)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  func withLock<T>(_ body: (inout State) -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state.pointee)
  }

  /// Waits while `condition` holds, at most until that time of `monotonicNow`. It is looked at again at every `wakeAll`.
  func wait(until nanoseconds: Int64, while holds: (State) -> Bool) {
    var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    pthread_mutex_lock(mutex)
    while holds(state.pointee), monotonicNow() < nanoseconds { pthread_cond_timedwait(condition, mutex, &time) }
    pthread_mutex_unlock(mutex)
  }

  /// Makes every `wait` look again.
  func wakeAll() {
    pthread_cond_broadcast(condition)
  }
}

/// Nanoseconds of a clock that never goes back.
func monotonicNow() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
