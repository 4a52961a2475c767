import CSQLite
import Glibc

extension StateStoreError {
  /// The error for a result code. `errno`: the operating system's part in it, 0 if none.
  init(sqlite code: Int32, errno: Int32, file: String, doing: String) {
    let kind = Self.kind(of: code, errno: errno)
    let text = String(cString: sqlite3_errstr(code))
    let system = errno == 0 ? "" : ", \(Self.text(of: errno))"
    self.init(
      code: kind, message: "\(file): cannot \(doing): \(text)\(system) (SQLite \(code)). \(Self.advice(for: kind))", sqliteCode: code)
  }

  init(errno: Int32, file: String, doing: String) {
    let kind: Code =
      switch errno {
      case ENOSPC, EDQUOT, EFBIG: .full
      case EACCES, EPERM, EROFS: .readOnly
      default: .io
      }
    self.init(
      code: kind, message: "\(file): cannot \(doing): \(Self.text(of: errno)). \(Self.advice(for: kind))", sqliteCode: 0)
  }

  static func damaged(_ file: String, _ what: String) -> StateStoreError {
    StateStoreError(code: .damaged, message: "\(file): \(what). \(advice(for: .damaged))", sqliteCode: 0)
  }

  private static func kind(of code: Int32, errno: Int32) -> Code {
    switch code {
    case SQLITE_IOERR | (2 << 8), SQLITE_IOERR | (33 << 8): return .damaged  // SHORT_READ, CORRUPTFS
    default: break
    }
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_CONSTRAINT: return .damaged
    case SQLITE_FULL: return .full
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: return .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: return .locked
    default: break
    }
    switch errno {
    case ENOSPC, EDQUOT, EFBIG: return .full
    case EACCES, EPERM, EROFS: return .readOnly
    default: return .io
    }
  }

  private static func advice(for code: Code) -> String {
    switch code {
    case .damaged: "Nothing in it was changed or deleted."
    case .full: "Free space on the disk of the data folder; it goes on by itself then."
    case .readOnly: "Let the user that runs penstock write to the data folder."
    case .locked: "Another process has it open: end that one first."
    case .io: "Check the disk of the data folder; it is tried again by itself."
    case .closed: "Open the store again."
    case .newerFormat: "Run the version of penstock that wrote it."
    case .outOfOrder, .notOwner: "Load the shard and go on above its n."
    }
  }

  private static func text(of errno: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress else { return "error \(errno)" }
      buffer.initialize(repeating: 0)
      guard strerror_r(errno, start, buffer.count - 1) == 0 else { return "error \(errno)" }
      return String(cString: start)
    }
  }
}
