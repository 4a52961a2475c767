import CSQLite

/// Owns one open database handle.
///
/// `sqlite3_close_v2` waits for statements that are still there ("zombie" handles), so owners may go in any order.
struct SQLiteConnection: ~Copyable {
  let handle: OpaquePointer
  /// Last component of the path, for messages.
  let file: String

  private init(handle: OpaquePointer, file: String) {
    self.handle = handle
    self.file = file
  }

  static func open(path: String, file: String, create: Bool) throws(StateStoreError) -> SQLiteConnection {
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    // A failed open gives a handle too, and it has to be closed (https://www.sqlite.org/c3ref/open.html).
    guard code == SQLITE_OK, let opened else {
      let system = opened.map { sqlite3_system_errno($0) } ?? 0
      sqlite3_close_v2(opened)
      throw StateStoreError(sqlite: code, errno: system, file: file, doing: "open the store")
    }
    let connection = SQLiteConnection(handle: opened, file: file)
    for code in [penstock_sqlite_keep_log_on_close(opened), penstock_sqlite_defend(opened), sqlite3_busy_timeout(opened, 0)]
    where code != SQLITE_OK {
      throw connection.error(code, "set up the store")
    }
    return connection
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that give no rows that matter.
  func execute(_ sql: String, _ doing: String) throws(StateStoreError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw error(code, doing) }
  }

  /// The first column of the first row; 0 if there is no row.
  func integer(_ sql: String, _ doing: String) throws(StateStoreError) -> Int64 {
    let statement = try SQLiteStatement(sql, on: self)
    return try statement.step(doing) ? statement.integer(0) : 0
  }

  func error(_ code: Int32, _ doing: String) -> StateStoreError {
    let system = code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN ? sqlite3_system_errno(handle) : 0
    return StateStoreError(sqlite: code, errno: system, file: file, doing: doing)
  }
}
