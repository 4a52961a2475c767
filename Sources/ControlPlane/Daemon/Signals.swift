import Glibc

/// SIGTERM, SIGINT and SIGHUP, taken by the main thread when it asks, and by nobody else.
package enum Signals {
  /// Before any other thread is there, since threads inherit the mask.
  package static func block() {
    var set = signals()
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A client that closes its connection must not end the daemon.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for a signal, at most `ms`; nil when none came.
  package static func wait(ms: Int64) -> Int32? {
    var set = signals()
    var time = timespec(tv_sec: Int(ms / 1_000), tv_nsec: Int(ms % 1_000) * 1_000_000)
    let number = sigtimedwait(&set, nil, &time)
    return number > 0 ? number : nil
  }

  private static func signals() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGHUP)
    return set
  }
}
