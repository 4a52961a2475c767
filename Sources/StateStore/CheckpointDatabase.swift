import CSQLite
import Glibc

/// The open `state.sqlite` with its prepared statements. Not safe to share: `CheckpointStore` holds it under a lock.
///
/// Its own locks are POSIX locks of the process, which end when the process closes any descriptor of the file: nothing here
/// opens the files beside SQLite.
struct CheckpointDatabase: ~Copyable, @unchecked Sendable {
  let connection: SQLiteConnection
  let logPath: String
  let sql: CheckpointStatements
  /// The rows as verified; nil: to be read (again).
  var known: StoredRecords?
  /// Something in the file was wrong: it is left as it is from then on.
  var sawDamage = false

  var file: String { connection.file }

  init(_ opened: consuming SQLiteConnection, sql: CheckpointStatements, logPath: String) {
    connection = opened
    self.sql = sql
    self.logPath = logPath
  }

  /// Runs `body` in a transaction that is on the disk when this returns; after an error nothing of it is.
  mutating func transaction<Result>(
    _ body: (inout CheckpointDatabase) throws(StateStoreError) -> Result
  ) throws(StateStoreError) -> Result {
    do throws(StateStoreError) {
      try sql.begin.run("begin a commit")
      let result = try body(&self)
      try sql.end.run("commit")
      return result
    } catch {
      // SQLite itself rolls back after some errors (https://www.sqlite.org/lang_transaction.html, section 2.4).
      if sqlite3_get_autocommit(connection.handle) == 0 { try? sql.rollback.run("roll back") }
      known = nil
      throw error
    }
  }

  /// Keeps the log from growing for ever when it cannot be folded in: SQLite itself only tries, and does not say.
  func boundLog() throws(StateStoreError) {
    var info = stat()
    guard lstat(logPath, &info) == 0, info.st_size > StoreFormat.maxLogBytes else { return }
    try foldLog()
  }

  func foldLog() throws(StateStoreError) {
    let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    guard code == SQLITE_OK else { throw connection.error(code, "fold in the log") }
  }
}
