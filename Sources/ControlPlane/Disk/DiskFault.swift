import Glibc

/// Why something in the data folder could not be read or written.
package struct DiskFault: Error, Sendable, Equatable {
  /// Stable and dotted: `data_dir.locked`, `data_dir.damaged`, `data_dir.bad_name`,
  /// `disk.full`, `disk.read_only`, `disk.io`, `disk.too_many_files`.
  package var code: String
  /// What happened, for people, with the path.
  package var message: String
  /// What to do next, for people.
  package var advice: String
  /// The operating system's code; 0 where it had no part.
  package var errno: Int32
  /// Waiting and trying again can succeed.
  package var retryable: Bool

  package init(code: String, message: String, advice: String, errno: Int32 = 0, retryable: Bool = false) {
    self.code = code
    self.message = message
    self.advice = advice
    self.errno = errno
    self.retryable = retryable
  }

  /// For a call that failed; `doing` completes "cannot".
  init(errno: Int32, _ path: String, doing: String) {
    let (code, advice, retryable) =
      switch errno {
      case ENOSPC, EDQUOT, EFBIG: ("disk.full", "Free space on the disk of the data folder, then try again.", true)
      case EACCES, EPERM, EROFS: ("disk.read_only", "Let the user that runs penstock read and write the data folder.", false)
      case EMFILE, ENFILE: ("disk.too_many_files", "Raise the limit of open files (ulimit -n).", true)
      case EINVAL, ENAMETOOLONG, ELOOP, ENOTDIR, EISDIR, EEXIST, ENOTEMPTY:
        ("disk.io", "Look at what is at that path, move it away if it is not Penstock's, then try again.", false)
      default: ("disk.io", "Check the disk and that the data folder is there, then try again.", true)
      }
    self.init(
      code: code, message: "cannot \(doing) \(path): \(Self.text(of: errno))", advice: advice, errno: errno, retryable: retryable)
  }

  private static func text(of errno: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      buffer.initialize(repeating: 0)
      guard let start = buffer.baseAddress, strerror_r(errno, start, buffer.count - 1) == 0 else { return "error \(errno)" }
      return String(cString: start)
    }
  }
}
